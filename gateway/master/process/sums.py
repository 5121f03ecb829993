"""Sums of a node's sides as gateways send them: kept, and those of several gateways merged into the node's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from gateway.energy.aggregate import merged
from gateway.energy.period import Span
from gateway.energy.record import Aggregate
from gateway.master.process.codes import aggregate_cells, aggregate_of

if TYPE_CHECKING:
    from gateway.master.stores.base import Store

__all__ = ["take"]

_MERGED = frozenset({Span.QUARTER, Span.HOUR})
"""Spans that only gateways sum up; days and months the master computes from registers itself."""
_MICRO = timedelta(microseconds=1)


def take(store: "Store", rows: Sequence[tuple[int, Aggregate]], now: datetime) -> None:
    """Keep what gateways sent, within the store's transaction; merge what only they sum up.

    Nodes of which days or months came are reviewed again, for what the master has of them is compared; so are those
    of which an hour came after its day's end, for later days look back at it.
    """
    nodes = store.known("nodes", {(one.node_kind, one.node) for _, one in rows})
    numbered = [(gateway, nodes[one.node_kind, one.node], one) for gateway, one in rows]
    # One order, under locks: two gateways may bring parts of one node to two workers at once.
    store.ask("nodes_lock", sorted({node for _, node, _ in numbered}))
    cells = {aggregate_cells(one, node, gateway)[:7]: (one, node, gateway) for gateway, node, one in numbered}
    store.ask("aggregates_new", [aggregate_cells(*cells[key]) for key in sorted(cells)])
    stale = {(_last_day(one, store.zone), node) for _, node, one in numbered if one.span not in _MERGED}
    today = now.astimezone(store.zone).date().isoformat()
    names = {node: (one.node_kind, one.node) for _, node, one in numbered}
    ends = {key[:5]: one for key, (one, _, _) in cells.items() if one.span in _MERGED}
    if ends:
        changed = _merge(store, sorted(ends), names)
        stale |= {
            (day, key[1])
            for key in changed
            if ends[key].span is Span.HOUR and (day := _last_day(ends[key], store.zone)) < today
        }
    if stale:
        store.ask("stale_new", [(day, 0, 0, node) for day, node in sorted(stale)])


def _last_day(one: Aggregate, zone: tzinfo) -> str:
    """A month is taken up when it has closed, with its last day."""
    return (one.end - _MICRO).astimezone(zone).date().isoformat()


def _merge(
    store: "Store", keys: list[tuple[Any, ...]], names: dict[int, tuple[str, str]]
) -> set[tuple[Any, ...]]:
    """Sums of these keys from those of all gateways; the keys of those that are new or others."""
    parts: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in store.ask("aggregates_parts", keys):
        parts.setdefault(row[:5], []).append(row)
    made = []
    for key, rows in parts.items():
        made += _merged(key[1], rows, names[key[1]], store.zone)
    if made:
        store.ask("aggregates_new", made)
    return {row[:5] for row in made}


def _merged(
    node: int, rows: list[tuple[Any, ...]], name: tuple[str, str], zone: tzinfo
) -> list[tuple[Any, ...]]:
    latest: dict[int, tuple[Any, ...]] = {}
    for row in rows:
        gateway, version = row[5], row[6]
        if gateway not in latest or version > latest[gateway][6]:
            latest[gateway] = row
    before = latest.pop(0, None)
    whole = merged(aggregate_of(row, name, zone) for row in latest.values())[0]
    version = 1 if before is None else before[6] + 1
    cells = aggregate_cells(replace(whole, version=version), node, 0)
    return [] if before is not None and before[7:] == cells[7:] else [cells]
