"""Rows per second into PostgreSQL through the master's store, beside bare COPY into the same table.

Measured in one run, turn about, on fresh databases, with the same rows in a transaction. Both sides begin with rows
of numbers in memory: here the store with all it does (batches remembered, duplicates found, acknowledgements
advanced, months as partitions), there psycopg's binary COPY into one table of the same columns and key.
Then the same readings once more in other batches (duplicates), and the bytes that a reading takes with its key.
Beside these: the store from the texts of a batch on, and COPY of bytes made beforehand.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg

from gateway import payload
from gateway.collector import collect_rarely
from gateway.master.prepare import prepare
from gateway.master.stores import store_of
from gateway.master.stores.binary import packed
from gateway.payload import Batch
from protocols.reading import Method, Reading, State
from tests.servers.postgres import Postgres

START = datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
POINTS = 10
BATCH = 400
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


def committed(url: str, given: list[Batch], group: int) -> float:
    """Rows per second of the store: rows of numbers as on the other side, prepared beforehand."""
    per = max(1, group // BATCH)
    ready = [prepare(batch) for batch in given]
    with closing(store_of(url)) as store:
        store.connect()
        began = time.perf_counter()
        for place in range(0, len(ready), per):
            store.commit(ready[place : place + per], START)
        return sum(len(b.rows) for b in given) / (time.perf_counter() - began)


def whole(url: str, given: list[Batch], group: int) -> float:
    """Rows per second from texts to commit, one set prepared while another is committed, as a worker does."""
    per = max(1, group // BATCH)
    with closing(store_of(url)) as store, ThreadPoolExecutor(1) as pool:
        store.connect()
        began = time.perf_counter()
        running: list[Future] = []
        for place in range(0, len(given), per):
            ready = [prepare(batch) for batch in given[place : place + per]]
            for one in running:
                one.result()
            running = [pool.submit(store.commit, ready, START)]
        for one in running:
            one.result()
        return sum(len(b.rows) for b in given) / (time.perf_counter() - began)


_TABLE = """
CREATE TABLE bare (at timestamptz NOT NULL, value bigint, meter integer NOT NULL, quality integer NOT NULL,
    lag integer NOT NULL, point smallint NOT NULL, variant smallint NOT NULL,
    PRIMARY KEY (at, meter, point, variant))
"""


def bare_copy(url: str, rows: int, meters: int, group: int, *, ready: bool) -> float:
    """Rows per second of psycopg's binary COPY, a transaction for each group.

    `ready`: the bytes were made beforehand, which leaves the server's share alone; else rows of numbers are
    given to psycopg one by one.
    """
    start = int(START.timestamp()) * 1_000_000
    groups = []
    for first in range(0, rows, group):
        cells = []
        for n in range(first, min(first + group, rows)):
            slot, place = divmod(n, meters * POINTS)
            meter, point = divmod(place, POINTS)
            at = start + slot * 900_000_000 if ready else START + timedelta(minutes=15 * slot)
            cells.append((at, n % 10_000_000, meter, 1, meter % 60, point, 17))
        groups.append(b"".join(packed(cells)) if ready else cells)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("DROP TABLE IF EXISTS bare")
        db.execute(_TABLE)
        began = time.perf_counter()
        for data in groups:
            with db.transaction(), db.cursor().copy("COPY bare FROM STDIN (FORMAT binary)") as copy:
                if ready:
                    copy.write(data)
                    continue
                copy.set_types(["timestamptz", "int8", "int4", "int4", "int4", "int2", "int2"])
                for row in data:
                    copy.write_row(row)
        return rows / (time.perf_counter() - began)


def size(url: str, rows: int) -> float:
    """Bytes of heap and key of a reading."""
    query = "SELECT sum(pg_relation_size(inhrelid) + pg_indexes_size(inhrelid)) FROM pg_inherits"
    query += " WHERE inhparent = 'reading_row'::regclass"
    with psycopg.connect(url) as db:
        return float(db.execute(query).fetchone()[0]) / rows


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--meters", type=int, default=2_000)
    parser.add_argument("--group", type=int, default=10_000, help="rows in a transaction")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    if asked.quick:
        asked.rows, asked.repeats = 40_000, 1
    given = batches(asked.rows, asked.meters)
    again = renumbered(given)
    runs: dict[str, list[float]] = {"bare": [], "server": [], "fresh": [], "again": [], "whole": []}
    collect_rarely()  # as `meterd ingest` does
    with tempfile.TemporaryDirectory(prefix="meterd-bench-") as name:
        postgres = Postgres(Path(name) / "postgres").start()
        try:
            for _ in range(asked.repeats):
                url = postgres.fresh()
                for key, ready in (("bare", False), ("server", True)):
                    runs[key].append(bare_copy(url, asked.rows, asked.meters, asked.group, ready=ready))
                url = postgres.fresh()
                runs["fresh"].append(committed(url, given, asked.group))
                taken = size(url, asked.rows)
                runs["again"].append(committed(url, again, asked.group))
                runs["whole"].append(whole(postgres.fresh(), given, asked.group))
        finally:
            postgres.stop()
    middle = {key: statistics.median(found) for key, found in runs.items()}
    # Of each round by itself: what else the machine does meanwhile then falls on both sides.
    ratio = _ratio(runs["fresh"], runs["bare"])
    repeat = _ratio(runs["again"], runs["fresh"])
    found = {
        "rows": asked.rows,
        "group": asked.group,
        "rows_per_second": round(middle["fresh"]),
        "bare_copy_per_second": round(middle["bare"]),
        "ratio_to_bare_copy": round(ratio, 3),
        "goal_ratio": GOAL_RATIO,
        "duplicates_per_second": round(middle["again"]),
        "duplicates_to_fresh": round(repeat, 3),
        "from_texts_per_second": round(middle["whole"]),
        "from_texts_to_bare_copy": round(_ratio(runs["whole"], runs["bare"]), 3),
        "copy_of_ready_bytes_per_second": round(middle["server"]),
        "ratio_to_copy_of_ready_bytes": round(_ratio(runs["fresh"], runs["server"]), 3),
        "bytes_per_reading": round(taken, 1),
        "goal_bytes": GOAL_BYTES,
        "reached": ratio >= GOAL_RATIO and repeat >= 1 and taken <= GOAL_BYTES,
        "runs": {key: [round(figure) for figure in figures] for key, figures in runs.items()},
    }
    print(json.dumps(found) if asked.json else "\n".join(f"{key}: {value}" for key, value in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
