"""The edge's sums over simulated days: what closes, what comes late, what survives."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from config.archive import Exchange, Relation
from protocols.reading import Flag, Method, State
from tests.gateway.aggregates.plant import (
    DAY,
    HOUR,
    START,
    ZONE,
    Bench,
    archive,
    area,
    meter,
    reading,
    register,
)

QUARTER = timedelta(minutes=15)


def curve(begin, end, numbers=range(4), step=QUARTER):
    at = begin
    while at <= end:
        yield from (reading(f"M{n}", register(n, at), at) for n in numbers)
        at += step


async def day_of(bench, begin=START, end=START + DAY, step=QUARTER):
    """Read everything in its time."""
    at = begin
    while at <= end:
        bench.wall.at = at
        bench.take(*(reading(f"M{n}", register(n, at), at) for n in range(4)))
        await bench.sums.tick()
        at += step


@pytest.mark.asyncio
async def test_every_span_is_summed_once_after_its_grace():
    bench = Bench()
    await bench.sums.load()
    await day_of(bench)
    await bench.go(START + DAY + 3 * HOUR)
    sums = bench.store.sums
    counts = {
        span: sum(one.span == span and one.side == "sale" and one.start < START + DAY for one in sums)
        for span in ("15m", "1h", "1d")
    }
    assert counts == {"15m": 96, "1h": 24, "1d": 1}
    assert {one.version for one in sums} == {1}
    day = bench.last("1d", START)
    assert (day.energy, day.due, day.present, day.skew_seconds, day.flags) == (144, 3, 3, 0, 0)
    supply = bench.last("1d", START, side="supply")
    assert (supply.energy, supply.source) == (144, "so-1")
    assert bench.last("1h", START + 5 * HOUR).energy == 6


@pytest.mark.asyncio
async def test_a_month_is_the_sum_of_its_days():
    bench = Bench()
    await bench.sums.load()
    end = datetime(2026, 6, 1, tzinfo=ZONE)
    await day_of(bench, end=end, step=DAY)
    await bench.go(end + 3 * HOUR)
    days = [
        one.energy for one in bench.store.sums if one.span == "1d" and one.side == "sale" and one.start < end
    ]
    assert (len(days), sum(days)) == (31, bench.last("1mo").energy) == (31, 31 * 144)


@pytest.mark.asyncio
async def test_what_comes_late_makes_a_new_version_and_the_same_again_none():
    bench = Bench()
    await bench.sums.load()
    bench.take(*curve(START, START + DAY, (0, 1, 2), DAY))
    bench.wall.at = START + DAY
    await bench.go(START + DAY + 3 * HOUR)
    first = bench.last("1d")
    assert (first.version, first.present, first.due, first.energy) == (1, 2, 3, 72)
    assert first.flags & Flag.AGGREGATED_INCOMPLETE
    bench.take(*curve(START, START + DAY, (3,), DAY))
    await bench.go(bench.wall.at + HOUR)
    second = bench.last("1d")
    assert (second.version, second.present, second.energy, second.flags) == (2, 3, 144, 0)
    before = len(bench.store.sums)
    bench.take(*curve(START, START + DAY, range(4), DAY))
    await bench.go(bench.wall.at + HOUR)
    assert len(bench.store.sums) == before


@pytest.mark.asyncio
async def test_suspect_values_and_strangers_count_for_nothing():
    bench = Bench()
    await bench.sums.load()
    bench.take(
        reading("M1", 5000, START, state=State.SUSPECT),
        reading("M9", 5000, START),
        reading("M1", 5000, START, point="1-0:1.8.1"),
    )
    assert len(bench.sums._boundaries) == 0


@pytest.mark.asyncio
async def test_skewed_readings_are_aligned_and_their_skew_is_kept():
    bench = Bench()
    await bench.sums.load()
    late = timedelta(minutes=4)
    for number in range(4):
        for day in (0, 1):
            for at in (START + day * DAY - timedelta(minutes=11), START + day * DAY + late):
                bench.take(reading(f"M{number}", register(number, at), at))
    bench.wall.at = START + DAY
    await bench.go(START + DAY + 3 * HOUR)
    day = bench.last("1d")
    assert (day.energy, day.skew_seconds) == (144, 240)
    assert day.flags & Flag.TIME_SHIFTED


@pytest.mark.asyncio
async def test_beyond_half_an_hour_a_meter_is_missing():
    bench = Bench()
    await bench.sums.load()
    late = timedelta(minutes=31)
    bench.take(
        *(reading(f"M{n}", register(n, at), at) for n in range(4) for at in (START, START + DAY + late))
    )
    bench.take(*(reading("M1", register(1, at), at) for at in (START, START + DAY)))
    bench.wall.at = START + DAY
    await bench.go(START + DAY + 3 * HOUR)
    assert (bench.last("1d").present, bench.last("1d").due) == (1, 3)


@pytest.mark.asyncio
async def test_a_restart_neither_loses_nor_doubles():
    bench = Bench()
    await bench.sums.load()
    half = START + 12 * HOUR
    await day_of(bench, end=half)
    await bench.sums.stop()
    before = len(bench.store.sums)
    again = Bench(store=bench.store, at=half + HOUR)
    await again.sums.load()
    again.take(*curve(half - HOUR, half))  # what was on its way comes again
    await again.go(half + HOUR)
    await day_of(again, half + HOUR, START + DAY)
    await again.go(START + DAY + 3 * HOUR)
    sums = bench.store.sums
    keys = [(one.node, one.side, one.span, one.start, one.version) for one in sums]
    assert len(keys) == len(set(keys)) > before
    assert (again.last("1d").energy, again.last("1d").version) == (144, 1)


@pytest.mark.asyncio
async def test_after_a_kill_what_was_made_is_known():
    """Nothing but what the last durable entry holds."""
    bench = Bench()
    await bench.sums.load()
    await day_of(bench, end=START + 3 * HOUR)
    made = len(bench.store.sums)
    again = Bench(store=bench.store, at=bench.wall.at)
    await again.sums.load()
    again.take(*curve(START + 2 * HOUR, START + 3 * HOUR))
    await again.sums.tick()
    await again.go(START + 3 * HOUR + timedelta(minutes=14))
    assert made > 10
    assert [one for one in bench.store.sums[made:] if one.version > 1] == []


@pytest.mark.asyncio
async def test_a_full_outbox_is_tried_again():
    bench = Bench()
    await bench.sums.load()
    bench.take(*curve(START, START + HOUR))
    bench.store.full = True
    await bench.go(START + 2 * HOUR)
    assert bench.store.sums == []
    bench.store.full = False
    await bench.go(START + 2 * HOUR + timedelta(minutes=5))
    assert (bench.last("1h", START).energy, bench.last("1h", START).version) == (6, 1)
    assert bench.sums.stats.made == len(bench.store.sums)


@pytest.mark.asyncio
async def test_registers_that_a_full_outbox_refused_are_kept_by_the_next_turn():
    """Ten hours in which nothing is kept, then one turn, then a kill: all that was read is there again."""
    bench = Bench(spans=("1mo",))
    await bench.sums.load()
    await day_of(bench, end=START + HOUR)
    bench.store.full = True
    await day_of(bench, START + HOUR, START + 11 * HOUR)
    bench.store.full = False
    await bench.go(START + 11 * HOUR + timedelta(minutes=20))
    again = Bench(store=bench.store, at=bench.wall.at, spans=("1mo",))
    await again.sums.load()
    await again.sums.tick()
    await bench.sums.tick()
    assert again.sums.stats.registers == bench.sums.stats.registers > 40


@pytest.mark.asyncio
async def test_a_meter_counts_for_two_nodes_on_two_sides():
    found = area()
    line = Relation(meter="M0", node_kind="line", node="L1", side="sale")
    bench = Bench(archive(found.meters, (*found.relations, line)))
    await bench.sums.load()
    bench.take(*curve(START, START + DAY, step=DAY))
    bench.wall.at = START + DAY
    await bench.go(START + DAY + 3 * HOUR)
    assert bench.last("1d", side="supply").energy == bench.last("1d", side="sale", node="L1").energy == 144


@pytest.mark.asyncio
async def test_an_exchange_is_followed_by_its_record():
    noon = START + 12 * HOUR
    old = meter(1, mp_no="P1", valid_from=date(2026, 1, 1), status="removed")
    new = meter(2, mp_no="P1", valid_from=date(2026, 5, 1))
    exchange = Exchange(
        mp_no="P1",
        old_asset="M1",
        new_asset="M2",
        at=noon,
        old_finals={"1-0:1.8.0": Decimal("1010.50")},
        new_initials={"1-0:1.8.0": Decimal("0.20")},
    )
    relation = Relation(meter="M1", node_kind="transformer", node="T1", side="sale")
    bench = Bench(archive((old, new), (relation,), (exchange,)))
    await bench.sums.load()
    bench.take(reading("M1", "1000.00", START), reading("M2", "5.70", START + DAY))
    bench.wall.at = START + DAY
    await bench.go(START + DAY + 3 * HOUR)
    day = bench.last("1d")
    assert (day.energy, day.present) == (Decimal("16.00"), 1)
    assert day.flags & Flag.EXCHANGED


@pytest.mark.asyncio
async def test_a_reload_takes_a_new_meter_in_and_forgets_one_that_left():
    bench = Bench()
    await bench.sums.load()
    bench.take(*curve(START, START + HOUR))
    bench.sums.adopt(bench.sums._settings, area(homes=1))
    assert {key[0] for key, _ in bench.sums._boundaries.tracks()} == {"M0", "M1"}
    await bench.go(START + 2 * HOUR)
    assert bench.last("1h", START).due == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("settings", [{"enabled": False}, {"spans": ()}])
async def test_it_can_be_turned_off(settings):
    bench = Bench(**settings)
    await bench.sums.load()
    await day_of(bench, end=START + 2 * HOUR)
    assert (bench.store.entries, len(bench.sums._boundaries)) == ([], 0)


@pytest.mark.asyncio
async def test_spans_can_be_chosen():
    bench = Bench(spans=("1h",))
    await bench.sums.load()
    await day_of(bench, end=START + 3 * HOUR)
    assert {one.span for one in bench.store.sums} == {"1h"}


@pytest.mark.asyncio
@pytest.mark.parametrize("seed", range(3))
async def test_any_order_lateness_and_repetition_give_the_same_sums(seed):
    """The last versions after all is here are those of readings that came in their order."""
    readings = list(curve(START, START + DAY, step=HOUR))
    readings += [reading("M1", register(1, START + 3 * HOUR), START + 3 * HOUR, method=Method.FREEZE)]
    plain, mixed = Bench(), Bench()
    chance = random.Random(seed)
    shuffled = readings + chance.sample(readings, 30)
    chance.shuffle(shuffled)
    for bench, given in ((plain, readings), (mixed, shuffled)):
        await bench.sums.load()
        parts = [given[n::7] for n in range(7)] if bench is mixed else [given]
        for part in parts:
            bench.take(*part)
            await bench.go(bench.wall.at + timedelta(hours=chance.choice([1, 5]) if bench is mixed else 1))
        await bench.go(START + 2 * DAY)

    def newest(bench):
        found = {}
        for one in sorted(bench.store.sums, key=lambda one: one.version):
            if one.start < START + DAY:
                found[one.node, one.side, one.span, one.start] = (one.energy, one.due, one.present, one.flags)
        return found

    assert newest(plain) == newest(mixed)
