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
from protocols.reading import Origin

__all__ = ["CLOCK_BOUNDS", "HAND", "HANDS", "Known", "ReviewStats", "same_day"]

HAND = "hand:"
"""Before a point's name: the cell of its last hand-held value."""
HANDS = frozenset({Origin.HHU_AUTO, Origin.HHU_KEYED, Origin.FILE})
"""Origins of values that somebody brought."""

_DAY = 86_400
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

    While `hand_until` (seconds since 1970) has not passed, a hand-held value waits to be compared.
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
    hand_until: int = 0

    def __post_init__(self) -> None:
        names = [name for name in self.cells.layout.points if name.startswith(HAND)]
        held = [base.at for base in map(self.cells.get, names) if base is not None]
        self.hand_until = max(held, default=0) + _DAY if held else 0

    def by_hand(self, point: str) -> bool:
        """Whether the base of a point is a value that somebody brought."""
        base, held = self.cells.get(point), self.cells.get(HAND + point)
        return base is not None and held is not None and (base.at, base.value) == (held.at, held.value)

    def take(self, point: str, units: int, at: int, tz: ZoneInfo) -> None:
        """An accepted hand-held register: it becomes the base only where no automatic one stands."""
        if self.cells.get(point) is None or self.by_hand(point):
            self.accept(point, units, at, tz)
        held = self.cells.get(HAND + point)
        if held is None or held.at <= at:
            self.cells.put(HAND + point, Base(units, at, at, units))
            self.hand_until = max(self.hand_until, at + _DAY)

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
    if abs(second - first) >= _DAY:
        return False
    return datetime.fromtimestamp(first, tz).date() == datetime.fromtimestamp(second, tz).date()
