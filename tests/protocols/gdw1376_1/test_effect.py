"""What passes the send gate towards a terminal: questions, what a switch opens, and nothing that hides in either."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import SendRefused
from drivers.gate import build_gate
from protocols.dlt645 import frame as dlt645
from protocols.gdw1376_1 import control
from protocols.gdw1376_1.effect import classify
from protocols.session import Effect
from tests.protocols.gdw1376_1.frames import OURS, answer, asked, case, unit

READ, CONTROL, UNKNOWN = Effect.READ, Effect.CONTROL, Effect.UNKNOWN
SWITCHES = [Effect.TIME_SET, Effect.FREEZE, Effect.ARCHIVE_WRITE, Effect.PARAMETERS]
NEVER = {CONTROL, UNKNOWN}
METER = "151230011061"
QUESTION = dlt645.encode(dlt645.Frame(METER, 0x11, bytes.fromhex("00000100")))
CLOCK = "56 34 12 01 65 24"
ENTRY = "0200 0200 7F 1E 129078563412 000000000000 04 0A 000000000000 51"


def carried(code, data="00000100"):
    return dlt645.encode(dlt645.Frame(METER, code, bytes.fromhex(data)))


def forward(frame, fn=1, pn=0):
    head = unit(pn, fn) + bytes.fromhex("1F6BBC0A") + len(frame).to_bytes(2, "little")
    return asked(0x10, head + frame, password=True)


LOADS = [carried(0x1C, text) for text in ("1A00000000000000", "1B00000000000000", "3A00000000000000")]
WRITES = [carried(code, "0000010000000000") for code in (0x03, 0x14, 0x15, 0x17, 0x18, 0x19, 0x1A, 0x1B)]
TERMINAL_CONTROLS = [
    (0x05, ask)
    for ask in (
        control.trip(1),
        control.trip(8, alarm_minutes=15, half_hours=15),
        control.permit(1),
        control.period_control(1, 0xFF, 0),
        control.float_control(1, -10, slide=1, delay=1, half_hours=2, alarms=(1, 2, 3, 4)),
        control.keep_power(0),
        control.keep_power(None),
        control.dunning(0xFFFFFF),
        control.dunning(None),
        *(control.switch(fn, 2) for fn in (*control.ON.values(), *control.OFF.values())),
    )
] + [(0x01, control.reset(what)) for what in control.RESETS]


@pytest.fixture(scope="module")
def open_gate():
    """Every switch that there is, on."""
    return build_gate([classify], SWITCHES)


@pytest.mark.parametrize("row", OURS, ids=case)
def test_real_requests(row):
    known = row["decoded"]
    changes = known["afn"] in ("01", "05") or "681B08" in row["hex"].upper()
    expected = UNKNOWN if known["dir"] else CONTROL if changes else READ
    assert classify(bytes.fromhex(row["hex"])) is expected


@pytest.mark.parametrize(
    ("raw", "effect"),
    [
        *((asked(afn, unit(0, 1)), READ) for afn in (0x00, 0x02, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E)),
        (asked(0x05, unit(0, 31) + bytes.fromhex(CLOCK), password=True), Effect.TIME_SET),
        (asked(0x05, unit(0, 31) + bytes.fromhex(CLOCK) + unit(1, 1) + b"\0", password=True), CONTROL),
        (asked(0x05, unit(1, 1) + b"\0" + unit(0, 31) + bytes.fromhex(CLOCK), password=True), CONTROL),
        (asked(0x05, b"\0\0\x40\x07" + bytes.fromhex(CLOCK), password=True), CONTROL),
        (asked(0x05, b"\0\0\x41\x03" + bytes.fromhex(CLOCK), password=True), CONTROL),
        (asked(0x04, unit(0, 10) + b"\x01\0" + bytes.fromhex(ENTRY), password=True), Effect.ARCHIVE_WRITE),
        (asked(0x04, unit(0, 10) + b"\x02\0" + bytes.fromhex(ENTRY), password=True), UNKNOWN),
        (
            asked(
                0x04, unit(0, 10) + b"\x01\0" + bytes.fromhex(ENTRY) + unit(0, 3) + bytes(28), password=True
            ),
            UNKNOWN,
        ),
        (asked(0x04, unit(0, 9) + bytes(16), password=True), Effect.PARAMETERS),
        (asked(0x04, unit(0, 9) + bytes(16) + unit(0, 3) + bytes(28), password=True), CONTROL),
        (asked(0x04, unit(0, 35) + b"\x01\x05\0", password=True), Effect.PARAMETERS),
        (asked(0x04, unit(5, 67) + b"\x55", password=True), Effect.PARAMETERS),
        (asked(0x04, unit(0, 9) + bytes(16)), CONTROL),
    ],
)
def test_what_is_asked_of_the_terminal_itself(raw, effect):
    assert classify(raw) is effect


@pytest.mark.parametrize(
    ("frame", "effect"),
    [
        (QUESTION, READ),
        (b"\xfe\xfe\xfe\xfe" + QUESTION, READ),
        (carried(0x08, "000000010125"), Effect.TIME_SET),
        (carried(0x16, "00999999"), Effect.FREEZE),
        (QUESTION + LOADS[0], CONTROL),
        (LOADS[0] + QUESTION, CONTROL),
        (QUESTION[:-1], UNKNOWN),
        (QUESTION + b"\x00", UNKNOWN),
        (b"", UNKNOWN),
        (bytes.fromhex("05011234567890"), UNKNOWN),
    ],
)
def test_what_is_forwarded_is_judged_by_itself(frame, effect):
    assert classify(forward(frame)) is effect


@pytest.mark.parametrize("frame", LOADS + WRITES, ids=lambda frame: frame.hex())
@pytest.mark.parametrize(
    "way", [forward, lambda frame: forward(QUESTION + frame), lambda frame: forward(frame + QUESTION)]
)
def test_no_forwarded_control_passes_whatever_the_switches(open_gate, way, frame):
    assert classify(way(frame)) in NEVER
    with pytest.raises(SendRefused):
        open_gate.check(way(frame))


@pytest.mark.parametrize(("afn", "ask"), TERMINAL_CONTROLS, ids=lambda one: getattr(one, "fns", one))
def test_no_control_of_the_terminal_passes_whatever_the_switches(open_gate, afn, ask):
    raw = asked(afn, ask.encode(), password=True)
    assert classify(raw) in NEVER
    with pytest.raises(SendRefused):
        open_gate.check(raw)


@pytest.mark.parametrize(
    ("afn", "fn", "data"),
    [
        *((0x01, fn, b"") for fn in (1, 2, 3, 4)),
        (0x03, 1, b""),
        *((0x04, fn, bytes(size))
            for fn, size in ((1, 6), (2, 1), (3, 28), (4, 16), (5, 3), (6, 16), (7, 24), (8, 8), (85, 4))),
        *((0x05, fn, b"\x1f") for fn in range(1, 54) if fn != 31),
        (0x06, 1, bytes(16)),
        (0x08, 1, b""),
        *((0x0F, fn, bytes(11)) for fn in (1, 2, 3)),
        *((0x10, fn, bytes(20)) for fn in (9, 10, 11)),
        (0x11, 1, b""),
        (0xAA, 30, b""),
    ],
)  # fmt: skip
def test_what_has_no_path_at_all(open_gate, afn, fn, data):
    for pn, password in itertools.product((0, 1), (True, False)):
        raw = asked(afn, unit(pn, fn) + data, password=password)
        assert classify(raw) in NEVER
        with pytest.raises(SendRefused):
            open_gate.check(raw)


def test_what_a_terminal_says_is_nothing_that_we_send(open_gate):
    with pytest.raises(SendRefused):
        open_gate.check(answer(0x0C, unit(0, 2)))
    assert classify(asked(0x0C, unit(0, 2)) * 2) is UNKNOWN
    assert classify(b"\xfe" + asked(0x0C, unit(0, 2))) is UNKNOWN


@given(st.integers(0, 255), st.integers(0, 8), st.integers(1, 248), st.binary(max_size=60), st.booleans())
def test_any_request_passes_by_the_list_alone(afn, pn, fn, data, password):
    effect = classify(asked(afn, unit(pn, fn) + data, password=password))
    allowed = {
        0x04: {Effect.ARCHIVE_WRITE, Effect.PARAMETERS},
        0x05: {Effect.TIME_SET},
        0x10: {READ, Effect.TIME_SET, Effect.FREEZE},
    }
    reading = {0x00, 0x02, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E}
    assert effect in NEVER | allowed.get(afn, {READ} if afn in reading else set())
