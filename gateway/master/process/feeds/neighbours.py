"""Customers of an area of too little loss that belong to a neighbour: daily energies of both areas."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import fmean
from typing import Any

from gateway.energy.members import SALE
from gateway.energy.record import FORWARD, REVERSE
from gateway.master.process.codes import decimal_of
from gateway.master.process.feeds.feed import Around, Fields
from gateway.master.process.history import daily
from gateway.master.process.nodes import Balance
from gateway.second.neighbours import LEAST, Sums, strays

__all__ = ["Neighbours"]

_MOST_PAIRS = 20
"""So many neighbours of an area are looked at, those of the highest loss first."""

_Days = Mapping[int, tuple[float, float]]
"""Supply and loss by the day's start."""


class Neighbours:
    """P041: customers that are in the archive of one area and hang in another.

    The area that has them on paper has too little loss or a negative one, that where they hang too much. Looked at
    are the other transformers of the area's line, or where its line is not known those of the same gateway's archive;
    the days are the thirty before the one judged, as far as both have a loss.
    """

    rule = "P041"
    opens = frozenset({"P033", "P034"})

    def among(self, around: Around, one: Balance) -> dict[str, Fields]:
        """Customers of this area, each with what it takes off the unexplained part where it fits best."""
        if len(around.days) < LEAST:
            return {}
        beside = [node for (node,) in around.store.ask("nodes_beside", [one.node])]
        losses = _losses(around, [one.node, *beside])
        higher = _higher(losses, one.node)
        if not higher:
            return {}
        customers = _customers(around, one)
        mine = _sums(losses[one.node], around.days)
        falls: dict[str, float] = {}
        for node in higher:
            theirs = _sums(losses[node], around.days)
            for asset, fall in strays(mine, theirs, customers, pairs=len(higher)).items():
                falls[asset] = max(fall, falls.get(asset, 0.0))
        return {asset: {"neighbour": fall} for asset, fall in falls.items()}


def _losses(around: Around, nodes: Sequence[int]) -> dict[int, _Days]:
    """Of nodes that have a loss on enough days."""
    found: dict[int, dict[int, tuple[float, float]]] = {}
    first, last = around.days[0], around.days[-1]
    for node, start, rate, supply, sale, scale in around.store.ask(
        "losses_daily", sorted(nodes), first=first, last=last
    ):
        if rate is not None:
            found.setdefault(node, {})[start] = _float(supply, scale), _float(supply - sale, scale)
    return {node: days for node, days in found.items() if len(days) >= LEAST}


def _float(value: Any, scale: int) -> float:
    return float(decimal_of(value, scale))


def _higher(losses: Mapping[int, _Days], node: int) -> list[int]:
    """Nodes of a higher loss than this one, the highest first."""
    if node not in losses:
        return []
    rates = {one: fmean(loss / supply for supply, loss in days.values()) for one, days in losses.items()}
    found = [one for one, rate in rates.items() if rate > rates[node]]
    return sorted(found, key=lambda one: (-rates[one], one))[:_MOST_PAIRS]


def _sums(known: _Days, days: Sequence[int]) -> Sums:
    rows = [known.get(start) for start in days]
    return Sums(
        [None if row is None else row[0] for row in rows], [None if row is None else row[1] for row in rows]
    )


def _customers(around: Around, one: Balance) -> dict[str, list[float | None]]:
    """Daily energies of members of the sale, less what they feed in."""
    entries = [
        one.entries[part.meter]
        for part in one.parts
        if part.side == SALE and part.sign > 0 and part.meter in one.entries
    ]
    points = around.store.known("points", [FORWARD, REVERSE])
    forward = daily(around.store, around.days, sorted(entry.id for entry in entries), points[FORWARD])
    feeding = sorted(entry.id for entry in entries if entry.both)
    reverse = daily(around.store, around.days, feeding, points[REVERSE]) if feeding else {}
    return {
        entry.asset: [
            _net(forward.get(entry.id, {}).get(start), reverse.get(entry.id, {}).get(start), both=entry.both)
            for start in around.days
        ]
        for entry in entries
    }


_Energy = tuple[Decimal | None, str] | None


def _net(forward: _Energy, reverse: _Energy, *, both: bool) -> float | None:
    taken = None if forward is None else forward[0]
    given = Decimal(0) if not both else None if reverse is None else reverse[0]
    return None if taken is None or given is None else float(taken - given)
