"""A simulated carrier module, asked with frames from the reference and looked at byte by byte."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from protocols.dlt645.frame import Frame, encode
from simulators.carrier_network import Network
from simulators.carrier_wire import Heard, address, heard, pack, printed
from simulators.cco import Cco, CcoSpec
from simulators.cco_port import CcoPort
from simulators.dlt645_meter import Meter
from simulators.electric import Spec

NOW = datetime(2026, 3, 10, 1, tzinfo=UTC)
METERS = [f"{n + 1:012d}" for n in range(4)]
READ = "34 33 33 33 33"


def cco(count=4, *, listed=True, loss=0.0, **given):
    meters = [Meter(Spec(address=one, seed=1, terminator=False)) for one in METERS[:count]]
    made = Cco(CcoSpec(**given), meters, now=lambda: NOW, steady=lambda: 0.0, baud=0, loss=loss)
    if listed:
        made.archive = dict.fromkeys(METERS[:count], 2)
    return made


def down(afn, dt, data=b"", node="", number=7, control=0x43):
    """A frame of the host, put together by hand."""
    block = bytes((control, 4 if node else 0, 0, 0, 0, 0, number))
    if node:
        block += bytes(6) + bytes.fromhex(node)[::-1]
    block += bytes((afn,)) + bytes.fromhex(dt) + data
    return b"\x68" + (len(block) + 5).to_bytes(2, "little") + block + bytes((sum(block) & 0xFF, 0x16))


def inner(node, control=0x11, data="00010000"):
    return encode(Frame(node, control, bytes.fromhex(data)[::-1]))


def point(node, **how):
    frame = inner(node, **how)
    return down(0x13, "0100", b"\x02\x00\x00" + bytes((len(frame),)) + frame, node)


def many(node, number=7):
    frame = inner(node)
    return down(0xF1, "0100", b"\x02\x00" + len(frame).to_bytes(2, "little") + frame, node, number)


def parts(raw):
    """(control, number, node, afn, dt, data) of a frame upwards."""
    assert (raw[0], raw[-1], raw[-2]) == (0x68, 0x16, sum(raw[3:-2]) & 0xFF)
    assert int.from_bytes(raw[1:3], "little") == len(raw)
    at = 22 if raw[4] & 4 else 10
    node = raw[10:16][::-1].hex() if raw[4] & 4 else ""
    return raw[3], raw[9], node, raw[at], raw[at + 1 : at + 3].hex(), raw[at + 3 : -2]


def said(sim, raw):
    return [parts(one.frame) for one in sim.hear(raw)]


def test_it_tells_its_running_mode():
    ((control, number, _, afn, dt, data),) = said(cco(main_node="000000000051"), down(0x03, "0201"))
    assert (control, number, afn, dt) == (0x83, 7, 0x03, "0201")
    assert (data[0], data[6], data[14:20].hex(), data[22:24]) == (0xF2, 30, "510000000000", b"\x04\x00")
    assert len(data) == 39


def test_a_node_is_read():
    sim = cco()
    ((_, _, node, afn, dt, data),) = said(sim, point(METERS[1]))
    assert (node, afn, dt) == (METERS[1], 0x13, "0100")
    assert (data[2], data[3]) == (2, len(data) - 4)
    assert data[4:5] == b"\x68"
    value = sim.network.nodes[METERS[1]].meter.electric.register(1, 0, datetime(2026, 3, 10, 9))
    digits = bytes(byte - 0x33 for byte in data[18:22])[::-1].hex()
    assert int(digits) == value


def test_the_edition_of_2009_has_other_lengths():
    sim = cco(edition=2009)
    assert [(one[3], one[5]) for one in said(sim, point(METERS[0]))] == [(0x00, b"\x05")]
    frame = inner(METERS[0])
    raw = down(0x13, "0100", b"\x02\x00" + bytes((len(frame),)) + frame, METERS[0])
    ((_, _, _, afn, _, data),) = said(sim, raw)
    assert (afn, data[:1], data[1]) == (0x13, b"\x02", len(data) - 2)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (point("0" * 11 + "9"), 7),
        (down(0x05, "0201", b"\x01"), 10),
        (down(0x15, "0100", b"\x01"), 10),
        (down(0x10, "800d", b"\x01\x00\x01"), 4),
        (down(0x13, "0100", b"\x02\x00\x00\x20\x00", METERS[0]), 5),
    ],
)
def test_what_it_denies(raw, code):
    assert [(one[3], one[4], one[5]) for one in said(cco(), raw)] == [(0x00, "0200", bytes((code,)))]


def test_what_changes_something_is_counted_and_reaches_nobody():
    sim = cco()
    said(sim, point(METERS[0], control=0x1C, data="1A00000000000000"))
    said(sim, down(0x05, "0400", b"\x02\x00"))
    assert sim.network.controls == {"1C": 1}
    assert sim.controls == {"05-F3": 1}
    assert sim.network.nodes[METERS[0]].meter.refused == 0


def test_lost_frames_are_told_in_three_ways():
    for fails, wanted in (
        ("deny", [(0x00, b"\x0b")]),
        ("empty", [(0x13, b"\x02\x00\x02\x00")]),
        ("silent", []),
    ):
        sim = cco(loss=1.0, fails=fails)
        assert [(one[3], one[5]) for one in said(sim, point(METERS[0]))] == wanted
    sim = cco(loss=1.0)
    ((_, _, node, afn, _, data),) = said(sim, many(METERS[0]))
    assert (node, afn, data) == (METERS[0], 0xF1, b"\x02\x00\x00")
    sim = cco()
    sim.network.nodes[METERS[1]].is_joined = False
    assert [one[5] for one in said(sim, point(METERS[1]))] == [b"\x0c"]


def test_several_nodes_at_once_up_to_its_limit():
    sim = cco(concurrent=2)
    assert [one[3] for number in (1, 2, 3) for one in said(sim, many(METERS[number], number))] == [
        0xF1,
        0xF1,
        0,
    ]
    assert sim.flying == 2
    assert [one[5] for one in said(cco(concurrent=0), many(METERS[0]))] == [b"\x0a"]
    sim = cco()
    said(sim, point(METERS[0]))
    assert [one[5] for one in said(sim, point(METERS[1]))] == [b"\x6d"]


def test_its_list_of_nodes():
    sim = cco(listed=False, first=0)
    rows = b"".join(address(one) + b"\x02" for one in METERS)
    assert said(sim, down(0x11, "0100", b"\x04" + rows))[0][3:5] == (0x00, "0100")
    assert said(sim, down(0x11, "0100", b"\x01" + rows[:7]))[0][5] == b"\x06"
    assert said(sim, down(0x10, "0100"))[0][5][:2] == b"\x04\x00"
    data = said(sim, down(0x10, "0200", b"\x02\x00\x02"))[0][5]
    assert (data[:3], printed(data[3:9]), printed(data[11:17])) == (b"\x04\x00\x02", METERS[2], METERS[3])
    said(sim, down(0x11, "0200", b"\x01" + address(METERS[0])))
    assert list(sim.archive) == METERS[1:]
    assert said(cco(first=1), down(0x10, "0200", b"\x00\x00\x02"))[0][5] == b"\x01"
    data = said(sim, down(0x10, "4003", b"\x00\x00\x02"))[0][5]
    assert (data[4], data[11] in (1, 2, 4)) == (2, True)


def test_its_main_node_and_its_reset():
    sim = cco()
    said(sim, down(0x05, "0100", address("000000000077")))
    assert said(sim, down(0x03, "0800"))[0][5] == address("000000000077")
    found = said(sim, down(0x01, "0200"))
    assert [(one[0], one[3], one[4]) for one in found] == [(0x83, 0x00, "0100"), (0xC3, 0x03, "0201")]
    assert not sim.archive


def test_routed_reading_from_the_first_node_to_the_word_that_it_ended():
    sim = cco(2)
    told = said(sim, down(0x12, "0100"))
    assert [(one[0], one[3]) for one in told] == [(0x83, 0x00), (0xC3, 0x14)]
    assert told[1][5][1:7] == address(METERS[0])
    frame = inner(METERS[0])
    give = b"\x02\x00" + bytes((len(frame),)) + frame + b"\x00"
    told = said(sim, down(0x14, "0100", give, control=0x03, number=told[1][1]))
    assert [(one[3], one[4]) for one in told] == [(0x06, "0200"), (0x14, "0100")]
    body = told[0][5]
    assert (body[:3], body[5], body[6]) == (b"\x00\x00\x02", len(body) - 6, 0x68)
    told = said(sim, down(0x14, "0100", b"\x01\x00\x00\x00", control=0x03))
    assert [(one[3], one[4], one[5]) for one in told] == [(0x06, "0400", b"\x01")]
    assert sim.read_by_route == set(METERS[:2])
    said(sim, down(0x12, "0100"))
    said(sim, down(0x12, "0200"))
    assert said(sim, down(0x14, "0100", b"\x01\x00\x00\x00", control=0x03)) == []


def test_it_begins_anew_in_the_middle():
    sim = cco(restart_after=2)
    sim.spec = CcoSpec(restart_after=2, concurrent=8)
    first = sim.hear(many(METERS[0], 1))
    told = sim.hear(many(METERS[1], 2))
    assert [parts(one.frame)[0] for one in told] == [0xC3]
    assert (first[0].life, told[0].life, sim.life) == (0, 1, 1)


def test_what_it_reports_is_confirmed():
    sim = cco()
    power = parts(sim.report_power(1, METERS[:2]).frame)
    assert power[5] == b"\x01\x04\x0d\x01" + address(METERS[0]) + address(METERS[1])
    assert parts(sim.report_found(METERS[3]).frame)[5][:7] == b"\x01" + address(METERS[3])
    area = parts(sim.report_area(METERS[0], "000000000099").frame)[5]
    assert (area[2], area[11], area[12]) == (len(area) - 3, 0x9E, 7)
    said(sim, down(0x00, "0100", b"\xff" * 4 + b"\x00\x00", control=0x03))
    assert sim.confirmed == 1


def test_the_line_carries_one_frame_after_the_other():
    now = 0.0
    sim = cco(concurrent=8)
    sim.baud, sim._steady = 9600, lambda: now
    sent = [sim.hear(many(one, number)) for number, one in enumerate(METERS, 1)]
    ends = sorted((one.delay, len(one.frame)) for (one,) in sent)
    for (before, _), (after, size) in pairwise(ends):
        assert after - before >= size * 11 / 9600 - 1e-9


def test_loss_is_as_often_as_it_is_said_to_be():
    network = Network([Meter(Spec(address=METERS[0]))], seed=4, loss=0.1)
    local = datetime(2026, 3, 10, 9)
    came = sum(bool(network.cross(METERS[0], inner(METERS[0]), local).answer) for _ in range(2000))
    assert 0.77 < came / 2000 < 0.85
    assert network.cross("9" * 12, b"", local) is None


def test_the_wire_drops_what_is_no_frame():
    buffer = bytearray(b"\x00\x68\x01" + down(0x03, "0201")[:-2] + b"\x00\x16" + point(METERS[0]) + b"\x68")
    assert list(heard(buffer)) == [Heard(0x43, 7, METERS[0], 0x13, 1, point(METERS[0])[25:-2])]
    assert buffer == b"\x68"
    assert parts(pack((0x83, 1, 2), (0x13, 10), b"\x01", (METERS[0], METERS[1])))[2:] == (
        METERS[0],
        0x13,
        "0201",
        b"\x01",
    )


async def test_it_answers_on_a_port():
    sim = cco()
    async with CcoPort(sim) as port:
        reader, writer = await asyncio.open_connection(port.host, port.port)
        assert port.link.endswith(str(port.port))
        writer.write(down(0x03, "0800"))
        answer = await reader.readexactly(21)
        assert parts(answer)[3] == 0x03
        port.say(sim.restart())
        assert parts(await reader.readexactly(54))[0] == 0xC3
        port.hang_up()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()


def test_all_nodes_can_be_on_its_list_with_their_protocols():
    old = Meter(Spec(address=METERS[1], standard="1997"))
    made = Cco(CcoSpec(), [Meter(Spec(address=METERS[0])), old])
    made.list_all()
    assert made.archive == {METERS[0]: 2, METERS[1]: 1}
