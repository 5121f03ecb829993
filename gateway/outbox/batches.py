"""Batches in the file: stored, claimed, acknowledged, set aside as dead letters, sent again.

Every function works inside the caller's transaction and tells custody what it changed.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from gateway import payload
from gateway.outbox.custody import Custody
from gateway.outbox.entry import DIAGNOSTIC

__all__ = [
    "Claimed",
    "Draft",
    "ack",
    "age",
    "claim",
    "drop_dead",
    "drop_diagnostics",
    "insert",
    "kill",
    "prune",
    "renumber",
    "revive",
]

_COLUMNS = "id, epoch, number, kind, class, rows, made, body"
_INSERT = "INSERT INTO batch (epoch, number, kind, class, rows, made, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
_NEWEST = f"SELECT {_COLUMNS} FROM batch WHERE state IN (0, 2) ORDER BY id DESC"  # noqa: S608
_OLDEST = f"SELECT {_COLUMNS} FROM batch WHERE state IN (0, 2) ORDER BY id"  # noqa: S608
_OPEN = """
SELECT id, class, rows, state, number FROM batch
WHERE epoch = ? AND number BETWEEN ? AND ? AND state IN (0, 2)
"""
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """A batch about to be stored; `body` is None when its only row fits into no batch."""

    kind: str
    klass: str
    rows: int
    body: bytes | None
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A batch to send; `id` is its token here, (epoch, number) its name at the master; `made` since 1970."""

    id: int
    epoch: str
    number: int
    kind: str
    klass: str
    rows: int
    made: float
    body: bytes


Row = tuple[int, str, int, int, int]
"""(id, class, rows, state, number) of a batch that waits."""


def insert(
    connection: sqlite3.Connection,
    custody: Custody,
    name: tuple[str, int],
    drafts: Sequence[Draft],
    now: float,
) -> None:
    """Store drafts in the epoch of `name` under the numbers from its second part on."""
    epoch, first = name
    rows = []
    for number, draft in enumerate(drafts, first):
        rows.append((epoch, number, draft.kind, draft.klass, draft.rows, now, draft.body))
        custody.add("accepted", draft.klass, draft.rows)
        custody.add("pending", draft.klass, draft.rows)
    custody.add("batches", "", len(rows))
    connection.executemany(_INSERT, rows)


def claim(
    connection: sqlite3.Connection, count: int, taken: Collection[int], *, newest: bool
) -> list[Claimed]:
    """Up to `count` batches that wait and are not taken, from one end of the queue."""
    query = _NEWEST if newest else _OLDEST
    found: list[Claimed] = []
    cursor = connection.execute(query)
    try:
        for row in cursor:
            if len(found) >= count:
                break
            if row[0] not in taken:
                found.append(Claimed(*row))
    finally:
        cursor.close()
    return found


def named(connection: sqlite3.Connection, epoch: str, ranges: Iterable[tuple[int, int]]) -> list[Row]:
    """The waiting batches that an acknowledgement names."""
    found: list[Row] = []
    for first, last in ranges:
        found += connection.execute(_OPEN, (epoch, first, last)).fetchall()
    return list(dict.fromkeys(found))


def ack(connection: sqlite3.Connection, custody: Custody, found: Iterable[Row], now: float) -> None:
    """Mark batches as committed by the master."""
    ids = []
    for number, klass, rows, state, _ in found:
        ids.append((now, number))
        if state != 2:
            _leave(custody, klass, rows)
            custody.add("committed", klass, rows)
    connection.executemany("UPDATE batch SET state = 1, done = ? WHERE id = ?", ids)


def _leave(custody: Custody, klass: str, rows: int) -> None:
    custody.add("pending", klass, -rows)
    custody.add("batches", "", -1)


def one(connection: sqlite3.Connection, number: int) -> Row | None:
    """A batch that waits, by its token."""
    query = "SELECT id, class, rows, state, number FROM batch WHERE id = ? AND state IN (0, 2)"
    row: Row | None = connection.execute(query, (number,)).fetchone()
    return row


Name = tuple[str, int, str, str, int, float]
"""(epoch, number, kind, class, rows, made) of a dead letter."""


def bury(connection: sqlite3.Connection, custody: Custody, row: Name, why: tuple[str, float, bytes]) -> None:
    """Store a dead letter with (reason, now, body)."""
    reason, now, body = why
    columns = "epoch, number, kind, class, rows, made, at, reason, body"
    query = f"INSERT INTO dead ({columns}) VALUES (?,?,?,?,?,?,?,?,?)"  # noqa: S608  (fixed names)
    connection.execute(query, (*row, now, reason, body))
    custody.add("dead", row[3], row[4], reason)


def kill(connection: sqlite3.Connection, custody: Custody, number: int, why: tuple[str, float]) -> bool:
    """Move a waiting batch to the dead letters for (reason, now); False when it does not wait any more."""
    columns = "epoch, number, kind, class, rows, made, state, body"
    query = f"SELECT {columns} FROM batch WHERE id = ? AND state IN (0, 2)"  # noqa: S608  (fixed names)
    row = connection.execute(query, (number,)).fetchone()
    if row is None:
        return False
    name, state, body = row[:6], row[6], row[7]
    if state == 2:
        # Committed once already: custody closed then, only the sending again is given up.
        connection.execute("UPDATE batch SET state = 1 WHERE id = ?", (number,))
        return True
    connection.execute("DELETE FROM batch WHERE id = ?", (number,))
    _leave(custody, name[3], name[4])
    bury(connection, custody, name, (*why, body))
    return True


def revive(connection: sqlite3.Connection, since: float) -> int:
    """Have kept committed batches made at or after an instant sent again; returns how many."""
    return connection.execute("UPDATE batch SET state = 2 WHERE state = 1 AND made >= ?", (since,)).rowcount


def mark_sent(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Batches that a broker took which never answers: they wait for nothing but their age."""
    connection.executemany(
        "UPDATE batch SET state = 3 WHERE id = ? AND state = 0", [(number,) for number in ids]
    )


def oldest(connection: sqlite3.Connection) -> float:
    """When the oldest batch that is not committed was made; far in the future when there is none."""
    (found,) = connection.execute("SELECT min(made) FROM batch WHERE state IN (0, 3)").fetchone()
    return float(1 << 62) if found is None else float(found)


def prune(connection: sqlite3.Connection, before: float, limit: int = _CHUNK) -> int:
    """Delete at most `limit` batches acknowledged before an instant, oldest first; the bytes freed."""
    query = "SELECT id, length(body) FROM batch WHERE state = 1 AND done < ? ORDER BY done, id LIMIT ?"
    found = connection.execute(query, (before, limit)).fetchall()
    connection.executemany("DELETE FROM batch WHERE id = ?", [(number,) for number, _ in found])
    return sum(size for _, size in found)


def age(connection: sqlite3.Connection, custody: Custody, before: float) -> int:
    """Drop what a broker that never answers took, and what waits for it, made before an instant."""
    query = "SELECT id, class, rows, length(body) FROM batch WHERE state IN (0, 3) AND made < ? LIMIT ?"
    return _drop(connection, custody, connection.execute(query, (before, _CHUNK)).fetchall(), "aged")


def drop_dead(connection: sqlite3.Connection, custody: Custody, need: int) -> int:
    """Drop the oldest dead letters of diagnostics until `need` bytes are free; the bytes freed.

    Those of registers and curves stay, whatever their number: nobody else has these rows.
    """
    query = "SELECT id, class, rows, length(body), reason FROM dead WHERE class = ? ORDER BY id"
    chosen: list[tuple[int]] = []
    freed = 0
    for number, klass, rows, size, reason in connection.execute(query, (DIAGNOSTIC,)):
        if freed >= need:
            break
        chosen.append((number,))
        freed += size
        custody.add("dead", klass, -rows, reason)
        custody.add("dropped", klass, rows, "cap")
    connection.executemany("DELETE FROM dead WHERE id = ?", chosen)
    return freed


def drop_diagnostics(connection: sqlite3.Connection, custody: Custody, need: int) -> int:
    """Drop the oldest waiting diagnostics until `need` bytes are free; the bytes freed."""
    query = "SELECT id, class, rows, length(body) FROM batch WHERE state IN (0, 3) AND class = ? ORDER BY id"
    chosen, freed = [], 0
    for row in connection.execute(query, (DIAGNOSTIC,)):
        if freed >= need:
            break
        chosen.append(row)
        freed += row[3]
    return _drop(connection, custody, chosen, "cap")


def _drop(
    connection: sqlite3.Connection, custody: Custody, found: list[tuple[int, str, int, int]], reason: str
) -> int:
    for _, klass, rows, _ in found:
        _leave(custody, klass, rows)
        custody.add("dropped", klass, rows, reason)
    connection.executemany("DELETE FROM batch WHERE id = ?", [(row[0],) for row in found])
    return sum(row[3] for row in found)


def renumber(connection: sqlite3.Connection, gateway: str, old: tuple[str, int], new: str) -> int:
    """Number what waits beyond (epoch, number) from 1 in another epoch; returns the highest number given.

    Needed when the old numbers may name other content at the master; the rows are idempotent there.
    """
    number = 0
    columns = "SELECT id, body FROM batch WHERE epoch = ? AND number > ? AND state IN (0, 2)"
    query = f"{columns} AND id > ? ORDER BY id LIMIT 50"
    last = 0
    while found := connection.execute(query, (*old, last)).fetchall():
        for key, body in found:
            number += 1
            _rename(connection, gateway, (key, body), (new, number))
            last = key
    return number


def renumber_one(connection: sqlite3.Connection, gateway: str, token: int, name: tuple[str, int]) -> None:
    """Give one waiting batch another (epoch, number)."""
    query = "SELECT id, body FROM batch WHERE id = ? AND state IN (0, 2)"
    for row in connection.execute(query, (token,)).fetchall():
        _rename(connection, gateway, row, name)


def _rename(
    connection: sqlite3.Connection, gateway: str, row: tuple[int, bytes], name: tuple[str, int]
) -> None:
    key, body = row
    batch = payload.decode(body)
    fresh = payload.encode(gateway, *name, batch.kind, batch.rows)
    change = "UPDATE batch SET epoch = ?, number = ?, body = ? WHERE id = ?"
    connection.execute(change, (*name, fresh, key))
