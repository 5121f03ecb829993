"""What review remembers of one meter, and what it counts."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from config.archive import Meter
from gateway.review.base import Base, Cells
from gateway.review.limits import Limits
from gateway.review.power import Power

__all__ = ["CLOCK_BOUNDS", "Known", "ReviewStats", "same_day"]

CLOCK_BOUNDS = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 3600.0)
"""Upper bounds in seconds of the histogram of clock offsets."""


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
    clock_buckets: list[int] = field(default_factory=lambda: [0] * (len(CLOCK_BOUNDS) + 1))
    clock_sum: float = 0.0

    def clock(self, offset: float) -> None:
        """Count how far a meter's clock was off, in seconds without sign."""
        self.clock_sum += offset
        self.clock_buckets[bisect_left(CLOCK_BOUNDS, offset)] += 1


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
