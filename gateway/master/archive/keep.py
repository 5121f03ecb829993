"""An archive into a store: as a set, only what changed is written, and what follows from it becomes stale."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from gateway.archived import Table
from gateway.master.archive.cells import Kept, kept_of
from gateway.master.stale import marks_of
from gateway.master.stores.base import Store

__all__ = ["keep", "keep_status"]

_SLICE = 10_000
_DAYS = 62
"""So many days before today are computed again after a change of the archive."""

Rows = set[tuple[Any, ...]]


def keep(store: Store, gateway: str, digest: str, tables: dict[str, Table], now: datetime) -> int | None:
    """Make this the archive in force of a gateway ("" is the master's own); raises StoreProblem.

    Gives the number of rows that made no sense, or None where this archive is in force already.
    """
    kept = kept_of(tables)
    try:
        with store.transaction():
            number = store.known("gateways", [gateway])[gateway]
            if not store.ask("archive_taken", [(number, digest, now.isoformat())]):
                return None
            _mark(store, *_replaced(store, number, kept), now)
    except BaseException:
        store.forget()
        raise
    return kept.bad


def _replaced(store: Store, gateway: int, kept: Kept) -> tuple[set[int], Rows]:
    """Write what differs; the meters that it concerns, and the relations that came or went."""
    for part in _slices(sorted(kept.assets())):
        store.learn(part, 0)
    meters, nodes = store.ids["meters"], store.known("nodes", kept.places())
    of_meters = {(gateway, meters[asset], *cells) for asset, cells in kept.meters.items()}
    of_relations = {(gateway, meters[row[0]], nodes[row[1]], *row[2:]) for row in kept.relations}
    of_nodes = {(gateway, nodes[node], *cells) for node, cells in kept.nodes.items()}
    of_exchanges = {(gateway, meters[row[0]], meters[row[1]], *row[2:]) for row in kept.exchanges}
    changed = {row[1] for row in _exchanged(store, "meters", gateway, of_meters)}
    related = _exchanged(store, "relations", gateway, of_relations)
    _exchanged(store, "nodes", gateway, of_nodes)
    swapped = _exchanged(store, "exchanges", gateway, of_exchanges)
    changed |= {row[1] for row in related} | {meter for row in swapped for meter in row[1:3]}
    return changed, related


def _exchanged(store: Store, name: str, gateway: int, wanted: Rows) -> Rows:
    """Bring one table of a gateway to the wanted rows; those that came or went."""
    there: Rows = set(store.ask(f"{name}_of", [gateway]))
    for part in _slices(sorted(there - wanted, key=repr)):
        store.ask(f"{name}_gone", part)
    for part in _slices(sorted(wanted - there, key=repr)):
        store.ask(f"{name}_add", part)
    return there ^ wanted


def _slices(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(rows), _SLICE):
        yield rows[first : first + _SLICE]


def _mark(store: Store, meters: set[int], related: Rows, now: datetime) -> None:
    """Days that were computed for these meters' gateways are stale for them, and for nodes that lost one."""
    if not meters:
        return
    owners = {meter: owner for part in _slices(sorted(meters)) for meter, owner in store.ask("owners", part)}
    opened = dict(store.ask("opened", sorted(set(owners.values()))))
    since = now.astimezone(store.zone).date() - timedelta(days=_DAYS)
    days: dict[tuple[int, date], set[int]] = {}
    for meter, owner in owners.items():
        for day in _until(since, opened.get(owner)):
            days.setdefault((owner, day), set()).add(meter)
    places = {
        (day, owners[row[1]], row[2]) for row in related for day in _until(since, opened.get(owners[row[1]]))
    }
    nodes = [(day.isoformat(), owner, 0, node) for day, owner, node in sorted(places)]
    store.ask("stale_new", marks_of(days) + nodes)


def _until(since: date, last: str | None) -> Iterable[date]:
    if last is None:
        return ()
    count = (date.fromisoformat(last) - since).days + 1
    return (since + timedelta(days=n) for n in range(count))


def keep_status(store: Store, statuses: dict[str, tuple[Any, ...]], now: datetime) -> None:
    """What gateways last said of themselves: state, version, configuration hash, backlog; raises StoreProblem."""
    try:
        with store.transaction():
            known = store.known("gateways", statuses)
            stamp = now.isoformat()
            rows = [(known[name], stamp, *cells) for name, cells in sorted(statuses.items())]
            store.ask("statuses", rows)
    except BaseException:
        store.forget()
        raise
