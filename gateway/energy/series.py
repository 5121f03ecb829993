"""The registers of one meter in their order, made into a count that only rises, and read at any instant.

A lower value is never a base by itself: a rollover, a person, or two more readings that agree must explain it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from gateway.energy.arithmetic import Turn, advance, align, largest, plausible_power, wrap
from gateway.energy.place import Interval
from gateway.energy.record import worst
from protocols.reading import Flag, Method, State

__all__ = ["ALIGN_LIMIT", "Point", "Register", "Series"]

ALIGN_LIMIT = timedelta(minutes=30)
"""How far the nearer of two readings may lie from the wanted instant."""

_BY_PERSON = frozenset({State.ACCEPTED, State.EDITED, State.FINAL})
_HOUR = Decimal(3600)
_LARGEST = plausible_power("3P4W", Decimal(220), Decimal(100))
"""kW of the largest meter that nothing transforms for; one behind transformers counts less on its own side."""
_AGREEING = 3


class Register(NamedTuple):
    """An effective register (secondary, as the meter shows it) at an aware instant."""

    at: datetime
    value: Decimal
    state: State = State.PASSED
    method: Method = Method.FREEZE
    flags: int = 0


class Point(NamedTuple):
    """A register at an instant: `total` counts on over rollovers, `stretch` rises where a decrease is confirmed.

    `skew` is how far the nearer reading lay off, in seconds; `moves` are the rollovers and jitters up to here.
    """

    at: datetime
    total: Decimal
    stretch: int
    state: State
    method: Method
    flags: int
    skew: int = 0
    rollovers: int = 0
    jitters: int = 0


@dataclass(slots=True)
class Series:
    """The sound registers of one meter, and the instants of values that were not taken (`lows`)."""

    interval: Interval
    points: list[Point] = field(default_factory=list)
    lows: list[datetime] = field(default_factory=list)

    @classmethod
    def of(cls, interval: Interval, registers: Iterable[Register]) -> "Series":
        """Walk registers in the order of their instants; of equal instants the first one given counts."""
        series = cls(interval)
        known = {one.at: one for one in reversed(list(registers))}
        ordered = [known[at] for at in sorted(known)]
        for place, register in enumerate(ordered):
            series._take(register, ordered[place + 1 : place + _AGREEING])
        return series

    def at(self, wanted: datetime) -> Point | None:
        """The register at an instant: read there, or on a flat load between two readings within the limit."""
        place = bisect_left(self.points, wanted, key=lambda one: one.at)
        if place < len(self.points) and self.points[place].at == wanted:
            return self.points[place]
        if not 0 < place < len(self.points):
            return None
        before, after = self.points[place - 1], self.points[place]
        near, far = sorted((before, after), key=lambda one: abs(one.at - wanted))
        off = abs(near.at - wanted)
        if off > ALIGN_LIMIT or before.stretch != after.stretch:
            return None
        total = align((before.at, before.total), (after.at, after.total), wanted, self.interval.decimals)
        return near._replace(
            at=wanted,
            total=total,
            state=worst((near.state, far.state)),
            flags=near.flags | Flag.TIME_SHIFTED,
            skew=round(off.total_seconds()),
        )

    def refused(self, wanted: datetime) -> bool:
        """Whether a value was there at the instant, or within the limit of it, but was not taken."""
        return any(abs(at - wanted) <= ALIGN_LIMIT for at in self.lows)

    def shown(self, point: Point) -> Decimal:
        """The register as the meter shows it there."""
        return point.total % wrap(self.interval.digits)

    def _limit(self, before: datetime, after: datetime, power: Decimal | None = None) -> Decimal | None:
        """The most that can be counted between two instants, with `power` where the archive does not say its own."""
        power = self.interval.power or power
        if power is None:
            return None
        return largest(power, Decimal(round((after - before).total_seconds())) / _HOUR)

    def _take(self, register: Register, following: Sequence[Register]) -> None:
        self._drop_zero(register)
        if not self.points:
            self._put(register, register.value, 0)
            return
        base = self.points[-1]
        value, limit = self.shown(base), self._limit(base.at, register.at)
        delta = advance(
            value,
            register.value,
            limit=limit or Decimal(0),
            digits=self.interval.digits,
            decimals=self.interval.decimals,
        )
        if delta.energy is not None:
            turned, shaken = delta.turn is Turn.ROLLOVER, delta.turn is Turn.JITTER
            self._put(register, base.total + delta.energy, base.stretch, turned, shaken)
        elif self._confirmed(register, following):
            self._restart(register)
        else:
            self.lows.append(register.at)

    def _put(
        self, register: Register, total: Decimal, stretch: int, turned: bool = False, shaken: bool = False
    ) -> None:
        last = self.points[-1] if self.points else None
        rollovers, jitters = (last.rollovers, last.jitters) if last else (0, 0)
        at, _, state, method, flags = register
        counts = (0, rollovers + turned, jitters + shaken)
        self.points.append(Point(at, total, stretch, state, method, flags, *counts))

    def _drop_zero(self, register: Register) -> None:
        """Zeros from which the register leaps by more than it can count were never the register."""
        last = self.points[-1] if self.points else None
        limit = self._limit(last.at, register.at, _LARGEST) if last is not None else None
        if limit is None or register.value <= limit:
            return
        while self.points and self.points[-1].total == 0 and self.points[-1].state not in _BY_PERSON:
            self.lows.append(self.points.pop().at)

    def _confirmed(self, register: Register, following: Sequence[Register]) -> bool:
        if register.state in _BY_PERSON:
            return True
        if register.value == 0 or len(following) < _AGREEING - 1:
            return False
        chain = (register, *following)
        top = self.shown(self.points[-1])
        return all(self._follows(one, other, top) for one, other in zip(chain, following, strict=False))

    def _follows(self, one: Register, other: Register, top: Decimal) -> bool:
        limit = self._limit(one.at, other.at)
        return one.value <= other.value < top and (limit is None or other.value - one.value <= limit)

    def _restart(self, register: Register) -> None:
        high = self.points[-1]
        if len(self.points) > 1 and high.state not in _BY_PERSON:
            # Where the leap up was beyond all that can flow, it was the high value that was wrong.
            before = self.points[-2]
            limit, now = self._limit(before.at, high.at), self._limit(before.at, register.at)
            moved = register.value - self.shown(before)
            if (
                limit is not None
                and now is not None
                and high.total - before.total > limit
                and 0 <= moved <= now
            ):
                self.lows.append(self.points.pop().at)
                self._put(register, before.total + moved, before.stretch)
                return
        self._put(register, register.value, high.stretch + 1)
