"""The second review of a day or a month: rules over customers and nodes. Findings follow from hits that are kept."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

from config.second import Second
from gateway.energy.period import Period, Span
from gateway.master.process.energies import Kept, Key
from gateway.master.process.feeds.feed import (
    Around,
    CustomerFeed,
    Customers,
    Fields,
    MemberFeed,
    NodeFeed,
    Search,
    name_of,
)
from gateway.master.process.feeds.registry import (
    CARRIED,
    DAY_CUSTOMERS,
    DAY_NODES,
    MONTH_CUSTOMERS,
    MONTH_MEMBERS,
    MONTH_NODES,
    SEARCHES,
)
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
"""So many areas of a part of the run are searched, the others in the next run: a search may take seconds."""
_HOMES = frozenset({"", "household", "residential"})

_Named = AbstractSet[tuple[str, str]]
"""Objects and the rules that hit them."""


@dataclass(frozen=True, slots=True)
class _Feeds:
    """What is asked for the cases of a day or a month."""

    customers: Sequence[CustomerFeed]
    nodes: Sequence[NodeFeed]
    members: Sequence[MemberFeed] = ()
    searches: Sequence[Search] = ()


_FEEDS = {
    Span.DAY: _Feeds(DAY_CUSTOMERS, DAY_NODES, searches=SEARCHES),
    Span.MONTH: _Feeds(MONTH_CUSTOMERS, MONTH_NODES, MONTH_MEMBERS),
}


@dataclass(slots=True)
class Review:
    """Reviews one day or month; `last` is the latest that has been taken up (a month by its first day).

    Findings reach to it.
    """

    store: Store
    period: Period
    limits: Mapping[str, Second]
    last: date
    _feeds: _Feeds = field(init=False)
    _around: Around = field(init=False)
    _hits: Hits = field(init=False)
    put_off: set[int] = field(default_factory=set)
    """Nodes that were not searched for lack of time, and must be taken up again."""

    def __post_init__(self) -> None:
        """Look up the days before a day of which there are energies; without any, nothing is compared."""
        days: list[int] = []
        if self.period.span is Span.DAY:
            before = History(self.store, self.period).before(_DAYS)
            days = [start for (start,) in self.store.ask("energy_days", before)]
        self._feeds = _FEEDS[self.period.span]
        self._around = Around(self.store, self.period, self.limits, days)
        self._hits = Hits(self.store, self.period.day, self.last, self.period.span)

    @property
    def later(self) -> Mapping[int, AbstractSet[int]]:
        """Meters to be judged again, by the start of a later day."""
        return self._around.later

    @property
    def hits(self) -> int:
        """Hits of rules so far."""
        return self._hits.count

    def customers(self, roll: Roll, kept: Mapping[Key, Kept], point: int) -> set[int]:
        """Meters of a part of the run, with the energies of their registers; `point` is the one forward.

        Within no transaction. Returns those of which a rule that is carried on to the next day says something else now.
        """
        energies = {number: one.value for (number, register), one in kept.items() if register == point}
        part = Customers(roll, energies, point, kept)
        known = _merged(feed.customers(self._around, part) for feed in self._feeds.customers)
        found: dict[tuple[str, str], Hit] = {}
        for number, fields in sorted(known.items()):
            case = self._customer(roll.entries[number], fields)
            found |= {(case.object, rule): hit for rule, hit in judge(case).hits.items()}
        names = {roll.entries[number].asset: number for number in part.numbers}
        before = self._hits.keep(list(names), found)
        return {names[what] for what, rule in before ^ found.keys() if rule in CARRIED}

    def nodes(self, balances: Sequence[Balance]) -> None:
        """Lines and transformers with their sums and loss; within no transaction."""
        known = _merged(feed.nodes(self._around, balances) for feed in self._feeds.nodes)
        found: dict[tuple[str, str], Hit] = {}
        for one in balances:
            case = self._node(one, known.get(one.node, {}))
            found |= {(case.object, rule): hit for rule, hit in judge(case).hits.items()}
        before = self._hits.keep([name_of(one) for one in balances], found)
        areas = [one for one in balances if one.name[0] == Subject.TRANSFORMER]
        for search in self._feeds.searches:
            self._searches(search, areas, found.keys(), before)
        for feed in self._feeds.members:
            self._members(feed, balances)

    def _searches(self, search: Search, areas: Sequence[Balance], now: _Named, before: _Named) -> None:
        """Areas that the rules opening a search hit; what it found where they no longer do is taken back."""
        names = {what for what, rule in now if rule in search.opens}
        opened = [one for one in areas if name_of(one) in names]
        for one in opened[:_MOST_AREAS]:
            self._search(search, one)
        self.put_off |= {one.node for one in opened[_MOST_AREAS:]}
        names = {what for what, rule in before if rule in search.opens} - {name_of(one) for one in opened}
        for one in areas:
            if name_of(one) in names:
                self._hits.keep_rule(search.rule, [part.meter for part in one.parts], {})

    def _members(self, feed: MemberFeed, balances: Sequence[Balance]) -> None:
        """What balancing made of the members, by the one rule of the feed."""
        entries = {part.meter: one.entries.get(part.meter) for one in balances for part in one.parts}
        found: dict[tuple[str, str], Hit] = {}
        for asset, fields in feed.members(self._around, balances).items():
            entry = entries[asset]
            hit = None if entry is None else judge(self._customer(entry, fields)).hits.get(feed.rule)
            if hit is not None:
                found[asset, feed.rule] = hit
        self._hits.keep_rule(feed.rule, list(entries), found)

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
        return self._case(entry.asset, Subject.CUSTOMER, limits, plain | fields)

    def _node(self, one: Balance, fields: Fields) -> Case:
        kind = one.name[0]
        plain: Fields = {"members": one.loss.due, "large": True, "household": False}
        return self._case(name_of(one), Subject(kind), limits_for(self.limits, kind), plain | fields)

    def _case(self, name: str, subject: Subject, limits: Second, fields: Fields) -> Case:
        return Case(
            object=name,
            subject=subject,
            day=self.period.day,
            limits=limits,
            monthly=self.period.span is Span.MONTH,
            **fields,
        )


def _merged(given: Iterable[Mapping[int, Fields]]) -> dict[int, Fields]:
    """Fields of all feeds; of a field that two give the later counts."""
    whole: dict[int, Fields] = {}
    for one in given:
        for number, fields in one.items():
            whole[number] = whole[number] | fields if number in whole else fields
    return whole
