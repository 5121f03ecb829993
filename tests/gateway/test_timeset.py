"""Time is set once a day, only where that is allowed, and it is always audited."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from config.schema import TimeSet
from drivers.order import Failure, Result, Want
from gateway.clock import SteadyClock
from gateway.timeset import CLOCK_POINT, TimeSetter, forbidden, next_run
from protocols.reading import Reading
from tests.gateway.plant import BEGAN, LoopClock, in_virtual_time, meters

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("clock", "allowed"),
    [
        ("00:04", False),
        ("23:55", False),
        ("23:54", True),
        ("03:00", False),
        ("03:05", True),
        ("03:30", True),
        ("12:59", False),
    ],
)
def test_never_near_midnight_or_the_hour(clock, allowed):
    local = datetime.fromisoformat(f"2026-05-01T{clock}:30")
    assert (forbidden(local) is None) is allowed


def test_once_a_day_and_not_much_too_late():
    now = datetime(2026, 5, 1, 3, 40, tzinfo=ZONE)
    today = datetime(2026, 5, 1, 3, 30, tzinfo=ZONE)
    assert next_run(now, "03:30", ZONE, None) == today
    assert next_run(now, "03:30", ZONE, date(2026, 5, 1)) == today + timedelta(days=1)
    assert next_run(now + timedelta(hours=2), "03:30", ZONE, None) == today + timedelta(days=1)


class Room:
    """Meters whose clocks are off by so many seconds; `at` is the local time of the run."""

    def __init__(self, *off, at="2026-05-01T03:30:00+08:00", synced=True):
        base = LoopClock()
        base.offset = datetime.fromisoformat(at).astimezone(UTC) - BEGAN
        base.sync = synced
        self.off, self.base = off, base
        self.clock = SteadyClock(base)
        self.entries, self.sent, self.judged = [], [], []
        self.setter = TimeSetter(TimeSet(), ZONE, self.clock, put=self.entries.append, actor="so-1")

    async def ask(self, order, priority):
        if order.want is Want.TIME_SET:
            self.sent.append(order.meter.asset_no)
            return Result(order=order)
        seconds = self.off[int(order.meter.asset_no[1:])]
        if seconds is None:
            return Result(order=order, failures=((CLOCK_POINT, Failure.TIMEOUT, ""),))
        now = self.clock.now()
        reading = Reading(meter="M", point=CLOCK_POINT, value=Decimal(seconds), unit="s", at=now, read_at=now)
        return Result(order=order, readings=(reading,))

    async def run(self):
        return await self.setter.set("line", meters(len(self.off)), self.ask, self.judged.append)


@pytest.mark.parametrize(
    ("off", "outcome", "sent"),
    [
        ((0, 59, -60), "not needed", []),
        ((0, 61), "broadcast", ["M01"]),
        ((-300, 0), "broadcast", ["M00"]),
        ((301, -4000), "not needed", []),
        ((None, None), "not needed", []),
        ((None, 100), "broadcast", ["M01"]),
    ],
)
def test_only_clocks_off_by_one_to_five_minutes_are_set(off, outcome, sent):
    @in_virtual_time
    async def run():
        room = Room(*off)
        assert await room.run() == outcome
        assert room.sent == sent
        assert len(room.judged) == len(off)
        (audit,) = room.entries[0].audits
        assert (audit.action, audit.object, audit.outcome) == ("time_set", "line", outcome)
        assert dict(room.entries[0].saves) == {"time_set:line": b"2026-05-01"}

    run()


@in_virtual_time
async def test_never_by_a_clock_that_is_not_synchronised():
    room = Room(100, synced=False)
    assert (await room.run()).startswith("refused")
    assert room.sent == room.judged == []
    assert room.entries[0].audits[0].outcome.startswith("refused")


@in_virtual_time
async def test_a_run_that_drifts_into_the_forbidden_minutes_sets_nothing():
    room = Room(100, at="2026-05-01T03:56:00+08:00")
    assert (await room.run()).startswith("refused: within")
    assert room.sent == []


@in_virtual_time
async def test_it_runs_once_every_day():
    import asyncio

    room = Room(100, at="2026-05-01T03:00:00+08:00")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(room.setter.run("line", meters(1), room.ask, room.judged.append))
        await asyncio.sleep(3 * 86_400)
        task.cancel()
    assert len(room.sent) == 3
    assert room.setter.done == date(2026, 5, 3)
