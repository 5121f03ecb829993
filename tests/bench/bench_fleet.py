"""A fleet at one master: `python -m tests.bench.bench_fleet [--quick] [--json]`.

Simulated gateways publish as fast as the master takes it (`multiple`: times their real rate of 3,000 meters every
15 minutes) to mosquitto; `meterd ingest` workers share the subscription and commit to PostgreSQL, all on this
machine. Measured: rows per second with one and two workers, how long after its sender began a batch is acknowledged,
how fast what piled up without a worker is caught up with; and that killing a worker and the broker loses and doubles
nothing.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from gateway import payload
from gateway.master.app import stored
from gateway.payload import Batch
from protocols.reading import Method, Reading, State
from tests.gateway.master.sender import Sender
from tests.servers.mosquitto import Mosquitto
from tests.servers.postgres import Postgres

PER_BATCH, METERS = 200, 3_000
REAL_RATE = METERS / 900
"""Rows a second of one gateway: a register of each meter every 15 minutes."""
START = datetime(2026, 5, 1, tzinfo=UTC)


class Timed(Sender):
    """Notes how long after its start each batch was acknowledged."""

    def __init__(self, url: str, batches: list[Batch]) -> None:
        super().__init__(url, batches, resend=15.0)
        self.begun = 0.0
        self.lags: list[float] = []

    def _take(self, messages) -> None:
        before = self.have.upto
        super()._take(messages)
        self.lags += [time.monotonic() - self.begun] * max(0, self.have.upto - before)

    async def run(self) -> None:
        self.begun = time.monotonic()
        await super().run()


def batches(gateway: str, count: int) -> list[Batch]:
    """Registers of a gateway's meters, slot after slot."""
    found = []
    for number in range(count):
        cells = []
        for n in range(number * PER_BATCH, (number + 1) * PER_BATCH):
            slot, meter = divmod(n, METERS)
            at = START + timedelta(minutes=15 * slot)
            cells.append(
                Reading(
                    meter=f"{gateway}-{meter:04}",
                    point="1-0:1.8.0",
                    value=Decimal(n).scaleb(-2),
                    unit="kWh",
                    at=at,
                    read_at=at,
                    state=State.PASSED,
                    method=Method.CURVE,
                    source="line1",
                )
            )
        body = payload.encode(gateway, "e1", number + 1, "reading", payload.rows_of("reading", cells))
        found.append(payload.decode(body))
    return found


async def worker(broker: str, database: str) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "gateway", "ingest", "--broker", broker, "--database", database]
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet, env=os.environ)


async def end(workers: Sequence[asyncio.subprocess.Process]) -> None:
    for one in workers:
        with suppress(ProcessLookupError):
            one.terminate()
        await one.wait()


async def drained(senders: Sequence[Timed]) -> float:
    """Run until everything is acknowledged; the seconds it took."""
    begun = time.monotonic()
    async with asyncio.timeout(600), asyncio.TaskGroup() as group:
        for sender in senders:
            group.create_task(sender.run())
    return time.monotonic() - begun


async def throughput(broker: str, database: str, fleet: list[list[Batch]], count: int) -> dict[str, float]:
    workers = [await worker(broker, database) for _ in range(count)]
    await asyncio.sleep(3.0)  # their start is not what is measured
    senders = [Timed(broker, given) for given in fleet]
    try:
        seconds = await drained(senders)
    finally:
        await end(workers)
    rows = sum(len(batch.rows) for given in fleet for batch in given)
    lags = [lag for sender in senders for lag in sender.lags]
    return {
        "rows_per_second": round(rows / seconds),
        "multiple_of_real_rate": round(rows / seconds / (REAL_RATE * len(fleet))),
        "last_ack_seconds": round(max(lags), 1),
        "median_ack_seconds": round(statistics.median(lags), 1),
    }


async def catch_up(broker: str, database: str, fleet: list[list[Batch]]) -> dict[str, float]:
    """No worker for a while; then one: rows a second until nothing waits."""
    senders = [Timed(broker, given) for given in fleet]
    async with asyncio.TaskGroup() as group:
        sending = [group.create_task(sender.run()) for sender in senders]
        await asyncio.sleep(5.0)
        begun = time.monotonic()
        one = await worker(broker, database)
        try:
            async with asyncio.timeout(600):
                await asyncio.wait(sending)
        finally:
            await end([one])
    seconds = time.monotonic() - begun
    rows = sum(len(batch.rows) for given in fleet for batch in given)
    return {"seconds": round(seconds, 1), "rows_per_second": round(rows / seconds)}


async def killed(mosquitto: Mosquitto, database: str, fleet: list[list[Batch]]) -> dict[str, int]:
    """One of two workers is killed, then the broker; at the end the table is held against what was sent."""
    workers = [await worker(mosquitto.url, database) for _ in range(2)]
    await asyncio.sleep(3.0)
    senders = [Timed(mosquitto.url, given) for given in fleet]
    third = sum(len(given) for given in fleet) // 3
    try:
        async with asyncio.timeout(600), asyncio.TaskGroup() as group:
            for sender in senders:
                group.create_task(sender.run())
            while sum(sender.have.upto for sender in senders) < third:
                await asyncio.sleep(0.02)
            workers[0].kill()
            while sum(sender.have.upto for sender in senders) < 2 * third:
                await asyncio.sleep(0.02)
            mosquitto.kill()
            await asyncio.sleep(1.0)
            mosquitto.start()
    finally:
        await end(workers)
    sent = {
        (row[0], row[1], datetime.fromisoformat(row[4]))
        for given in fleet
        for batch in given
        for row in batch.rows
    }
    has = [(meter, point, at.astimezone(UTC)) for (meter, point, at), _ in stored(database)]
    return {"sent": len(sent), "lost": len(sent - set(has)), "doubled": len(has) - len(set(has))}


async def measure(folder: Path, gateways: int, count: int) -> dict[str, object]:
    fleet = [batches(f"so-{n:03}", count) for n in range(gateways)]
    postgres = Postgres(folder / "postgres").start()
    found: dict[str, object] = {"gateways": gateways, "rows": gateways * count * PER_BATCH}
    try:
        for name, work in (
            ("workers_1", lambda at, database: throughput(at.url, database, fleet, 1)),
            ("workers_2", lambda at, database: throughput(at.url, database, fleet, 2)),
            ("catch_up", lambda at, database: catch_up(at.url, database, fleet)),
            ("killed", lambda at, database: killed(at, database, fleet)),
        ):
            (folder / name).mkdir()
            # A broker of its own: acknowledgements are retained, and would stand for another database's.
            mosquitto = Mosquitto(folder / name, settings={"max_queued_messages": "0"}).start()
            try:
                found[name] = await work(mosquitto, postgres.fresh())
            finally:
                mosquitto.stop()
    finally:
        postgres.stop()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--gateways", type=int, default=20)
    parser.add_argument("--batches", type=int, default=100, help="of 200 rows, for each gateway")
    asked = parser.parse_args()
    if asked.quick:
        asked.gateways, asked.batches = 4, 20
    with tempfile.TemporaryDirectory(prefix="meterd-fleet-") as name:
        found = asyncio.run(measure(Path(name), asked.gateways, asked.batches))
    print(json.dumps(found) if asked.json else json.dumps(found, indent=2))
    kept = found["killed"]
    return 0 if kept["lost"] == kept["doubled"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
