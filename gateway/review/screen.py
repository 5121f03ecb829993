"""The fast way of review: proves in a few comparisons that no rule can hit, or gives up.

What it calls good, the rules call good; what it is unsure of, they judge.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.review.known import Known, same_day
from gateway.review.limits import SCALE, Kind, kind_of
from protocols.reading import Method, Reading, State

__all__ = ["Screen"]

_FROM_MEMORY = frozenset({Method.FREEZE, Method.SETTLEMENT})
_HARMLESS = frozenset({Kind.OTHER})
_TARIFFS = {f"1-0:1.8.{tariff}" for tariff in range(1, 64)}
_STATELESS = frozenset({Kind.VOLTAGE, Kind.CURRENT, Kind.FREQUENCY})


class Screen:
    """One answer of one meter, looked at once. Nothing changes before `keep`."""

    __slots__ = (
        "_at", "_ceiling", "_floor", "_index", "_known", "_limits", "_memory", "_moves", "_numbers", "_seen",
        "_still", "_sum", "_synced", "_tariffs", "_total", "_warned",
    )  # fmt: skip

    def __init__(self, known: Known, now: datetime, synced: bool, due: datetime | None) -> None:
        limits = known.limits
        review = limits.review
        self._known, self._limits, self._synced = known, limits, synced
        self._index, self._numbers = known.cells.layout.index, known.cells.numbers
        ratio = min(1.0, review.runaway_warn_factor / review.runaway_factor)
        self._warned = None if limits.rate is None else limits.rate * ratio
        self._still = review.still_days * 86_400 or float("inf")
        self._ceiling = now + timedelta(seconds=review.future_seconds)
        self._floor = known.meter.valid_from
        self._seen: datetime | None = None
        self._at = 0
        self._moves: list[tuple[int, int, int]] = []
        self._sum = self._tariffs = 0
        self._total: int | None = None
        self._memory = due

    def good(self, reading: Reading) -> bool:
        """Whether this value is beyond doubt."""
        value = reading.value
        if value is None or reading.state is not State.RAW:
            return False
        if reading.at is not self._seen and not self._timely(reading):
            return False
        kind = kind_of(reading.point)
        place = self._index.get(reading.point)
        if place is None:
            return kind in _STATELESS and self._ranged(kind, float(value))
        units = int(value * SCALE)
        numbers = self._numbers
        moved, seconds = units - numbers[place], self._at - numbers[place + 1]
        warned = self._warned
        if moved < 0 or seconds <= 0 or units >= self._limits.wrap:
            return False
        if warned is not None and moved > warned * seconds:
            return False
        if kind is Kind.TARIFF:
            self._sum += units
            self._tariffs += 1
        elif kind is Kind.FORWARD:
            if not moved and self._at - numbers[place + 2] >= self._still:
                return False
            self._total = units
        elif kind is Kind.REVERSE and moved and not self._limits.generates:
            return False
        self._moves.append((place, units, self._at))
        return True

    def balanced(self) -> bool:
        """Whether total and tariffs agree, as far as they are here."""
        if self._total is None or self._tariffs != self._limits.tariffs or not self._tariffs:
            return True
        return abs(self._total - self._sum) <= self._limits.review.tariff_sum_warn * SCALE

    def keep(self, tz: ZoneInfo) -> None:
        """Make the registers of this answer the bases of the next."""
        numbers = self._numbers
        seen, same = -1, True
        for place, units, at in self._moves:
            before = numbers[place + 1]
            if before != seen:
                seen, same = before, before // 900 == at // 900 or same_day(before, at, tz)
            if not same:
                numbers[place + 3] = numbers[place]
            if units != numbers[place]:
                numbers[place] = units
                numbers[place + 2] = at
            numbers[place + 1] = at

    def unjudged(self) -> Iterator[str]:
        """Rules that lacked an input for this answer as a whole."""
        if not self._synced:
            yield from ("R005", "R007")
        if self._moves and self._warned is None:
            yield "R022"
        if self._total is not None:
            if self._tariffs != self._limits.tariffs or not self._tariffs:
                yield "R025"
            yield from ("R023", "R024", "R026")

    def _timely(self, reading: Reading) -> bool:
        at = reading.at
        if self._synced:
            if at > self._ceiling or (self._floor is not None and at.date() <= self._floor):
                return False
            if reading.method in _FROM_MEMORY and at != self._memory:
                return False
        self._seen, self._at = at, int(at.timestamp())
        return True

    def _ranged(self, kind: Kind, value: float) -> bool:
        if kind is Kind.VOLTAGE:
            return self._limits.voltage is not None and 0 <= value <= self._limits.voltage
        if kind is Kind.CURRENT:
            return self._limits.current is not None and abs(value) <= self._limits.current
        return 45.0 <= value <= 55.0
