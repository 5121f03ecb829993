"""Slots in a zone, and that no step of a clock loses or doubles one."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.clock import SteadyClock
from gateway.schedule import LENGTHS, Cursor, Grid, next_attempt

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = ("Asia/Shanghai", "Asia/Kolkata", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC")
START = datetime(2026, 5, 1, 3, 7, 11, tzinfo=UTC)


def test_day_and_month_are_local_midnights():
    assert Grid("1d", SHANGHAI).at(START) == datetime(2026, 5, 1, tzinfo=SHANGHAI)
    assert Grid("1mo", SHANGHAI).at(START) == datetime(2026, 5, 1, tzinfo=SHANGHAI)
    assert Grid("1mo", SHANGHAI).after(datetime(2026, 12, 1, tzinfo=SHANGHAI)) == datetime(
        2027, 1, 1, tzinfo=SHANGHAI
    )


def test_half_hour_zones_have_local_hours():
    slot = Grid("1h", ZoneInfo("Asia/Kolkata")).at(START)
    assert slot.astimezone(ZoneInfo("Asia/Kolkata")).minute == 0


@pytest.mark.parametrize("every", LENGTHS)
@pytest.mark.parametrize("zone", ZONES)
@given(start=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)))
@settings(max_examples=15, deadline=None)
def test_slots_rise_and_hold_their_instant(every, zone, start):
    grid = Grid(every, ZoneInfo(zone))
    instant = start.replace(tzinfo=UTC)
    slot = grid.at(instant)
    assert slot <= instant < grid.after(slot)
    assert grid.at(slot) == slot
    assert list(grid.between(slot, grid.after(slot))) == [grid.after(slot)]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
def test_a_year_with_summer_time_has_every_quarter_of_an_hour_once(zone):
    grid = Grid("15m", ZoneInfo(zone))
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    slots = list(grid.between(begin - timedelta(seconds=900), end))
    assert len(slots) == 365 * 96 + 1
    assert {b - a for a, b in pairwise(slots)} == {timedelta(minutes=15)}


class Wall:
    """A machine whose true time runs evenly and whose wall clock is stepped at will."""

    def __init__(self) -> None:
        self.true = 0.0
        self.offset = timedelta(0)
        self.sync = True

    def now(self):
        return START + timedelta(seconds=self.true) + self.offset

    def monotonic(self):
        return self.true

    def synced(self):
        return self.sync


steps = st.lists(
    st.tuples(
        st.integers(1, 3000),
        st.sampled_from([0, 3600, -3600, 86_400, -86_400, 90 * 86_400, 5, -5]),
        st.booleans(),
    ),
    max_size=12,
)


@given(steps)
@settings(max_examples=60, deadline=None)
def test_no_step_of_the_clock_loses_or_doubles_a_slot(plan):
    """Whatever happens to the wall clock, slots are given out once, every other one is passed over.

    A slot passed over is backfill's: together they are every slot, each once.
    """
    wall = Wall()
    clock = SteadyClock(wall)
    grid = Grid("15m", SHANGHAI)
    cursor = Cursor(grid, None)
    first = cursor.due(clock.now())
    given_out, passed = [first], []
    for seconds, step, sync in plan:
        wall.offset += timedelta(seconds=step)
        wall.sync = sync
        for _ in range(0, seconds, 7):
            wall.true += 7
            clock.watch()
            before = cursor.done
            slot = cursor.due(clock.now())
            if slot is not None:
                passed += [s for s in grid.between(before, slot) if s < slot]
                given_out.append(slot)
    assert len(set(given_out)) == len(given_out)
    whole = sorted(given_out + passed)
    assert len(set(whole)) == len(whole)
    assert whole == [first, *grid.between(first, cursor.done)]


@pytest.mark.parametrize("step", [3600, -3600, 86_400, -86_400])
def test_a_wrong_hand_on_the_clock_moves_no_slot(step):
    """A step by hand leaves the clock unsynchronised; set right again within ten minutes, nobody notices."""
    wall = Wall()
    clock = SteadyClock(wall)
    grid = Grid("15m", SHANGHAI)
    cursor = Cursor(grid, None)
    given_out = [cursor.due(clock.now())]
    for second in range(0, 999 * 900, 30):
        if second == 450_000:
            wall.offset, wall.sync = timedelta(seconds=step), False
        if second == 450_480:
            wall.offset, wall.sync = timedelta(0), True
        wall.true = float(second)
        clock.watch()
        if (slot := cursor.due(clock.now())) is not None:
            given_out.append(slot)
            assert abs((clock.now() - slot).total_seconds()) < 31
    assert given_out == [given_out[0], *grid.between(given_out[0], given_out[-1])]
    assert len(given_out) == 1000
    assert clock.steps == 0


def test_waking_in_1970_goes_on_from_the_last_slot_known():
    wall = Wall()
    wall.offset, wall.sync = datetime(1970, 1, 1, tzinfo=UTC) - START, False
    clock = SteadyClock(wall, START)
    assert clock.now() == START
    wall.true += 700
    clock.watch()
    wall.true += 700
    assert clock.watch() == 0.0
    assert clock.now() == START + timedelta(seconds=1400)
    wall.offset, wall.sync = timedelta(hours=5), True
    clock.watch()
    wall.true += 11
    assert clock.watch() == pytest.approx(5 * 3600, abs=1)
    assert clock.now() == START + timedelta(hours=5, seconds=1411)


def test_a_slow_drift_is_followed():
    wall = Wall()
    clock = SteadyClock(wall)
    for second in range(100):
        wall.true = float(second)
        wall.offset = timedelta(milliseconds=second)
        assert clock.watch() == 0.0
    assert clock.now() == wall.now()
    assert clock.steps == 0


def test_after_a_step_back_no_slot_is_given_out_again():
    grid = Grid("1m", SHANGHAI)
    cursor = Cursor(grid, None)
    slot = cursor.due(START)
    assert slot == grid.at(START)
    assert cursor.due(START) is None
    assert cursor.due(START - timedelta(hours=1)) is None
    assert cursor.next(START - timedelta(hours=1)) == slot + timedelta(minutes=1)


def test_rounds_of_the_same_night_then_hourly_then_daily():
    midnight = datetime(2026, 5, 1, tzinfo=SHANGHAI)
    asked, now = [], midnight
    for _ in range(25):
        now = next_attempt(midnight, now, calendar=True)
        asked.append((now - midnight).total_seconds() / 3600)
    assert asked[:6] == [0.5, 1, 2, 6, 7, 8]
    assert asked[-4:] == [24, 48, 72, 96]
