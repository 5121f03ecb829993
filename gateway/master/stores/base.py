"""What every store does, written once over two dialects.

A commit takes many batches and is one transaction: dictionaries first, then readings as one set, then the rest,
then the ranges of committed numbers, from which the acknowledgement is computed.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from gateway.master.errors import StoreUnusable
from gateway.master.ranges import Ack, acknowledgement, merge
from gateway.master.rows import CODES, SCALES, Packed, pack
from gateway.payload import Batch

__all__ = ["Commit", "Store", "statements"]

_NAME = re.compile(r"-- name: (\w+)\n")
_OWNER = "M001"
_CONTENT = "M002"
_VALUE = "R004"
Cell = Any
Reading = tuple[datetime, int | None, int, int, int, int]
"""at, value, meter, quality, point, key as the reading table has them."""


@cache
def statements() -> dict[str, str]:
    """The named statements that both databases understand."""
    parts = _NAME.split(resources.files("gateway.master").joinpath("sql/queries.sql").read_text(encoding="utf-8"))
    return {name: text.strip().rstrip(";") for name, text in zip(parts[1::2], parts[2::2], strict=True)}


@dataclass(slots=True)
class Commit:
    """What became of a set of batches; `acks` by gateway name and epoch, of all that may be acknowledged."""

    batches: int = 0
    replays: int = 0
    refused: int = 0
    rows: int = 0
    duplicates: int = 0
    conflicts: int = 0
    acks: dict[tuple[str, str], Ack] = field(default_factory=dict)


@dataclass(slots=True)
class _Epoch:
    """One gateway's epoch within a commit: the batches that are new in it."""

    gateway: int
    id: int
    fresh: list[Batch] = field(default_factory=list)


class Store(ABC):
    """A master database. One thread at a time may use it; every method may raise StoreGone or StoreUnusable."""

    dialect: str

    def __init__(self, url: str) -> None:
        self.url = url
        self._meters: dict[str, tuple[int, int, str]] = {}
        self._points: dict[tuple[str, str], int] = {}

    # ---- what a dialect gives

    @abstractmethod
    def open(self) -> None:
        """Connect and bring the tables up to date."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database; never raises."""

    @abstractmethod
    def commit(self, batches: Sequence[Batch]) -> Commit:
        """Store batches in one transaction; batches already there change nothing and are acknowledged again."""

    @abstractmethod
    def set_aside(self, topic: str, reason: str, body: bytes) -> None:
        """Keep a message that is no batch, for a person to look at; only the newest thousand are kept."""

    @abstractmethod
    def archive(self, gateway: str, page: int, records: Sequence[tuple[str, str]], pages: int) -> None:
        """Take a page of a gateway's meter table: (asset number, record as JSON)."""

    @abstractmethod
    def _all(self, sql: str, cells: Sequence[Cell] = ()) -> list[tuple[Any, ...]]: ...

    @abstractmethod
    def _many(self, sql: str, rows: Iterable[Sequence[Cell]]) -> None: ...

    @abstractmethod
    def _lock(self, epoch: int) -> None: ...

    @abstractmethod
    def _insert(self, rows: list[Reading]) -> tuple[int, list[Reading]]:
        """Insert readings as a set: how many were new, and those that are there with another value."""

    # ---- the work within a transaction

    def _store(self, batches: Sequence[Batch]) -> Commit:
        done = Commit()
        epochs: dict[tuple[str, str], _Epoch] = {}
        for batch in sorted(batches, key=lambda b: (b.gateway, b.epoch, b.batch)):
            place = (batch.gateway, batch.epoch)
            epoch = epochs.get(place)
            if epoch is None:
                epoch = epochs[place] = self._epoch(*place)
            self._sift(batch, epoch, done)
        fresh = [(epoch, batch) for epoch in epochs.values() for batch in epoch.fresh]
        self._readings([(e, b) for e, b in fresh if b.kind == "reading"], done)
        for epoch, batch in fresh:
            if batch.kind != "reading":
                self._rest(epoch, batch)
                done.rows += len(batch.rows)
        for (gateway, code), epoch in epochs.items():
            done.acks[gateway, code] = self._settle(epoch)
        return done

    def _epoch(self, gateway: str, code: str) -> _Epoch:
        owner = self._gateway(gateway)
        self._many(statements()["epoch_add"], [(owner, code)])
        epoch = self._all(statements()["epoch_find"], (owner, code))[0][0]
        self._lock(epoch)
        return _Epoch(owner, epoch)

    def _gateway(self, name: str) -> int:
        found = self._all(statements()["gateway_find"], (name,))
        if not found:
            self._many(statements()["gateway_add"], [(name,)])
            found = self._all(statements()["gateway_find"], (name,))
        return int(found[0][0])

    def _sift(self, batch: Batch, epoch: _Epoch, done: Commit) -> None:
        known = self._all(statements()["batch_find"], (epoch.id, batch.batch))
        if known and known[0][0] == batch.sha256:
            done.replays += 1
        elif known:
            done.refused += 1
            key = f"{_CONTENT} {batch.epoch} {batch.batch}"
            self._finding(epoch.gateway, key, _CONTENT, value=batch.sha256, limit=known[0][0])
        else:
            cells = (epoch.id, batch.batch, batch.kind, batch.sha256, len(batch.rows))
            self._many(statements()["batch_add"], [cells])
            epoch.fresh.append(batch)
            done.batches += 1

    def _settle(self, epoch: _Epoch) -> Ack:
        ranges = [(int(first), int(last)) for first, last in self._all(statements()["ranges"], (epoch.id,))]
        if epoch.fresh:
            merged = merge(ranges, (batch.batch for batch in epoch.fresh))
            self._many(statements()["ranges_clear"], [(epoch.id,)])
            self._many(statements()["range_add"], [(epoch.id, *one) for one in merged])
            ranges = merged
        return acknowledgement(ranges)

    def _readings(self, fresh: list[tuple[_Epoch, Batch]], done: Commit) -> None:
        rows: list[Reading] = []
        for epoch, batch in fresh:
            packed = pack(batch.rows)
            self._know_meters(epoch, packed)
            self._know_points({row[4] for row in packed.rows})
            rows += [
                (at, value, self._meters[asset][0], quality, self._points[point], key)
                for at, value, asset, quality, point, key in packed.rows
            ]
            self._notes(packed)
        if not rows:
            return
        new, conflicts = self._insert(rows)
        done.rows += new
        done.duplicates += len(rows) - new
        done.conflicts += len(conflicts)
        if conflicts:
            self._disagree(fresh[0][0].gateway, conflicts)

    def _know_meters(self, epoch: _Epoch, packed: Packed) -> None:
        for asset in sorted(packed.sources):
            known = self._meters.get(asset)
            if known is None:
                cells = (asset, epoch.gateway, packed.sources[asset])
                self._many(statements()["meter_add"], [cells])
                found = self._all(statements()["meter_find"], (asset,))[0]
                known = self._meters[asset] = (int(found[0]), int(found[1]), str(found[2]))
            if known[1] != epoch.gateway:
                self._claim(epoch.gateway, asset, known)

    def _claim(self, gateway: int, asset: str, known: tuple[int, int, str]) -> None:
        """Another gateway reads this meter: a move if its owner's archive no longer has it, else a finding."""
        owner = known[1]
        listed = self._all(statements()["archive_has"], (gateway, asset))
        left = self._all(statements()["archive_any"], (owner,)) and not self._all(
            statements()["archive_has"], (owner, asset)
        )
        if listed and left:
            self._many(statements()["meter_move"], [(gateway, asset)])
            self._meters[asset] = (known[0], gateway, known[2])
        else:
            self._finding(gateway, f"{_OWNER} {asset}", _OWNER, meter=asset, value=str(gateway), limit=str(owner))

    def _know_points(self, points: set[tuple[str, str]]) -> None:
        for point in sorted(points - self._points.keys()):
            self._many(statements()["point_add"], [point])
            self._points[point] = int(self._all(statements()["point_find"], point)[0][0])

    def _notes(self, packed: Packed) -> None:
        rows = [
            (self._meters[asset][0], self._points[point, unit], self._time(at), key, self._time(read_at), reason, source)
            for asset, point, unit, at, key, read_at, reason, source in packed.notes
        ]
        first = {asset: self._meters[asset][2] for asset in packed.sources}
        noted = {(note[0], note[1], note[2], note[3]) for note in packed.notes}
        rows += [
            (self._meters[asset][0], self._points[point], self._time(at), key, self._time(at), "", packed.sources[asset])
            for at, _, asset, _, point, key in packed.rows
            if first[asset] != packed.sources[asset] and (asset, *point, at) not in noted
        ]
        if rows:
            self._many(statements()["note_add"], rows)

    def _disagree(self, gateway: int, conflicts: list[Reading]) -> None:
        assets = {known[0]: asset for asset, known in self._meters.items()}
        codes = {number: code for (code, _), number in self._points.items()}
        for at, value, meter, _, point, key in conflicts[:1000]:
            name = f"{_VALUE} {assets[meter]} {codes[point]} {at.isoformat()} {key}"
            self._finding(gateway, name, _VALUE, meter=assets[meter], point=codes[point], value=str(value))

    def _finding(
        self, gateway: int, key: str, rule: str, *, meter: str = "", point: str = "", value: str = "", limit: str = ""
    ) -> None:
        """A finding of the master's own; the same cause extends the one that is there."""
        check = {
            _OWNER: "two gateways read this meter: correct one archive (两个网关采集同一块表)",
            _CONTENT: "a batch number came again with another content: a copied state folder (批次内容不一致)",
            _VALUE: "the same key with another value: two sources disagree (同一键值不同)",
        }[rule]
        began = "1970-01-01T00:00:00+00:00"
        found = self._all("SELECT count FROM finding_row WHERE gateway = ? AND key = ?", (gateway, key))
        count = int(found[0][0]) + 1 if found else 1
        cells = (gateway, key, began, rule, meter, point, None, 2, "open", value, limit, check, count, "")
        self._many(statements()["finding_put"], [cells])

    def _rest(self, epoch: _Epoch, batch: Batch) -> None:
        name, rows = _REST[batch.kind](epoch.gateway, epoch.id, batch)
        self._many(statements()[name], rows)

    def _time(self, at: datetime) -> Cell:
        return at

    def _fill_names(self) -> None:
        names = [(kind, code, name) for kind, codes in CODES.items() for name, code in codes.items()]
        self._many("INSERT INTO name (kind, code, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", names)
        scales = [(scale, 10**scale) for scale in SCALES]
        self._many("INSERT INTO scale (scale, factor) VALUES (?, ?) ON CONFLICT DO NOTHING", scales)

    def _take_page(self, gateway: str, page: int, records: Sequence[tuple[str, str]], pages: int) -> None:
        owner = self._gateway(gateway)
        self._many(statements()["archive_clear"], [(owner, page)])
        self._many(statements()["archive_shorten"], [(owner, pages)])
        self._many(statements()["archive_add"], [(owner, asset, page, record) for asset, record in records])


def migrations(dialect: str) -> list[tuple[int, str]]:
    """Numbered migrations of a dialect, in order."""
    folder = resources.files("gateway.master").joinpath(f"sql/{dialect}")
    files = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(int(name.split("_")[0]), folder.joinpath(name).read_text(encoding="utf-8")) for name in files]


def check_version(found: int, known: int) -> None:
    """Raise StoreUnusable for a database that a newer version made."""
    if found > known:
        raise StoreUnusable(f"the database has schema {found}, this version knows {known}: update meterd")


def _findings(gateway: int, _epoch: int, batch: Batch) -> tuple[str, list[Sequence[Cell]]]:
    return "finding_put", [
        (gateway, r[0], r[4], r[1], r[2], r[3], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12]) for r in batch.rows
    ]


def _events(_gateway: int, epoch: int, batch: Batch) -> tuple[str, list[Sequence[Cell]]]:
    return "event_add", [(epoch, batch.batch, line, *row) for line, row in enumerate(batch.rows)]


def _slots(gateway: int, _epoch: int, batch: Batch) -> tuple[str, list[Sequence[Cell]]]:
    import json

    return "slot_put", [
        (gateway, r[0], r[1], r[2], r[3], r[4], json.dumps(r[5], ensure_ascii=False)) for r in batch.rows
    ]


def _audits(_gateway: int, epoch: int, batch: Batch) -> tuple[str, list[Sequence[Cell]]]:
    return "audit_add", [(epoch, batch.batch, line, *row) for line, row in enumerate(batch.rows)]


_REST = {"finding": _findings, "event": _events, "slot": _slots, "audit": _audits}
