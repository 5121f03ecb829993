"""Registers near the ends of periods: the nearest of each step, whatever came first."""

from datetime import timedelta
from itertools import permutations

from gateway.aggregates.boundaries import KEEP_DAYS, KEEP_SHORT, Boundaries, Track
from tests.gateway.aggregates.plant import START, ZONE, reading

T0 = int(START.timestamp())


def test_the_nearest_of_a_step_stays_in_any_order():
    rows = [(T0 + 900 + late, 1000 + late, 1, 0) for late in (-300, 40, 5, 400)]
    for order in permutations(rows):
        track = Track()
        for row in order:
            track.put(row, 900)
        assert list(track.rows()) == [(T0 + 905, 1005, 1, 0)]


def test_a_worse_one_changes_nothing():
    track = Track()
    assert track.put((T0, 1000, 1, 0), 900)
    assert not track.put((T0 + 60, 1001, 1, 0), 900)
    assert not track.put((T0, 1000, 2, 0), 900)


def test_registers_beyond_four_bytes_and_below_the_first():
    track = Track()
    rows = [(T0, 10**10, 1, 0), (T0 + 900, 1, 1, 4), (T0 + 1800, 10**13, 1, 0)]
    for row in rows:
        assert track.put(row, 900)
    assert list(track.rows()) == rows


def test_what_the_ends_of_a_period_need():
    boundaries = Boundaries(ZONE)
    for step in range(10):
        boundaries.take(reading("M1", f"{100 + step}.25", START + timedelta(minutes=15 * step)))
    begin, end = START + timedelta(minutes=30), START + timedelta(minutes=45)
    found = boundaries.registers("M1", "1-0:1.8.0", begin, end, 2)
    assert [str(one.value) for one in found] == ["101.25", "102.25", "103.25", "104.25", "105.25"]
    assert boundaries.registers("M2", "1-0:1.8.0", begin, end, 2) == ()


def test_midnights_outlive_the_steps_and_then_go():
    boundaries = Boundaries(ZONE)
    for hour in range(49):
        boundaries.take(reading("M1", 100 + hour, START + timedelta(hours=hour)))
    boundaries.prune(T0 + KEEP_SHORT + 86_400 * 3)
    ((_, track),) = boundaries.tracks()
    assert [at - T0 for at, *_ in track.rows()] == [0, 86_400, 172_800]
    boundaries.prune(T0 + KEEP_DAYS + 86_400 * 3)
    assert len(boundaries) == 0


def test_meters_that_count_no_more_are_forgotten():
    boundaries = Boundaries(ZONE)
    boundaries.take(reading("M1", 1, START))
    boundaries.take(reading("M2", 1, START))
    boundaries.keep(frozenset({"M2"}))
    assert (boundaries.has("M1", "1-0:1.8.0"), boundaries.has("M2", "1-0:1.8.0")) == (False, True)
