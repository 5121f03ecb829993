"""In which order periods are computed: by time; where one changed, those after it that look back at it again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from gateway.energy.period import Period, Span
from gateway.master.process.marks import Work

__all__ = ["Order"]

_LOOK_BACK = {Span.DAY: 30, Span.MONTH: 17}
"""So many days or months before the one that is judged are looked at by the second review and by estimates."""
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Order:
    """Days or months that wait; `last` is the last day that has closed.

    With `alone` nothing is added to them: what a change asks of later periods is put off.
    """

    waiting: dict[Period, Work]
    last: date
    alone: bool = False
    put_off: dict[Period, Work] = field(default_factory=dict)
    done: dict[date, Work] = field(default_factory=dict)
    """What was computed, by the first day of the period."""

    def __iter__(self) -> Iterator[tuple[Period, Work]]:
        """Each period with its work, the earliest first; those that are added meanwhile as well."""
        while self.waiting:
            period = min(self.waiting)
            work = self.done[period.day] = self.waiting.pop(period)
            yield period, work

    def after(self, period: Period) -> list[Period]:
        """Closed periods that look back at this one."""
        found = []
        for _ in range(_LOOK_BACK[period.span]):
            period = period.next()
            if period.end.date() > self.last + _DAY:
                break
            found.append(period)
        return found

    def covers(self, after: list[Period], gateways: set[int]) -> bool:
        """Whether all of these wait anyway with all meters of the gateways."""
        none = Work()
        return all(gateways <= self.waiting.get(period, none).gateways for period in after)

    def add(self, after: list[Period], changed: Work) -> None:
        """Have these computed too, for what changed before them."""
        if changed.meters or changed.nodes:
            for period in after:
                (self.put_off if self.alone else self.waiting).setdefault(period, Work()).take(changed)

    def marks(self) -> list[tuple[str, int, int, int]]:
        """What was put off, as marks: day, gateway, meter, node."""
        return [
            (period.day.isoformat(), 0, *place)
            for period, work in sorted(self.put_off.items(), key=lambda one: one[0])
            for place in (
                *((meter, 0) for meter in sorted(work.meters)),
                *((0, node) for node in sorted(work.nodes)),
            )
        ]
