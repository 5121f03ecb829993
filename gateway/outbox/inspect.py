"""Looking into an outbox file from outside, beside a running daemon or without one."""

import sqlite3
from collections.abc import Container, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway import payload
from gateway.outbox.custody import Custody
from gateway.outbox.errors import OutboxError
from gateway.outbox.file import read_only
from gateway.outbox.ledger import Ledger

__all__ = [
    "SQLITE",
    "STATES",
    "Line",
    "Summary",
    "batches",
    "listing",
    "outcomes",
    "peek",
    "replay",
    "states",
    "summary",
]

SQLITE = sqlite3.sqlite_version
"""Version of the library that reads the file."""
STATES = ("waiting", "committed", "again", "gone up", "dead")
"""Names of a batch's states; `again` was committed and is to be sent again, `gone up` waits for its age."""

_LIST = """
SELECT epoch, number, kind, class, rows, state, made, length(body), '' FROM batch
UNION ALL
SELECT epoch, number, kind, class, rows, 4, made, length(body), reason FROM dead
ORDER BY made DESC, number DESC LIMIT ?
"""
_BODY = """
SELECT body FROM batch WHERE number = :number AND (:epoch IS NULL OR epoch = :epoch)
UNION ALL
SELECT body FROM dead WHERE number = :number AND (:epoch IS NULL OR epoch = :epoch)
"""
_PAGES = {
    # id, state and body of what comes next; in short looks, as a long one holds up the daemon's checkpoints
    "batch": "SELECT id, state, body FROM batch WHERE kind = ? AND id > ? ORDER BY id LIMIT 32",
    "dead": "SELECT id, 4, body FROM dead WHERE kind = ? AND id > ? ORDER BY id LIMIT 32",
}
_COUNT = """
SELECT state, count(*), sum(rows) FROM batch GROUP BY state
UNION ALL SELECT 4, count(*), sum(rows) FROM dead HAVING count(*) > 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One batch; `made` in seconds since 1970, `bytes` as it travels, `reason` of a dead letter."""

    epoch: str
    batch: int
    kind: str
    klass: str
    rows: int
    state: str
    made: float
    bytes: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Batches and rows by state, and the books of custody (`difference` is 0)."""

    states: dict[str, tuple[int, int]]
    accepted: int
    committed: int
    pending: int
    dead: int
    dropped: dict[str, int]
    difference: int


@contextmanager
def _looking(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(read_only(path)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise OutboxError(f"{path}: {error}") from error


def listing(path: Path, limit: int) -> list[Line]:
    """The newest batches of a file, dead letters among them."""
    with _looking(path) as connection:
        rows = connection.execute(_LIST, (limit,)).fetchall()
    found = []
    for epoch, number, kind, klass, count, state, made, size, reason in rows:
        known = {"epoch": epoch, "batch": number, "kind": kind, "klass": klass, "rows": count, "made": made}
        found.append(Line(**known, state=STATES[state], bytes=size, reason=reason))
    return found


def summary(path: Path) -> Summary:
    """What lies in a file, by state, and its books."""
    with _looking(path) as connection:
        connection.execute("BEGIN")  # one moment for both
        states = {STATES[state]: (batches, rows) for state, batches, rows in connection.execute(_COUNT)}
        custody = Custody.read(connection)
    dropped = {f"{klass}/{reason}": rows for (klass, reason), rows in custody.by("dropped").items()}
    totals = {name: custody.total(name) for name in ("accepted", "committed", "dead")}
    pending = sum(custody.pending.values())
    return Summary(states=states, pending=pending, dropped=dropped, difference=custody.difference, **totals)


def peek(path: Path, number: int, epoch: str | None = None) -> list[payload.Batch]:
    """The batches of this number, of one epoch or of all; raises OutboxError for a body that is none."""
    with _looking(path) as connection:
        bodies = connection.execute(_BODY, {"number": number, "epoch": epoch}).fetchall()
    return [_opened(path, number, body) for (body,) in bodies]


def batches(path: Path, kind: str) -> Iterator[tuple[str, payload.Batch]]:
    """State and content of every batch of a kind, oldest first and dead letters last.

    Raises OutboxError for a body that is none. What is freed meanwhile is left out.
    """
    with _looking(path) as connection:
        for query in _PAGES.values():
            last = -1
            while rows := connection.execute(query, (kind, last)).fetchall():
                for last, state, body in rows:
                    yield STATES[state], _opened(path, last, body)


def _opened(path: Path, number: int, body: bytes) -> payload.Batch:
    try:
        return payload.decode(body)
    except payload.PayloadError as error:
        raise OutboxError(f"{path}: {number}: {error}") from None


def states(path: Path, names: Iterable[str]) -> dict[str, bytes | None]:
    """Saved states of the daemon by name, None for one that was never saved."""
    with _looking(path) as connection:
        query = "SELECT value FROM state WHERE key = ?"
        found = {name: connection.execute(query, (name,)).fetchone() for name in names}
    return {name: None if row is None else bytes(row[0]) for name, row in found.items()}


def outcomes(
    path: Path, since: datetime, tasks: Container[str] | None = None
) -> Iterator[tuple[datetime, dict[str, str]]]:
    """Every slot of the ledger from an instant on, of these tasks or all: its outcome of each meter."""
    with _looking(path) as connection:
        ledger = Ledger(connection)
        query = """SELECT DISTINCT t.name, g.name FROM ledger l
                   JOIN ledger_name t ON t.id = l.task JOIN ledger_name g ON g.id = l.target"""
        for task, target in connection.execute(query).fetchall():
            if tasks is not None and task not in tasks:
                continue
            yield from ledger.slots(task, target, since, None).items()


def replay(path: Path, since: datetime) -> tuple[int, int]:
    """Have kept batches made at or after an instant sent again; returns (batches, rows).

    Works beside a running daemon, which notices within seconds. Custody does not change.
    """
    with _looking(path):  # refuses what is no outbox, or one of a later version, before anything is changed
        return _mark(path, since.timestamp())


def _mark(path: Path, since: float) -> tuple[int, int]:
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL").close()
        connection.execute("BEGIN IMMEDIATE")
        query = "SELECT count(*), coalesce(sum(rows), 0) FROM batch WHERE state = 1 AND made >= ?"
        batches, rows = connection.execute(query, (since,)).fetchone()
        connection.execute("UPDATE batch SET state = 2 WHERE state = 1 AND made >= ?", (since,))
        connection.execute("COMMIT")
    return batches, rows
