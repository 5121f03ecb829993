"""What passes the send gate towards a carrier module: reading, its own network, and nothing that hides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import SendRefused
from drivers.gate import build_gate
from protocols.gdw1376_2 import commands
from protocols.gdw1376_2.body import decode_body
from protocols.gdw1376_2.catalogue import functions
from protocols.gdw1376_2.effect import classify
from protocols.gdw1376_2.frame import decode
from protocols.session import Effect
from tests.protocols.gdw1376_2.frames import CSG, METER, SEEN, carried, case, down, up

READ, CONTROL, UNKNOWN = Effect.READ, Effect.CONTROL, Effect.UNKNOWN
ARCHIVE, PARAMETERS = Effect.ARCHIVE_WRITE, Effect.PARAMETERS
EVERYBODY = "9" * 12
TRIP = carried(0x1C, "1A00000000000000")


def _own(command):
    return down(command.afn, command.fn, command.data, command.node)


def _read(frame, node=METER):
    return _own(commands.read_node(node, 2, frame))


def _many(frame, node=METER):
    return _own(commands.concurrent(node, 2, frame))


@pytest.mark.parametrize("row", SEEN, ids=case)
def test_real_requests_of_reading_pass_and_nothing_from_a_module_does(row):
    raw = bytes.fromhex(row["hex"])
    frame = decode(raw)
    switched = {(0x01, 1): PARAMETERS, (0x01, 2): ARCHIVE, (0x11, 1): ARCHIVE}
    expected = switched.get((frame.afn, frame.fn), READ)
    assert classify(raw) is (UNKNOWN if row["decoded"]["dir"] else expected)


@pytest.mark.parametrize("row", CSG, ids=case)
def test_nothing_of_the_southern_grid_passes(row):
    assert classify(bytes.fromhex(row["hex"])) is UNKNOWN


@pytest.mark.parametrize("way", [_read, _many])
@pytest.mark.parametrize(
    ("frame", "effect"),
    [
        (carried(0x11), READ),
        (carried(0x11, wakeup=4), READ),
        (carried(0x01, "9010"), READ),
        (carried(0x12, "0000FF0001"), READ),
        (carried(0x11) + carried(0x11, "00020000"), READ),
        (TRIP, CONTROL),
        (carried(0x1C, "1B00000000000000"), CONTROL),
        (carried(0x14, "04000101"), CONTROL),
        (carried(0x15), CONTROL),
        (carried(0x17), CONTROL),
        (carried(0x18), CONTROL),
        (carried(0x19), CONTROL),
        (carried(0x1A), CONTROL),
        (carried(0x03), CONTROL),
        (carried(0x08, "250101120000"), Effect.TIME_SET),
        (carried(0x16, "99999900"), Effect.FREEZE),
        (carried(0x11) + TRIP, CONTROL),
        (TRIP + carried(0x11), CONTROL),
        (carried(0x91), UNKNOWN),
        (carried(0x11)[:-1], UNKNOWN),
        (carried(0x11) + b"\x00", UNKNOWN),
        (b"", UNKNOWN),
        (b"\x68", UNKNOWN),
        (bytes.fromhex("05011234567890"), UNKNOWN),
    ],
)
def test_what_is_carried_is_judged_by_itself(way, frame, effect):
    assert classify(way(frame)) is effect


def test_the_edition_of_2009_hides_nothing():
    old = commands.read_node(METER, 2, TRIP, is_2009=True)
    assert classify(_own(old)) is CONTROL
    assert classify(_own(commands.read_node(METER, 2, carried(0x11), is_2009=True))) is READ


def test_a_frame_that_two_editions_read_differently_is_unknown():
    """Nodes behind that are no nodes: the same bytes carry a reading frame, or one that trips."""
    for filler in range(256):
        data = bytes((2, 0, 0, 0)) + bytes((filler,)) + TRIP
        assert classify(down(0x13, 1, data, METER)) in (UNKNOWN, CONTROL)


@pytest.mark.parametrize("node", [EVERYBODY])
def test_nothing_goes_to_everybody(node):
    assert classify(_read(carried(0x11), node)) is CONTROL
    assert classify(_many(carried(0x11), node)) is CONTROL
    assert classify(down(0x13, 1, b"\x02\x00\x00\x10" + carried(0x11), METER, relays=(EVERYBODY,))) is CONTROL


@pytest.mark.parametrize("fn", [3, 20])
def test_broadcasts_are_what_they_carry(fn):
    def broadcast(frame):
        size = len(frame).to_bytes(1 if fn == 3 else 2, "little")
        return down(0x05, fn, b"\x02" + size + frame)

    assert classify(broadcast(TRIP)) is CONTROL
    assert classify(broadcast(carried(0x08, "250101120000", EVERYBODY))) is Effect.TIME_SET
    assert classify(broadcast(carried(0x16, "99999900", EVERYBODY))) is Effect.FREEZE
    assert classify(broadcast(b"\x00")) is UNKNOWN


@pytest.mark.parametrize(
    ("data", "effect"),
    [
        (b"\x02\x00\x10" + carried(0x11) + b"\x00", READ),
        (b"\x02\x10" + carried(0x11) + b"\x00", READ),
        (b"\x02\x00\x04\x00\x00\x01\x00\x00", READ),
        (b"\x02\x00\x02\x10\x90\x00", READ),
        (b"\x01\x00\x00\x00", READ),
        (b"\x00\x00\x00", READ),
        (b"\x02\x00\x00\x00", UNKNOWN),
        (b"\x02\x00" + bytes((len(TRIP),)) + TRIP + b"\x00", CONTROL),
        (b"\x01\x00" + bytes((len(TRIP),)) + TRIP + b"\x00", CONTROL),
        (b"\x02\x00\x03\x00\x00\x01\x00", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_answers_to_what_to_read(data, effect):
    assert classify(down(0x14, 1, data)) is effect


def test_other_answers_to_a_module():
    assert classify(down(0x14, 3, b"\x00")) is READ
    assert classify(down(0x14, 3, b"\x10" + carried(0x11))) is READ
    assert classify(down(0x14, 3, bytes((len(TRIP),)) + TRIP)) is CONTROL
    assert classify(down(0x14, 2, bytes(6))) is Effect.TIME_SET
    assert classify(down(0x14, 2, bytes(5))) is UNKNOWN
    assert classify(down(0x14, 4, bytes(9))) is CONTROL
    assert classify(down(0x00, 1, bytes(6))) is READ
    assert classify(down(0xF1, 2)) is READ


@pytest.mark.parametrize(
    "what",
    [(0x05, 5), (0x05, 10), (0x05, 16), (0x05, 17), (0x05, 18), (0x05, 100), (0x05, 101), (0x15, 1), (0xF0, 62),
     (0x11, 100), (0x11, 102), (0x07, 1), (0x03, 99)],
)  # fmt: skip
def test_what_is_not_on_the_list_is_control(what):
    assert classify(down(*what, bytes(3))) is CONTROL


@pytest.mark.parametrize(
    ("what", "effect"),
    [
        ((0x01, 1), PARAMETERS),
        ((0x01, 2), ARCHIVE),
        ((0x01, 3), PARAMETERS),
        ((0x05, 1), ARCHIVE),
        ((0x05, 2), READ),
        ((0x05, 4), PARAMETERS),
        ((0x05, 6), PARAMETERS),
        ((0x11, 1), ARCHIVE),
        ((0x11, 2), ARCHIVE),
        ((0x11, 3), ARCHIVE),
        ((0x11, 4), PARAMETERS),
        ((0x11, 5), ARCHIVE),
        ((0x11, 6), READ),
        ((0x12, 1), READ),
        ((0x12, 2), READ),
        ((0x12, 3), READ),
    ],
)
def test_what_a_module_keeps_has_its_switches(what, effect):
    assert classify(down(*what, bytes(7))) is effect
    gate = build_gate([classify], {effect})
    gate.check(down(*what, bytes(7)))
    if effect is not READ:
        closed = build_gate([classify], set(Effect) - {effect})
        with pytest.raises(SendRefused):
            closed.check(down(*what, bytes(7)))
        assert classify(down(*what, bytes(7), METER)) is CONTROL


def test_only_one_whole_frame_passes():
    good = _own(commands.query(0x03, 10))
    assert classify(good) is READ
    for wrong in (good + good, good[:-1], b"\xfe" + good, b"", up(0x03, 10)):
        assert classify(wrong) is UNKNOWN
    two = bytearray(good)
    two[11] |= 1
    two[-2] = sum(two[3:-2]) & 0xFF
    assert classify(bytes(two)) is UNKNOWN


@given(st.sampled_from(sorted(functions())), st.binary(max_size=60))
def test_no_bytes_around_a_trip_let_it_pass(what, around):
    for data in (around + TRIP, TRIP + around, around[:4] + TRIP + around[4:]):
        frame = down(*what, data, METER)
        if classify(frame) is not READ:
            continue
        carries = decode_body(*what, data, up=False).frame
        assert carries is None or TRIP not in carries


@given(st.sampled_from([_read(carried(0x11)), _many(carried(0x11))]), st.data())
def test_a_turned_byte_never_changes_a_meter(frame, data):
    """Whatever single byte is another one, with the sums made right again, nothing but reading passes as reading."""
    raw = bytearray(frame)
    at = data.draw(st.integers(3, len(raw) - 3))
    raw[at] = data.draw(st.integers(0, 255))
    raw[-2] = sum(raw[3:-2]) & 0xFF
    if classify(bytes(raw)) is READ and raw[22] == frame[22]:
        inner = bytes(raw[-18:-2])
        assert inner[8] in (0x11, 0x12, 0x13, 0x01, 0x02)
