"""Shapes of days, kept and looked back at."""

from datetime import datetime, time, timedelta

from config.second import Second
from gateway.energy.curve import Curve
from gateway.energy.period import Span, period_of
from gateway.master.process.feeds.feed import Around
from gateway.master.process.feeds.profiles import Profiles
from gateway.master.process.roll import Roll
from tests.gateway.master.plant import CHINA, FIRST
from tests.gateway.master.process.feeds.entries import entry
from tests.gateway.master.stores.asking import ask

SHAPE = [float(hour) for hour in range(24)]


def around(store, day: int, **limits) -> Around:
    at = datetime.combine(FIRST + timedelta(days=day), time(), CHINA)
    return Around(store, period_of(at, Span.DAY), {"default": Second(**limits)})


def curve(shape) -> Curve:
    made = Curve()
    for hour, power in enumerate(shape):
        made.power(3600 * hour, power, 2)
    return made


def profiles(store, day: int, shape=SHAPE, capacity="100", **limits):
    roll = Roll({7: entry(7, capacity_kva=capacity)})
    found = Profiles(around(store, day, **limits)).of(roll, {7: curve(shape)})
    return found[7]["profiles"] if found else ()


def test_after_a_week_shapes_are_told_from_old_to_new(store):
    for day in range(6):
        assert profiles(store, day, [float(day)] * 24) == ()
    assert [one[0] for one in profiles(store, 6, [6.0] * 24)] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def test_a_day_without_a_shape_within_the_week_says_nothing_and_one_before_it_is_left_out(store):
    for day in (0, 2, 3, 4, 5, 6, 7):
        profiles(store, day)
    assert len(profiles(store, 8)) == 8
    profiles(store, 9, [])
    assert profiles(store, 10) == ()


def test_of_small_customers_nothing_is_kept(store):
    profiles(store, 0, capacity="99")
    profiles(store, 0, capacity=None)
    profiles(store, 0, large_kva=0)
    assert ask(store, "SELECT count(*) FROM profile_row") == [(0,)]


def test_a_shape_that_changes_marks_the_days_judged_by_it_and_no_others(store):
    for day in range(3):
        profiles(store, day)
    assert ask(store, "SELECT count(*) FROM stale") == [(0,)]
    profiles(store, 1)
    assert ask(store, "SELECT count(*) FROM stale") == [(0,)]
    profiles(store, 1, SHAPE[::-1])
    assert [tuple(map(str, row)) for row in ask(store, "SELECT day, meter FROM stale")] == [
        ("2026-03-03", "7")
    ]
    profiles(store, 0, [])
    assert ask(store, "SELECT count(*) FROM stale") == [(3,)]
    assert ask(store, "SELECT count(*) FROM profile_row") == [(2,)]


def test_shapes_of_months_ago_go(store):
    profiles(store, 0)
    profiles(store, 94)
    assert ask(store, "SELECT count(*) FROM profile_row") == [(1,)]
