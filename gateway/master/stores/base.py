"""What every store of the master does, in terms of a few statements that each database spells its own way.

Statements take one JSON text of rows and work on the whole set. A store is used by one thread at a time.
"""

import json
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from importlib import resources
from typing import Any

from gateway.master.ack import Have
from gateway.master.own import Difference, claim, clash, differs, twice
from gateway.master.prepare import Prepared, prepare
from gateway.master.rows import ORIGINS, Columns, shift
from gateway.payload import Batch

__all__ = [
    "DEAD_LETTERS",
    "BadUrl",
    "Outcome",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreGone",
    "StoreProblem",
    "migrations",
]

DEAD_LETTERS = 1_000
"""So many of the latest dead letters are kept."""


_ATTEMPTS = 5


class StoreProblem(Exception):
    """Root of what can go wrong with a store."""


class BadUrl(StoreProblem):
    """The address names no database that we speak to."""


class StoreGone(StoreProblem):
    """The database does not answer, is locked or out of room: another attempt may go well."""


class StoreBusy(StoreGone):
    """Another worker was in the way: the same again at once may go well."""


class StoreError(StoreProblem):
    """The database refuses what we ask of it."""


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


def _script(dialect: str, name: str) -> str:
    return (resources.files(__package__) / "sql" / dialect / name).read_text("utf-8")


def migrations(dialect: str) -> list[tuple[int, str]]:
    """Numbered migrations in their order."""
    folder = resources.files(__package__) / "sql" / dialect
    names = sorted(entry.name for entry in folder.iterdir() if entry.name[:4].isdigit())
    return [(int(name[:4]), _script(dialect, name)) for name in names]


def _statements(dialect: str) -> dict[str, str]:
    parts = _script(dialect, "statements.sql").split("-- name: ")[1:]
    pairs = (part.partition("\n") for part in parts)
    return {name.strip(): text.strip().rstrip(";") for name, _, text in pairs}


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


class Store(ABC):
    """A database of the master. `connect` first; after any StoreProblem `close` and `connect` again."""

    dialect = ""

    def __init__(self, url: str, utc_offset_seconds: int) -> None:
        self.url = url
        self._offset = utc_offset_seconds
        self._sql = _statements(self.dialect)
        self._ids: dict[str, dict[Any, int]] = defaultdict(dict)
        self._owners: dict[str, int] = {}

    # ---- what each database spells its own way

    @abstractmethod
    def connect(self) -> None:
        """Connect and bring the schema up to date; raises StoreProblem."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database; never fails."""

    @abstractmethod
    def bury(self, letters: Sequence[tuple[str, str, str, bytes]]) -> None:
        """Keep bodies that are no batch: received, topic, reason, body; only the latest stay."""

    @abstractmethod
    def stored(self) -> Iterator[tuple[str, str, datetime, Decimal | None]]:
        """Every reading: meter, point, at, value."""

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[None]:
        """Everything inside is committed together, durably, or not at all; raises StoreProblem."""

    @abstractmethod
    def _ask(self, name: str, rows: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run a statement on a set of rows; its answer."""

    @abstractmethod
    def _put(self, rows: Sequence[tuple[Any, ...]]) -> tuple[int, list[Difference]]:
        """Store readings; how many were new, and those whose key was there with another value."""

    # ---- what all do alike

    def _prepare(self) -> None:
        """After a connection: forget ids of another life of the database, fill what is constant."""
        self._forget()
        with self._transaction():
            self._ask("origins_new", [(number, str(origin)) for number, origin in enumerate(ORIGINS)])
            self._ask("settings_new", [("utc_offset_seconds", str(self._offset))])

    def _forget(self) -> None:
        self._ids.clear()
        self._owners.clear()

    def write(self, batches: Sequence[Batch], now: datetime) -> Outcome:
        """Commit batches as one set; raises StoreProblem, and then nothing of them is there."""
        return self.commit([prepare(batch) for batch in batches], now)

    def commit(self, batches: Sequence[Prepared], now: datetime) -> Outcome:
        """`write` of what was prepared beforehand."""
        for attempt in range(_ATTEMPTS):
            outcome = Outcome()
            try:
                with self._transaction():
                    self._write(batches, now, outcome)
            except BaseException as error:
                self._forget()  # ids given out in a transaction that came to nothing
                if not isinstance(error, StoreBusy) or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return outcome
        raise AssertionError

    def _write(self, batches: Sequence[Prepared], now: datetime, outcome: Outcome) -> None:
        gateways = self._known("gateways", {one.batch.gateway for one in batches})
        keys = [(gateways[one.batch.gateway], one.batch.epoch) for one in batches]
        epochs = self._known("epochs", keys)
        named = [(epochs[key], one) for key, one in zip(keys, batches, strict=True)]
        fresh, contested = self._remember(named, now, outcome)
        group = _Group(own=[clash(one.batch, now) for _, one in contested])
        for epoch, one in fresh:
            self._sort(group, epoch, one)
        self._claim(group)
        self._store(group, outcome)
        self._advance(named, fresh, contested, outcome)

    def _known(self, name: str, wanted: Iterable[Any]) -> dict[Any, int]:
        """Ids of dictionary entries, made where they are missing."""
        ids = self._ids[name]
        missing = sorted({key for key in wanted if key not in ids})
        if missing:
            found = self._fetch(name, missing)
            unknown = [key for key in missing if key not in found]
            if unknown:
                self._ask(name + "_new", unknown)
                found |= self._fetch(name, unknown)
            ids.update(found)
        return ids

    def _fetch(self, name: str, keys: list[Any]) -> dict[Any, int]:
        rows = self._ask(name, keys)
        return {row[0] if len(row) == 2 else tuple(row[:-1]): row[-1] for row in rows}

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
        new = {(epoch, number) for epoch, number in self._ask("batches_new", rows)}
        known = {key: first[key].batch.sha256 for key in new}
        if old := [key for key in first if key not in new]:
            known |= {(epoch, number): sha for epoch, number, sha in self._ask("batches", old)}
        contested = [(e, one) for e, one in named if known[e, one.batch.batch] != one.batch.sha256]
        outcome.batches, outcome.clashes = len(new), len(contested)
        outcome.replays = len(named) - len(new) - len(contested)
        return [(key[0], one) for key, one in first.items() if key in new], contested

    def _sort(self, group: _Group, epoch: int, one: Prepared) -> None:
        batch = one.batch
        if one.columns is not None:
            group.readings.append(one.columns)
            group.seen[batch.gateway].update(zip(one.columns.meter, one.columns.at, strict=True))
        gateway = self._ids["gateways"][batch.gateway]
        group.small[batch.kind] += [(gateway, *row) for row in one.small]
        group.aside += [(epoch, batch.batch, *row) for row in one.aside]

    def _claim(self, group: _Group) -> None:
        """Learn new meters with their gateway; two gateways that read one meter are a finding."""
        for gateway, meters in sorted(group.seen.items()):  # in one order, or two workers block each other
            mine = self._ids["gateways"][gateway]
            self._learn(sorted(asset for asset in meters if asset not in self._owners), mine)
            for asset, at in meters.items():
                if self._owners[asset] != mine:
                    group.own.append(claim(asset, gateway, shift(at)))

    def _learn(self, assets: list[str], gateway: int) -> None:
        if not assets:
            return
        found = self._ask("meters", assets)
        there = {row[0] for row in found}
        unknown = [asset for asset in assets if asset not in there]
        if unknown:
            self._ask("meters_new", [(asset, gateway) for asset in unknown])
            found += self._ask("meters", unknown)
        for asset, number, owner in found:
            self._ids["meters"][asset] = number
            self._owners[asset] = owner

    def _store(self, group: _Group, outcome: Outcome) -> None:
        if group.readings:
            rows = self._numbered(group.readings)
            new, found = self._put(rows)
            outcome.rows, outcome.duplicates = new, len(rows) - new
            differing = [twice(difference) for difference in found if differs(difference)]
            outcome.differing = len(differing)
            group.own += differing
        for kind, small in group.small.items():
            if small:
                self._ask(kind + "s", _best(small, 3 if kind == "finding" else 2))
        if group.aside:
            self._ask("asides", group.aside)
            outcome.aside = len(group.aside)
        if group.own:
            made = self._ask("findings_own", _best(group.own, 1))
            outcome.claims = sum(key.startswith("M002") for (key,) in made)

    def _numbered(self, readings: list[Columns]) -> list[tuple[Any, ...]]:
        """Rows with numbers for the texts."""
        meters = self._ids["meters"]
        points = self._known("points", {point for columns in readings for point in columns.point})
        qualities = self._known("qualities", {one for columns in readings for one in columns.qualities})
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
        for epoch, upto, also in self._ask("lock", sorted(names)):
            before = Have(upto, tuple((first, last) for first, last in json.loads(also)))
            have = before.add(added[epoch])
            for number in sorted(number for e, number in refused if e == epoch):
                have = have.without(number)
            if have != before:
                changed.append((epoch, have.upto, json.dumps(have.also)))
            if epoch in answered:
                outcome.acks[names[epoch]] = have
        if changed:
            self._ask("advance", changed)


def _best(rows: Sequence[tuple[Any, ...]], rank: int) -> list[tuple[Any, ...]]:
    """One row for each key (the first `rank` cells), that of the highest rank: a set touches no row twice."""
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for row in rows:
        key = row[:rank]
        if key not in found or row[rank] > found[key][rank]:
            found[key] = row
    return [found[key] for key in sorted(found)]
