"""64 TCP buses of 32 meters, one block of registers for each meter and minute: python -m tests.bench.load

Ten slots of ten must be complete, nothing lost, `meterd run` within 64 MiB after the first full one.
The slot in force at the start does not count: how much of it is left is chance.
Simulators run in this process; mosquitto, `meterd run` and `meterd ingest` (SQLite) are children.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.servers.mosquitto import Mosquitto
from tests.tools.oracle import judge
from tests.tools.plant import Child, Plant, plant, wait_until
from tests.tools.tables import OUTBOX, accepted, committed, slots

POINTS = tuple(f"1-0:1.8.{tariff}" for tariff in range(5))
RSS_LIMIT_KIB = 64 * 1024


def _full(p: Plant, meters: int, buses: int) -> Counter[bool]:
    """How many slots are complete over all buses, and how many are closed and are not."""
    by_slot: dict[object, list[bool]] = {}
    with suppress(OSError):
        for slot in slots(p.state / OUTBOX, running=True):
            by_slot.setdefault(slot.at, []).append(slot.present == slot.due == meters)
    closed = [all(found) for at, found in sorted(by_slot.items())[1:] if len(found) == buses]
    return Counter(closed)


def _watch(p: Plant, daemon: Child, *, buses: int, meters: int, wanted: int, seconds: float) -> dict:
    """Wait for so many closed slots; RSS counts from the first one on."""
    rss: list[int] = []
    deadline = time.monotonic() + seconds
    while True:
        closed = _full(p, meters, buses)
        if closed.total():
            rss.append(daemon.rss_kib())
        if closed.total() >= wanted or time.monotonic() > deadline:
            return {"slots": closed.total(), "complete": closed[True], "rss_kib": max(rss, default=0)}
        if not daemon.running:
            raise AssertionError(f"the daemon ended\n{daemon.tail()}")
        time.sleep(1)


def measure(folder: Path, *, buses: int = 64, meters: int = 32, wanted: int = 10, speed: float = 1.0) -> dict:
    """One run; `speed` lets the gateway's time run faster."""
    (folder / "broker").mkdir(parents=True)
    broker = Mosquitto(folder / "broker").start()
    database = f"sqlite:///{folder}/master.db"
    settings = {"meters": buses * meters, "lines": buses, "factor": speed, "points": POINTS}
    with plant(folder / "plant", **settings, store={"commit_seconds": 1.0}) as p:
        p.write(broker.url)
        ingest, daemon = p.ingest(broker.url, database).start(), p.daemon().start()
        try:
            limit = (wanted + 2) * 60 / speed + 120
            found = _watch(p, daemon, buses=buses, meters=meters, wanted=wanted, seconds=limit)
            for line in p.fleet.lines:
                line.mischief.frozen = True
            verdict = None

            def drained() -> bool:
                nonlocal verdict
                verdict = judge(accepted(p.state / OUTBOX, running=True), committed(database), p.witness)
                return not verdict.lost

            with suppress(AssertionError):
                wait_until(drained, 60, "drained", step=1)
            clean = daemon.stop() == 0
        finally:
            for child in (daemon, ingest):
                if child.running:
                    child.kill()
            broker.stop()
    return {
        **found,
        "buses": buses,
        "meters": buses * meters,
        "accepted": verdict.accepted,
        "committed": verdict.committed,
        "lost": len(verdict.lost),
        "duplicates": len(verdict.duplicated),
        "invented": len(verdict.invented),
        "clean_stop": clean,
    }


def good(found: dict, wanted: int) -> bool:
    """Whether a run is as it must be."""
    clean = not (found["lost"] or found["duplicates"] or found["invented"]) and found["clean_stop"]
    return clean and found["complete"] == found["slots"] >= wanted and 0 < found["rss_kib"] <= RSS_LIMIT_KIB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--buses", type=int, default=64)
    parser.add_argument("--meters", type=int, default=32, help="on each bus")
    parser.add_argument("--slots", type=int, default=10)
    parser.add_argument("--speed", type=float, default=1.0, help="the gateway's time runs so much faster")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="meterd-load-") as folder:
        found = measure(
            Path(folder), buses=asked.buses, meters=asked.meters, wanted=asked.slots, speed=asked.speed
        )
    print(json.dumps({**found, "ok": good(found, asked.slots)}))
    return 0 if good(found, asked.slots) else 1


if __name__ == "__main__":
    sys.exit(main())
