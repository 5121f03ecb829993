"""What review remembers of one meter, and what it counts."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from config.archive import Meter
from gateway.review.base import Base, Cells
from gateway.review.curves import Curves
from gateway.review.dwell import Track
from gateway.review.limits import Limits
from gateway.review.power import Power
from protocols.reading import Origin

__all__ = ["CLOCK_BOUNDS", "HAND", "HANDS", "Known", "ReviewStats", "same_day"]

HAND = "hand:"
"""Before a point's name: the cell of its last hand-held value."""
HANDS = frozenset({Origin.HHU_AUTO, Origin.HHU_KEYED, Origin.FILE})
"""Origins of values that somebody brought."""

_QUARTER, _DAY = 900, 86_400
CLOCK_BOUNDS = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 3600.0)
"""Upper bounds in seconds of the histogram of clock offsets."""


@dataclass(slots=True)
class ReviewStats:
    """Plain counts. `unjudged` are verdicts that lacked an input, `rejected` values, by rule.

    `skipped` counts rules that lack an input together, as most answers of a meter lack the same.
    """

    readings: int = 0
    passed: int = 0
    suspect: int = 0
    missing: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    lacked: Counter[str] = field(default_factory=Counter)
    skipped: Counter[tuple[str, ...]] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    clock_buckets: list[int] = field(default_factory=lambda: [0] * (len(CLOCK_BOUNDS) + 1))
    clock_sum: float = 0.0

    @property
    def unjudged(self) -> Counter[str]:
        """Verdicts that lacked an input, by rule."""
        found = Counter(self.lacked)
        for rules, times in list(self.skipped.items()):
            for rule in rules:
                found[rule] += times
        return found

    def unjudged_one(self, rule: str) -> None:
        """One verdict lacked an input."""
        self.lacked[rule] += 1

    def skip(self, rules: tuple[str, ...]) -> None:
        """These rules lacked an input."""
        self.skipped[rules] += 1

    def clock(self, offset: float) -> None:
        """Count how far a meter's clock was off, in seconds without sign."""
        self.clock_sum += offset
        self.clock_buckets[bisect_left(CLOCK_BOUNDS, offset)] += 1


@dataclass(slots=True)
class Known:
    """One meter: its limits and bases, power integrals, combination word, lower values waiting for a second.

    While `hand_until` (seconds since 1970) has not passed, a hand-held value waits to be compared.
    `clock_off` is set while its clock is known to be off by more than is tolerated, `failed` counts rounds without an
    answer. `live` and `late` watch conditions in the course of time and in what was fetched later.
    """

    meter: Meter
    limits: Limits
    cells: Cells
    power: Power | None = None
    word: int | None = None
    lows: dict[str, int] | None = None
    clock_off: bool = False
    absent_since: datetime | None = None
    failed: int = 0
    hand_until: int = 0
    live: Track | None = None
    late: Track | None = None
    curves: Curves | None = None

    def __post_init__(self) -> None:
        names = [name for name in self.cells.layout.points if name.startswith(HAND)]
        held = [base.at for base in map(self.cells.get, names) if base is not None]
        self.hand_until = max(held, default=0) + _DAY if held else 0

    def track(self, at: int) -> Track:
        """The course that a scene at this instant belongs to; what is older than both begins a new late one."""
        live = self.live = self.live or Track(at)
        if at >= live.at:
            live.at = at
            return live
        if self.late is None or at < self.late.at:
            self.late = Track(at)
        self.late.at = at
        return self.late

    @property
    def is_plain(self) -> bool:
        """Whether nothing but its bases would be lost."""
        more = (self.power, self.word, self.absent_since, self.live, self.late, self.curves)
        return not (self.lows or self.clock_off or self.failed) and all(part is None for part in more)

    @property
    def is_restless(self) -> bool:
        """Whether any condition is watched."""
        return any(track is not None and track.watches for track in (self.live, self.late))

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
    return abs(second - first) < _DAY and _day(first // _QUARTER, tz) == _day(second // _QUARTER, tz)


@lru_cache(maxsize=1024)
def _day(quarter: int, tz: ZoneInfo) -> int:
    """The local day of a quarter of an hour since 1970; no day begins within one."""
    return datetime.fromtimestamp(quarter * _QUARTER, tz).toordinal()
