"""The master's tables in PostgreSQL, and in what grows from it: TimescaleDB and Citus divide the table themselves."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config.sealed import bare
from config.text import say
from gateway.master.own import Difference
from gateway.master.stores.base import (
    DEAD_LETTERS,
    BadUrl,
    Store,
    StoreBusy,
    StoreError,
    StoreGone,
    StoreProblem,
    migrations,
)
from gateway.master.stores.binary import Instants, Integers, packed, packed_energy, register
from gateway.master.stores.months import Months

__all__ = ["PostgresStore"]

_Connection = psycopg.Connection[tuple[Any, ...]]

_QUIET: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "meterd ingest",
    # The only joins are of a staged set with tables that are found by key.
    "options": "-c statement_timeout=120000 -c timezone=UTC -c jit=off -c enable_hashjoin=off -c enable_mergejoin=off",
}
_BUSY = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)
_MIGRATING = "SELECT pg_advisory_xact_lock(1297368388, 0)"

_ATTEMPTS = 5


def _problem(error: psycopg.Error) -> StoreProblem:
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, _BUSY):
        return StoreBusy(text)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreGone(text)
    return StoreError(text)


def _key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[0], row[2], row[5], row[6]


def _taken_apart(url: str) -> dict[str, Any]:
    """What libpq finds in an address. What it says of one that is wrong may hold a part of the password."""
    with suppress(psycopg.ProgrammingError):
        given = conninfo_to_dict(url)
        host, port = str(given.get("host") or ""), str(given.get("port") or "0")
        if "@" not in host and port.replace(",", "").isdecimal():
            return given
    text = say(
        "no PostgreSQL address; @ : / ? # % in user or password are written as %40 %3A %2F %3F %23 %25",
        "不是 PostgreSQL 地址；用户名和口令中的 @ : / ? # % 应写作 %40 %3A %2F %3F %23 %25",
    )
    raise BadUrl(f"{bare(url)}: {text}")


class PostgresStore(Store):
    """postgresql://user:password@host:port/database, or any such address that libpq knows."""

    dialect = "postgresql"

    def __init__(self, url: str, utc_offset_seconds: int) -> None:
        super().__init__(url, utc_offset_seconds)
        given = _taken_apart(url)
        options = f"{_QUIET['options']} {given.get('options') or ''}".strip()
        self._where = make_conninfo("", **{**_QUIET, **given, "options": options})
        self._db: _Connection | None = None
        self._months = Months(self)
        self._all_new = True

    @property
    def _open(self) -> _Connection:
        if self._db is None:
            raise StoreGone("not connected")
        return self._db

    def connect(self) -> None:
        """Connect and bring the schema up to date."""
        self.close()
        try:
            self._db = psycopg.connect(self._where, autocommit=True)
            register(self._db)
            self._db.execute("SET client_min_messages = warning")
            self._migrate()
            self._prepare()
            self._months.used = self._query("layout") == [("months",)]
        except psycopg.Error as error:
            self.close()
            raise _problem(error) from None
        except StoreProblem:
            self.close()
            raise

    def _migrate(self) -> None:
        all_of_them = migrations(self.dialect)
        with self.transaction():
            db = self._open
            db.execute(_MIGRATING)
            db.execute("CREATE TABLE IF NOT EXISTS schema_version (version integer PRIMARY KEY)")
            row = db.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()
            found = row[0] if row else 0
            if found > all_of_them[-1][0]:
                raise StoreError(f"the database was made by a newer meterd (schema {found})")
            for number, text in all_of_them:
                if number > found:
                    db.execute(sql.SQL(cast("Any", text)))
                    db.execute("INSERT INTO schema_version VALUES (%s)", (number,))

    def close(self) -> None:
        """Close the connection."""
        db, self._db = self._db, None
        if db is not None:
            with suppress(psycopg.Error):
                db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All inside is committed together or not at all."""
        try:
            with self._open.transaction():
                yield
        except psycopg.Error as error:
            raise _problem(error) from None

    def forget(self) -> None:
        """Ids and partitions may be of a transaction that came to nothing."""
        super().forget()
        self._months.forget()

    def _query(self, name: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        try:
            cursor = self._open.execute(sql.SQL(cast("Any", self._sql[name])), parameters)
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise _problem(error) from None

    def ask(self, name: str, rows: Sequence[Any], **more: int | str) -> list[tuple[Any, ...]]:
        """The rows travel as one JSON text."""
        return self._query(name, {"rows": json.dumps(rows, ensure_ascii=False), **more})

    def put_energy(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """COPY, which stops at an energy that is there."""
        if rows:
            self._months.make("energy_row", [row[0] for row in rows])
            with self._open.cursor().copy(sql.SQL(cast("Any", self._sql["copy_energy"]))) as copy:
                for chunk in packed_energy(rows):
                    copy.write(chunk)

    def put(self, rows: Sequence[tuple[Any, ...]]) -> tuple[int, list[Difference]]:
        """COPY straight into the table what is not there yet.

        That is several times as fast as INSERT with ON CONFLICT. A COPY that meets a row that is there fails as
        a whole; so while readings are new it is tried at once, and after one that failed the store asks first.
        """
        self._months.make("reading_row", [row[0] for row in rows])
        if self._all_new and self._copied(rows):
            return len(rows), []
        there = self._there(rows)
        self._all_new = not there
        if not there and self._copied(rows):
            return len(rows), []
        return self._put_some(rows, there)

    def _put_some(
        self, rows: Sequence[tuple[Any, ...]], there: dict[tuple[Any, ...], tuple[Any, ...]]
    ) -> tuple[int, list[Difference]]:
        """Readings of which some are there already, or twice among these."""
        wanted = {(row[0], row[2], row[5], row[6]): row for row in reversed(rows)}  # of two, the first stays
        twice = [] if len(wanted) == len(rows) else [row for row in rows if wanted[_key(row)] is not row]
        for _ in range(_ATTEMPTS):
            new = [row for key, row in wanted.items() if key not in there]
            if self._copied(new):
                break
            there = self._there(rows)
        else:
            raise StoreBusy("other workers bring the same readings")
        again = [row for key, row in wanted.items() if key in there]
        kept = {_key(row): (wanted[_key(row)][1], wanted[_key(row)][3]) for row in twice} | there
        return len(new), self._differing([*again, *twice], kept)

    def _there(self, rows: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Value and quality of what is kept of these meters at these instants, by key."""
        pairs = list(dict.fromkeys([(row[0], row[2]) for row in rows]))
        instants = Instants.of([at for at, _ in pairs])
        meters = Integers.of([meter for _, meter in pairs])
        with self._open.cursor(binary=True) as cursor:
            cursor.execute(sql.SQL(cast("Any", self._sql["there"])), (instants, meters))
            return {
                (*pairs[n - 1], point, variant): tuple(rest) for n, point, variant, *rest in cursor.fetchall()
            }

    def _copied(self, rows: Sequence[tuple[Any, ...]]) -> bool:
        if not rows:
            return True
        try:
            with (
                self._open.transaction(),
                self._open.cursor().copy(sql.SQL(cast("Any", self._sql["copy"]))) as copy,
            ):
                for chunk in packed(rows):
                    copy.write(chunk)
        except errors.UniqueViolation:
            return False
        return True

    def _differing(
        self, again: Sequence[tuple[Any, ...]], kept: dict[tuple[Any, ...], tuple[Any, ...]]
    ) -> list[Difference]:
        """Those of the readings that were kept with another value or another scale."""
        changed = []
        for at, value, meter, quality, _, point, variant in again:
            old, old_quality = kept[at, meter, point, variant]
            if value != old or quality != old_quality:
                changed.append((at, meter, point, old, old_quality, value, quality))
        if not changed:
            return []
        meters = self._named("meter_names", {row[1] for row in changed})
        points = self._named("point_names", {row[2] for row in changed})
        scales = self._named("scales", {row[place] for row in changed for place in (4, 6)})
        return [(at, meters[m], points[p], o, scales[oq], v, scales[q]) for at, m, p, o, oq, v, q in changed]

    def _named(self, name: str, numbers: set[int]) -> dict[int, Any]:
        return dict(cast("list[tuple[int, Any]]", self.ask(name, sorted(numbers))))

    def tune(self) -> None:
        """Statistics of tables that have just been filled mislead the planner."""
        with self.transaction():
            self._open.execute("SET enable_seqscan = off")

    def partitions(self, table: str) -> set[str]:
        """Names of a table's month partitions; from now on no other worker makes any until the transaction ends."""
        self._query("serial")
        return {name for (name,) in self._query("months", {"table": table})}

    def partition(self, table: str, name: str, first: datetime, after: datetime) -> None:
        """Make one of `table` for instants from `first` up to `after`."""
        text = sql.SQL("CREATE TABLE {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})")
        names = sql.Identifier(name), sql.Identifier(table)
        self._open.execute(text.format(*names, first.isoformat(), after.isoformat()))

    def bury(self, letters: Sequence[tuple[str, str, str, bytes]]) -> None:
        """Keep bodies that are no batch."""
        with self.transaction(), self._open.cursor() as cursor:
            cursor.executemany(sql.SQL(cast("Any", self._sql["dead"])), letters)
            cursor.execute(sql.SQL(cast("Any", self._sql["dead_old"])), (DEAD_LETTERS,))

    def stored(self) -> Iterator[tuple[str, str, datetime, Decimal | None]]:
        """Every reading, by the view."""
        yield from self._query("stored")
