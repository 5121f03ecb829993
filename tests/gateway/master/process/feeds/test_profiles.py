"""Shapes of days, kept and looked back at."""

from datetime import datetime, time, timedelta

from config.second import Second
from gateway.energy.curve import Curve
from gateway.energy.period import Span, period_of
from gateway.master.process.codes import micros
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
    return judged(store, day, shape, capacity, **limits)[0]


def judged(store, day: int, shape=SHAPE, capacity="100", **limits) -> tuple[tuple, dict]:
    """Shapes up to the day, and who is to be judged again when."""
    roll, beside = Roll({7: entry(7, capacity_kva=capacity)}), around(store, day, **limits)
    found = Profiles(beside).of(roll, {7: curve(shape)})
    return found[7]["profiles"] if found else (), beside.later


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


def test_a_shape_that_changes_has_the_days_judged_again_that_were_judged_by_it_and_no_others(store):
    assert [judged(store, day)[1] for day in range(3)] == [{}, {}, {}]
    assert judged(store, 1)[1] == {}
    third = micros(around(store, 2).period.start)
    assert judged(store, 1, SHAPE[::-1])[1] == {third: {7}}
    assert judged(store, 0, [])[1] == {third: {7}, micros(around(store, 1).period.start): {7}}
    assert ask(store, "SELECT count(*) FROM profile_row") == [(2,)]


def test_shapes_of_months_ago_go(store):
    profiles(store, 0)
    profiles(store, 94)
    assert ask(store, "SELECT count(*) FROM profile_row") == [(1,)]
