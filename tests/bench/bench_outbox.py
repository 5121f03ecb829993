"""Durable single readings a second from 20 producers: `python -m tests.bench.bench_outbox [--json]`.

Beside it the raw rate of append 4 KiB and fdatasync on the same disk, which no outbox that commits each
reading by itself can pass. Goal: 25,000 readings/s, each in the file before its `append` returns.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from gateway.outbox import Entry
from tests.servers.outbox_support import opened, reading

GOAL = 25_000
PRODUCERS = 20


def raw(folder: Path, seconds: float) -> float:
    """Appends of 4 KiB made durable one by one, per second."""
    block = os.urandom(4_096)
    descriptor = os.open(folder / "raw", os.O_WRONLY | os.O_CREAT)
    try:
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            os.write(descriptor, block)
            os.fdatasync(descriptor)
            count += 1
        return count / (time.perf_counter() - began)
    finally:
        os.close(descriptor)


async def durable(folder: Path, total: int, producers: int) -> float:
    """Readings per second from so many producers that each wait for their own."""
    async with opened(folder, max_bytes=1 << 30) as outbox:

        async def produce(lane: int) -> None:
            for n in range(lane, total, producers):
                await outbox.append(Entry(readings=(reading(n),)))

        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for lane in range(producers):
                group.create_task(produce(lane))
        took = time.perf_counter() - began
        assert outbox.stats.accepted == total
        assert outbox.stats.difference == 0
    with closing(sqlite3.connect(folder / "outbox.db")) as connection:
        (stored,) = connection.execute("SELECT sum(rows) FROM batch").fetchone()
    assert stored == total
    return total / took


def measure(place: Path | None, repeats: int, total: int) -> dict:
    figures: dict[str, list[float]] = {"raw": [], "one": [], "twenty": []}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(dir=place) as name:
            folder = Path(name)
            figures["raw"].append(raw(folder, 0.5))
            figures["one"].append(asyncio.run(durable(folder / "one", total // 20, 1)))
            figures["twenty"].append(asyncio.run(durable(folder / "twenty", total, PRODUCERS)))
    middle = {name: statistics.median(values) for name, values in figures.items()}
    return {
        "readings_per_second": round(middle["twenty"]),
        "one_producer_per_second": round(middle["one"]),
        "fdatasync_per_second": round(middle["raw"]),
        "ratio_to_fdatasync": round(middle["twenty"] / middle["raw"], 2),
        "one_producer_ratio": round(middle["one"] / middle["raw"], 2),
        "goal": GOAL,
        "goal_met": middle["twenty"] >= GOAL,
        "repeats": repeats,
        "runs": [round(value) for value in figures["twenty"]],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path, help="where the disk is; by default beside this project")
    asked = parser.parse_args()
    # The folder for temporary files is often memory, where nothing is durable.
    place = asked.folder or Path(__file__).parents[2]
    found = measure(place, 1 if asked.quick else 5, 10_000 if asked.quick else 50_000)
    if asked.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:28} {value}")
    sys.exit(not found["goal_met"])


if __name__ == "__main__":
    main()
