"""Which version of a sum went out last, so that the same sum is never sent twice and another one is a new version."""

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from gateway.energy.period import Span
from gateway.energy.record import Aggregate

__all__ = ["RETENTION", "Ledger"]

RETENTION = {Span.QUARTER: 3 * 86_400, Span.HOUR: 3 * 86_400, Span.DAY: 45 * 86_400, Span.MONTH: 100 * 86_400}
"""Seconds for which a sum's version is known, by span."""

Key = tuple[str, str, str, str]


class _Column:
    """Versions and digests of one side and span, by rising starts: 10 bytes each."""

    __slots__ = ("digests", "starts", "versions")

    def __init__(self) -> None:
        self.starts, self.versions, self.digests = array("I"), array("H"), array("I")


class Ledger:
    """Versions by node, side, span and start."""

    def __init__(self) -> None:
        self._columns: dict[Key, _Column] = {}

    def __len__(self) -> int:
        return sum(len(column.starts) for column in self._columns.values())

    def fresh(self, aggregate: Aggregate) -> Aggregate | None:
        """The sum with its version, None if it went out just so."""
        version, digest = self._known(aggregate)
        if version and digest == _digest(aggregate):
            return None
        return replace(aggregate, version=version + 1)

    def knows(self, aggregate: Aggregate) -> bool:
        """Whether any version of it went out."""
        return self._known(aggregate)[0] > 0

    def sent(self, aggregate: Aggregate) -> None:
        """This version is durable."""
        start = int(aggregate.start.timestamp())
        self.put(_key(aggregate), start, aggregate.version, _digest(aggregate))

    def undo(self, aggregate: Aggregate) -> None:
        """This version did not become durable after all."""
        column, start = self._columns[_key(aggregate)], int(aggregate.start.timestamp())
        place = bisect_left(column.starts, start)
        column.versions[place], column.digests[place] = aggregate.version - 1, 0

    def put(self, key: Key, start: int, version: int, digest: int) -> None:
        """One row; a lower version than the known one is left."""
        column = self._columns.setdefault(key, _Column())
        place = bisect_left(column.starts, start)
        if place == len(column.starts) or column.starts[place] != start:
            column.starts.insert(place, start)
            column.versions.insert(place, 0)
            column.digests.insert(place, 0)
        if version > column.versions[place]:
            column.versions[place], column.digests[place] = min(version, 65_535), digest

    def prune(self, now: datetime) -> None:
        """Forget what is too old to change."""
        for key, column in list(self._columns.items()):
            gone = bisect_left(column.starts, int(now.timestamp()) - RETENTION[Span(key[3])])
            for part in (column.starts, column.versions, column.digests):
                del part[:gone]
            if not column.starts:
                del self._columns[key]

    def columns(self) -> Iterator[tuple[Key, "tuple[array[int], array[int], array[int]]"]]:
        """Everything, by key: starts, versions, digests."""
        for key, column in self._columns.items():
            yield key, (column.starts, column.versions, column.digests)

    def _known(self, aggregate: Aggregate) -> tuple[int, int]:
        column, start = self._columns.get(_key(aggregate)), int(aggregate.start.timestamp())
        if column is None:
            return 0, 0
        place = bisect_left(column.starts, start)
        if place == len(column.starts) or column.starts[place] != start:
            return 0, 0
        return column.versions[place], column.digests[place]


def _key(aggregate: Aggregate) -> Key:
    return aggregate.node_kind, aggregate.node, aggregate.side, str(aggregate.span)


def _digest(one: Aggregate) -> int:
    said = (
        one.energy.normalize(), one.due, one.present, one.estimated, one.estimated_share.normalize(),
        str(one.worst), one.skew_seconds, one.flags,
    )  # fmt: skip
    return zlib.crc32(repr(said).encode())
