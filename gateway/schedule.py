"""Which slots of a task are due: pure arithmetic on instants, in the gateway's time zone.

A slot is named by the instant it is due: the daily slot of D+1 00:00 holds the freeze of data day D.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["LENGTHS", "Cursor", "Grid", "next_attempt"]

LENGTHS: dict[str, int] = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "1d": 86_400,
    "1mo": 2_592_000,
}
"""Seconds of a slot; of a month about."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_NIGHT_ROUNDS = (timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=6))
_CURVE_ROUNDS = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=1))
_HOUR = timedelta(hours=1)


class Grid:
    """The slots of one length in one zone."""

    __slots__ = ("_every", "_length", "_tz")

    def __init__(self, every: str, tz: ZoneInfo) -> None:
        self._every = every
        self._length = LENGTHS[every]
        self._tz = tz

    @property
    def seconds(self) -> int:
        """Length of a slot; of a month about."""
        return self._length

    @property
    def calendar(self) -> bool:
        """Whether slots are midnights, so that meters hold them as freezes or settlements."""
        return self._length >= 86_400

    def at(self, instant: datetime) -> datetime:
        """The last slot due at or before `instant`, aware, UTC."""
        if self.calendar:
            day = instant.astimezone(self._tz).date()
            return self._midnight(day.replace(day=1) if self._every == "1mo" else day)
        offset = instant.astimezone(self._tz).utcoffset() or timedelta(0)
        shift = int(offset.total_seconds())
        stamp = int((instant - _EPOCH) // _SECOND)
        return _EPOCH + timedelta(seconds=(stamp + shift) // self._length * self._length - shift)

    def after(self, slot: datetime) -> datetime:
        """The slot that follows `slot`."""
        if self._every == "1mo":
            day = slot.astimezone(self._tz).date()
            return self._midnight((day.replace(day=1) + timedelta(days=32)).replace(day=1))
        if self._every == "1d":
            return self._midnight(slot.astimezone(self._tz).date() + _DAY)
        following = self.at(slot + timedelta(seconds=self._length))
        return following if following > slot else self.at(slot + timedelta(seconds=2 * self._length))

    def is_midnight(self, slot: datetime) -> bool:
        """Whether a slot is the first of a day."""
        return slot == self._midnight(slot.astimezone(self._tz).date())

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Every slot later than `after` and not later than `until`, ascending."""
        slot = self.after(self.at(after))
        while slot <= until:
            yield slot
            slot = self.after(slot)

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self._tz).astimezone(UTC)


class Cursor:
    """Where one task stands on its grid. A slot is given out once, whatever the clock does.

    `done` is the last slot given out (persisted with the ledger). A cursor that never gave one out begins
    with the slot in force; earlier ones are nobody's.
    """

    __slots__ = ("done", "grid")

    def __init__(self, grid: Grid, done: datetime | None) -> None:
        self.grid = grid
        self.done = done

    def due(self, now: datetime) -> datetime | None:
        """The newest slot that is due and was not given out yet; slots passed over remain for backfill."""
        slot = self.grid.at(now)
        if self.done is not None and slot <= self.done:
            return None
        self.done = slot
        return slot

    def next(self, now: datetime) -> datetime:
        """The instant at which `due` may have another slot."""
        if self.done is None:
            return now
        return self.grid.after(max(self.done, self.grid.at(now)))


def next_attempt(slot: datetime, now: datetime, *, calendar: bool) -> datetime:
    """When a missing slot is asked for again: rounds of the same night, then hourly for a day, then daily."""
    for wait in _NIGHT_ROUNDS if calendar else _CURVE_ROUNDS:
        if slot + wait > now:
            return slot + wait
    age = now - slot
    if age < _DAY:
        return slot + (age // _HOUR + 1) * _HOUR
    return slot + (age // _DAY + 1) * _DAY
