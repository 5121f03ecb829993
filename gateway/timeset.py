"""Broadcast time setting: off unless its switch and its guards allow it, once a day, always audited."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.archive import Meter
from config.schema import TimeSet
from drivers.order import Order, Priority, Result, Want
from gateway.clock import SteadyClock
from gateway.outbox.entry import Entry
from gateway.payload import Audit

__all__ = ["CLOCK_POINT", "TimeSetter", "forbidden", "next_run"]

CLOCK_POINT = "0-0:1.0.0"
_WIDEST = 300
_MARGIN = 5
_WINDOW = timedelta(minutes=30)

Ask = Callable[[Order, Priority], Awaitable[Result]]


def forbidden(local: datetime) -> str | None:
    """Why no time may be set at this local instant: within five minutes of a full hour, midnight included."""
    if local.minute < _MARGIN or local.minute >= 60 - _MARGIN:
        return "within 5 minutes of a full hour"
    return None


def next_run(now: datetime, at: str, tz: ZoneInfo, done: date | None) -> datetime:
    """When the next daily run begins: today's, also up to 30 minutes late, unless today's is done."""
    local = now.astimezone(tz)
    hour, minute = map(int, at.split(":"))
    today = datetime.combine(local.date(), time(hour, minute), tz)
    if done == local.date() or local - today > _WINDOW:
        return datetime.combine(local.date() + timedelta(days=1), time(hour, minute), tz)
    return today


class TimeSetter:
    """Compares the clocks of one target's meters once a day and sets them together where that is allowed."""

    def __init__(
        self, settings: TimeSet, tz: ZoneInfo, clock: SteadyClock, *, put: Callable[[Entry], None], actor: str
    ) -> None:
        self._settings, self._tz, self._clock = settings, tz, clock
        self._put, self._actor = put, actor
        self.done: date | None = None

    async def run(
        self, target: str, meters: Sequence[Meter], ask: Ask, judge: Callable[[Result], None]
    ) -> None:
        """Run every day until cancelled; `judge` reviews and stores what the clocks said."""
        while True:
            now = self._clock.now()
            wait = (next_run(now, self._settings.at, self._tz, self.done) - now).total_seconds()
            if wait > 0:
                await asyncio.sleep(min(wait, 60.0) / self._clock.pace)
                continue
            self.done = now.astimezone(self._tz).date()
            await self.set(target, meters, ask, judge)

    async def set(
        self, target: str, meters: Sequence[Meter], ask: Ask, judge: Callable[[Result], None]
    ) -> str:
        """One run; returns its outcome, which is audited too."""
        outcome = await self._set(target, meters, ask, judge)
        day = (self.done or self._clock.now().astimezone(self._tz).date()).isoformat()
        audit = Audit(
            at=self._clock.now(),
            actor=self._actor,
            action="time_set",
            object=target,
            outcome=outcome,
            detail="",
        )
        self._put(Entry(audits=(audit,), saves=((f"time_set:{target}", day.encode()),), urgent=True))
        return outcome

    async def _set(
        self, target: str, meters: Sequence[Meter], ask: Ask, judge: Callable[[Result], None]
    ) -> str:
        if not self._clock.synced():
            return "refused: the gateway's own clock is not synchronised"
        off: Meter | None = None
        for meter in meters:
            result = await ask(Order(meter=meter, want=Want.LIVE, points=(CLOCK_POINT,)), Priority.BACKFILL)
            judge(result)
            seconds = max(
                (abs(r.value) for r in result.readings if r.point == CLOCK_POINT and r.value is not None),
                default=None,
            )
            if seconds is not None and self._settings.threshold_seconds < seconds <= _WIDEST:
                off = off or meter
        if off is None:
            return "not needed"
        if reason := forbidden(self._clock.now().astimezone(self._tz)):
            return f"refused: {reason}"
        if not self._clock.synced():
            return "refused: the gateway's own clock is not synchronised"
        result = await ask(Order(meter=off, want=Want.TIME_SET, points=()), Priority.SCHEDULED)
        return "broadcast" if not result.failures else f"failed: {result.failures[0][1]}"
