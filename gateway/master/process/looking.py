"""What a period asks of later ones, once it is known what became another in it."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.energy.period import Period, Span, days
from gateway.energy.record import FORWARD, Computed
from gateway.master.process.codes import micros
from gateway.master.process.feeds.feed import Change
from gateway.master.process.feeds.registry import LOOKERS
from gateway.master.process.history import daily, month_before
from gateway.master.process.marks import Work
from gateway.master.process.order import Order
from gateway.master.stores.base import Store

__all__ = ["Looking"]

_ESTIMATED_BY = (1, 12, 13)
"""So many months after a month its energies are the measure of estimated days."""
_UNREAD = frozenset({Computed.ESTIMATED, Computed.MISSING})


@dataclass(slots=True)
class Looking:
    """Periods that look back at one of which the work is done; what has become another there is noted in `changed`."""

    store: Store
    period: Period
    order: Order
    work: Work
    changed: Work = field(default_factory=Work)
    carried: set[int] = field(default_factory=set)
    """Meters of which the next day's judgement goes on from this one's."""
    _after: list[Period] = field(init=False)
    _estimated: list[Period] = field(init=False)
    _covered: bool = field(init=False)

    def __post_init__(self) -> None:
        """Find them."""
        self._after = self.order.after(self.period)
        self._estimated = [] if self.period.span is Span.DAY else [*self._days()]
        self._covered = self.order.covers([*self._after, *self._estimated], self.work.gateways)

    def _days(self) -> Iterable[Period]:
        """Closed days of the months that are estimated by this one."""
        for ahead in _ESTIMATED_BY:
            month = month_before(self.period, -ahead)
            last = month.end.date() - timedelta(days=1)
            yield from filter(self.order.has_closed, days(month.day, last, self.store.zone))

    def note(self, part: Work, meters: Iterable[int]) -> None:
        """Meters of a part that have other energies now; not where they all wait on the later periods anyway."""
        if (self._after or self._estimated) and not (part.gateways and self._covered):
            self.changed.meters.update(meters)

    def add(self, nodes: Iterable[int], later: Mapping[int, AbstractSet[int]]) -> None:
        """Have the later periods computed where they look at what has changed.

        `nodes` are those that were balanced, `later` meters by the start of the day on which they are to be judged.
        """
        self.order.add(self._after, self.changed)
        if self.period.span is Span.MONTH:
            self._add_estimated()
        elif self._after:
            self.order.add(self._after[:1], Work(meters=self.carried))
            for period in self._after:
                self.order.add([period], Work(meters={*later.get(micros(period.start), ())}))
            self._ask_lookers(set(nodes) if self.order.is_fresh(self.period) else self.changed.nodes)

    def _ask_lookers(self, touched: set[int]) -> None:
        if not touched:
            return
        awaited = self.work.gateways if self._covered else set[int]()
        change = Change(self._after, touched, self.changed.nodes, awaited)
        for looker in LOOKERS:
            for period, work in looker.again(self.store, change):
                self.order.add([period], work)

    def _add_estimated(self) -> None:
        meters, starts = sorted(self.changed.meters), {micros(day.start): day for day in self._estimated}
        if not meters or not starts:
            return
        point = self.store.known("points", [FORWARD])[FORWARD]
        for meter, known in daily(self.store, sorted(starts), meters, point).items():
            for start in _unread(known):
                self.order.add([starts[start]], Work(meters={meter}))


def _unread(known: Mapping[int, tuple[object, str]]) -> Sequence[int]:
    return [start for start, (_, how) in known.items() if how in _UNREAD]
