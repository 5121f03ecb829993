"""The master's tables in one SQLite file."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

from config.sealed import bare
from gateway.master.own import Difference
from gateway.master.stores.base import (
    DEAD_LETTERS,
    BadUrl,
    Store,
    StoreError,
    StoreGone,
    StoreProblem,
    migrations,
)

__all__ = ["SqliteStore"]

_WAIT_SECONDS = 30.0
_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}


def _problem(error: sqlite3.Error, where: str = "") -> StoreProblem:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return (StoreGone if code in _AWAY else StoreError)(f"{where}{error}")


class SqliteStore(Store):
    """sqlite:///relative/path or sqlite:////absolute/path."""

    dialect = "sqlite"

    def __init__(self, url: str, utc_offset_seconds: int) -> None:
        super().__init__(url, utc_offset_seconds)
        self._path = url.removeprefix("sqlite:///")
        if self._path == url or not self._path:
            raise BadUrl(f"{bare(url)}: expected sqlite:///path")
        self._db: sqlite3.Connection | None = None

    @property
    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            raise StoreGone("not connected")
        return self._db

    def connect(self) -> None:
        """Open the file, made where it is missing, and bring the schema up to date."""
        self.close()
        try:
            self._db = sqlite3.connect(
                self._path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._migrate()
            self._db.execute(self._sql["stage"])
            self._prepare()
        except sqlite3.Error as error:
            self.close()
            raise _problem(error, f"{self._path}: ") from None
        except StoreProblem:
            self.close()
            raise

    def _migrate(self) -> None:
        all_of_them = migrations(self.dialect)
        with self.transaction():
            found = int(self._open.execute("PRAGMA user_version").fetchone()[0])
            if found > all_of_them[-1][0]:
                raise StoreError(f"{self._path}: made by a newer meterd (schema {found})")
            for number, text in all_of_them:
                if number > found:
                    for statement in _split(text):
                        self._open.execute(statement)
                    self._open.execute(f"PRAGMA user_version = {number}")

    def close(self) -> None:
        """Close the file."""
        db, self._db = self._db, None
        if db is not None:
            with suppress(sqlite3.Error):
                db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All inside is committed together or not at all."""
        db = self._open
        try:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield
                db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise _problem(error) from None

    def ask(self, name: str, rows: Sequence[Any], **more: int | str) -> list[tuple[Any, ...]]:
        """The rows travel as one JSON text."""
        text = json.dumps(rows, ensure_ascii=False)
        try:
            return self._open.execute(self._sql[name], {"rows": text, **more}).fetchall()
        except sqlite3.Error as error:
            raise _problem(error) from None

    def put_energy(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert all, which stops at an energy that is there."""
        self._open.executemany(self._sql["energies"], rows)

    def put(self, rows: Sequence[tuple[Any, ...]]) -> tuple[int, list[Difference]]:
        """Insert what is new; only where not all were, the others are looked at."""
        db = self._open
        before = db.total_changes
        db.executemany(self._sql["readings"], rows)
        new = db.total_changes - before
        if new == len(rows):
            return new, []
        db.executemany(self._sql["stage_rows"], rows)
        found = db.execute(self._sql["differing"]).fetchall()
        db.execute(self._sql["unstage"])
        return new, found

    def tune(self) -> None:
        """Nothing to prepare."""

    def bury(self, letters: Sequence[tuple[str, str, str, bytes]]) -> None:
        """Keep bodies that are no batch."""
        with self.transaction():
            self._open.executemany(self._sql["dead"], letters)
            self._open.execute(self._sql["dead_old"], (DEAD_LETTERS,))

    def stored(self) -> Iterator[tuple[str, str, datetime, Decimal | None]]:
        """Every reading, by the view."""
        for meter, point, at, value in self._open.execute(self._sql["stored"]):
            yield meter, point, datetime.fromisoformat(at), None if value is None else Decimal(value)


def _split(text: str) -> Iterator[str]:
    """Statements of a script, one by one: executescript would commit what came before."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
