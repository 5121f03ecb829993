"""Frame to PostgreSQL: decode, first review, durable outbox, mosquitto, ingest and the master's table.

Every reading is decoded from a reply frame of a simulated meter, reviewed, committed to the outbox with
fsync, published to mosquitto, taken by one `meterd ingest` process and committed to PostgreSQL. The clock
stops when the last row is there. The same readings, decoded beforehand, show what the codec costs.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from config.archive import Archive, Meter
from config.schema import Store, Uplink
from gateway.collector import collect_rarely
from gateway.outbox import Entry, Outbox
from gateway.review.reviewer import Reviewer
from gateway.uplink import Uplink as Publisher
from protocols import PROTOCOLS
from protocols.convert import to_readings
from protocols.dlt645.frame import Frame, encode
from protocols.reading import Method, Origin
from protocols.session import Question
from simulators.electric import Electric, Spec
from simulators.fleet import specs
from simulators.memory2007 import Memory2007
from tests.servers.mosquitto import Mosquitto
from tests.servers.postgres import Postgres
from tests.tools.plant import METERD, Child

TZ = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
BLOCKS = ("0001FF00", "0002FF00")
PER_FRAME = 5
GOAL = 40_000


class HandClock:
    """A clock that the benchmark moves from one round of readings to the next."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()

    def synced(self) -> bool:
        return True


Round = tuple[datetime, list[tuple[Meter, list[tuple[str, bytes]]]]]
"""An instant, and for each meter the reply frames that came then with their identifiers."""


def _archive(wanted: list[Spec]) -> Archive:
    meters = tuple(
        Meter(
            asset_no=f"A{spec.address}",
            address=spec.address,
            protocol="dlt645-2007",
            target="line1",
            wiring="1P",
            rated_voltage=Decimal(220),
            max_current=Decimal(60),
        )
        for spec in wanted
    )
    return Archive(meters=meters, by_asset={m.asset_no: m for m in meters}, by_target={"line1": meters})


def frames(wanted: list[Spec], archive: Archive, rounds: int) -> list[Round]:
    """Reply frames of all meters, a quarter of an hour between two rounds."""
    memories = {spec.address: Memory2007(spec, Electric(spec)) for spec in wanted}
    found: list[Round] = []
    for number in range(rounds):
        at = START + timedelta(minutes=15 * number)
        local = at.astimezone(TZ).replace(tzinfo=None)
        batch = []
        for meter in archive.meters:
            replies = []
            for di in BLOCKS:
                data = memories[meter.address].read(bytes.fromhex(di), local)
                payload = bytes.fromhex(di)[::-1] + data
                replies.append((di, encode(Frame(meter.address, 0x91, payload), 4)))
            batch.append((meter, replies))
        found.append((at, batch))
    return found


def decode(work: list[Round], clock: HandClock) -> Iterator[tuple[datetime, list[tuple[Meter, str, list]]]]:
    """Answers of each round as readings, through the session as the daemon does it."""
    session = PROTOCOLS["dlt645-2007"].session(4)
    for at, batch in work:
        clock.at = at
        answers = []
        for meter, replies in batch:
            for di, raw in replies:
                session.ask(Question(address=meter.address, id=di))
                answer = session.feed(raw)
                answers.append((meter, answer.address, _readings(answer.items, meter, at)))
        yield at, answers


def _readings(items, meter: Meter, at: datetime) -> list:
    readings, _ = to_readings(
        items,
        meter=meter.asset_no,
        source="line1",
        origin=Origin.WIRED,
        method=Method.LIVE,
        now=at,
        tz=TZ,
        at=None,
    )
    return readings


async def _send(answers, clock: HandClock, archive: Archive, folder: Path, broker: str, done) -> float:
    """Review, store and publish; returns the seconds until `done` says that all rows are committed."""
    store = Store(commit_seconds=0.05, max_bytes=1 << 30)
    settings = Uplink(broker=broker, resend_seconds=600)
    reviewer = Reviewer(archive, {}, clock, TZ)
    async with await Outbox.open(folder / "outbox.db", store, "bench", clock) as outbox:
        publisher = Publisher(settings, "bench", outbox, clock)
        task = asyncio.create_task(publisher.run())
        began = time.monotonic()
        waiting: set[asyncio.Task] = set()
        for at, batch in answers:
            clock.at = at
            readings = []
            for meter, address, values in batch:
                good, _ = reviewer.judge(meter, values, address=address)
                readings += good
                if len(readings) >= 500:
                    await _append(outbox, readings, waiting)
                    readings = []
            await _append(outbox, readings, waiting)
        await asyncio.gather(*waiting)
        await asyncio.to_thread(done)
        seconds = time.monotonic() - began
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return seconds


async def _append(outbox, readings, waiting) -> None:
    if readings:
        task = asyncio.create_task(outbox.append(Entry(readings=tuple(readings))))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
    if len(waiting) >= 16:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(0)


_TAKEN = "SELECT coalesce(sum(row_count), 0) FROM batch WHERE kind = 'reading'"


def _until(url: str, rows: int, ingest: Child):
    """A function that waits until so many rows are committed."""

    def done() -> None:
        deadline = time.monotonic() + 300
        with psycopg.connect(url, autocommit=True) as connection:
            while time.monotonic() < deadline and ingest.running:
                with suppress(psycopg.errors.UndefinedTable):
                    # The books of batches: counting millions of rows again and again would be measured too.
                    if connection.execute(_TAKEN).fetchone()[0] >= rows:
                        return
                time.sleep(0.05)
        raise SystemExit(f"the rows did not all arrive\n{ingest.tail()}")

    return done


def once(
    folder: Path, broker: Mosquitto, postgres: Postgres, work: list[Round], *, beforehand: bool
) -> float:
    """Readings per second of one run on a fresh database."""
    archive = Archive(
        meters=(meters := tuple(m for m, _ in work[0][1])),
        by_asset={m.asset_no: m for m in meters},
        by_target={"line1": meters},
    )
    rows = sum(len(replies) * PER_FRAME for _, batch in work for _, replies in batch)
    url = postgres.fresh()
    clock = HandClock()
    folder.mkdir()
    ingest = Child(
        [*METERD, "ingest", "--broker", broker.url, "--database", url], folder / "ingest.log"
    ).start()
    try:
        time.sleep(3)
        answers = list(decode(work, clock)) if beforehand else decode(work, clock)
        seconds = asyncio.run(_send(answers, clock, archive, folder, broker.url, _until(url, rows, ingest)))
        with psycopg.connect(url, autocommit=True) as connection:
            if (counted := connection.execute("SELECT count(*) FROM reading").fetchone()[0]) != rows:
                raise SystemExit(f"{counted} readings in the table, {rows} expected")
        return rows / seconds
    finally:
        ingest.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--meters", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    if asked.quick:
        asked.meters, asked.rounds, asked.repeats = 200, 5, 1
    wanted = [replace(spec, kind="home") for spec in specs(asked.meters, share_1997=0)]
    work = frames(wanted, _archive(wanted), asked.rounds)
    collect_rarely()  # as the daemon does when it starts
    whole, decoded = [], []
    with tempfile.TemporaryDirectory(prefix="meterd-bench-") as name:
        folder = Path(name)
        (folder / "broker").mkdir()
        broker, postgres = Mosquitto(folder / "broker").start(), Postgres(folder / "postgres").start()
        try:
            for number in range(asked.repeats):
                whole.append(once(folder / f"whole{number}", broker, postgres, work, beforehand=False))
                decoded.append(once(folder / f"decoded{number}", broker, postgres, work, beforehand=True))
        finally:
            broker.stop()
            postgres.stop()
    median = statistics.median(whole)
    found = {
        "readings": asked.meters * asked.rounds * len(BLOCKS) * PER_FRAME,
        "readings_per_second": round(median),
        "goal": GOAL,
        "reached": median >= GOAL,
        "runs": [round(x) for x in whole],
        "decoded_beforehand_per_second": round(statistics.median(decoded)),
        "ratio_to_decoded_beforehand": round(median / statistics.median(decoded), 3),
    }
    print(json.dumps(found) if asked.json else "\n".join(f"{k}: {v}" for k, v in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
