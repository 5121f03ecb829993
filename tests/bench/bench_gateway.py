"""The gateway's part for 3,000 meters read every 15 minutes: `python -m tests.bench.bench_gateway [--json]`.

`meterd run` reads, reviews, stores, sums and sends five registers of each meter; 30 transformers of 100 meters and
their line are summed; it is asked for its metrics all the while. Its time runs faster, so the share of a core is its
processor time beside the simulated time.
Before it starts, its outbox is given the registers of two days and the midnights of forty, as it holds them at most.
Goals: 5 % of one core, 64 MiB resident (VmRSS). Simulated meters run in this process; mosquitto is a child.
"""

import argparse
import asyncio
import csv
import json
import random
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import psutil

from config.schema import Store
from gateway.aggregates.boundaries import Boundaries
from gateway.aggregates.keeping import SHARDS, STATE, State, pack_shard, pack_state, shard_key
from gateway.aggregates.track import KEEP_DAYS, KEEP_SHORT, SCALE
from gateway.outbox import Entry, Outbox
from simulators.electric import Electric
from tests.servers.mosquitto import Mosquitto
from tests.tools.plant import Child, Plant, plant
from tests.tools.tables import OUTBOX, slots

SHARE_GOAL, RSS_GOAL_KIB = 0.05, 64 * 1024
POINTS = tuple(f"1-0:1.8.{tariff}" for tariff in range(5))
TZ = ZoneInfo("Asia/Shanghai")
SLOT_SECONDS = 900
LIVE_MARK = 0x03
"""Of a live value that passed."""


def relate(p: Plant, areas: int) -> None:
    """Areas of equal size, the first meter of each its total; the totals are the line's sale."""
    assets = [row["asset_no"] for row in p.fleet.rows()]
    with (p.folder / "archive/relations.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("meter", "node_kind", "node", "side"))
        for number, asset in enumerate(assets):
            is_total = number < areas
            writer.writerow((asset, "transformer", f"T{number % areas:02}", "supply" if is_total else "sale"))
            if is_total:
                writer.writerow((asset, "line", "L1", "sale"))


def filled(meters: dict[str, Electric], now: datetime) -> Boundaries:
    """Registers of the past, by asset number, up to what the meters show: as a gateway holds that has run for long."""
    held = Boundaries(TZ)
    stamp = int(now.timestamp()) // SLOT_SECONDS * SLOT_SECONDS
    midnight = int(now.astimezone(TZ).replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    instants = {*range(stamp - KEEP_SHORT, stamp, SLOT_SECONDS), *range(midnight - KEEP_DAYS, stamp, 86_400)}
    chance = random.Random(645)
    for asset, meter in meters.items():
        units = meter.register(1, 0, now.astimezone(TZ).replace(tzinfo=None)) * SCALE // 100
        rows = []
        for at in sorted(instants, reverse=True):
            units -= chance.randrange(0, 5_000, 100)
            rows.append((at + chance.randrange(20), units, LIVE_MARK, 0))
        for row in reversed(rows):
            held.put((asset, POINTS[0]), row)
    return held


async def prepare(p: Plant) -> int:
    """The outbox with the registers in it; returns the bytes they take there."""
    clock = p.time.clock()
    meters = zip(p.fleet.rows(), p.fleet.meters.values(), strict=True)
    held = filled({row["asset_no"]: Electric(meter.spec) for row, meter in meters}, clock.now())
    state = State(since=clock.now(), kept=[int(clock.now().timestamp())] * SHARDS)
    saves = [(shard_key(shard), pack_shard(held, shard)) for shard in range(SHARDS)]
    async with await Outbox.open(p.state / OUTBOX, Store(), p.name, clock) as outbox:
        await outbox.append(Entry(saves=((STATE, pack_state(state)), *saves)))
    return sum(len(blob) for _, blob in saves)


def closed(p: Plant, meters: int, buses: int) -> int:
    """Slots that all buses closed, beside the one in force at the start; raises if one is not complete."""
    found: dict[object, list[bool]] = defaultdict(list)
    with suppress(OSError):
        for slot in slots(p.state / OUTBOX, running=True):
            found[slot.at].append(slot.present == slot.due == meters)
    whole = [all(one) for _, one in sorted(found.items())[1:] if len(one) == buses]
    if not all(whole):
        raise AssertionError("a slot is not complete: the machine is too busy to measure anything")
    return len(whole)


def watch(p: Plant, daemon: Child, meters: int, buses: int, wanted: int) -> dict[str, object]:
    """Processor time over so many slots, and most of the memory."""
    process = psutil.Process(daemon.process.pid)
    began: tuple[int, float] | None = None
    rss, deadline = 0, time.monotonic() + 120 + 3 * wanted * SLOT_SECONDS / p.time.factor
    while time.monotonic() < deadline:
        if not daemon.running:
            raise AssertionError(f"the daemon ended\n{daemon.tail()}")
        count = closed(p, meters, buses)
        used = sum(process.cpu_times()[:2])
        if count and began is None:
            began = count, used
        with suppress(OSError), urlopen(f"http://127.0.0.1:{p.metrics_port}/metrics", timeout=10) as found:
            found.read()
        if began is not None:
            rss = max(rss, daemon.rss_kib())
            if count - began[0] >= wanted:
                seconds = (used - began[1]) / (count - began[0])
                return {
                    "cpu_seconds_per_slot": round(seconds, 2),
                    "core": seconds / SLOT_SECONDS,
                    "rss_kib": rss,
                }
        time.sleep(0.25)
    raise AssertionError(f"not so many slots in time\n{daemon.tail()}")


def measure(folder: Path, *, meters: int, buses: int, wanted: int, speed: float) -> dict[str, object]:
    """One run."""
    (folder / "broker").mkdir(parents=True)
    broker = Mosquitto(folder / "broker").start()
    given = {"every": "15m", "points": POINTS, "uplink": {"ack": "broker"}, "store": {"commit_seconds": 1.0}}
    with plant(folder / "plant", meters=meters, lines=buses, factor=speed, **given) as p:
        p.write(broker.url)
        relate(p, areas=buses)
        saved = asyncio.run(prepare(p))
        daemon = p.daemon().start()
        try:
            found = watch(p, daemon, meters // buses, buses, wanted)
        finally:
            with suppress(AssertionError):
                daemon.stop()
            broker.stop()
    good = found["core"] <= SHARE_GOAL and found["rss_kib"] <= RSS_GOAL_KIB
    return {"meters": meters, "slots": wanted, **found, "saved_bytes": saved, "ok": good}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--meters", type=int, default=3_000)
    parser.add_argument("--buses", type=int, default=30)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--speed", type=float, default=30.0, help="its time runs so much faster")
    parser.add_argument("--quick", action="store_true", help="600 meters, two slots: shows that it runs")
    parser.add_argument("--json", action="store_true", help="one object on the last line, as always")
    asked = parser.parse_args()
    size = {"meters": asked.meters, "buses": asked.buses, "wanted": asked.slots}
    if asked.quick:
        size = {"meters": 600, "buses": 10, "wanted": 2}
    with tempfile.TemporaryDirectory(prefix="meterd-gateway-") as folder:
        found = measure(Path(folder), **size, speed=asked.speed)
    print(json.dumps(found))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
