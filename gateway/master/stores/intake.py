"""Batches into a store: what is new is kept, what is known changes nothing, and what each epoch has is advanced."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from gateway.master.ack import Have
from gateway.master.own import claim, clash, differs, twice
from gateway.master.prepare import Prepared
from gateway.master.process import sums
from gateway.master.rows import Columns, shift
from gateway.master.stale import marks_of, touched, touched_by_events

if TYPE_CHECKING:
    from gateway.master.stores.base import Store

__all__ = ["Intake", "Outcome"]


@dataclass(slots=True)
class Outcome:
    """What became of a group of batches in one transaction; `acks` by gateway and epoch."""

    batches: int = 0
    replays: int = 0
    clashes: int = 0
    rows: int = 0
    duplicates: int = 0
    differing: int = 0
    aside: int = 0
    claims: int = 0
    acks: dict[tuple[str, str], Have] = field(default_factory=dict)


Named = list[tuple[int, Prepared]]
"""Batches with the numbers of their epochs."""


@dataclass(slots=True)
class _Group:
    """What the fresh batches of a transaction bring, by kind."""

    readings: list[Columns] = field(default_factory=list)
    small: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    aside: list[tuple[Any, ...]] = field(default_factory=list)
    seen: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    own: list[tuple[Any, ...]] = field(default_factory=list)
    stale: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))


class Intake:
    """Writes sets of batches within the transaction of a store."""

    def __init__(self, store: "Store") -> None:
        self._store = store

    def write(self, batches: Sequence[Prepared], now: datetime, outcome: Outcome) -> None:
        """What batches bring; `outcome` counts it."""
        gateways = self._store.known("gateways", {one.batch.gateway for one in batches})
        keys = [(gateways[one.batch.gateway], one.batch.epoch) for one in batches]
        epochs = self._store.known("epochs", keys)
        named = [(epochs[key], one) for key, one in zip(keys, batches, strict=True)]
        fresh, contested = self._remember(named, now, outcome)
        group = _Group(own=[clash(one.batch, now) for _, one in contested])
        for epoch, one in fresh:
            self._sort(group, epoch, one, now)
        self._claim(group)
        self._keep(group, outcome, now)
        self._advance(named, fresh, contested, outcome)

    def _remember(self, named: Named, now: datetime, outcome: Outcome) -> tuple[Named, Named]:
        """Batches that are new, and those whose number is known with another content."""
        first: dict[tuple[int, int], Prepared] = {}
        for epoch, one in named:
            first.setdefault((epoch, one.batch.batch), one)
        stamp = now.isoformat()
        rows = [
            (*key, first[key].batch.sha256, first[key].batch.kind, len(first[key].batch.rows), stamp)
            for key in sorted(first)
        ]
        new = {(epoch, number) for epoch, number in self._store.ask("batches_new", rows)}
        known = {key: first[key].batch.sha256 for key in new}
        if old := [key for key in first if key not in new]:
            known |= {(epoch, number): sha for epoch, number, sha in self._store.ask("batches", old)}
        contested = [(e, one) for e, one in named if known[e, one.batch.batch] != one.batch.sha256]
        outcome.batches, outcome.clashes = len(new), len(contested)
        outcome.replays = len(named) - len(new) - len(contested)
        return [(key[0], one) for key, one in first.items() if key in new], contested

    def _sort(self, group: _Group, epoch: int, one: Prepared, now: datetime) -> None:
        batch = one.batch
        gateway = self._store.ids["gateways"][batch.gateway]
        if one.columns is not None:
            group.readings.append(one.columns)
            group.seen[batch.gateway].update(zip(one.columns.meter, one.columns.at, strict=True))
            for day, meters in touched(one.columns, self._store.zone, now).items():
                group.stale[day] |= meters
        if batch.kind == "event":
            for day, meters in touched_by_events(one.small, self._store.zone).items():
                group.stale[day] |= meters
        group.small[batch.kind] += [(gateway, *row) for row in one.small]
        group.aside += [(epoch, batch.batch, *row) for row in one.aside]

    def _claim(self, group: _Group) -> None:
        """Learn new meters with their gateway; two gateways that read one meter are a finding."""
        for gateway, meters in sorted(group.seen.items()):  # in one order, or two workers block each other
            mine = self._store.ids["gateways"][gateway]
            owners = self._store.owners
            self._store.learn(sorted(asset for asset in meters if asset not in owners), mine)
            if free := sorted(asset for asset in meters if owners[asset] == 0):
                self._store.ask("meters_taken", [(asset, mine) for asset in free])
                self._store.reload(free)
            for asset, at in meters.items():
                if self._store.owners[asset] != mine:
                    group.own.append(claim(asset, gateway, shift(at)))

    def _keep(self, group: _Group, outcome: Outcome, now: datetime) -> None:
        if group.readings:
            rows = self._numbered(group.readings)
            new, found = self._store.put(rows)
            outcome.rows, outcome.duplicates = new, len(rows) - new
            differing = [twice(difference) for difference in found if differs(difference)]
            outcome.differing = len(differing)
            group.own += differing
        if marks := marks_of(self._stale(group)):
            self._store.ask("stale_new", marks)
        for kind, small in group.small.items():
            if not small:
                continue
            if kind == "aggregate":
                sums.take(self._store, small, now)
            else:
                self._store.ask(kind + "s", _best(small, 3 if kind == "finding" else 2))
        if group.aside:
            self._store.ask("asides", group.aside)
            outcome.aside = len(group.aside)
        if group.own:
            made = self._store.ask("findings_own", _best(group.own, 1))
            outcome.claims = sum(key.startswith("M002") for (key,) in made)

    def _stale(self, group: _Group) -> dict[tuple[int, date], set[int]]:
        found: dict[tuple[int, date], set[int]] = defaultdict(set)
        owners = self._store.owners
        # What events name may be a meter of which no reading came yet, or a terminal.
        if unknown := sorted(set().union(*group.stale.values()) - owners.keys()):
            self._store.reload(unknown)
        for day, assets in group.stale.items():
            for asset in assets & owners.keys():
                found[owners[asset], day].add(self._store.ids["meters"][asset])
        return found

    def _numbered(self, readings: list[Columns]) -> list[tuple[Any, ...]]:
        """Rows with numbers for the texts."""
        meters = self._store.ids["meters"]
        points = self._store.known("points", {point for columns in readings for point in columns.point})
        qualities = self._store.known("qualities", {one for columns in readings for one in columns.qualities})
        rows: list[tuple[Any, ...]] = []
        for columns in readings:
            known = [qualities[one] for one in columns.qualities]
            rows += zip(
                columns.at,
                columns.value,
                [meters[meter] for meter in columns.meter],
                [known[place] for place in columns.quality],
                columns.lag,
                [points[point] for point in columns.point],
                columns.variant,
                strict=True,
            )
        return rows

    def _advance(self, named: Named, fresh: Named, contested: Named, outcome: Outcome) -> None:
        """Under the epochs' locks: what of each is here now, these batches included."""
        names = {epoch: (one.batch.gateway, one.batch.epoch) for epoch, one in named}
        refused = {(epoch, one.batch.batch) for epoch, one in contested}
        answered = {epoch for epoch, one in named if (epoch, one.batch.batch) not in refused}
        added: dict[int, list[int]] = defaultdict(list)
        for epoch, one in fresh:
            added[epoch].append(one.batch.batch)
        changed = []
        for epoch, upto, also in self._store.ask("lock", sorted(names)):
            before = Have(upto, tuple((first, last) for first, last in json.loads(also)))
            have = before.add(added[epoch])
            for number in sorted(number for e, number in refused if e == epoch):
                have = have.without(number)
            if have != before:
                changed.append((epoch, have.upto, json.dumps(have.also)))
            if epoch in answered:
                outcome.acks[names[epoch]] = have
        if changed:
            self._store.ask("advance", changed)


def _best(rows: Sequence[tuple[Any, ...]], rank: int) -> list[tuple[Any, ...]]:
    """One row for each key (the first `rank` cells), that of the highest rank: a set touches no row twice."""
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for row in rows:
        key = row[:rank]
        if key not in found or row[rank] > found[key][rank]:
            found[key] = row
    return [found[key] for key in sorted(found)]
