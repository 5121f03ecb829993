from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from protocols.dlt645.frame import Frame, Splitter, encode
from simulators.bcd import time3
from simulators.dlt645_meter import Meter
from simulators.electric import Spec
from simulators.faults import Faults
from simulators.fleet import World, build, specs, spoil
from simulators.line import Line

A = Spec(address="645000000001", seed=1, wakeup=0)
B = Spec(address="645000000002", seed=1, wakeup=4)
ENERGY = bytes.fromhex("00000100")


def frames(pieces):
    return [f for f in Splitter().feed(b"".join(piece.data for piece in pieces)) if isinstance(f, Frame)]


def request(address, data=ENERGY, control=0x11):
    return encode(Frame(address, control, data), 4)


def test_each_meter_answers_for_itself():
    line = Line([Meter(A), Meter(B)])
    for spec in (A, B):
        (reply,) = frames(line.respond(request(spec.address)))
        assert reply.address == spec.address
    assert line.respond(request("645000000009")) == []
    assert line.requests == 3


def test_the_reply_has_the_meters_own_wakeup_bytes():
    line = Line([Meter(A), Meter(B)])
    assert line.respond(request(A.address))[0].data[:1] == b"\x68"
    assert line.respond(request(B.address))[0].data[:5] == b"\xfe\xfe\xfe\xfe\x68"


def test_a_request_may_come_in_pieces_and_two_at_once():
    line = Line([Meter(A), Meter(B)])
    raw = request(A.address)
    assert line.respond(raw[:9]) == []
    assert len(frames(line.respond(raw[9:] + request(B.address)))) == 2


def test_several_meters_at_once_collide():
    line = Line([Meter(A), Meter(replace(B, wakeup=0))])
    everyone = request("A" * 12, b"", 0x13)
    assert frames(line.respond(everyone)) == []
    assert line.collisions == 1
    (alone,) = frames(Line([Meter(A)]).respond(everyone))
    assert alone.address == A.address
    (short,) = frames(line.respond(request("AAAAAAAAAA02")))
    assert short.address == B.address


def test_wire_time_is_that_of_the_speed():
    line = Line([Meter(A)], baud=2400)
    raw = request(A.address)
    pieces = line.respond(raw)
    reply = sum(len(piece.data) for piece in pieces)
    expected = (len(raw) + reply) * 11 / 2400 + A.reply_delay
    assert sum(p.delay for p in pieces) == pytest.approx(expected)
    assert max(len(p.data) for p in pieces) <= 24
    assert line.busy_seconds == pytest.approx((len(raw) + reply) * 11 / 2400)


def test_echo_comes_before_the_reply():
    line = Line([Meter(A)], faults=Faults(echo=True))
    raw = request(A.address)
    pieces = line.respond(raw)
    assert pieces[0].data == raw
    assert [f.control for f in frames(pieces)] == [0x11, 0x91]


def test_the_lines_clock_rules_the_meters():
    at = datetime(2026, 3, 3, 6, 20, 31, tzinfo=UTC)
    line = Line([Meter(A)], now=lambda: at, tz=ZoneInfo("Asia/Shanghai"))
    (reply,) = frames(line.respond(request(A.address, bytes.fromhex("02010004"))))
    assert reply.data[4:] == time3(datetime(2026, 3, 3, 14, 20, 31))


def test_a_fleet_is_the_same_for_the_same_seed():
    fleets = [build(specs(20, seed=s), 4, World(baud=9600)) for s in (1, 1, 2)]
    rows = [list(fleet.rows()) for fleet in fleets]
    assert rows[0] == rows[1] != rows[2]
    assert [len(line.meters) for line in fleets[0].lines] == [5, 5, 5, 5]
    assert {row["target"] for row in rows[0]} == {"line1", "line2", "line3", "line4"}
    assert {row["protocol"] for row in rows[0]} == {"dlt645-1997", "dlt645-2007"}
    broken = spoil(specs(3), 1, "stopped")
    assert [spec.defect for spec in broken] == ["none", "stopped", "none"]
