"""The meter driver against meters on a scripted line, in virtual time."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from config.archive import Meter
from config.schema import Target
from drivers.errors import LinkLost
from drivers.gate import build_gate
from drivers.meter import MeterDriver
from drivers.order import Failure, Order, Want
from protocols.dlt645.effect import classify
from protocols.dlt645.frame import Frame, Splitter
from protocols.reading import Method
from protocols.session import Effect
from tests.drivers.line import FakeMeter, bcd, line, stamp
from tests.drivers.toy import virtually

TZ = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 10, 8, 30, tzinfo=TZ)
TARGET = Target(name="line1", driver="meter", link="tcp://h:1", retries=2)
ADDRESS = "000000000012"
REGISTERS = {
    "00010000": bcd("00123456"),
    "00010100": bcd("00100000"),
    "00010200": bcd("00020000"),
    "00010300": bcd("00003400"),
    "00010400": bcd("00000056"),
}
BLOCK = b"".join(REGISTERS.values())
TARIFFS = tuple(f"1-0:1.8.{t}" for t in range(5))
MODELS = {
    "dlt645-2007": {"protocol": "dlt645-2007", "blocks": True, "tariffs": 4, "overrides": {}},
    "dlt645-1997": {"protocol": "dlt645-1997", "blocks": True, "tariffs": 4, "overrides": {}},
}


class Wall:
    """A wall clock that a test moves."""

    def __init__(self, now=NOW):
        self.value = now

    def now(self):
        return self.value.astimezone(UTC)


def driver_on(link, wall=None):
    return MeterDriver(link, tz=TZ, now=(wall or Wall()).now, model=lambda meter: MODELS[meter.protocol])


def order_of(points, want=Want.LIVE, at=None, *, address=ADDRESS, protocol="dlt645-2007"):
    meter = Meter(asset_no=f"a{address[-4:]}", address=address, protocol=protocol, target="line1")
    return Order(meter=meter, want=want, points=tuple(points), at=at)


async def read(link, *orders, wall=None, retries=2):
    """The results of these orders, one after another by one driver."""
    driver = driver_on(link, wall)
    await link.open()
    results = [await driver.run(order, TARGET, retries) for order in orders]
    return results if len(orders) > 1 else results[0]


def values(result):
    return {reading.point: reading.value for reading in result.readings}


def reasons(result):
    return {point: reason for point, reason, _ in result.failures}


def test_a_block_is_read_with_one_question():
    meter = FakeMeter(ADDRESS, {"0001FF00": BLOCK})
    result = virtually(read(line(meter), order_of(TARIFFS)))
    assert meter.asked == ["0001FF00"]
    assert values(result) == dict(
        zip(TARIFFS, map(Decimal, ["1234.56", "1000.00", "200.00", "34.00", "0.56"]), strict=True)
    )
    reading = result.readings[0]
    assert (reading.meter, reading.source, reading.method, reading.unit) == (
        "a0012",
        "line1",
        Method.LIVE,
        "kWh",
    )
    assert result.address == ADDRESS
    assert not result.failures


def test_only_the_points_that_were_asked_come():
    meter = FakeMeter(ADDRESS, {"0001FF00": BLOCK, **REGISTERS})
    result = virtually(read(line(meter), order_of(TARIFFS[:2])))
    assert set(values(result)) == set(TARIFFS[:2])


def test_a_refused_block_is_read_singly_and_not_asked_again_for_a_day():
    meter = FakeMeter(ADDRESS, REGISTERS)
    wall = Wall()

    async def main():
        link = line(meter)
        await link.open()
        driver = driver_on(link, wall)
        first = await driver.run(order_of(TARIFFS), TARGET, 2)
        assert len(values(first)) == 5
        assert meter.asked == ["0001FF00", *REGISTERS]
        meter.asked.clear()
        await driver.run(order_of(TARIFFS), TARGET, 2)
        assert meter.asked == list(REGISTERS)
        wall.value += timedelta(days=1, minutes=1)
        meter.asked.clear()
        await driver.run(order_of(TARIFFS), TARGET, 2)
        assert meter.asked[0] == "0001FF00"

    virtually(main())


def taciturn_line(meter):
    """A meter that says nothing at all to an identifier that it does not have."""

    def without_refusals(replies):
        return [] if meter.asked and meter.asked[-1] not in meter.data else replies

    return line(meter, mangle=without_refusals)


def test_a_block_that_meets_silence_is_read_singly_and_not_asked_again():
    meter = FakeMeter(ADDRESS, REGISTERS)

    async def main():
        link = taciturn_line(meter)
        await link.open()
        driver = driver_on(link)
        first = await driver.run(order_of(TARIFFS), TARGET, 1)
        assert len(values(first)) == 5
        assert meter.asked == ["0001FF00", "0001FF00", *REGISTERS]
        meter.asked.clear()
        await driver.run(order_of(TARIFFS), TARGET, 1)
        assert meter.asked == list(REGISTERS)

    virtually(main())


def test_a_block_that_was_answered_once_is_not_doubted_for_one_silence():
    meter = FakeMeter(ADDRESS, {"0001FF00": BLOCK, **REGISTERS})

    async def main():
        link = taciturn_line(meter)
        await link.open()
        driver = driver_on(link)
        await driver.run(order_of(TARIFFS), TARGET, 1)
        del meter.data["0001FF00"]
        meter.asked.clear()
        second = await driver.run(order_of(TARIFFS), TARGET, 1)
        assert meter.asked == ["0001FF00", "0001FF00"]
        assert set(reasons(second).values()) == {Failure.TIMEOUT}

    virtually(main())


def test_a_dead_meter_costs_one_question_more_and_a_probe_none():
    meter = FakeMeter(ADDRESS, {})

    async def main():
        link = taciturn_line(meter)
        await link.open()
        driver = driver_on(link)
        first = await driver.run(order_of(TARIFFS), TARGET, 2)
        assert meter.asked == ["0001FF00"] * 3 + ["00010000"]
        assert set(reasons(first)) == set(TARIFFS)
        meter.asked.clear()
        await driver.run(order_of(TARIFFS), TARGET, 0)
        assert meter.asked == ["0001FF00"]

    virtually(main())


def test_a_refusal_is_final():
    meter = FakeMeter(ADDRESS, {"00010000": REGISTERS["00010000"]})
    result = virtually(read(line(meter), order_of(["1-0:1.8.0", "1-0:32.7.0"])))
    assert values(result) == {"1-0:1.8.0": Decimal("1234.56")}
    assert reasons(result) == {"1-0:32.7.0": Failure.REFUSED}
    assert meter.asked.count("02010100") == 1


def test_a_point_nobody_knows_costs_no_airtime_and_spares_the_others():
    meter = FakeMeter(ADDRESS, REGISTERS)
    result = virtually(read(line(meter), order_of(["1-0:1.8.0", "9-9:99.99.9"])))
    assert values(result) == {"1-0:1.8.0": Decimal("1234.56")}
    assert reasons(result) == {"9-9:99.99.9": Failure.UNKNOWN_POINT}
    assert meter.asked == ["00010000"]


def test_silence_is_asked_again_and_then_the_order_ends_soon():
    meter = FakeMeter(ADDRESS, REGISTERS)
    meter.dead = True
    link = line(meter)
    points = ("1-0:1.8.0", "1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0")
    result = virtually(read(link, order_of(points)))
    assert set(reasons(result).values()) == {Failure.TIMEOUT}
    assert set(reasons(result)) == set(points)
    assert len(link.sent) == 3 + 1
    assert result.address == ""


def test_one_silent_identifier_does_not_cost_the_others():
    meter = FakeMeter(ADDRESS, {"02010200": bcd("2204"), "02010300": bcd("2203"), **REGISTERS})
    drop = Splitter()

    def mute(replies):
        return [reply for reply in replies if drop.feed(reply[1])[0].data[:4] != bytes.fromhex("00020102")]

    link = line(meter, mangle=mute)
    result = virtually(read(link, order_of(["1-0:1.8.0", "1-0:52.7.0", "1-0:72.7.0"])))
    assert set(values(result)) == {"1-0:1.8.0", "1-0:72.7.0"}
    assert reasons(result) == {"1-0:52.7.0": Failure.TIMEOUT}


def test_a_wrong_checksum_is_asked_again():
    meter = FakeMeter(ADDRESS, REGISTERS)
    damaged = []

    def once(replies):
        if damaged:
            return replies
        damaged.append(1)
        return [(delay, raw[:-2] + bytes([raw[-2] ^ 1]) + raw[-1:]) for delay, raw in replies]

    result = virtually(read(line(meter, mangle=once), order_of(["1-0:1.8.0"])))
    assert values(result) == {"1-0:1.8.0": Decimal("1234.56")}
    assert result.attempts == 2
    always = line(meter, mangle=lambda rs: [(d, r[:-2] + bytes([r[-2] ^ 1]) + r[-1:]) for d, r in rs])
    assert reasons(virtually(read(always, order_of(["1-0:1.8.0"])))) == {"1-0:1.8.0": Failure.CHECKSUM}


@pytest.mark.parametrize("seed", range(5))
def test_a_fifth_of_all_frames_lost_costs_no_reading_and_invents_none(seed):
    rng = random.Random(seed)
    meters = [
        FakeMeter(f"{i:012d}", {"00010000": bcd(f"{i * 1111:08d}")}, delay=0.05 + 0.04 * i)
        for i in range(1, 9)
    ]

    def mangle(replies):
        return [reply for reply in replies if rng.random() > 0.2]

    orders = [order_of(["1-0:1.8.0"], address=meter.address) for _ in range(20) for meter in meters]
    results = virtually(read(line(*meters, mangle=mangle), *orders, retries=9))
    for result in results:
        expected = Decimal(int(result.order.meter.address) * 1111).scaleb(-2)
        assert values(result) == {"1-0:1.8.0": expected}


def test_a_late_reply_of_the_last_meter_is_not_this_ones_answer():
    late = FakeMeter("000000000001", {"00010000": bcd("00000001")}, delay=0.6)
    prompt = FakeMeter("000000000002", {"00010000": bcd("00000002")}, delay=0.2)
    orders = [order_of(["1-0:1.8.0"], address=meter.address) for meter in (late, prompt)]

    async def main():
        link = line(late, prompt)
        driver = driver_on(link)
        await link.open()
        results = [await driver.run(order, TARGET, 0) for order in orders]
        return results, driver.counters

    results, counters = virtually(main())
    assert reasons(results[0]) == {"1-0:1.8.0": Failure.TIMEOUT}
    assert values(results[1]) == {"1-0:1.8.0": Decimal("0.02")}
    assert counters["foreign"] == 1


def test_who_answers_in_place_of_the_asked_meter_is_told():
    other = FakeMeter("000000000099", {"00010000": bcd("00000001")})
    other.hears = lambda address: True
    result = virtually(read(line(other), order_of(["1-0:1.8.0"])))
    assert (result.address, result.stranger, result.readings) == ("", "000000000099", ())
    assert result.failures == (("1-0:1.8.0", Failure.TIMEOUT, "answered by 000000000099"),)
    assert len(other.asked) == 3


def test_a_meter_that_answers_after_all_has_no_stranger():
    other = FakeMeter("000000000099", {"00010000": bcd("00000001")}, delay=0.05)
    other.hears = lambda address: True
    result = virtually(read(line(other, FakeMeter(ADDRESS, REGISTERS)), order_of(["1-0:1.8.0"])))
    assert (result.address, result.stranger) == (ADDRESS, "")
    assert values(result) == {"1-0:1.8.0": Decimal("1234.56")}


def test_a_meter_of_1997_alone_on_its_line_is_read_by_nines():
    meter = FakeMeter(ADDRESS, {"9010": bcd("00123456")})
    meter.hears = lambda address: address in {"9" * 12, ADDRESS}
    order = order_of(["1-0:1.8.0"], address="9" * 12, protocol="dlt645-1997")
    result = virtually(read(line(meter), order))
    assert (result.address, values(result)) == (ADDRESS, {"1-0:1.8.0": Decimal("1234.56")})


def test_echo_noise_and_single_bytes():
    meter = FakeMeter(ADDRESS, REGISTERS)

    def drip(replies):
        raw = b"\x16\x68\x00\xff" + replies[0][1]
        return [(0.05 + 0.01 * i, raw[i : i + 1]) for i in range(len(raw))]

    link = line(meter, mangle=drip)
    script = link.script
    link.script = lambda sent: [(0.0, sent), *script(sent)]
    assert values(virtually(read(link, order_of(["1-0:1.8.0"])))) == {"1-0:1.8.0": Decimal("1234.56")}


def test_a_wildcard_learns_the_real_address():
    meter = FakeMeter(ADDRESS, REGISTERS)
    link = line(meter)
    order = order_of(["1-0:1.8.0"], address="A" * 12)
    results = virtually(read(link, order, order))
    assert [result.address for result in results] == [ADDRESS, ADDRESS]
    asked = [Splitter().feed(sent)[0].address for _, sent in link.sent]
    assert asked == ["A" * 12, ADDRESS]


def test_a_cut_line_is_the_buss_business():
    async def main():
        link = line(FakeMeter(ADDRESS, REGISTERS, delay=0.3))
        await link.open()
        asyncio.get_running_loop().call_later(0.1, link.cut)
        with pytest.raises(LinkLost):
            await driver_on(link).run(order_of(["1-0:1.8.0"]), TARGET, 2)

    virtually(main())


# -- the meter's memories ------------------------------------------------------------------------------------


def freezes(days, *, first=datetime(2026, 3, 10)):
    """Daily freezes of these days before `first`, each register counting its day of month."""
    data = {}
    for k, back in enumerate(days, 1):
        day = first - timedelta(days=back)
        data[f"050600{k:02X}"] = stamp(day)
        block = b"".join(bcd(f"{day.day * 100 + tariff:08d}") for tariff in range(5))
        data[f"050601{k:02X}"] = block
    return data


def at(day, month=3):
    return datetime(2026, month, day, tzinfo=TZ)


def test_a_daily_freeze_is_found_by_its_own_stamp():
    meter = FakeMeter(ADDRESS, freezes(range(10)))
    result = virtually(read(line(meter), order_of(["1-0:1.8.0"], Want.FREEZE, at(8))))
    assert values(result) == {"1-0:1.8.0": Decimal("8.00")}
    assert (result.readings[0].at, result.readings[0].method) == (at(8), Method.FREEZE)
    assert meter.asked == ["05060003", "05060103", "05060003"]


def test_days_without_power_are_searched_past():
    meter = FakeMeter(ADDRESS, freezes([0, 1, 2, 5, 6, 7]))
    result = virtually(read(line(meter), order_of(["1-0:1.8.0"], Want.FREEZE, at(4))))
    assert values(result) == {"1-0:1.8.0": Decimal("4.00")}


@pytest.mark.parametrize("day", [7, 1])
def test_a_freeze_that_the_meter_does_not_keep_is_no_record(day):
    meter = FakeMeter(ADDRESS, freezes([0, 1, 2, 5, 6, 7]))
    result = virtually(read(line(meter), order_of(["1-0:1.8.0"], Want.FREEZE, at(day))))
    assert reasons(result) == {"1-0:1.8.0": Failure.NO_RECORD}


def test_midnight_between_two_reads_is_noticed():
    meter = FakeMeter(ADDRESS, freezes(range(10)))
    wall = Wall()

    def midnight(replies):
        if meter.asked == ["05060003", "05060103"]:
            meter.data = freezes(range(10), first=datetime(2026, 3, 11))
            wall.value = datetime(2026, 3, 11, 0, 0, 1, tzinfo=TZ)
        return replies

    result = virtually(
        read(line(meter, mangle=midnight), order_of(["1-0:1.8.0"], Want.FREEZE, at(8)), wall=wall)
    )
    assert values(result) == {"1-0:1.8.0": Decimal("8.00")}
    assert meter.asked == ["05060003", "05060103", "05060003", "05060004", "05060104", "05060004"]


def test_settlement_registers_are_counted_from_the_calendar():
    meter = FakeMeter(ADDRESS, {"00010001": bcd("00000301"), "00010002": bcd("00000201")})
    for month, value in ((3, "3.01"), (2, "2.01")):
        result = virtually(read(line(meter), order_of(["1-0:1.8.0"], Want.SETTLEMENT, at(1, month))))
        assert values(result) == {"1-0:1.8.0": Decimal(value)}
        assert result.readings[0].at == at(1, month)
        assert result.readings[0].method is Method.SETTLEMENT
    result = virtually(read(line(meter), order_of(["1-0:1.8.0"], Want.SETTLEMENT, at(1, 4))))
    assert reasons(result) == {"1-0:1.8.0": Failure.NO_RECORD}


@pytest.mark.parametrize("seconds", [-60, 60])
def test_near_a_settlement_nobody_can_tell_which_is_the_last(seconds):
    meter = FakeMeter(ADDRESS, {"00010001": bcd("00000301")})
    wall = Wall(at(1) + timedelta(seconds=seconds))
    result = virtually(read(line(meter), order_of(["1-0:1.8.0"], Want.SETTLEMENT, at(1, 2)), wall=wall))
    assert reasons(result) == {"1-0:1.8.0": Failure.NO_RECORD}
    assert meter.asked == []


# -- setting the time ----------------------------------------------------------------------------------------


def test_the_time_is_not_set_unless_its_switch_is_on():
    link = line()
    result = virtually(read(link, order_of((), Want.TIME_SET)))
    assert reasons(result) == {"": Failure.GATE}
    assert link.sent == []


def test_the_time_is_broadcast_in_the_meters_own_zone():
    link = line()
    link._gate = build_gate([classify], [Effect.TIME_SET])
    link.script = lambda sent: []
    result = virtually(read(link, order_of((), Want.TIME_SET)))
    assert not result.failures
    frame = Splitter().feed(link.sent[0][1])[0]
    assert frame == Frame("9" * 12, 0x08, bytes.fromhex("003008100326"))
