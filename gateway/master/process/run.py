"""One processing run over a store: everything that is stale, period by period, in parts that fit into memory."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

from config.archive import Exchange
from config.second import Second
from gateway.clock import Clock
from gateway.energy.period import Period, Span
from gateway.energy.record import FORWARD, REVERSE, Computed
from gateway.master.clerks.finals import is_final
from gateway.master.process.codes import micros
from gateway.master.process.energies import (
    Computing,
    Kept,
    energy_rows,
    keep_corrections,
    keep_energies,
    kept_of,
)
from gateway.master.process.gaps import returned
from gateway.master.process.history import decreased
from gateway.master.process.lease import Lease
from gateway.master.process.looking import Looking
from gateway.master.process.marks import (
    Work,
    closed_day,
    days_of,
    first_day,
    last_month,
    marked,
    open_days,
)
from gateway.master.process.nodes import Nodes, keep_nodes
from gateway.master.process.order import Order
from gateway.master.process.registers import Registers
from gateway.master.process.review import Review
from gateway.master.process.roll import concerned, exchanges_in, roll_of
from gateway.master.stores.base import Store

__all__ = ["Figures", "Halted", "Processor", "Tell"]

_CHUNK = 20_000
_NODES = 100
"""Of transformers with 200 meters each these are as many meters as are taken at a time otherwise."""
_SETTLE = timedelta(hours=2)

Tell = Callable[[str, int, int], None]
"""Told of progress: the period, parts done, parts in all."""
_Swaps = Sequence[tuple[int, int, Exchange]]


class Halted(Exception):
    """The run was told to end; what it had not done is still stale."""


@dataclass(slots=True)
class Figures:
    """What a run did; `held` says that another worker was at it."""

    periods: int = 0
    meters: int = 0
    energies: int = 0
    careful: int = 0
    nodes: int = 0
    aggregates: int = 0
    losses: int = 0
    hits: int = 0
    corrections: int = 0
    held: bool = False
    seconds: float = 0.0

    @property
    def results(self) -> int:
        """Rows written: energies, sums and losses that are new or changed."""
        return self.energies + self.aggregates + self.losses

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


@dataclass(slots=True)
class Processor:
    """Computes what is stale. `settle` is how long after its end a day is taken up as a whole.

    `limits` are those of the second review by customer class, `line` and `transformer`. Raises StoreProblem and
    LeaseLost; what was written until then stays, the marks of what was not done stay as well.
    """

    store: Store
    clock: Clock
    limits: Mapping[str, Second] = field(default_factory=dict)
    settle: timedelta = _SETTLE
    tell: Tell = lambda what, done, of: None
    figures: Figures = field(default_factory=Figures)
    halted: bool = False
    """Set from another thread: the run ends at its next part with Halted."""
    _again: set[tuple[date, int]] = field(default_factory=set)
    _holder: str = field(default_factory=lambda: secrets.token_hex(8))

    def run(self, only: date | None = None) -> Figures:
        """Everything that is stale now, or what of it is of one day."""
        return self._leased(lambda lease: self._stale(lease, only))

    def again(self, day: date) -> Figures:
        """One day as a whole, whether it is stale or not; its month too where that has closed."""
        return self._leased(lambda lease: self._whole(day, lease))

    def _leased(self, work: Callable[[Lease], None]) -> Figures:
        self.figures = Figures()
        self.store.tune()
        begun = self.clock.monotonic()
        lease = Lease(self.store, "process", self._holder, self.clock)
        if not lease.take():
            self.figures.held = True
            return self.figures
        try:
            work(lease)
        finally:
            lease.give()
        self.figures.seconds = round(self.clock.monotonic() - begun, 3)
        return self.figures

    def _stale(self, lease: Lease, only: date | None) -> None:
        last = closed_day(self.clock.now(), self.store.zone, self.settle)
        first = first_day(self.store)
        if first is None:
            return
        open_days(self.store, first, last)
        work, marks = marked(self.store, first, last, only)
        alone = only is not None
        self._all(work, first, last, lease, alone=alone)
        self._all(self._second(first), first, last, lease, alone=alone)
        with self.store.transaction():
            for place in range(0, len(marks), _CHUNK):
                self.store.ask("stale_gone", marks[place : place + _CHUNK])

    def _second(self, first: date) -> dict[date, Work]:
        """Days to compute again after the others."""
        found: dict[date, Work] = {}
        for day, meter in self._again:
            if day >= first:
                found.setdefault(day, Work()).meters.add(meter)
        self._again.clear()
        return found

    def _whole(self, day: date, lease: Lease) -> None:
        everyone = Work(gateways={gateway for gateway, _ in self.store.ask("gateways_due", [])})
        last = closed_day(self.clock.now(), self.store.zone, timedelta(0))
        if day > last:
            return
        self._all({day: everyone}, date.min, last, lease, alone=True)

    def _all(self, work: dict[date, Work], first: date, last: date, lease: Lease, *, alone: bool) -> None:
        """Days, and after its last each month that has closed; `alone` leaves later ones to the next run."""
        order = Order(days_of(work, self.store.zone), last, first, alone)
        for period, part in order:
            self._period(period, part, order, lease)
        if marks := order.marks():
            with self.store.transaction():
                self.store.ask("stale_new", marks)

    def _pause(self, lease: Lease) -> None:
        if self.halted:
            raise Halted
        lease.renew()

    def _period(self, period: Period, work: Work, order: Order, lease: Lease) -> None:
        self.figures.periods += 1
        swaps = exchanges_in(self.store, period)
        nodes = set(work.nodes)
        review = self._review(period)
        looking = Looking(self.store, period, order, work)
        what = f"{period.span} {period.start.date().isoformat()}"
        parts = list(self._parts(work))
        for number, part in enumerate(parts):
            self._pause(lease)
            self.tell(what, number, len(parts))
            nodes |= self._energies(period, part, swaps, review, looking)
        looking.changed.nodes |= self._balance(period, sorted(nodes), review, lease)
        looking.add(nodes, review.later)
        if review.put_off:
            with self.store.transaction():
                self.store.ask(
                    "stale_new", [(period.day.isoformat(), 0, 0, n) for n in sorted(review.put_off)]
                )
        self.figures.hits += review.hits
        self.tell(what, len(parts), len(parts))

    def _parts(self, work: Work) -> Iterator[Work]:
        """Ranges of meters of whole gateways, then single meters."""
        if work.gateways:
            ((last,),) = self.store.ask("meters_last", [])
            for after in range(0, last or 0, _CHUNK):
                yield Work(gateways=work.gateways, meters={after})
        single = sorted(work.meters)
        for first in range(0, len(single), _CHUNK):
            yield Work(meters=set(single[first : first + _CHUNK]))

    def _review(self, period: Period) -> Review:
        last = closed_day(self.clock.now(), self.store.zone, self.settle)
        if period.span is Span.MONTH:
            last = last_month(last, self.store.zone)
        return Review(self.store, period, self.limits, max(last, period.day))

    def _energies(
        self, period: Period, part: Work, swaps: _Swaps, review: Review, looking: Looking
    ) -> set[int]:
        """Energies of a part of the meters; the nodes for which these count. `looking` learns of what is new."""
        if part.gateways:
            (after,) = part.meters
            gateways = sorted(part.gateways)
            rows = self.store.ask("meters_chunk", gateways, after=after, upto=after + _CHUNK)
        else:
            rows = self.store.ask("meters_listed", sorted(part.meters))
        roll = roll_of(self.store, rows, swaps)
        if not roll.entries:
            return set()
        points = self.store.known("points", [FORWARD, REVERSE])
        computing = Computing(
            Registers(self.store), period, self.store.zone, points[FORWARD], points[REVERSE]
        )
        found = computing.all_of(roll)
        with self.store.transaction():
            new = energy_rows(self.store, period, found)
            if is_final(self.store, period.start, period.end):
                keep_corrections(self.store, new, self.clock.now())
                self.figures.corrections += len(new)
                return set()
            keep_energies(self.store, new)
        looking.note(part, [row[4] for row in new])
        looking.carried |= review.customers(roll, found, points[FORWARD])
        if period.span is Span.DAY:
            self._look_again(period, sorted(roll.entries))
            back = [
                number for (number, point), one in found.items() if point == points[FORWARD] and _back(one)
            ]
            self._again |= set(returned(self.store, period, sorted(back), points[FORWARD])) if back else set()
        self.figures.meters += len(roll.entries)
        self.figures.energies += len(new)
        self.figures.careful += computing.careful
        return concerned(self.store, sorted(roll.entries))

    def _look_again(self, period: Period, meters: Sequence[int]) -> None:
        """Days on which a register had fallen may be computable now: it takes two more readings to confirm a fall."""
        for days in (1, 2):
            before = period.start - timedelta(days=days)
            for meter in decreased(self.store, micros(before), meters):
                self._again.add((before.date(), meter))

    def _balance(self, period: Period, nodes: Sequence[int], review: Review, lease: Lease) -> set[int]:
        """Sums and loss of nodes, of a final period none; the nodes of which something is new."""
        changed: set[int] = set()
        computing = Nodes(self.store, period, self.limits)
        for first in range(0, len(nodes), _NODES):
            self._pause(lease)
            found = computing.balances(nodes[first : first + _NODES])
            made = {key: kept_of(one) for key, one in computing.estimated.items()}
            computing.estimated.clear()
            with self.store.transaction():
                if is_final(self.store, period.start, period.end):
                    return changed
                keep_energies(self.store, energy_rows(self.store, period, made, estimates_stay=False))
                sums, losses, new = keep_nodes(self.store, period, found)
            changed |= new
            review.nodes(found)
            self.figures.nodes += len(found)
            self.figures.aggregates += sums
            self.figures.losses += losses
        return changed


def _back(one: Kept) -> bool:
    """Whether a register is there again at the end of a day that has none at its beginning."""
    return one.computed == Computed.MISSING and one.begin is None and one.finish is not None
