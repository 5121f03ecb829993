"""The Modbus driver against units on a scripted line, in virtual time."""

import asyncio
import itertools
import random
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU

from config.archive import Meter
from config.schema import Target
from drivers.errors import LinkLost
from drivers.modbus import _REQUESTS, ModbusDriver, _words
from drivers.order import Failure, Order, Want
from protocols.modbus.frame import Frame, decode_rtu, encode_rtu, encode_tcp
from protocols.modbus.plan import Request
from protocols.modbus.registers import parse
from protocols.modbus.session import ModbusSession, words_in
from protocols.reading import State
from protocols.session import Question
from tests.drivers.modbus_line import Unit, modbus_line
from tests.drivers.toy import virtually

TZ = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
TARGET = Target(name="t", driver="modbus", link="tcp://h:1", reply_ms=500, late_ms=500)
ENERGY, POWER, VOLTAGE = "1-0:1.8.0", "1-0:16.7.0", "1-0:32.7.0"


def model_of(**more):
    table = {
        "registers": [
            {"at": 0, "point": VOLTAGE, "scale": "0.1"},
            {"at": 1, "point": "1-0:52.7.0", "scale": "0.1", "none": [0xFFFF]},
            {"at": 50, "point": ENERGY, "type": "u32", "scale": "0.01", "times": ["ct"]},
            {"at": 90, "name": "ct"},
            {"at": 200, "point": POWER, "type": "s16", "scale": "0.001"},
        ]
    } | more
    return {"protocol": "modbus", "map": parse(table)}


MODEL = model_of(gap=0)
WORDS = {(3, 0): 2304, (3, 1): 0xFFFF, (3, 50): 0, (3, 51): 12345, (3, 90): 40, (3, 200): 0xFF85}
GOOD = {VOLTAGE: Decimal("230.4"), ENERGY: Decimal("4938.00"), POWER: Decimal("-0.123")}


def order_of(points=tuple(GOOD), *, unit="1", want=Want.LIVE, is_rtu=False, at=None):
    protocol = "modbus-rtu" if is_rtu else "modbus-tcp"
    meter = Meter(asset_no=f"M{unit}", address=unit, protocol=protocol, target="t")
    return Order(meter=meter, want=want, points=tuple(points), at=at)


def driver_on(link, model=MODEL):
    return ModbusDriver(link, tz=TZ, now=lambda: NOW, model=lambda meter: model)


async def read(link, *orders, model=MODEL, retries=2, target=TARGET):
    driver = driver_on(link, model)
    await link.open()
    results = [await driver.run(order, target, retries) for order in orders]
    return results if len(orders) > 1 else results[0]


def values(result):
    return {reading.point: reading.value for reading in result.readings}


def reasons(result):
    return {point: reason for point, reason, _ in result.failures}


BOTH = pytest.mark.parametrize("is_rtu", [True, False], ids=["rtu", "tcp"])


@BOTH
def test_values_are_read_scaled_and_stamped(is_rtu):
    result = virtually(read(modbus_line(Unit(1, WORDS), is_rtu=is_rtu), order_of(is_rtu=is_rtu)))
    assert values(result) == GOOD
    assert not result.failures
    assert result.address == "1"
    assert {reading.at for reading in result.readings} == {NOW}
    assert {reading.unit for reading in result.readings} == {"V", "kWh", "kW"}


def test_neighbours_are_asked_for_together():
    unit = Unit(1, WORDS | {(3, at): 0 for at in range(2, 90) if (3, at) not in WORDS})
    virtually(read(modbus_line(unit), order_of(), model=model_of(gap=60)))
    assert unit.asked == [(3, 0, 91), (3, 200, 1)]


def test_a_value_that_the_device_has_not_is_missing():
    result = virtually(read(modbus_line(Unit(1, WORDS)), order_of(["1-0:52.7.0"])))
    assert [(reading.value, reading.state) for reading in result.readings] == [(None, State.MISSING)]


def test_several_units_on_one_link():
    line = modbus_line(Unit(1, WORDS), Unit(2, WORDS | {(3, 0): 1000}), is_rtu=True)
    one, two = virtually(
        read(line, order_of([VOLTAGE], is_rtu=True), order_of([VOLTAGE], unit="2", is_rtu=True))
    )
    assert values(one) == {VOLTAGE: Decimal("230.4")}
    assert values(two) == {VOLTAGE: Decimal("100.0")}


def test_what_a_device_refuses_in_one_piece_is_read_in_smaller_ones():
    unit = Unit(1, WORDS)
    model = model_of(gap=100)  # passes over registers that this device does not have
    link = modbus_line(unit)
    first, second = virtually(read(link, order_of(), order_of(), model=model))
    assert values(first) == values(second) == GOOD
    asked = [request[1:] for request in unit.asked]
    again = asked.index((200, 1)) + 1
    assert asked[:again].count((0, 91)) == 1
    assert (0, 91) not in asked[again:], "the refusal is remembered"


def test_a_register_that_is_not_there_is_refused_and_the_others_come():
    words = {place: word for place, word in WORDS.items() if place != (3, 200)}
    result = virtually(read(modbus_line(Unit(1, words)), order_of()))
    assert reasons(result) == {POWER: Failure.REFUSED}
    assert values(result) == {point: GOOD[point] for point in (VOLTAGE, ENERGY)}


def test_a_value_whose_factor_did_not_come_is_not_given():
    words = {place: word for place, word in WORDS.items() if place != (3, 90)}
    result = virtually(read(modbus_line(Unit(1, words)), order_of()))
    assert reasons(result) == {ENERGY: Failure.REFUSED}


def test_an_unknown_point_and_a_memory_that_there_is_not():
    result = virtually(read(modbus_line(Unit(1, WORDS)), order_of([VOLTAGE, "1-0:99.7.0"])))
    assert reasons(result) == {"1-0:99.7.0": Failure.UNKNOWN_POINT}
    result = virtually(read(modbus_line(Unit(1, WORDS)), order_of(want=Want.FREEZE, at=NOW)))
    assert set(reasons(result).values()) == {Failure.NO_RECORD}
    result = virtually(read(modbus_line(Unit(1, WORDS)), order_of((), want=Want.TIME_SET)))
    assert reasons(result) == {"": Failure.UNKNOWN_POINT}


@BOTH
def test_a_dead_unit_is_asked_again_and_then_given_up(is_rtu):
    unit = Unit(1, WORDS)
    unit.dead = True
    link = modbus_line(unit, is_rtu=is_rtu)
    result = virtually(read(link, order_of(is_rtu=is_rtu)))
    assert set(reasons(result).values()) == {Failure.TIMEOUT}
    assert len(link.sent) == 4  # three tries, and one for the second piece


@pytest.mark.parametrize(
    ("code", "reason"), [(1, Failure.REFUSED), (6, Failure.TIMEOUT), (11, Failure.TIMEOUT)]
)
def test_what_refusals_mean(code, reason):
    def refuse(replies):
        return [(0.05, encode_tcp(Frame(1, 0x83, bytes([code]), next(numbers))))]

    numbers = itertools.count(1)
    result = virtually(read(modbus_line(Unit(1, WORDS), mangle=refuse), order_of([VOLTAGE])))
    assert reasons(result) == {VOLTAGE: reason}


def test_a_damaged_answer_is_asked_for_again():
    broken = iter([True])

    def mangle(replies):
        ((delay, data),) = replies
        return [(delay, data[:-1] + bytes([data[-1] ^ 1]))] if next(broken, False) else replies

    link = modbus_line(Unit(1, WORDS), is_rtu=True, mangle=mangle)

    async def run():
        driver = driver_on(link)
        await link.open()
        return await driver.run(order_of([VOLTAGE], is_rtu=True), TARGET, 2), driver.counters

    result, counters = virtually(run())
    assert values(result) == {VOLTAGE: Decimal("230.4")}
    assert counters["checksum"] == 1
    assert counters["retries"] == 1


# -- late, stale, doubled ------------------------------------------------------------------------------------------


class Shuffler:
    """Answers late, twice, with an earlier answer before the right one, in its place, or as another unit."""

    def __init__(self, seed, *, is_rtu, in_place):
        self.rng = random.Random(seed)
        self.is_rtu = is_rtu
        self.fates = ["good", "good", "twice", "stale", "late", "other", "lost"] + ["in place"] * in_place
        self.past: list[bytes] = []
        self.struck: set[str] = set()

    def __call__(self, replies):
        ((delay, data),) = replies
        fate = self.rng.choice(self.fates)
        old = self.rng.choice(self.past) if self.past else data
        self.past.append(data)
        self.struck.add(fate)
        return {
            "good": [(delay, data)],
            "twice": [(delay, data), (delay + self.rng.choice([0, 0.01, 0.02]), data)],
            "stale": [(delay, old), (delay + self.rng.choice([0, 0.005, 0.02]), data)],
            "late": [(self.rng.choice([0.6, 0.9]), data)],
            "other": [(delay, self._of_unit(9, data)), (delay + 0.001, data)],
            "lost": [],
            "in place": [(delay, old)],
        }[fate]

    def _of_unit(self, unit, data):
        if self.is_rtu:
            frame = decode_rtu(data)
            return encode_rtu(Frame(unit, frame.function, frame.body))
        return data[:6] + bytes([unit]) + data[7:]


# Registers of equal length at different places, whose words say where they stand.
PLACES = {"registers": [{"at": at, "name": f"r{at}"} for at in range(0, 100, 10)], "gap": 0}
SAYING = {(3, at): 1000 + at for at in range(200)}


@pytest.mark.parametrize("seed", range(6))
@BOTH
def test_no_stale_or_doubled_reply_is_ever_taken_for_the_answer(seed, is_rtu):
    # On a serial line an earlier answer alone, in place of the right one, cannot be told apart: it carries nothing.
    shuffler = Shuffler(seed, is_rtu=is_rtu, in_place=not is_rtu)
    link = modbus_line(Unit(1, SAYING), is_rtu=is_rtu, mangle=shuffler)
    names = [f"r{at}" for at in range(0, 100, 10)]
    orders = [order_of([name], is_rtu=is_rtu) for name in names * 6]
    results = virtually(read(link, *orders, model=model_of(**PLACES)))
    seen = [(result.order.points[0], item.value) for result in results for item in result.items]
    assert all(value == 1000 + int(name[1:]) for name, value in seen)
    assert len(seen) > len(orders) / 2
    assert {"twice", "stale", "late"} <= shuffler.struck


@pytest.mark.parametrize("seed", range(4))
def test_within_one_order_lengths_tell_even_an_answer_in_place_of_another(seed):
    shuffler = Shuffler(seed, is_rtu=True, in_place=True)
    link = modbus_line(Unit(1, SAYING), is_rtu=True, mangle=shuffler)
    names = [f"r{at}" for at in range(0, 60, 20)]
    orders = [order_of(names, is_rtu=True)] * 8
    results = virtually(read(link, *orders, model=model_of(**PLACES | {"gap": 8})))
    seen = [(item.point, item.value) for result in results for item in result.items]
    assert seen
    assert all(value == 1000 + int(point.removeprefix("modbus:r")) for point, value in seen)


def test_a_double_that_comes_much_later_does_not_fit_the_next_question():
    link = modbus_line(Unit(1, SAYING), is_rtu=True, mangle=lambda replies: [*replies, (0.1, replies[0][1])])
    orders = [order_of([f"r{at}"], is_rtu=True) for at in range(0, 100, 10)]
    results = virtually(read(link, *orders, model=model_of(**PLACES | {"gap": 8})))
    assert [item.value for result in results for item in result.items] == list(range(1000, 1100, 10))


def test_the_double_of_another_answer_is_known_by_its_bytes():
    # It comes while the next question waits, alone, and has the length of its answer.
    link = modbus_line(Unit(1, SAYING), is_rtu=True, mangle=lambda replies: [*replies, (0.09, replies[0][1])])
    orders = [order_of([f"r{at}"], is_rtu=True) for at in range(0, 100, 10)]
    results = virtually(read(link, *orders, model=model_of(**PLACES)))
    seen = [(result.order.points[0], item.value) for result in results for item in result.items]
    assert [value for _, value in seen] == [1000 + int(name[1:]) for name, _ in seen]
    assert len(seen) > len(orders) / 2


def test_a_device_that_says_the_same_of_all_is_believed():
    link = modbus_line(Unit(1, dict.fromkeys(SAYING, 0)), is_rtu=True)
    orders = [order_of([f"r{at}"], is_rtu=True) for at in range(0, 100, 10)]
    results = virtually(read(link, *orders, model=model_of(**PLACES)))
    assert [item.value for result in results for item in result.items] == [0] * 10


def test_a_very_late_answer_is_waited_for_before_another_question_like_it():
    fates = iter([1.2, None])  # the second question, which looks the same, is never answered

    def mangle(replies):
        delay = next(fates)
        return [] if delay is None else [(delay, replies[0][1])]

    link = modbus_line(Unit(1, SAYING), is_rtu=True, mangle=mangle)
    orders = [order_of([name], is_rtu=True) for name in ("r0", "r10")]
    results = virtually(read(link, *orders, model=model_of(**PLACES), retries=0))
    assert [set(reasons(result).values()) for result in results] == [{Failure.TIMEOUT}] * 2


def test_after_a_question_without_an_answer_the_serial_line_rests():
    unit = Unit(1, WORDS, delay=0.7)
    link = modbus_line(unit, is_rtu=True)
    result = virtually(read(link, order_of([VOLTAGE], is_rtu=True), retries=1))
    assert set(reasons(result).values()) == {Failure.TIMEOUT}
    first, second = (at for at, _ in link.sent)
    assert second - first >= 0.5 + 0.5


def test_tcp_does_not_rest():
    unit = Unit(1, WORDS, delay=0.7)
    link = modbus_line(unit)
    virtually(read(link, order_of([VOLTAGE]), retries=1))
    first, second = (at for at, _ in link.sent)
    assert second - first == pytest.approx(0.5)


# -- cancellation, links ------------------------------------------------------------------------------------------


@BOTH
def test_a_cancelled_reading_ends_at_once_and_its_late_answer_harms_nobody(is_rtu):
    unit = Unit(1, SAYING, delay=0.3)
    link = modbus_line(unit, is_rtu=is_rtu)
    model = model_of(**PLACES)

    async def run():
        driver = driver_on(link, model)
        await link.open()
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await driver.run(order_of(["r0"], is_rtu=is_rtu), TARGET, 2)
        ended = loop.time() - began
        return ended, await driver.run(order_of(["r10"], is_rtu=is_rtu), TARGET, 2)

    ended, result = virtually(run())
    assert ended == pytest.approx(0.1)
    assert [item.value for item in result.items] == [1010]


@BOTH
def test_a_lost_link_is_raised(is_rtu):
    link = modbus_line(Unit(1, WORDS), is_rtu=is_rtu, mangle=lambda replies: [])

    async def run():
        driver = driver_on(link)
        await link.open()
        asyncio.get_running_loop().call_later(0.1, link.cut)
        await driver.run(order_of(is_rtu=is_rtu), TARGET, 2)

    with pytest.raises(LinkLost):
        virtually(run())


def test_nothing_that_writes_leaves():
    """What pymodbus builds passes the gate as bytes; a gate that lets nothing pass holds all of it back."""
    link = modbus_line(Unit(1, WORDS))
    link._gate._allowed = frozenset()
    result = virtually(read(link, order_of()))
    assert set(reasons(result).values()) == {Failure.GATE}
    assert not link.sent


def test_pauses_between_questions():
    link = modbus_line(Unit(1, SAYING, delay=0.01), is_rtu=True)
    virtually(read(link, order_of(["r0", "r50"], is_rtu=True), model=model_of(**PLACES)))
    (first, _), (second, _) = link.sent
    assert second - first == pytest.approx(0.04)


# -- SunSpec ---------------------------------------------------------------------------------------------------------

SUNSPEC = model_of(
    registers=[],
    discovery="sunspec",
    gap=124,
    block=[
        {
            "id": 203,
            "registers": [
                {"at": 18, "point": POWER, "type": "s16", "exponent": "w_sf", "scale": "0.001"},
                {"at": 22, "name": "w_sf", "type": "s16"},
            ],
        }
    ],
)


def sunspec_unit(base=40000, before=66):
    head = base + 2 + 2 + before
    words = {(3, at): 0 for at in range(base, head + 107)}
    words |= {(3, base): 0x5375, (3, base + 1): 0x6E53, (3, base + 2): 1, (3, base + 3): before}
    words |= {(3, head): 203, (3, head + 1): 105, (3, head + 18): 1234, (3, head + 22): 0xFFFF}
    words |= {(3, head + 107): 0xFFFF, (3, head + 108): 0}
    return Unit(1, words)


def test_a_sunspec_meter_is_found_and_read():
    unit = sunspec_unit()
    first, second = virtually(read(modbus_line(unit), order_of([POWER]), order_of([POWER]), model=SUNSPEC))
    assert values(first) == values(second) == {POWER: Decimal("0.1234")}
    assert unit.asked == [(3, 40000, 2), (3, 40002, 2), (3, 40070, 2), (3, 40070, 23), (3, 40070, 23)]


def test_a_sunspec_map_that_moved_is_looked_for_again():
    unit, moved = sunspec_unit(), sunspec_unit(before=10)

    async def run():
        link = modbus_line(unit)
        driver = driver_on(link, SUNSPEC)
        await link.open()
        results = [await driver.run(order_of([POWER]), TARGET, 0)]
        unit.words = moved.words | {(3, at): 0 for at in range(40070, 40200)}
        unit.words |= {place: word for place, word in moved.words.items() if word}
        results.append(await driver.run(order_of([POWER]), TARGET, 0))
        results.append(await driver.run(order_of([POWER]), TARGET, 0))
        return results

    first, second, third = virtually(run())
    assert values(first) == values(third) == {POWER: Decimal("0.1234")}
    assert reasons(second) == {POWER: Failure.PROTOCOL}
    assert not second.readings


def test_a_device_without_sunspec_says_so():
    result = virtually(read(modbus_line(Unit(1, WORDS)), order_of([POWER]), model=SUNSPEC))
    assert reasons(result) == {POWER: Failure.PROTOCOL}


def test_pymodbus_is_not_imported_without_need():
    code = "import gateway.app, gateway.cli.read, sys; sys.exit('pymodbus' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- anything may come ----------------------------------------------------------------------------------------------

JUNK = st.lists(st.binary(max_size=40), max_size=4)


@given(junk=JUNK, is_rtu=st.booleans())
@settings(max_examples=150, deadline=None)
def test_whatever_a_device_sends_the_order_ends_and_gives_no_value(junk, is_rtu):
    """No exception, no value made of noise, and no waiting beyond the limits."""

    def mangle(replies):
        return [(0.01 * (number + 1), data) for number, data in enumerate(junk)]

    link = modbus_line(Unit(1, WORDS), is_rtu=is_rtu, mangle=mangle)

    async def run():
        result = await read(link, order_of([VOLTAGE], is_rtu=is_rtu), retries=1)
        return result, asyncio.get_running_loop().time()

    result, ended = virtually(run())
    assert not result.items
    assert set(reasons(result)) == {VOLTAGE}
    assert ended < 1010


@given(
    unit=st.integers(1, 247),
    function=st.integers(1, 4),
    start=st.integers(0, 65_000),
    count=st.integers(1, 125),
)
def test_our_codec_and_pymodbus_make_the_same_bytes(unit, function, start, count):
    """The bytes that leave are pymodbus's; airtime and tests reckon with ours."""
    for is_rtu in (True, False):
        ours = ModbusSession(is_rtu=is_rtu).ask(
            Question(address=str(unit), id=f"{function}/{start}", count=count)
        )
        pdu = _REQUESTS[function](dev_id=unit, transaction_id=0 if is_rtu else 1, address=start, count=count)
        framer = (FramerRTU if is_rtu else FramerSocket)(DecodePDU(is_server=False))
        assert framer.buildFrame(pdu) == ours.frame


@given(words=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=125), function=st.sampled_from([3, 4]))
def test_our_codec_and_pymodbus_read_the_same_registers(words, function):
    body = bytes([2 * len(words)]) + b"".join(word.to_bytes(2, "big") for word in words)
    frame = Frame(1, function, body)
    assert words_in(frame, len(words)) == _words(frame, Request(function, 0, len(words))) == words


@given(bits=st.lists(st.integers(0, 1), min_size=1, max_size=200), function=st.sampled_from([1, 2]))
def test_our_codec_and_pymodbus_read_the_same_bits(bits, function):
    data = sum(bit << at for at, bit in enumerate(bits)).to_bytes((len(bits) + 7) // 8, "little")
    frame = Frame(1, function, bytes([len(data)]) + data)
    assert words_in(frame, len(bits)) == _words(frame, Request(function, 0, len(bits))) == bits
