"""The second review of a day: rules over customers and nodes. Hits are kept by day, findings follow from them."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from config.second import Second
from gateway.energy.period import Period
from gateway.master.process.feeds.feed import Around, Customers, Fields, Search, name_of
from gateway.master.process.feeds.registry import DAY_CUSTOMERS, DAY_NODES, SEARCHES
from gateway.master.process.history import History
from gateway.master.process.hits import Hits
from gateway.master.process.nodes import Balance
from gateway.master.process.roll import Entry, Roll
from gateway.master.stores.base import Store
from gateway.review.view import Hit
from gateway.second.judge import judge, limits_for
from gateway.second.view import Case, Subject

__all__ = ["Review"]

_DAYS = 30
_MOST_AREAS = 50
"""So many areas of a part of the run are searched; where all are abnormal, something else is wrong."""
_HOMES = frozenset({"", "household", "residential"})

_Named = AbstractSet[tuple[str, str]]
"""Objects and the rules that hit them."""


@dataclass(slots=True)
class Review:
    """Reviews one day; `last` is the latest day that has been taken up, to which findings reach."""

    store: Store
    period: Period
    limits: Mapping[str, Second]
    last: date
    _around: Around = field(init=False)
    _hits: Hits = field(init=False)

    def __post_init__(self) -> None:
        """Look up the days before this one of which there are energies; without any, nothing is compared."""
        before = History(self.store, self.period).before(_DAYS)
        days = [start for (start,) in self.store.ask("energy_days", before)]
        self._around = Around(self.store, self.period, self.limits, days)
        self._hits = Hits(self.store, self.period.day, self.last)

    @property
    def hits(self) -> int:
        """Hits of rules so far."""
        return self._hits.count

    def customers(self, roll: Roll, energies: Mapping[int, Decimal | None], point: int) -> None:
        """Meters of a part of the run, with their energies forward of the day; within no transaction."""
        part = Customers(roll, energies, point)
        known = _merged(feed.customers(self._around, part) for feed in DAY_CUSTOMERS)
        found: dict[tuple[str, str], Hit] = {}
        for number, fields in sorted(known.items()):
            case = self._customer(roll.entries[number], fields)
            found |= {(case.object, rule): hit for rule, hit in judge(case).hits.items()}
        self._hits.keep([roll.entries[number].asset for number in part.numbers], found)

    def nodes(self, balances: Sequence[Balance]) -> None:
        """Lines and transformers with their sums and loss of the day; within no transaction."""
        known = _merged(feed.nodes(self._around, balances) for feed in DAY_NODES)
        found: dict[tuple[str, str], Hit] = {}
        for one in balances:
            case = self._node(one, known.get(one.node, {}))
            found |= {(case.object, rule): hit for rule, hit in judge(case).hits.items()}
        before = self._hits.keep([name_of(one) for one in balances], found)
        areas = [one for one in balances if one.name[0] == Subject.TRANSFORMER]
        for search in SEARCHES:
            self._searches(search, areas, found.keys(), before)

    def _searches(self, search: Search, areas: Sequence[Balance], now: _Named, before: _Named) -> None:
        """Areas that the rules opening a search hit; what it found where they no longer do is taken back."""
        names = {what for what, rule in now if rule in search.opens}
        opened = [one for one in areas if name_of(one) in names][:_MOST_AREAS]
        for one in opened:
            self._search(search, one)
        names = {what for what, rule in before if rule in search.opens} - {name_of(one) for one in opened}
        for one in areas:
            if name_of(one) in names:
                self._hits.keep_rule(search.rule, [part.meter for part in one.parts], {})

    def _search(self, search: Search, one: Balance) -> None:
        """Of one area, the customers that a search names."""
        found: dict[tuple[str, str], Hit] = {}
        for asset, fields in search.among(self._around, one).items():
            hit = judge(self._customer(one.entries[asset], fields)).hits.get(search.rule)
            if hit is not None:
                found[asset, search.rule] = hit
        self._hits.keep_rule(search.rule, [part.meter for part in one.parts], found)

    def _customer(self, entry: Entry, fields: Fields) -> Case:
        limits = limits_for(self.limits, entry.cells[2])
        capacity = entry.cells[15]
        size = None if capacity is None else float(capacity)
        plain: Fields = {
            "active": entry.active,
            "household": entry.cells[2] in _HOMES,
            "large": size is not None and size >= limits.large_kva > 0,
            "capacity": size,
            "multiplier": float(entry.multiplier),
        }
        return Case(
            object=entry.asset,
            subject=Subject.CUSTOMER,
            day=self.period.day,
            limits=limits,
            **(plain | fields),
        )

    def _node(self, one: Balance, fields: Fields) -> Case:
        kind = one.name[0]
        plain: Fields = {"members": one.loss.due, "large": True, "household": False}
        return Case(
            object=name_of(one),
            subject=Subject(kind),
            day=self.period.day,
            limits=limits_for(self.limits, kind),
            **(plain | fields),
        )


def _merged(given: Iterable[Mapping[int, Fields]]) -> dict[int, Fields]:
    """Fields of all feeds; of a field that two give the later counts."""
    whole: dict[int, Fields] = {}
    for one in given:
        for number, fields in one.items():
            whole[number] = whole[number] | fields if number in whole else fields
    return whole
