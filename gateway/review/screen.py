"""The fast way of review: proves in a few comparisons that no rule can hit, or gives up.

What it calls good, the rules call good; what it is unsure of, they judge.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

from gateway.review.calm import is_calm
from gateway.review.known import Known, same_day
from gateway.review.limits import SCALE, Kind, kind_of
from gateway.review.power import Power
from gateway.review.scene import PLACES, scene_of
from gateway.review.stage import lacking
from protocols.reading import Flag, Method, Reading, State

__all__ = ["Screen"]

# Python 3.11 takes longer to find a member in its enumeration than for the comparison.
_RAW, _LIVE = State.RAW, Method.LIVE
_TARIFF, _FORWARD, _REGISTER, _POWER = Kind.TARIFF, Kind.FORWARD, Kind.REGISTER, Kind.POWER
_FROM_MEMORY = frozenset({Method.FREEZE, Method.SETTLEMENT})
_STATELESS = frozenset(
    {Kind.VOLTAGE, Kind.CURRENT, Kind.FREQUENCY, Kind.FACTOR, Kind.POWER, Kind.PHASE_POWER}
)
_SUSPICIOUS = int(Flag.TEST | Flag.OVERFLOW)
_EXCESS_FLOOR = SCALE // 10


class Screen:
    """One answer of one meter, looked at once. Nothing changes before `keep`."""

    __slots__ = (
        "_at", "_ceiling", "_floor", "_forward", "_index", "_is_restless", "_known", "_limits", "_memory", "_moves",
        "_numbers", "_power", "_presence", "_scene_at", "_seen", "_still", "_sum", "_synced", "_tariffs", "_total",
        "_turned", "_values", "_warned",
    )  # fmt: skip

    def __init__(self, known: Known, now: datetime, synced: bool, due: datetime | None) -> None:
        limits = known.limits
        review = limits.review
        self._known, self._limits, self._synced = known, limits, synced
        self._index, self._numbers = known.cells.layout.index, known.cells.numbers
        self._warned = limits.quiet_rate
        self._still = review.still_days * 86_400 or inf
        self._ceiling = now + timedelta(seconds=review.future_seconds)
        self._floor = known.meter.valid_from
        self._seen: datetime | None = None
        self._at = 0
        self._moves: list[tuple[int, int, int]] = []
        self._sum = self._tariffs = self._presence = 0
        self._total: int | None = None
        self._memory = due
        self._values: list[float | None] | None = None
        self._scene_at: datetime | int = 0
        self._power: tuple[int, float] | None = None
        self._forward: tuple[int, int, int] | None = None
        self._turned = False

    def good(self, reading: Reading) -> bool:
        """Whether this value is beyond doubt by itself."""
        value = reading.value
        if value is None or reading.state is not _RAW or reading.flags & _SUSPICIOUS:
            return False
        if reading.at is not self._seen and not self._timely(reading):
            return False
        kind = kind_of(reading.point)
        if kind in _STATELESS:
            return self._ranged(kind, float(value)) and self._shown(reading, float(value))
        place = self._index.get(reading.point)
        return place is not None and self._moving(kind, place, int(value * SCALE))

    def _moving(self, kind: Kind, place: int, units: int) -> bool:
        """Whether a register, or a counter that stands still, goes on plausibly from its base."""
        numbers = self._numbers
        moved, seconds = units - numbers[place], self._at - numbers[place + 1]
        warned = self._warned
        if moved < 0 or seconds <= 0 or units >= self._limits.wrap:
            return False
        if warned is not None and moved > warned * seconds:
            return False
        if kind is _TARIFF:
            self._sum += units
            self._tariffs += 1
        elif kind is _FORWARD:
            if not moved and self._at - numbers[place + 2] >= self._still:
                return False
            self._total = units
            self._forward = (moved, seconds, self._at)
            self._turned = self._turned or bool(moved)
        elif moved and kind is not _REGISTER:
            if kind is not Kind.REVERSE or not self._limits.generates:
                return False
            self._turned = True
        self._moves.append((place, units, self._at))
        return True

    def sound(self) -> bool:
        """Whether the values are good beside each other."""
        return self._balanced() and self._quiet() and self._powered()

    def _balanced(self) -> bool:
        """Whether total and tariffs agree, as far as they are here."""
        if self._total is None or self._tariffs != self._limits.tariffs or not self._tariffs:
            return True
        review = self._limits.review
        least = min(review.tariff_sum_warn or inf, review.tariff_sum_suspect or inf)
        return abs(self._total - self._sum) <= least * SCALE

    def _quiet(self) -> bool:
        """Whether what the phases show is calm."""
        if self._values is None or self._limits.phases is None:
            return True
        if self._known.is_restless:
            return False
        scene = scene_of(self._values, 0, self._limits)
        self._presence = scene.presence()
        return is_calm(scene)

    def _powered(self) -> bool:
        """Whether the registers fit the power integrated between the answers."""
        power = self._known.power
        if power is None or self._forward is None:
            return True
        work, rest = power.after(*self._power) if self._power else (None, power.rest)
        limits, (moved, seconds, at) = self._limits, self._forward
        if not self._turned and rest is not None and rest >= limits.review.stopped_kwh * SCALE > 0:
            return False
        if work is None or power.since != at - seconds:
            return True
        slow = moved * 900 <= _EXCESS_FLOOR * seconds
        return slow or moved <= limits.review.excess_factor * work + limits.step

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
        self._integrate()
        if self._values is not None and self._limits.phases is not None:
            at = self._scene_at if isinstance(self._scene_at, int) else int(self._scene_at.timestamp())
            self._known.track(at)

    def _integrate(self) -> None:
        known = self._known
        if self._power is not None:
            if known.power is None:
                known.power = Power(*self._power)
            else:
                known.power.take(*self._power)
        if known.power is None:
            return
        if self._turned:
            known.power.moved()
        if self._power is not None and self._forward is not None:
            known.power.mark(self._forward[2])

    def unjudged(self) -> Iterator[tuple[str, ...]]:
        """Rules that lacked an input for this answer as a whole."""
        if not self._synced:
            yield ("R005", "R007")
        if self._moves and self._warned is None:
            yield ("R022",)
        if self._total is not None:
            whole = self._tariffs == self._limits.tariffs and bool(self._tariffs)
            yield ("R026",) if whole else ("R012", "R025", "R026")
            if self._known.curves is None:
                yield ("R029", "R030")
            if self._power is None:
                yield ("R023",) if self._known.power is not None else ("R023", "R024")
        yield lacking(self._limits, self._presence)

    def _timely(self, reading: Reading) -> bool:
        at = reading.at
        if self._synced:
            if at > self._ceiling or (self._floor is not None and at.date() <= self._floor):
                return False
            if reading.method in _FROM_MEMORY and at != self._memory:
                return False
        self._seen, self._at = at, int(at.timestamp())
        return True

    def _shown(self, reading: Reading, value: float) -> bool:
        """Take a value of a phase or of the whole; two instants in one answer are left to the rules."""
        if reading.method is _LIVE:
            if kind_of(reading.point) is _POWER and self._power is None:
                self._power = (self._at, value)
            instant: datetime | int = max(self._at, self._scene_at if isinstance(self._scene_at, int) else 0)
        else:
            instant = reading.at
        place = PLACES.get(reading.point)
        if place is None:
            return True
        if self._values is None:
            self._values = [None] * len(PLACES)
        elif isinstance(instant, int) != isinstance(self._scene_at, int) or (
            not isinstance(instant, int) and instant != self._scene_at
        ):
            return False
        self._scene_at = instant
        self._values[place] = value
        return True

    def _ranged(self, kind: Kind, value: float) -> bool:
        limits = self._limits
        if kind is Kind.FREQUENCY:
            return 45.0 <= value <= 55.0
        if kind is Kind.FACTOR:
            return abs(value) <= 1.001
        if kind is Kind.VOLTAGE:
            return limits.voltage is not None and 0 <= value <= limits.voltage
        bound = limits.current if kind is Kind.CURRENT else limits.power
        return bound is not None and abs(value) <= bound
