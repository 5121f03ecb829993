"""A day's curve as it comes in, in a few integers: which of its 96 quarter hours are here, and their sums."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.review.limits import Limits

__all__ = ["Curve", "Curves"]

_QUARTER = 900
_DAY = 86_400
_POINTS = 96
_WHOLE = (1 << _POINTS) - 1
_KEPT = 2


@dataclass(slots=True, kw_only=True)
class Curve:
    """One day of one meter in units of 0.0001 kWh: registers at its ends, sum of its intervals, area of its powers.

    `day` counts in local days since 1970; None where something is missing.
    """

    limits: Limits
    day: int = 0
    begin: int | None = None
    finish: int | None = None
    intervals: int | None = None
    powers: int | None = None

    @property
    def energy(self) -> int | None:
        """The advance of the register over the day."""
        if self.begin is None or self.finish is None or self.finish < self.begin:
            return None
        return self.finish - self.begin


@dataclass(slots=True)
class _Day:
    """What is here of one day: bits of quarters and sums."""

    power_mask: int = 0
    powers: int = 0
    energy_mask: int = 0
    energies: int = 0
    begin: int | None = None
    finish: int | None = None
    judged: tuple[bool, bool] = (False, False)


@dataclass(slots=True)
class Curves:
    """The last days of a meter that gives a curve. Instants are local seconds since 1970 (with the zone's offset)."""

    days: dict[int, _Day] = field(default_factory=dict)

    def power(self, local: int, units: int) -> None:
        """An active power (0.0001 kW) at a quarter hour; it stands for the quarter that follows."""
        place, rest = divmod(local % _DAY, _QUARTER)
        day = self._of(local // _DAY)
        if rest == 0 and day is not None and not day.power_mask >> place & 1:
            day.power_mask |= 1 << place
            day.powers += abs(units)

    def interval(self, local: int, units: int) -> None:
        """The energy of the quarter that ends here."""
        place, rest = divmod((local - _QUARTER) % _DAY, _QUARTER)
        day = self._of((local - _QUARTER) // _DAY)
        if rest == 0 and day is not None and not day.energy_mask >> place & 1:
            day.energy_mask |= 1 << place
            day.energies += units

    def register(self, local: int, units: int) -> None:
        """The forward register at a midnight: a day's end and the next one's beginning."""
        if local % _DAY:
            return
        if (before := self.days.get(local // _DAY - 1)) is not None:
            before.finish = units
        if (after := self._of(local // _DAY)) is not None:
            after.begin = units

    def ready(self, limits: Limits) -> Iterator[Curve]:
        """Days with both registers that became whole and were not given out before."""
        for number, day in self.days.items():
            whole = (day.energy_mask == _WHOLE, day.power_mask == _WHOLE)
            if day.begin is None or day.finish is None or whole == day.judged or not any(whole):
                continue
            new = (whole[0] and not day.judged[0], whole[1] and not day.judged[1])
            day.judged = whole
            yield Curve(
                limits=limits,
                day=number,
                begin=day.begin,
                finish=day.finish,
                intervals=day.energies if new[0] else None,
                powers=day.powers // 4 if new[1] else None,
            )

    def _of(self, number: int) -> _Day | None:
        """A day; the oldest gives way to a newer one, None for what is older than those kept."""
        if (day := self.days.get(number)) is not None:
            return day
        if len(self.days) >= _KEPT:
            oldest = min(self.days)
            if number < oldest:
                return None
            del self.days[oldest]
        day = self.days[number] = _Day()
        return day
