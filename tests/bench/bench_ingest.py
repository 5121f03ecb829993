"""Rows per second into PostgreSQL through the master's store, beside bare COPY into the same table.

Both are measured in one run, turn about, on fresh databases: decoded batches to committed rows here, ready
binary rows straight into a table of the same columns and key there, one transaction each time. Then the same
readings once more in other batches (duplicates), and the bytes that a reading takes with its key.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg

from gateway import payload
from gateway.master.stores import store_of
from gateway.master.stores.postgres import pack
from gateway.payload import Batch
from protocols.reading import Method, Reading, State
from tests.servers.postgres import Postgres

START = datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
POINTS = 10
BATCH = 500
GOAL_RATIO = 0.55
GOAL_BYTES = 96


def batches(rows: int, meters: int) -> list[Batch]:
    """Readings in polling order: each slot all meters, of each meter all points."""
    found: list[Batch] = []
    cells: list = []
    for n in range(rows):
        slot, place = divmod(n, meters * POINTS)
        meter, point = divmod(place, POINTS)
        at = START + timedelta(minutes=15 * slot)
        one = Reading(
            meter=f"M{meter:06}",
            point=f"1-0:{point + 1}.8.0",
            value=Decimal(n % 10_000_000).scaleb(-2),
            unit="kWh",
            at=at,
            read_at=at + timedelta(seconds=meter % 60),
            state=State.PASSED,
            method=Method.CURVE,
            source=f"line{meter % 20}",
        )
        cells.append(one)
        if len(cells) == BATCH or n == rows - 1:
            found.append(_batch(len(found) + 1, cells))
            cells = []
    return found


def _batch(number: int, cells: list) -> Batch:
    body = payload.encode("bench", "e1", number, "reading", payload.rows_of("reading", cells))
    return payload.decode(body)


def renumbered(given: list[Batch]) -> list[Batch]:
    """The same content as other batches."""
    return [
        Batch(gateway="bench", epoch="e2", batch=b.batch, kind=b.kind, sha256=b.sha256, rows=b.rows)
        for b in given
    ]


def through_store(url: str, given: list[Batch], group: int) -> float:
    """Rows per second, from decoded batches to the last commit."""
    per = max(1, group // BATCH)
    with closing(store_of(url)) as store:
        store.connect()
        began = time.perf_counter()
        for place in range(0, len(given), per):
            store.write(given[place : place + per], START)
        seconds = time.perf_counter() - began
    return sum(len(b.rows) for b in given) / seconds


_TABLE = """
CREATE TABLE bare (at timestamptz NOT NULL, value bigint, meter integer NOT NULL, quality integer NOT NULL,
    lag integer NOT NULL, point smallint NOT NULL, variant smallint NOT NULL,
    PRIMARY KEY (at, meter, point, variant))
"""


def bare_copy(url: str, rows: int, meters: int, group: int) -> float:
    """Rows per second of binary COPY of rows made beforehand, a transaction for each group."""
    ready = []
    start = int(START.timestamp()) * 1_000_000
    for first in range(0, rows, group):
        cells = []
        for n in range(first, min(first + group, rows)):
            slot, place = divmod(n, meters * POINTS)
            meter, point = divmod(place, POINTS)
            cells.append((start + slot * 900_000_000, n % 10_000_000, meter, 1, meter % 60, point, 17))
        ready.append(pack(cells))
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(_TABLE)
        began = time.perf_counter()
        for data in ready:
            with db.transaction(), db.cursor().copy("COPY bare FROM STDIN (FORMAT binary)") as copy:
                copy.write(data)
        return rows / (time.perf_counter() - began)


def size(url: str, rows: int) -> float:
    """Bytes of heap and key of a reading."""
    query = "SELECT sum(pg_relation_size(inhrelid) + pg_indexes_size(inhrelid)) FROM pg_inherits"
    with psycopg.connect(url) as db:
        return float(db.execute(query).fetchone()[0]) / rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--meters", type=int, default=2_000)
    parser.add_argument("--group", type=int, default=10_000, help="rows in a transaction")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    if asked.quick:
        asked.rows, asked.repeats = 40_000, 1
    given = batches(asked.rows, asked.meters)
    again = renumbered(given)
    fresh, twice, bare, taken = [], [], [], 0.0
    with tempfile.TemporaryDirectory(prefix="meterd-bench-") as name:
        postgres = Postgres(Path(name) / "postgres").start()
        try:
            for _ in range(asked.repeats):
                bare.append(bare_copy(postgres.fresh(), asked.rows, asked.meters, asked.group))
                url = postgres.fresh()
                fresh.append(through_store(url, given, asked.group))
                taken = size(url, asked.rows)
                twice.append(through_store(url, again, asked.group))
        finally:
            postgres.stop()
    ratio = statistics.median(f / b for f, b in zip(fresh, bare, strict=True))
    repeat = statistics.median(t / f for t, f in zip(twice, fresh, strict=True))
    found = {
        "rows": asked.rows,
        "group": asked.group,
        "rows_per_second": round(statistics.median(fresh)),
        "duplicates_per_second": round(statistics.median(twice)),
        "bare_copy_per_second": round(statistics.median(bare)),
        "ratio_to_bare_copy": round(ratio, 3),
        "goal_ratio": GOAL_RATIO,
        "duplicates_to_fresh": round(repeat, 3),
        "bytes_per_reading": round(taken, 1),
        "goal_bytes": GOAL_BYTES,
        "reached": ratio >= GOAL_RATIO and repeat >= 1 and taken <= GOAL_BYTES,
    }
    print(json.dumps(found) if asked.json else "\n".join(f"{key}: {value}" for key, value in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
