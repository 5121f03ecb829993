"""SQLite files of Android readers, opened as what they are: somebody else's. Read-only, and nothing in them runs."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import tzinfo

from drivers.dumps.files import Opened
from protocols.dumps.build import Builder
from protocols.dumps.delimited import Header
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Notes, Row
from protocols.dumps.spec import Spec
from protocols.dumps.text import clean

__all__ = ["fit", "rows"]

_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 1 << 20,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 16,
    sqlite3.SQLITE_LIMIT_COLUMN: 500,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 10,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 1,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 100_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 10,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
_STEPS, _MOST_STEPS = 100_000, 50_000  # instructions between two looks, and looks before it is enough
_MOST_TABLES = 200
_META = "META_INFO"


def fit(file: Opened, spec: Spec) -> int:
    """How well a profile fits the table that fits it best, as `Header.fit`."""
    with _looking(file) as connection:
        return _best(connection, spec)[1]


def rows(file: Opened, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The rows of the table that the profile names or fits; `line` is the row's own number."""
    notes.encoding = "utf-8"
    with _looking(file) as connection:
        table, known = _best(connection, spec)
        if known <= 0:
            raise DumpError("columns_missing", ", ".join(spec.required))
        _meta(connection, notes)
        header = Header(spec, _columns(connection, table))
        header.remarks(notes)
        places = [(name, header.names[place]) for place, name in enumerate(header.fields) if name]
        builder = Builder(spec, tz)
        wanted = ", ".join(_quoted(column) for _, column in places)
        query = f"SELECT {wanted} FROM {_quoted(table)}"  # noqa: S608 - quoted names of the file's own columns
        for number, values in enumerate(connection.execute(query), 1):
            notes.records += 1
            cells = {name: _text(value) for (name, _), value in zip(places, values, strict=True)}
            yield from builder.build(cells, number, None)


@contextmanager
def _looking(file: Opened) -> Iterator[sqlite3.Connection]:
    """A connection that can only read, through the descriptor that is already open."""
    path = f"file:/proc/self/fd/{file.reader.fileno()}?mode=ro&immutable=1"
    try:
        with closing(
            sqlite3.connect(path, uri=True, isolation_level=None, cached_statements=4)
        ) as connection:
            _shut(connection)
            _inspect(connection)
            connection.set_authorizer(_authorize)
            yield connection
    except (
        sqlite3.Error,
        ValueError,
        OverflowError,
    ) as error:  # the module decodes a damaged file's names itself
        reason = "too_large" if "interrupted" in str(error) else "damaged"
        raise DumpError(reason, clean(str(error))) from None


def _shut(connection: sqlite3.Connection) -> None:
    for limit, most in _LIMITS.items():
        connection.setlimit(limit, most)
    connection.text_factory = _decoded
    connection.set_progress_handler(_patience(), _STEPS)
    for pragma in (
        "trusted_schema=OFF",
        "cell_size_check=ON",
        "mmap_size=0",
        "query_only=ON",
        "cache_size=-2048",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _patience() -> Callable[[], int]:
    """Gives up after so many looks: no file may keep the machine busy."""
    looks = 0

    def enough() -> int:
        nonlocal looks
        looks += 1
        return looks > _MOST_STEPS

    return enough


def _inspect(connection: sqlite3.Connection) -> None:
    found = connection.execute("SELECT type, sql FROM sqlite_schema LIMIT ?", (_MOST_TABLES + 1,)).fetchall()
    if len(found) > _MOST_TABLES:
        raise DumpError("foreign_schema", f"> {_MOST_TABLES}")
    for kind, sql in found:
        if kind not in {"table", "index"} or (sql or "").upper().startswith("CREATE VIRTUAL"):
            raise DumpError("foreign_schema", clean(f"{kind} {sql}", 60))
    (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise DumpError("damaged", clean(str(said)))


def _authorize(
    action: int, _first: str | None, _second: str | None, _where: str | None, _by: str | None
) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _best(connection: sqlite3.Connection, spec: Spec) -> tuple[str, int]:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    wanted = {name.lower() for name in spec.tables}
    best = "", 0
    near = 0
    for table in tables:
        if table.startswith("sqlite_") or (wanted and table.lower() not in wanted):
            continue
        header = Header(spec, _columns(connection, table))
        if header.fit > best[1]:
            best = table, header.fit
        elif header.fit < 0:
            near = max(near or header.fit, header.fit)
    return best if best[1] else ("", near)


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    query = f"SELECT * FROM {_quoted(table)} LIMIT 0"  # noqa: S608 - a quoted name
    return [column[0] for column in connection.execute(query).description]


def _meta(connection: sqlite3.Connection, notes: Notes) -> None:
    """The first row of a table META_INFO as facts of the file."""
    known = {
        name.upper() for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    }
    if _META not in known:
        return
    row: Sequence[object] | None = connection.execute(f"SELECT * FROM {_META} LIMIT 1").fetchone()  # noqa: S608
    if row is not None:
        notes.facts |= {
            name.lower(): clean(_text(value), 60)
            for name, value in zip(_columns(connection, _META), row, strict=True)
        }


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _text(value: object) -> str:
    if value is None or isinstance(value, bytes):
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)
