"""What was imported before: contents by their hash, and keys of readings, so that nothing is taken twice.

It is a help, not the truth: without it a second import would send readings again that the master has, under the
same key, and the master would take them as what they are, repeats.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from config.text import say

__all__ = ["Register", "RegisterError"]

_VERSION = 1
_KEEP = timedelta(days=800)
_SCHEMA = """
CREATE TABLE import (receipt TEXT PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE receipt (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, at INTEGER NOT NULL);
CREATE TABLE seen (key INTEGER PRIMARY KEY, print INTEGER NOT NULL, version INTEGER NOT NULL, receipt INTEGER NOT NULL);
CREATE INDEX seen_receipt ON seen (receipt);
PRAGMA user_version = 1;
"""

_KNOWN = """
SELECT print, version FROM seen WHERE key = ? AND receipt IS NOT (SELECT id FROM receipt WHERE name = ?)
"""


class RegisterError(Exception):
    """The register cannot be used; the text tells a person why."""


class Register:
    """The open file; calls follow each other, from whichever thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = self._open()
        except (OSError, sqlite3.OperationalError) as error:
            raise RegisterError(f"{path}: {error}") from None
        except sqlite3.DatabaseError:
            self._connection = self._anew()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def repeated(self, sha256: str) -> str:
        """The receipt under which this content was imported; empty if it was not."""
        with self._told():
            row = self._one("SELECT receipt FROM import WHERE sha256 = ?", sha256)
        return str(row[0]) if row else ""

    def known(self, key: int, receipt: str) -> tuple[int, int] | None:
        """Print and version of what another import than `receipt` brought under a key."""
        with self._told():
            row = self._one(_KNOWN, key, receipt)
        return (int(row[0]), int(row[1])) if row else None

    def mark(self, receipt: str, rows: Iterable[tuple[int, int, int]], now: datetime) -> None:
        """Remember (key, print, version) of readings that are durable in the outbox."""
        at = int(now.timestamp())
        with self._told(), self._transaction():
            self._run("INSERT OR IGNORE INTO receipt (name, at) VALUES (?, ?)", receipt, at)
            row = self._one("SELECT id FROM receipt WHERE name = ?", receipt)
            number = row[0] if row else 0
            self._connection.executemany(
                "INSERT OR REPLACE INTO seen (key, print, version, receipt) VALUES (?, ?, ?, ?)",
                ((*cells, number) for cells in rows),
            )

    def done(self, receipt: str, sha256: str, now: datetime) -> None:
        """The import of this content is complete. What is older than two years is forgotten."""
        at = int(now.timestamp())
        old = int((now - _KEEP).timestamp())
        with self._told(), self._transaction():
            self._run(
                "INSERT OR IGNORE INTO import (receipt, sha256, at) VALUES (?, ?, ?)", receipt, sha256, at
            )
            self._run("DELETE FROM import WHERE at < ?", old)
            self._run("DELETE FROM seen WHERE receipt IN (SELECT id FROM receipt WHERE at < ?)", old)
            self._run("DELETE FROM receipt WHERE at < ?", old)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise RegisterError(f"{self._path}: {error}") from None

    def _transaction(self) -> sqlite3.Connection:
        self._run("BEGIN IMMEDIATE")
        return self._connection  # as a context: commits, or takes back and raises

    def _run(self, query: str, *values: object) -> None:
        self._connection.execute(query, values).close()

    def _one(self, query: str, *values: object) -> tuple[int | str, ...] | None:
        found: tuple[int | str, ...] | None = self._connection.execute(query, values).fetchone()
        return found

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "cache_size=-2048"):
                connection.execute(f"PRAGMA {pragma}").close()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
            elif version > _VERSION:
                raise RegisterError(f"{self._path}: {say('of a later meterd', '由更新版本的 meterd 写成')}")
        except (sqlite3.Error, RegisterError):
            connection.close()
            raise
        return connection

    def _anew(self) -> sqlite3.Connection:
        """A damaged register is put aside: the master still knows every key."""
        for part in ("", "-wal", "-shm"):
            found = self._path.with_name(self._path.name + part)
            if found.exists():
                found.replace(found.with_name(found.name + ".corrupt"))
        try:
            return self._open()
        except (sqlite3.Error, OSError) as error:
            raise RegisterError(f"{self._path}: {error}") from None
