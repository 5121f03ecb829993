from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from protocols.dlt645.frame import Frame
from simulators.bcd import bcd, stamp5, stamp6
from simulators.dlt645_meter import EVERYBODY, Meter
from simulators.electric import Electric, Spec
from simulators.memory2007 import settlement

NOW = datetime(2026, 3, 3, 14, 20, 31)
NEW = Spec(address="645000000001", seed=3, kind="factory", phases=3)
OLD = Spec(address="645000000002", seed=3, standard="1997")


def ask(meter, control, data=b"", address=None, now=NOW):
    return meter.answer(Frame(address or meter.address, control, data), now)


def read(meter, di, extra=b"", now=NOW):
    reply = ask(meter, 0x11 if len(di) == 8 else 0x01, bytes.fromhex(di)[::-1] + extra, now=now)
    assert reply.address == meter.address
    return reply


def data(meter, di, extra=b"", now=NOW):
    reply = read(meter, di, extra, now)
    width = len(di) // 2
    assert reply.control in (0x91, 0x81)
    assert reply.data[:width] == bytes.fromhex(di)[::-1]
    return reply.data[width:]


def chain(meter, di, extra=b""):
    reply = read(meter, di, extra)
    width, whole, number = len(di) // 2, b"", 1
    while True:
        assert len(reply.data) <= 200
        if number == 1:
            whole += reply.data[width:]
        elif width == 4:
            assert reply.data[-1] == number - 1
            whole += reply.data[width:-1]
        else:
            whole += reply.data[width:]
        if not reply.control & 0x20:
            return whole, number
        follow = reply.data[:width] + (bytes((number,)) if width == 4 else b"")
        reply = ask(meter, 0x12 if width == 4 else 0x02, follow)
        number += 1


def test_a_register_is_what_the_electric_truth_says():
    meter = Meter(NEW)
    expected = [bcd(Electric(NEW).register(1, t, NOW), 4) for t in range(5)]
    assert data(meter, "00010000") == expected[0]
    assert data(meter, "00010300") == expected[3]
    assert data(meter, "0001FF00") == b"".join(expected)


def test_settlements_are_the_registers_of_month_starts():
    meter = Meter(NEW)
    for k, start in ((1, datetime(2026, 3, 1)), (3, datetime(2026, 1, 1)), (4, datetime(2025, 12, 1))):
        assert settlement(k, NOW) == start
        assert data(meter, f"000100{k:02X}") == bcd(Electric(NEW).register(1, 0, start), 4)
    assert len(data(meter, "000100FF")) == 13 * 4


def test_daily_freezes_carry_their_stamp():
    meter = Meter(NEW)
    midnight = datetime(2026, 3, 1)
    assert data(meter, "05060003") == stamp5(midnight)
    assert data(meter, "05060103")[:4] == bcd(Electric(NEW).register(1, 0, midnight), 4)
    assert data(meter, "05060103", now=NOW + timedelta(days=1)) != data(meter, "05060103")
    assert read(meter, "0506003F").control == 0xD1  # 62 is the depth
    assert read(Meter(replace(NEW, daily_freeze=False)), "05060001").control == 0xD1


def test_the_clock_drifts_and_freezes_follow_the_meters_own_midnight():
    meter = Meter(replace(NEW, drift_seconds=90))
    before = datetime(2026, 3, 3, 23, 59, 0)
    assert data(meter, "04000102", now=before) == bytes.fromhex("300000")
    assert data(meter, "05060001", now=before) == stamp5(datetime(2026, 3, 4))


def test_unknown_identifiers_are_refused_by_name():
    meter = Meter(NEW)
    for di in (
        "00110000",
        "00010500",
        "0001000D",
        "0001FFFF",
        "02010400",
        "04009999",
        "09000000",
        "0311000B",
    ):
        reply = read(meter, di)
        assert (reply.control, reply.data) == (0xD1, b"\x02"), di
    assert read(Meter(replace(NEW, blocks=False)), "0001FF00").control == 0xD1


def test_a_single_phase_meter_fills_what_it_does_not_have():
    voltages = data(Meter(replace(NEW, phases=1)), "0201FF00")
    assert voltages[2:] == b"\xff" * 4
    assert voltages[:2] != b"\xff" * 2


@pytest.mark.parametrize(("di", "length"), [("03300201", 202), ("03300501", 682)])
def test_long_data_needs_a_chain(di, length):
    whole, parts = chain(Meter(NEW), di)
    assert len(whole) == length
    assert parts == -(-length // 192)


def test_a_chain_must_be_followed_in_order():
    meter = Meter(NEW)
    di = bytes.fromhex("03300501")[::-1]
    read(meter, "03300501")
    assert ask(meter, 0x12, di + b"\x02").control == 0xD2
    assert ask(meter, 0x12, di + b"\x01").control == 0xB2
    assert ask(Meter(NEW), 0x12, di + b"\x01").control == 0xD2


def test_load_records():
    meter = Meter(NEW)
    latest = data(meter, "06000002", b"\x01")
    assert latest[:2] == b"\xa0\xa0"
    assert latest[2] == len(latest) - 5
    assert latest[3:8] == stamp5(datetime(2026, 3, 3, 14, 15))
    assert latest[-1] == 0xE5
    assert latest[-2] == sum(latest[:-2]) & 0xFF
    since = b"\x01" + stamp5(datetime(2026, 3, 2, 8, 1))
    energies = data(meter, "06040001", since)
    assert energies[3:8] == stamp5(datetime(2026, 3, 2, 8, 15))
    assert energies[8:11] == b"\xaa" * 3
    assert energies[11:15] == bcd(Electric(NEW).register(1, 0, datetime(2026, 3, 2, 8, 15)), 4)
    whole, parts = chain(meter, "06000001", b"\x04" + stamp5(datetime(2026, 3, 2, 8, 0)))
    assert parts == 3
    assert whole.count(b"\xe5\xa0\xa0") == 3
    assert data(meter, "06000001", b"\x01" + stamp5(NOW + timedelta(hours=1))) == b""
    assert read(meter, "06000002", b"\x01\x02").control == 0xD1


def test_events():
    meter = Meter(NEW)
    count = int(data(meter, "03110000")[::-1].hex())
    assert count > 100
    record = data(meter, "03110001")
    assert len(record) == 12
    assert len(data(meter, "03300D01")) == 60
    assert record != data(meter, "03110002")


def test_addresses():
    meter = Meter(NEW)
    assert ask(meter, 0x13, address="A" * 12).data == bytes.fromhex(meter.address)[::-1]
    assert ask(meter, 0x13) is None
    assert ask(meter, 0x11, bytes(4), address="645000000009") is None
    assert ask(meter, 0x11, bytes.fromhex("00000100"), address="AAAAAAAA0001").address == meter.address
    assert ask(meter, 0x11, bytes.fromhex("00000100"), address="AAAAAAAA0002") is None
    assert ask(Meter(replace(NEW, dead=True)), 0x13, address="A" * 12) is None


def test_generations_do_not_understand_each_other():
    assert ask(Meter(OLD), 0x13, address="A" * 12) is None
    assert ask(Meter(OLD), 0x11, bytes.fromhex("00000100")) is None
    assert ask(Meter(NEW), 0x01, bytes.fromhex("1090")) is None
    assert ask(Meter(OLD), 0x01, bytes(4)).control == 0xC1


def test_whatever_would_change_it_is_refused_and_counted():
    meter = Meter(NEW)
    for control in (0x14, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C):
        assert ask(meter, control, bytes(16)).control == control | 0xC0
    ask(meter, 0x16, bytes(4), address=EVERYBODY)
    assert meter.refused == 9
    assert meter.seen[0x1C] == 1


def test_the_clock_is_set_by_broadcast_once_a_day_and_by_five_minutes_at_most():
    meter = Meter(replace(NEW, drift_seconds=200))
    told = NOW + timedelta(seconds=600)
    assert ask(meter, 0x08, stamp6(told), address=EVERYBODY) is None
    assert meter.clock(NOW) - NOW == timedelta(seconds=200)
    ask(meter, 0x08, stamp6(NOW), address=EVERYBODY)
    assert meter.clock(NOW) == NOW
    ask(meter, 0x08, stamp6(NOW + timedelta(seconds=30)), address=EVERYBODY)
    assert meter.clock(NOW) == NOW
    tomorrow = NOW + timedelta(days=1)
    ask(meter, 0x08, stamp6(tomorrow + timedelta(seconds=30)), address=EVERYBODY, now=tomorrow)
    assert meter.clock(tomorrow) == tomorrow + timedelta(seconds=30)
    ask(meter, 0x08, b"\xff" * 6, address=EVERYBODY)


def test_1997_registers_blocks_and_their_terminator():
    meter = Meter(OLD)
    expected = [bcd(Electric(OLD).register(1, t, NOW), 4) for t in range(5)]
    assert data(meter, "9010") == expected[0]
    assert data(meter, "901F") == b"".join(expected) + b"\xaa"
    assert data(Meter(replace(OLD, terminator=False)), "901F") == b"".join(expected)
    assert data(meter, "9410") == bcd(Electric(OLD).register(1, 0, datetime(2026, 3, 1)), 4)
    assert data(meter, "9810") == bcd(Electric(OLD).register(1, 0, datetime(2026, 2, 1)), 4)
    assert read(meter, "90FF").control == 0xC1
    assert read(meter, "9015").control == 0xC1


_ITEMS_1997 = {"B611": 2, "B61F": 7, "B621": 2, "B630": 3, "B640": 2, "B650": 2, "B660": 2, "A010": 3}
_ITEMS_1997 |= {"B010": 4, "A01F": 16, "C010": 4, "C011": 3, "C032": 6, "B212": 2, "9130": 4, "912F": 21}


@pytest.mark.parametrize(("di", "length"), list(_ITEMS_1997.items()))
def test_1997_items(di, length):
    assert len(data(Meter(OLD), di)) == length


def test_what_was_said_is_told():
    told = []
    meter = Meter(NEW, lambda *what: told.append(what))
    said = data(meter, "00010000")
    read(meter, "04009999")
    assert told == [(meter, "00010000", NOW, said)]
