"""Buses of a configuration; and the send gate under whatever is configured and asked."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import drivers
from config.archive import Archive, Meter
from config.schema import Gateway, SendSwitches, Settings, Target
from drivers.errors import SendRefused
from drivers.order import Failure, Order, Priority, Want
from gateway.buses import Building, build_buses, gate_of, switched_on
from gateway.models import model_of
from protocols import PROTOCOLS
from protocols.dlt645.frame import Frame, encode
from protocols.session import Effect
from tests.drivers.line import FakeMeter, bcd, line
from tests.drivers.modbus_line import Unit, modbus_line
from tests.drivers.toy import virtually
from tests.gateway.test_bus import LoopClock

MODEL = {"blocks": True, "tariffs": 4, "overrides": {}, "daily_freeze": True, "settlement": True}
AT = datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))


def meter(number, target="a", protocol="dlt645-2007"):
    return Meter(asset_no=f"m{number}", address=f"{number:012d}", protocol=protocol, target=target)


def archive_of(*meters):
    by_target = {}
    for one in meters:
        by_target.setdefault(one.target, []).append(one)
    return Archive(meters=meters, by_target={name: tuple(rows) for name, rows in by_target.items()})


def build(targets, archive, send=None):
    config = Settings(
        gateway=Gateway(name="g"),
        target=tuple(Target(name=name, driver="meter", link=link) for name, link in targets),
        send=send or SendSwitches(),
    )
    return build_buses(config, archive, Building(clock=LoopClock(), model_of=lambda _: MODEL))


def test_targets_that_name_one_channel_share_a_bus():
    buses = build(
        [("a", "tcp://h:1"), ("b", "tcp://h:1"), ("c", "tcp://h:2")],
        archive_of(meter(1, "a"), meter(2, "b"), meter(3, "c")),
    )
    assert buses["a"] is buses["b"]
    assert buses["a"] is not buses["c"]
    assert set(buses["a"].targets) == {"a", "b"}


def test_a_link_that_is_none_is_a_value_error():
    with pytest.raises(ValueError, match="expected"):
        build([("a", "carrier-pigeon:1")], archive_of())


def test_the_gate_of_a_channel_knows_its_protocols():
    reading = encode(Frame("000000000001", 0x01, b"\x10\x90"))
    gate_of(["dlt645-1997"], SendSwitches()).check(reading)
    with pytest.raises(SendRefused):
        gate_of([], SendSwitches()).check(reading)


@pytest.mark.parametrize("control", sorted(set(range(256)) - {0x01, 0x02, 0x08, 0x11, 0x12, 0x13, 0x16}))
def test_no_switch_opens_the_gate_for_any_other_control_code(control):
    every = SendSwitches(time_set=True, freeze=True, archive_write=True, parameters=True)
    gate = gate_of(PROTOCOLS, every)
    with pytest.raises(SendRefused):
        gate.check(encode(Frame("000000000001", control, b"\x00" * 4)))


def test_switches_are_named_as_their_effects():
    assert switched_on(SendSwitches()) == []
    every = SendSwitches(time_set=True, freeze=True, archive_write=True, parameters=True)
    assert set(switched_on(every)) == {
        Effect.TIME_SET,
        Effect.FREEZE,
        Effect.ARCHIVE_WRITE,
        Effect.PARAMETERS,
    }


POINTS = st.lists(
    st.sampled_from(
        ["1-0:1.8.0", "1-0:1.8.1", "1-0:32.7.0", "0-0:1.0.0", "04000101", "0001FF00", "dlt645-2007:03300201"]
    )
    | st.from_regex(r"[0-9A-F]{8}", fullmatch=True)
    | st.from_regex(r"[0-9A-F]{4}", fullmatch=True)
    | st.text(max_size=12),
    max_size=4,
)
ORDERS = st.lists(
    st.tuples(
        st.sampled_from(list(Want)),
        POINTS,
        st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1), timezones=st.just(AT.tzinfo)),
        st.sampled_from(sorted(PROTOCOLS)),
        st.sampled_from([priority for priority in Priority if priority]),
        st.from_regex(r"[0-9]{12}", fullmatch=True) | st.just("A" * 12) | st.just("9" * 12),
    ),
    max_size=5,
)
SWITCHES = st.builds(
    SendSwitches,
    time_set=st.booleans(),
    freeze=st.booleans(),
    archive_write=st.booleans(),
    parameters=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(orders=ORDERS, send=SWITCHES)
def test_no_configuration_and_no_orders_send_what_is_not_switched_on(orders, send):
    """Every order through a real bus and driver; what reached the wire is looked at afterwards."""
    allowed = {Effect.READ} | set(switched_on(send))

    async def main():
        wire = line(FakeMeter("000000000001", {"00010000": bcd("00000001")}))
        wire.script = _tolerant(wire.script)
        original = drivers.LINKS["tcp"]
        drivers.LINKS["tcp"] = lambda name, gate, pace, url: _gated(wire, gate)
        try:
            every = archive_of(*(meter(i, "a", name) for i, name in enumerate(PROTOCOLS)))
            bus = build([("a", "tcp://h:1")], every, send)["a"]
        finally:
            drivers.LINKS["tcp"] = original
        running = asyncio.create_task(bus.run())
        results = []
        for want, points, at, protocol, priority, address in orders:
            asked = Meter(asset_no=f"x{address}", address=address, protocol=protocol, target="a")
            order = Order(meter=asked, want=want, points=tuple(points), at=at)
            results.append(await bus.ask(order, priority))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return wire.sent, results

    sent, results = virtually(main())
    for _, frame in sent:
        # What one protocol names, another need not know.
        effects = {kind.classify(frame) for kind in PROTOCOLS.values()} - {Effect.UNKNOWN}
        assert effects
        assert effects <= allowed
    assert len(results) == len(orders)
    for result in results:
        refused = Failure.GATE in {reason for _, reason, _ in result.failures}
        if result.order.want is Want.TIME_SET and result.failures == ():
            assert send.time_set
        assert not (refused and result.order.want is Want.TIME_SET and send.time_set)


def _gated(wire, gate):
    wire._gate = gate
    return wire


def _tolerant(script):
    def answer(sent):
        try:
            return script(sent)
        except (AssertionError, KeyError):
            return []

    return answer


# -- Modbus on the same buses ---------------------------------------------------------------------------------------


def unit_meter(number, protocol):
    model = "eastron-sdm630"
    return Meter(asset_no=f"u{number}", address=str(number), protocol=protocol, target="a", model=model)


@pytest.mark.parametrize(
    ("protocol", "link"), [("modbus-tcp", "tcp://h:1"), ("modbus-rtu", "rtutcp://h:1")], ids=["tcp", "rtu"]
)
def test_modbus_shares_queue_breaker_and_figures(monkeypatch, protocol, link):
    is_rtu = protocol == "modbus-rtu"
    alive, dead = Unit(1, {(4, at): 0x4366 for at in range(80)}), Unit(2, {})
    dead.dead = True

    def make(name, gate, wire, url):
        made = modbus_line(alive, dead, is_rtu=is_rtu, wire=wire)
        made._gate = gate
        return made

    monkeypatch.setitem(drivers.LINKS, link.partition(":")[0], make)
    meters = [unit_meter(1, protocol), unit_meter(2, protocol)]
    target = Target(name="a", driver="modbus", link=link, retries=1, breaker_failures=2)
    config = Settings(gateway=Gateway(name="g"), target=(target,))
    bus = build_buses(config, archive_of(*meters), Building(clock=LoopClock(), model_of=model_of))["a"]

    async def run():
        async with asyncio.TaskGroup() as group:
            running = group.create_task(bus.run())
            results = []
            for _ in range(3):
                asked = [
                    Order(meter=one, want=Want.LIVE, points=("1-0:32.7.0", "1-0:1.8.0")) for one in meters
                ]
                results.append([await bus.ask(order, Priority.SCHEDULED) for order in asked])
            running.cancel()
        return results

    rounds = virtually(run())
    for good, bad in rounds:
        assert {reading.point for reading in good.readings} == {"1-0:32.7.0", "1-0:1.8.0"}
        assert {reason for _, reason, _ in bad.failures} == {Failure.TIMEOUT}
    stats = bus.stats
    assert bus.circuit_open("u2")
    assert not bus.circuit_open("u1")
    assert stats.skipped_open == 1
    assert stats.retries > 0
    assert stats.frames == 6
    assert stats.failures[Failure.TIMEOUT] == 3
    assert stats.gate_refusals == 0


@given(data=st.binary(max_size=300))
@settings(max_examples=200)
def test_only_reading_passes_a_gate_of_both_kinds_of_modbus(data):
    gate = gate_of(["modbus-rtu", "modbus-tcp"], SendSwitches(time_set=True, freeze=True, parameters=True))
    try:
        gate.check(data)
    except SendRefused:
        return
    assert 1 <= (data[1] if len(data) == 8 else data[7]) <= 4
