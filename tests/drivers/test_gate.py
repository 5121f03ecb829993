"""Nothing that is not reading leaves a link unless its switch is on: for every kind of link."""

import ast
import asyncio
import inspect
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import drivers
from drivers import LINKS, make_link
from drivers.errors import LinkLost, SendRefused
from drivers.gate import build_gate, classify_for
from drivers.link import Gate, Link
from drivers.links.replay import RecorderLink
from protocols.session import Effect
from tests.drivers.toy import ScriptedLink, toy_classify

ROOT = Path(drivers.__file__).parent.parent
EXAMPLES = {
    "serial": "serial:/dev/null",
    "tcp": "tcp://127.0.0.1:1",
    "rtutcp": "rtutcp://127.0.0.1:1",
    "tcp-listen": "tcp-listen://127.0.0.1:0",
    "radio": "radio:/dev/null",
    "modem": "modem:/dev/null",
    "replay": "replay:/dev/null",
}


def test_every_kind_of_link_has_an_example_here():
    assert set(EXAMPLES) == set(LINKS)


@pytest.mark.parametrize("scheme", LINKS)
@pytest.mark.parametrize("effect", [effect for effect in Effect if effect is not Effect.READ])
async def test_every_link_asks_its_gate_before_anything_else(scheme, effect):
    link = make_link("x", EXAMPLES[scheme], Gate(lambda _: effect))
    with pytest.raises(SendRefused):
        await link.send(b"\x68")
    assert link.sent_bytes == 0
    reading = make_link("x", EXAMPLES[scheme], Gate(lambda _: Effect.READ))
    with pytest.raises(LinkLost):
        await reading.send(b"\x68")


@pytest.mark.parametrize("scheme", LINKS)
def test_no_link_is_built_without_a_gate(scheme):
    kind = type(make_link("x", EXAMPLES[scheme], Gate(lambda _: Effect.READ)))
    assert "gate" in inspect.signature(kind).parameters
    assert kind.send is Link.send
    for make in (kind, LINKS[scheme]):
        with pytest.raises(TypeError):
            make("x")


async def test_a_recorder_has_two_gates(tmp_path):
    inner = ScriptedLink(lambda _: [])
    open_gate = Gate(lambda _: Effect.READ)
    link = RecorderLink(inner, open_gate, tmp_path / "t")
    await link.open()
    with pytest.raises(SendRefused):
        await link.send(b"unknown")
    await link.close()
    assert inner.sent == []


def test_only_send_calls_write():
    """`_write` is called in Link.send, after the gate; in `_write` of a link made of another; for a modem's own.

    What a modem takes as its own are the commands of `protocols.modem_at.command`, nothing else.
    """
    callers = set()
    for folder in ("gateway", "drivers", "protocols", "config"):
        for path in (ROOT / folder).rglob("*.py"):
            for function in _functions(path):
                for node in ast.walk(function):
                    if isinstance(node, ast.Attribute) and node.attr == "_write":
                        owner = ast.unparse(node.value)
                        if folder == "drivers" or "link" in owner.lower():
                            callers.add((str(path.relative_to(ROOT)), owner, function.name))
    assert callers == {
        ("drivers/link.py", "self", "send"),
        ("drivers/links/radio.py", "super()", "_write"),
        ("drivers/links/modem.py", "super()", "_write"),
        ("drivers/links/modem.py", "super()", "_tell"),
        ("drivers/links/modem.py", "super()", "_after_silence"),
    }
    said = [
        ast.unparse(call.args[0])
        for function in _functions(ROOT / "drivers/links/modem.py")
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("self._tell", "super()._write")
    ]
    own = {"_tell": "line", "_write": "data"}
    assert len(said) > len(own)
    assert {text for text in said if not text.startswith("command.")} == set(own.values())


def _functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def test_no_subclass_replaces_send():
    for cls in _subclasses(Link):
        assert cls.send is Link.send, cls


def _subclasses(cls):
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)


SENDS = st.lists(st.sampled_from([b"?1;", b"T2;", b"x", b"", b"?"]), max_size=20)
SWITCHES = st.sets(st.sampled_from(list(Effect)))


@given(sends=SENDS, switches=SWITCHES)
def test_whatever_is_asked_only_allowed_effects_reach_the_wire(sends, switches):
    link = ScriptedLink(lambda _: [], gate=build_gate([toy_classify], switches))

    async def main():
        await link.open()
        for data in sends:
            try:
                await link.send(data)
            except SendRefused:
                assert toy_classify(data) not in {Effect.READ} | (switches - {Effect.CONTROL, Effect.UNKNOWN})

    asyncio.run(main())
    allowed = {Effect.READ} | (switches - {Effect.CONTROL, Effect.UNKNOWN})
    assert all(toy_classify(data) in allowed for _, data in link.sent)
    assert len(link.sent) == sum(toy_classify(data) in allowed for data in sends)


@given(effects=st.lists(st.sampled_from(list(Effect)), min_size=1, max_size=4))
def test_on_a_mixed_bus_the_worst_meaning_counts(effects):
    gate = build_gate([lambda _, effect=effect: effect for effect in effects])
    known = set(effects) - {Effect.UNKNOWN}
    if known == {Effect.READ}:
        gate.check(b"x")
    else:
        with pytest.raises(SendRefused):
            gate.check(b"x")


def test_without_any_protocol_nothing_passes():
    with pytest.raises(SendRefused):
        build_gate([], list(Effect)).check(b"x")


def test_two_protocols_that_name_a_send_differently_make_it_control():
    classify = classify_for([lambda data: Effect.TIME_SET, lambda data: Effect.FREEZE])
    assert classify(b"x") is Effect.CONTROL
    assert classify_for([lambda data: Effect.TIME_SET, lambda data: Effect.READ])(b"x") is Effect.TIME_SET
    assert classify_for([lambda data: Effect.UNKNOWN, lambda data: Effect.READ])(b"x") is Effect.READ
    assert classify_for([lambda data: Effect.UNKNOWN])(b"x") is Effect.UNKNOWN


@given(sends=SENDS, switches=SWITCHES)
def test_what_may_be_sent_can_be_asked_before(sends, switches):
    gate = build_gate([toy_classify], switches)
    link = ScriptedLink(lambda _: [], gate=gate)
    for data in sends:
        before = gate.refused
        may = link.allows(data)
        assert gate.refused == before
        if may:
            gate.check(data)
        else:
            with pytest.raises(SendRefused):
                gate.check(data)
