"""Customers of an area of too little loss that belong to a neighbour: energies of both areas by day and by hour."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean

from gateway.energy.members import SALE, SUPPLY
from gateway.energy.record import FORWARD, REVERSE
from gateway.master.process.codes import decimal_of, micros
from gateway.master.process.feeds.feed import Again, Around, Change, Fields
from gateway.master.process.feeds.looking import searched
from gateway.master.process.history import daily
from gateway.master.process.hourly import HOUR, hourly
from gateway.master.process.nodes import Balance
from gateway.master.process.registers import Registers
from gateway.master.process.roll import Entry
from gateway.master.stores.base import Store
from gateway.second.neighbours import LEAST, Series, Sums, strays

__all__ = ["Neighbours"]

_MOST_PAIRS = 20
"""So many neighbours of an area are looked at, those of the highest loss first."""
_HOURS = 14 * 24
_THERE = 0.8
"""Part of the hours of which an area needs sums of all its members."""

_Known = Mapping[int, tuple[float, float]]
"""Supply and loss by the start of a day or hour."""


@dataclass(frozen=True, slots=True)
class _View:
    """Days or hours of an area and its neighbours: supply and loss by node, and the area's own customers."""

    starts: Sequence[int]
    known: Mapping[int, _Known]
    customers: Mapping[str, Series]

    def sums(self, node: int) -> Sums:
        """Of one node."""
        rows = [self.known[node].get(start) for start in self.starts]
        return Sums([row and row[0] for row in rows], [row and row[1] for row in rows])


class Neighbours:
    """P041: customers that are in the archive of one area and hang in another.

    The area that has them on paper has too little loss or a negative one, that where they hang too much. Looked at
    are the other transformers of the area's line, or where its line is not known those of the same gateway's archive:
    the thirty days before the one judged, as far as both have a loss, and where gateways send sums of hours of all
    members of both, two weeks of these.
    """

    rule = "P041"
    opens = frozenset({"P033", "P034"})

    def again(self, store: Store, change: Change) -> Again:
        """Areas that were searched on later days, and have one beside them that has changed."""
        beside = [node for (node,) in store.ask("nodes_looking", sorted(change.touched))]
        return searched(store, self.opens, beside, change)

    def among(self, around: Around, one: Balance) -> dict[str, Fields]:
        """Customers of this area, each with what it takes off the unexplained part where it fits best."""
        if len(around.days) < LEAST:
            return {}
        beside = [node for (node,) in around.store.ask("nodes_beside", [one.node])]
        losses = _losses(around, [one.node, *beside])
        higher = _higher(losses, one.node)
        if not higher:
            return {}
        views = [_View(around.days, losses, _daily(around, one)), *_hours(around, one, higher)]
        falls: dict[str, float] = {}
        for view in views:
            for node in higher:
                if node in view.known:
                    pairs = len(views) * len(higher)
                    found = strays(view.sums(one.node), view.sums(node), view.customers, pairs=pairs)
                    for asset, fall in found.items():
                        falls[asset] = max(fall, falls.get(asset, 0.0))
        return {asset: {"neighbour": fall} for asset, fall in falls.items()}


def _losses(around: Around, nodes: Sequence[int]) -> dict[int, _Known]:
    """By day, of nodes that have a loss on enough of them."""
    found: dict[int, dict[int, tuple[float, float]]] = {}
    first, last = around.days[0], around.days[-1]
    rows = around.store.ask("losses_daily", sorted(nodes), first=first, last=last)
    for node, start, rate, supply, sale, scale in rows:
        if rate is not None:
            lost = decimal_of(supply - sale, scale)
            found.setdefault(node, {})[start] = float(decimal_of(supply, scale)), float(lost)
    return {node: days for node, days in found.items() if len(days) >= LEAST}


def _higher(losses: Mapping[int, _Known], node: int) -> list[int]:
    """Nodes of a higher loss than this one, the highest first."""
    if node not in losses:
        return []
    rates = {one: fmean(loss / supply for supply, loss in days.values()) for one, days in losses.items()}
    found = [one for one, rate in rates.items() if rate > rates[node]]
    return sorted(found, key=lambda one: (-rates[one], one))[:_MOST_PAIRS]


def _entries(one: Balance) -> list[Entry]:
    """Of customers."""
    parts = [part for part in one.parts if part.side == SALE and part.sign > 0]
    return [one.entries[part.meter] for part in parts if part.meter in one.entries]


def _daily(around: Around, one: Balance) -> dict[str, list[float | None]]:
    """Daily energies of customers, less what they feed in."""
    entries = _entries(one)
    points = around.store.known("points", [FORWARD, REVERSE])
    forward = daily(around.store, around.days, sorted(entry.id for entry in entries), points[FORWARD])
    feeding = sorted(entry.id for entry in entries if entry.both)
    reverse = daily(around.store, around.days, feeding, points[REVERSE]) if feeding else {}
    return {
        entry.asset: _net(
            [_energy(forward.get(entry.id, {}).get(start)) for start in around.days],
            [_energy(reverse.get(entry.id, {}).get(start)) for start in around.days] if entry.both else None,
        )
        for entry in entries
    }


def _energy(known: tuple[Decimal | None, str] | None) -> float | None:
    return None if known is None or known[0] is None else float(known[0])


def _net(forward: Series, reverse: Series | None) -> list[float | None]:
    if reverse is None:
        return [*forward]
    return [
        None if ahead is None or back is None else ahead - back
        for ahead, back in zip(forward, reverse, strict=True)
    ]


def _hours(around: Around, one: Balance, higher: Sequence[int]) -> Iterable[_View]:
    """The hours of the area and those of its neighbours of which whole sums are there; none where its own are not."""
    end = micros(around.period.start)
    starts = [end - back * HOUR for back in range(_HOURS, 0, -1)]
    rows = around.store.ask("aggregates_hours", sorted([one.node, *higher]), hours=json.dumps(starts))
    members: dict[tuple[int, str], int] = {}
    for _, node, side, _, _, due, *_ in rows:
        members[node, side] = max(due, members.get((node, side), 0))
    sides: dict[tuple[int, int], dict[str, float]] = {}
    for start, node, side, energy, scale, _, present, _ in rows:
        if present == members[node, side]:
            sides.setdefault((node, start), {})[side] = float(decimal_of(energy, scale))
    known: dict[int, dict[int, tuple[float, float]]] = {}
    for (node, start), both in sides.items():
        if len(both) == len((SUPPLY, SALE)):
            known.setdefault(node, {})[start] = both[SUPPLY], both[SUPPLY] - both[SALE]
    known = {node: hours for node, hours in known.items() if len(hours) >= _THERE * _HOURS}
    if one.node in known and len(known) > 1:
        yield _View(starts, known, _by_hour(around, one, [*starts, end]))


def _by_hour(around: Around, one: Balance, instants: Sequence[int]) -> dict[str, list[float | None]]:
    """Energies of customers between instants, less what they feed in."""
    entries, registers = _entries(one), Registers(around.store)
    forward, reverse = (registers.facts.number(point) for point in (FORWARD, REVERSE))
    meters = sorted(entry.id for entry in entries)
    ats = [registers.at(at, meters) for at in instants]
    scales = {number: quality.scale for number, quality in registers.facts.qualities.items()}
    return {
        entry.asset: _net(
            hourly(ats, entry, forward, scales),
            hourly(ats, entry, reverse, scales) if entry.both else None,
        )
        for entry in entries
    }
