"""In which order periods are computed: by time; where one changed, those after it that look back at it again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from gateway.energy.period import Period, Span, period_of
from gateway.master.process.marks import Work

__all__ = ["Order"]

_LOOK_BACK = {Span.DAY: 56, Span.MONTH: 17}
"""So many days or months before the one that is judged are looked at by the second review and by estimates."""
_DAY = timedelta(days=1)
_AFTER = {Span.DAY: 0, Span.MONTH: 1}
"""Of periods that end together the day comes first: its month is made of it."""


@dataclass(slots=True)
class Order:
    """Days that wait, and the months of those that are computed, as far as these have closed.

    `last` is the last day that has closed, `first` the first that a month may begin with. With `alone` nothing is
    added but the months: what a change asks of later periods is put off.
    """

    waiting: dict[Period, Work]
    last: date
    first: date = date.min
    alone: bool = False
    put_off: dict[Period, Work] = field(default_factory=dict)
    _fresh: frozenset[Period] = field(init=False)

    def __post_init__(self) -> None:
        """What waits now is what readings and archives changed; what is added follows from results."""
        self._fresh = frozenset(self.waiting)

    def __iter__(self) -> Iterator[tuple[Period, Work]]:
        """Each period with its work, the earliest end first; those that are added meanwhile as well."""
        while self.waiting:
            period = min(self.waiting, key=lambda one: (one.end, _AFTER[one.span]))
            work = self.waiting.pop(period)
            if period.span is Span.DAY:
                self._month(period, work)
            yield period, work

    def _month(self, day: Period, work: Work) -> None:
        month = period_of(day.start, Span.MONTH)
        if month.day >= self.first and self.has_closed(month):
            self.waiting.setdefault(month, Work()).take(work)

    def is_fresh(self, period: Period) -> bool:
        """Whether new readings, sums or rows of an archive are behind it."""
        return period in self._fresh

    def has_closed(self, period: Period) -> bool:
        """Whether it is over by the last day."""
        return period.end.date() <= self.last + _DAY

    def after(self, period: Period) -> list[Period]:
        """Closed periods that look back at this one."""
        found = []
        for _ in range(_LOOK_BACK[period.span]):
            period = period.next()
            if not self.has_closed(period):
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
