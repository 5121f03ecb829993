"""A simulated terminal, asked with frames from the reference and looked at byte by byte."""

from datetime import UTC, datetime, timedelta

import pytest

from protocols.dlt645.frame import Frame, encode
from protocols.gdw1376_1 import control
from simulators.dlt645_meter import Meter
from simulators.electric import Electric, Spec
from simulators.gdw_wire import clock6, pack, points, requests, unit
from simulators.terminal import Entry, Terminal, TerminalSpec
from simulators.terminal_memory import TARIFFS, PointMemory

NOW = datetime(2024, 5, 2, 1, tzinfo=UTC)  # 09:00 at the terminal
LOCAL = datetime(2024, 5, 2, 9)
MIDNIGHT = datetime(2024, 5, 2)


def terminal(count=3, meters=None, **given):
    specs = [Spec(address=f"{n + 1:012d}", seed=1, terminator=False) for n in range(count)]
    spec = TerminalSpec(address="33010065", **given)
    return Terminal(spec, meters or [Meter(one) for one in specs], now=lambda: NOW)


def ask(sim, text):
    return b"".join(piece.data for piece in sim.respond(bytes.fromhex(text)))


def question(afn, body, *, password=False, address="013365 0002"):
    raw = pack(0x4B, bytes.fromhex(address), afn, 0x61, body + (bytes(16) if password else b""))
    return raw.hex()


def taken(raw):
    """(control, afn, seq, user data) of each frame."""
    found = []
    while raw:
        length = int.from_bytes(raw[1:3], "little") >> 2
        whole, raw = raw[: length + 8], raw[length + 8 :]
        assert whole[-2] == sum(whole[6:-2]) & 0xFF
        found.append((whole[6], whole[12], whole[13], whole[14:-2]))
    return found


def test_a_daily_freeze_as_the_reference_asks_for_it():
    sim = terminal()
    ((control, afn, seq, data),) = taken(ask(sim, "683E003E00684B01336500020D63010101140105249716"))
    assert (control, afn, seq) == (0x88, 0x0D, 0x63)
    assert data[:7] == bytes.fromhex("01010114010524")
    assert len(data) == 4 + 3 + 5 + 1 + 25
    value = sim.points[1].meter.electric.register(1, 0, MIDNIGHT)
    assert int(data[13:18][::-1].hex()) == value * 100


def test_eight_points_and_one_behind_them_come_in_order():
    sim = terminal(9)
    ((_, _, _, data),) = taken(ask(sim, "684200420068 4B 0133650002 0C 62 FF01 0110 0102 0110 79 16"))
    units = [data[at : at + 4] for at in range(0, len(data), 35)]
    assert units == [unit(pn, 129) for pn in range(1, 10)]


def test_what_is_not_there_is_left_out_and_nothing_at_all_is_denied():
    sim = terminal(2)
    sim.points[1].memory.gaps.add(datetime(2024, 5, 1))
    day = bytes.fromhex("010524")
    ((_, _, _, data),) = taken(ask(sim, question(0x0D, b"\x03\x01\x01\x14" + day)))
    assert data[:4] == unit(2, 161)
    sim.points[2].memory.gaps.add(datetime(2024, 5, 1))
    ((_, afn, _, data),) = taken(ask(sim, question(0x0D, b"\x03\x01\x01\x14" + day)))
    assert (afn, data) == (0, unit(0, 2))
    ((_, afn, _, _),) = taken(ask(sim, question(0x0D, b"\x03\x01\x01\x14" + bytes.fromhex("020524"))))
    assert afn == 0


def test_a_long_answer_comes_in_frames_that_are_counted_on():
    sim = terminal(40, frame_bytes=255)
    units = b"".join(bytes((0xFF, group, 1, 0x10)) for group in range(1, 6))
    frames = taken(ask(sim, question(0x0C, units)))
    assert all(len(data) <= 255 - 16 for *_, data in frames)
    assert [seq & 0x60 for _, _, seq, _ in frames] == [0x40] + [0] * (len(frames) - 2) + [0x20]
    assert [seq & 0xF for _, _, seq, _ in frames] == [(1 + n) % 16 for n in range(len(frames))]
    assert sum(len(data) for *_, data in frames) == 40 * 35


def test_a_curve_has_its_tag_and_its_points():
    sim = terminal(1)
    tag = bytes.fromhex("0000010524") + bytes((1, 96))
    ((_, _, _, data),) = taken(ask(sim, question(0x0D, unit(1, 101) + tag)))
    assert data[:11] == unit(1, 101) + tag
    assert len(data) == 11 + 96 * 4
    last = datetime(2024, 5, 1, 23, 45)
    assert int(data[-4:][::-1].hex()) == sim.points[1].meter.electric.register(1, 0, last)
    today = bytes.fromhex("0000020524") + bytes((1, 96))
    ((_, _, _, data),) = taken(ask(sim, question(0x0D, unit(1, 81) + today)))
    assert data[-3:] == b"\xee" * 3


def test_the_sizes_are_those_of_the_standard():
    memory = PointMemory(Electric(Spec(address="1" * 12, phases=3)))
    sizes = {25: 67, 33: 91, 34: 91, 129: 31, 130: 26, 131: 31, 145: 41, 149: 41}
    assert {fn: len(memory.live(fn, LOCAL)) for fn in sizes} == sizes
    assert memory.live(200, LOCAL) is None
    frozen = {1: 91, 161: 31, 168: 26, 177: 31, 185: 41, 193: 41, 5: 21}
    assert {fn: len(memory.frozen(fn, MIDNIGHT, LOCAL)) for fn in frozen} == frozen
    assert memory.frozen(200, MIDNIGHT, LOCAL) is None
    assert TARIFFS == 4


def test_its_archive_is_read_and_written():
    sim = terminal(2)
    wanted = unit(0, 10) + bytes.fromhex("0200 0100 0200")
    ((_, _, _, data),) = taken(ask(sim, question(0x0A, wanted)))
    rows = data[6:]
    assert Entry.parse(rows[:27]) == Entry(pn=1, address="000000000001")
    moved = Entry(pn=5, address="000000000002")
    ((_, afn, _, data),) = taken(
        ask(sim, question(0x04, unit(0, 10) + b"\x01\x00" + moved.packed(), password=True))
    )
    assert (afn, data) == (0, unit(0, 1))
    assert sim.points[5].meter.address == "000000000002"


def test_a_meter_that_is_not_behind_it_stands_in_its_archive_and_has_no_values():
    sim = terminal(2)
    strange = Entry(pn=2, address="000000000777")
    ask(sim, question(0x04, unit(0, 10) + b"\x01\x00" + strange.packed(), password=True))
    wanted = unit(0, 10) + bytes.fromhex("0100 0200")
    ((_, _, _, data),) = taken(ask(sim, question(0x0A, wanted)))
    assert Entry.parse(data[6:]) == strange
    ((_, afn, _, data),) = taken(ask(sim, question(0x0C, unit(2, 129))))
    assert (afn, data) == (0, unit(0, 2))
    ask(sim, question(0x04, unit(0, 10) + b"\x01\x00\x02\x00" + bytes(25), password=True))
    ((_, afn, _, _),) = taken(ask(sim, question(0x0A, wanted)))
    assert afn == 0


def test_its_clock_is_wrong_until_it_is_set():
    sim = terminal(drift_seconds=-90)
    ((_, _, _, data),) = taken(ask(sim, question(0x0C, unit(0, 2))))
    assert data[4:] == clock6(LOCAL - timedelta(seconds=90))
    ask(sim, question(0x05, unit(0, 31) + clock6(LOCAL), password=True))
    assert sim.clock() == LOCAL


def test_a_trip_is_counted_and_denied():
    sim = terminal()
    ((_, afn, _, data),) = taken(ask(sim, question(0x05, unit(1, 1) + b"\x00", password=True)))
    assert (afn, data) == (0, unit(0, 2))
    assert sim.controls == {"05 F1": 1}


def test_a_frame_for_a_meter_is_forwarded():
    meter = Meter(Spec(address="000000000001", wakeup=0))
    sim = terminal(meters=[meter])
    inner = encode(Frame("000000000001", 0x11, bytes.fromhex("00000100")))
    body = unit(0, 1) + b"\x1f\x6b\xbc\x0a" + len(inner).to_bytes(2, "little") + inner
    ((_, _, _, data),) = taken(ask(sim, question(0x10, body, password=True)))
    assert data[:5] == unit(0, 1) + b"\x1f"
    assert data[7:8] == b"\x68"
    assert int.from_bytes(data[5:7], "little") == len(data) - 7
    deaf = terminal(meters=[meter], plc_loss=1.0)
    ((_, afn, _, _),) = taken(ask(deaf, question(0x10, body, password=True)))
    assert afn == 0


def test_events_are_kept_in_a_ring_and_said_in_every_answer():
    sim = terminal()
    sim.happen(14, bytes(5))
    sim.happen(21, b"\x05", important=False)
    ((control, _, _, data),) = taken(ask(sim, question(0x0C, unit(0, 2))))
    assert control & 0x20
    assert data[-2:] == b"\x01\x01"
    ((_, _, _, data),) = taken(ask(sim, question(0x0E, unit(0, 1) + b"\x00\x01")))
    assert data[4:10] == bytes((1, 1, 0, 1, 14, 10))
    assert sim.report()[12] == 0x0E


def test_it_logs_in_and_stays_alive_and_hears_that_it_was_confirmed():
    sim = terminal()
    assert [(frame[6], frame[12], frame[16]) for frame in (sim.login(), sim.heartbeat())] == [
        (0xC9, 2, 1),
        (0xC9, 2, 4),
    ]
    confirm = pack(0x0B, sim.wire_address, 0, 0x61, unit(0, 1))
    assert sim.respond(confirm) == []
    assert sim.confirmed == 1


def test_others_and_noise_are_not_answered():
    sim = terminal()
    assert ask(sim, question(0x0C, unit(0, 2), address="0133660002")) == b""
    good = bytes.fromhex(question(0x0C, unit(0, 2)))
    assert ask(sim, (b"\x68\x68" + good[:9]).hex()) == b""
    assert len(taken(ask(sim, (good[9:] + good).hex()))) == 2
    assert list(requests(bytearray(good[:-2] + b"\x00\x16"))) == []


def test_the_line_takes_its_time():
    fast, slow = terminal(), terminal(1)
    slow.baud = 9600
    request = bytes.fromhex(question(0x0C, unit(1, 129)))
    assert sum(piece.delay for piece in fast.respond(request)) == pytest.approx(0.02)
    pieces = slow.respond(request)
    size = sum(len(piece.data) for piece in pieces)
    assert sum(piece.delay for piece in pieces) == pytest.approx(0.02 + (len(request) + size) * 11 / 9600)


def test_points_and_units_are_each_others_inverse():
    for pn, fn in ((0, 1), (1, 161), (8, 8), (9, 9), (2040, 248)):
        assert points(unit(pn, fn)) == ((pn,), (fn,))


def test_it_trips_and_lets_close_only_where_it_is_told_to_obey():
    sim = terminal()
    trip = question(0x05, control.trip(3, alarm_minutes=5).encode(), password=True)
    assert taken(ask(sim, trip))[0][3] == unit(0, 2)
    assert (sim.tripped, sim.important.records) == (set(), [])
    sim.obeys = True
    (answer,) = taken(ask(sim, trip))
    assert answer[3][:4] == unit(0, 1)
    assert sim.tripped == {3}
    (event,) = sim.important.records
    assert (event[0], event[1], event[7]) == (5, 10, 0b100)
    ask(sim, question(0x05, control.permit(3).encode(), password=True))
    assert sim.tripped == set()
    assert sim.controls == {"05 F1": 2, "05 F2": 1}
