"""What tests of outbox and uplink share."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import config.schema
from gateway.clock import SystemClock
from gateway.outbox import Entry, Outbox
from gateway.uplink import Uplink
from protocols.reading import Reading

AT = datetime(2026, 3, 1, tzinfo=UTC)
LIVENESS = 60


class TestClock(SystemClock):
    """The machine's clock, shifted."""

    __test__ = False

    def __init__(self) -> None:
        self.shift = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.shift


def reading(n: int, point: str = "1-0:1.8.0") -> Reading:
    value, at = Decimal(n) / 100, AT + timedelta(seconds=n)
    return Reading(
        meter=f"m{n % 50}", point=point, value=value, unit="kWh", at=at, read_at=at, source="line3"
    )


def entry(*numbers: int, point: str = "1-0:1.8.0", **more) -> Entry:
    return Entry(readings=tuple(reading(n, point) for n in numbers), **more)


def store(**more) -> config.schema.Store:
    return config.schema.Store(**{"commit_seconds": 0, "ballast_bytes": 0, **more})


@asynccontextmanager
async def opened(folder: Path, clock=None, **settings) -> AsyncIterator[Outbox]:
    async with await Outbox.open(
        folder / "outbox.db", store(**settings), "so-001", clock or TestClock()
    ) as outbox:
        yield outbox


@asynccontextmanager
async def running(*works) -> AsyncIterator[None]:
    """Run coroutines beside a test, then cancel them."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def until(what: Callable[[], object], seconds: float = LIVENESS) -> None:
    """Wait for something to become true; the bound is about life, not about speed."""
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.02)


def uplink(outbox: Outbox, url: str, **settings) -> Uplink:
    known = {"broker": url, "resend_seconds": 1, "keep_alive": 5, **settings}
    return Uplink(config.schema.Uplink(**known), "so-001", outbox, SystemClock())
