"""Which days readings touch."""

from datetime import date, timedelta, timezone

import pytest

from gateway.master.prepare import prepare
from gateway.master.stale import marks_of, touched
from protocols.reading import Method
from tests.gateway.master.make import MIDNIGHT, batch, reading

CHINA = timezone(timedelta(hours=8))
NOON = MIDNIGHT - timedelta(hours=12)
ENDING, BEGINNING = date(2026, 3, 1), date(2026, 3, 2)


def days(*readings, zone=CHINA, now=NOON):
    return touched(prepare(batch(1, *readings)).columns, zone, now)


@pytest.mark.parametrize("minutes", [-30, -1, 0, 29, 30])
def test_a_register_near_midnight_touches_the_days_on_both_sides(minutes):
    found = days(reading(at=MIDNIGHT + timedelta(minutes=minutes)))
    assert found == {ENDING: {"M1"}, BEGINNING: {"M1"}}


@pytest.mark.parametrize("minutes", [-31, 31, 720])
def test_one_in_the_middle_of_a_day_touches_none(minutes):
    assert days(reading(at=MIDNIGHT + timedelta(minutes=minutes))) == {}


def test_a_voltage_touches_none_and_the_zone_decides_what_midnight_is():
    assert days(reading("230", unit="V", point="1-0:32.7.0")) == {}
    assert days(reading(), zone=timezone.utc) == {}  # noqa: UP017


@pytest.mark.parametrize("point", ["1-0:1.8.0", "1-0:16.7.0", "1-0:32.7.0", "1-0:1.29.0", "1-0:1.6.0"])
def test_what_is_read_within_a_day_touches_it_once_the_day_is_over(point):
    one = reading(at=NOON, point=point, unit="kWh" if point.endswith(("8.0", "29.0")) else "kW")
    assert days(one, now=MIDNIGHT - timedelta(minutes=6)) == {}
    assert days(one, now=MIDNIGHT + timedelta(days=9)) == {ENDING: {"M1"}}


def test_a_late_power_of_midnight_touches_both_days_and_a_current_none():
    late = MIDNIGHT + timedelta(days=9)
    assert days(reading("5", unit="kW", point="1-0:16.7.0"), now=late) == {ENDING: {"M1"}, BEGINNING: {"M1"}}
    assert days(reading("5", unit="kW", point="1-0:16.7.0"), now=MIDNIGHT) == {ENDING: {"M1"}}
    assert days(reading("5", at=NOON, unit="A", point="1-0:31.7.0"), now=late) == {}


@pytest.mark.parametrize(
    ("after", "method", "wanted"),
    [(1, Method.LIVE, True), (3, Method.LIVE, False), (30, Method.SETTLEMENT, True)],
)
def test_a_demand_that_is_read_again_and_again_is_news_once(after, method, wanted):
    read_at = NOON + timedelta(days=after)
    one = reading("9", at=NOON, read_at=read_at, unit="kW", point="1-0:1.6.0", method=method)
    assert days(one, now=read_at) == ({ENDING: {"M1"}} if wanted else {})


def test_few_meters_are_marked_one_by_one_and_many_as_their_gateway():
    assert marks_of({(3, ENDING): {9, 7}}) == [("2026-03-01", 3, 7, 0), ("2026-03-01", 3, 9, 0)]
    assert marks_of({(3, ENDING): set(range(1, 34))}) == [("2026-03-01", 3, 0, 0)]
