"""A day's curve against its registers: R029 and R030, whatever comes first."""

import random
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from gateway.review.curves import Curves
from gateway.review.days import take_days
from gateway.review.findings import Book
from gateway.review.known import ReviewStats
from protocols.reading import Method, Reading, State
from tests.gateway.review.test_reviewer import ZONE, Bench, meter

MIDNIGHT = datetime(2026, 5, 2, tzinfo=ZONE)
QUARTER = timedelta(minutes=15)


def reading(point, value, at, method=Method.CURVE):
    return Reading(
        meter="M1",
        point=point,
        value=Decimal(value),
        unit="",
        at=at,
        read_at=at,
        state=State.PASSED,
        method=method,
    )


def day(power="1.0", interval="0.25"):
    """A day of 24 kWh: two registers, 96 powers, 96 intervals."""
    yield reading("1-0:1.8.0", 100, MIDNIGHT, Method.FREEZE)
    yield reading("1-0:1.8.0", 124, MIDNIGHT + timedelta(days=1), Method.FREEZE)
    for n in range(96):
        yield reading("1-0:16.7.0", power, MIDNIGHT + n * QUARTER)
        yield reading("1-0:1.29.0", interval, MIDNIGHT + (n + 1) * QUARTER)


class Days:
    def __init__(self):
        bench = Bench(meter(max_current=Decimal(60)))
        bench.one("100.00")
        self.known = bench.reviewer._meters.get("M1")
        self.known.curves = Curves()
        self.stats, self.book = ReviewStats(), Book()

    def take(self, readings):
        found = (take_days(self.known, [one], self.stats, self.book, ZONE) for one in readings)
        return sorted((f.rule, f.state) for some in found for f in some)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("power", "interval", "rules"),
    [("1.0", "0.25", []), ("1.04", "0.2505", []), ("1.06", "0.25", ["R030"]), ("1.0", "0.252", ["R029"])],
)
def test_a_whole_day_is_judged_in_any_order_and_with_everything_twice(power, interval, rules, seed):
    days, readings = Days(), list(day(power, interval))
    rest = readings * 2
    random.Random(seed).shuffle(rest)
    found = days.take([reading("1-0:16.7.0", power, MIDNIGHT), *rest])
    assert found == [(rule, "open") for rule in rules]


def test_a_gap_leaves_the_day_unjudged():
    days = Days()
    assert days.take(list(day("9.0", "9.0"))[:-1]) == [("R030", "open")]
    assert not days.stats.hits["R029"]


def test_the_next_good_day_clears():
    days = Days()
    assert days.take(day("2.0")) == [("R030", "open")]
    later = [
        reading(
            one.point, one.value + 24 * (one.point == "1-0:1.8.0"), one.at + timedelta(days=1), one.method
        )
        for one in day()
    ]
    assert days.take(later) == [("R030", "cleared")]


def test_only_two_days_are_held():
    days = Days()
    for n in range(5):
        days.take([reading("1-0:16.7.0", 1, MIDNIGHT + timedelta(days=n))])
    days.take([reading("1-0:16.7.0", 1, MIDNIGHT)])
    assert len(days.known.curves.days) == 2


def test_a_live_power_counts_within_a_minute_of_its_quarter():
    days = Days()
    for seconds in (59, 60):
        days.take([reading("1-0:16.7.0", 1, MIDNIGHT + timedelta(seconds=seconds), Method.LIVE)])
    (one,) = days.known.curves.days.values()
    assert one.power_mask == 1


def test_a_meter_without_a_curve_is_not_judged():
    bench = Bench()
    bench.one("100.00")
    bench.one("100.10")
    assert bench.reviewer.stats.unjudged["R030"] == 2


def test_the_way_of_an_answer_feeds_the_curve():
    bench = Bench(meter(rated_current=Decimal(5)))
    for n in range(4):
        bench.read({"1-0:16.7.0": "1.0"}, at=MIDNIGHT - timedelta(days=1) + n * QUARTER, method=Method.CURVE)
    (one,) = bench.reviewer._meters.get("M1").curves.days.values()
    assert (one.power_mask, one.powers) == (0b1111, 40_000)
