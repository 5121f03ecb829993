"""What was sent out with readers, what came back, and who walked which route: one small file beside the spool."""

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

__all__ = ["ROUNDS", "Came", "Rounds", "RoundsError", "Sent", "Walk", "Wanted", "number_of"]

_SCHEMA = """
CREATE TABLE route (id TEXT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, profile TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE item (
    route TEXT NOT NULL REFERENCES route (id), asset TEXT NOT NULL, point TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'out', at TEXT, reader TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (route, asset, point)
) WITHOUT ROWID;
CREATE INDEX item_asset ON item (asset, point);
CREATE TABLE walk (route TEXT PRIMARY KEY, reader TEXT NOT NULL, since TEXT NOT NULL, last TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
"""
ROUNDS = "rounds.db"
"""In the folder of dumps."""
_KEEP = timedelta(days=400)
_BACK = """
UPDATE item SET status = ?, at = ?, reader = ?
WHERE asset = ? AND point = ? AND status != 'read' AND (route = ? OR route IN (SELECT id FROM route WHERE at <= ?))
"""


class RoundsError(Exception):
    """The file cannot be used; the text tells a person why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One register that somebody is asked to read."""

    asset: str
    point: str


@dataclass(frozen=True, slots=True)
class Came:
    """One register that came back: `status` read, unread or failed, `at` aware, when it was read or received.

    `number` is the list that the row names itself, whatever the reader's clock says.
    """

    asset: str
    point: str
    status: str
    at: datetime
    reader: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A route list: when it was made, by whom, in which profile, and how many registers are where.

    `missing` names the meters that are not back.
    """

    id: str
    at: datetime
    who: str
    profile: str
    counts: dict[str, int]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """Who reads a route, since when without somebody else between, and when last."""

    route: str
    reader: str
    since: datetime
    last: datetime


def number_of(now: datetime) -> str:
    """A number for a list that is made now."""
    return f"L{now:%y%m%d}-{secrets.token_hex(2).upper()}"


class Rounds:
    """The open file, for one thread at a time; raises RoundsError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._connection = _opened(path)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                # Damaged: put aside for a person; what is sent out and comes back from now on is kept.
                path.replace(path.with_name(f"{path.name}.corrupt"))
                self._connection = _opened(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, number: str, wanted: Iterable[Wanted], *, now: datetime, who: str, profile: str) -> None:
        """Remember a list that goes out. Lists of more than a year ago are forgotten."""
        with self._told(), self._transaction():
            old = "SELECT id FROM route WHERE at < ?"
            self._run(f"DELETE FROM item WHERE route IN ({old})", (_text(now - _KEEP),))  # noqa: S608 (fixed text)
            self._run("DELETE FROM route WHERE at < ?", (_text(now - _KEEP),))
            self._run("INSERT INTO route VALUES (?, ?, ?, ?)", (number, _text(now), who, profile))
            self._connection.executemany(
                "INSERT OR IGNORE INTO item (route, asset, point) VALUES (?, ?, ?)",
                [(number, one.asset, one.point) for one in wanted],
            )

    def back(self, came: Sequence[Came]) -> None:
        """Strike out what came back on the list that it names, and on every list that asked for it before."""
        with self._told(), self._transaction():
            self._connection.executemany(
                _BACK,
                [
                    (one.status, _text(one.at), one.reader, one.asset, one.point, one.number, _text(one.at))
                    for one in came
                ],
            )

    def lists(self) -> list[Sent]:
        """All lists, newest first."""
        query = "SELECT id, at, who, profile FROM route ORDER BY at DESC, id"
        return [self._sent(*row) for row in self._ask(query)]

    def walk(self, route: str) -> Walk | None:
        """Who read a route last, as far as is known."""
        rows = self._ask("SELECT route, reader, since, last FROM walk WHERE route = ?", route)
        return Walk(rows[0][0], rows[0][1], _time(rows[0][2]), _time(rows[0][3])) if rows else None

    def engaged(self, since: datetime) -> set[str]:
        """Meters on a list made since then that are still out, or of which something was read."""
        query = """SELECT DISTINCT asset FROM item JOIN route ON item.route = route.id
                   WHERE route.at >= ? AND status IN ('out', 'read')"""
        return {asset for (asset,) in self._ask(query, _text(since))}

    def walked(self, route: str, reader: str, at: datetime) -> Walk:
        """Somebody read on a route: who does so now, and since when."""
        with self._told(), self._transaction():
            before = self.walk(route)
            if before is not None and at < before.last:
                return before  # an old file changes nothing
            since = before.since if before is not None and before.reader == reader else at
            self._run(
                "INSERT OR REPLACE INTO walk VALUES (?, ?, ?, ?)", (route, reader, _text(since), _text(at))
            )
        return Walk(route, reader, since, at)

    def _sent(self, number: str, at: str, who: str, profile: str) -> Sent:
        counts = dict(self._ask("SELECT status, count(*) FROM item WHERE route = ? GROUP BY status", number))
        query = "SELECT DISTINCT asset FROM item WHERE route = ? AND status != 'read' ORDER BY asset"
        return Sent(
            number, _time(at), who, profile, counts, tuple(row[0] for row in self._ask(query, number))
        )

    def _ask(self, query: str, *values: object) -> list[Any]:
        with self._told():
            return self._connection.execute(query, values).fetchall()

    def _run(self, query: str, values: tuple[object, ...]) -> None:
        self._connection.execute(query, values).close()

    def _transaction(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE").close()
        return self._connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise RoundsError(f"{self._path}: {error}") from None


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA busy_timeout=5000").close()
        if connection.execute("PRAGMA user_version").fetchone() == (0,):
            connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;").close()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _text(at: datetime) -> str:
    """Texts of one offset sort like the instants."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
