"""Reads the two ends of a plant: what the outbox accepted and what the master's table holds."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from gateway.payload import Batch, decode
from tests.tools.oracle import Rows

OUTBOX = "outbox.db"


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()


def _copy(path: Path, folder: str) -> Path:
    """A copy to look at: opening and closing the original would tidy up what a kill left behind."""
    for suffix in ("-wal", ""):
        source = path.with_name(path.name + suffix)
        if source.exists():
            shutil.copy(source, Path(folder) / source.name)
    return Path(folder) / path.name


def _bodies(path: Path) -> list[bytes]:
    """Every batch in an outbox file; none while the daemon has not made its tables yet."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=30)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        if not {"batch", "dead"} <= tables:
            return []
        return [row[0] for row in db.execute("SELECT body FROM batch UNION ALL SELECT body FROM dead")]


@dataclass(frozen=True)
class Slot:
    """One row of a slot report."""

    task: str
    target: str
    at: datetime
    due: int
    present: int
    outcomes: dict[str, str]


def slots(path: Path, *, running: bool = False) -> list[Slot]:
    """Closed slots in an outbox file."""
    return [
        Slot(r[0], r[1], datetime.fromisoformat(r[2]), r[3], r[4], dict(r[5]))
        for batch in _batches(path, running=running)
        if batch.kind == "slot"
        for r in batch.rows
    ]


def _batches(path: Path, *, running: bool) -> list[Batch]:
    if running:
        bodies = _bodies(path)
    else:
        with tempfile.TemporaryDirectory() as folder:
            bodies = _bodies(_copy(path, folder))
    return [decode(body) for body in bodies]


def accepted(path: Path, *, running: bool = False) -> Rows:
    """Readings in an outbox file, committed ones included."""
    rows: Rows = []
    for batch in _batches(path, running=running):
        if batch.kind == "reading":
            rows += [((r[0], r[1], _utc(r[4])), _value(r[2])) for r in batch.rows]
    return rows


def integrity(path: Path) -> str:
    """SQLite's own opinion of a file that nobody has open: "ok" if it is."""
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(_copy(path, folder))) as db:
        return db.execute("PRAGMA integrity_check").fetchone()[0]


def committed(database: str) -> Rows:
    """Readings in the master's database, by its view `reading`, one row for each stored one."""
    query = "SELECT meter, point, at, value FROM reading"
    if database.startswith("sqlite:///"):
        with closing(sqlite3.connect(database.removeprefix("sqlite:///"), timeout=30)) as db:
            rows = db.execute(query).fetchall()
    else:
        import psycopg

        with psycopg.connect(database) as connection:
            rows = connection.execute(query).fetchall()
    return [((meter, point, _instant(at)), _value(value)) for meter, point, at, value in rows]


def _instant(at: object) -> str:
    if isinstance(at, datetime):
        return at.astimezone(UTC).isoformat()
    return _utc(str(at).replace("Z", "+00:00"))


def _value(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def count_by_meter(rows: Rows) -> Counter[str]:
    """How many readings each meter has."""
    return Counter(key[0] for key, _ in rows)


def accepted_inside(pid: int, path: Path) -> Rows:
    """`accepted` of a running process's outbox in a mount namespace that only it sees."""
    command = ["nsenter", "-t", str(pid), "-m", sys.executable, "-m", "tests.tools.tables", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    return [((m, p, at), _value(value)) for m, p, at, value in json.loads(done.stdout)]


if __name__ == "__main__":
    found = accepted(Path(sys.argv[1]), running=True)
    print(json.dumps([[*key, None if value is None else str(value)] for key, value in found]))
