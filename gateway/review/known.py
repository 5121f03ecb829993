"""What review remembers of one meter, and what it counts."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from config.archive import Meter
from gateway.review.base import Base, Cells
from gateway.review.limits import Limits
from gateway.review.power import Power

__all__ = ["Known", "ReviewStats", "same_day"]


@dataclass(slots=True)
class ReviewStats:
    """Plain counts. `unjudged` are verdicts that lacked an input, `rejected` values, by rule."""

    readings: int = 0
    passed: int = 0
    suspect: int = 0
    missing: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Known:
    """One meter: its limits and bases, power integrals, combination word, lower values waiting for a second.

    `clock_off` is set while its clock is known to be off by more than is tolerated.
    """

    meter: Meter
    limits: Limits
    cells: Cells
    power: Power | None = None
    word: int | None = None
    lows: dict[str, int] | None = None
    clock_off: bool = False
    absent_since: datetime | None = None

    def accept(self, point: str, units: int, at: int, tz: ZoneInfo) -> None:
        """An accepted register becomes the base of the next."""
        base = self.cells.get(point)
        if base is None:
            self.cells.put(point, Base(units, at, at, units))
            return
        if base.at > at:
            return
        since = base.since if base.value == units else at
        day = base.day if same_day(base.at, at, tz) else base.value
        self.cells.put(point, Base(units, at, since, day))


def same_day(first: int, second: int, tz: ZoneInfo) -> bool:
    """Whether two instants, in seconds since 1970, lie on one local day."""
    if second - first >= 86_400:
        return False
    return datetime.fromtimestamp(first, tz).date() == datetime.fromtimestamp(second, tz).date()
