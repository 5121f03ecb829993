"""Composition root of the master side: `meterd ingest`, and what the demo and tests call in their process."""

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from config.archive import Archive
from config.schema import Route
from config.second import Second
from gateway.clock import Clock, SystemClock
from gateway.collector import collect_rarely
from gateway.http import Server
from gateway.master.archive.desk import Desk
from gateway.master.metrics import pages
from gateway.master.process.background import Background
from gateway.master.process.run import Figures, Processor, Tell
from gateway.master.route import Router, shares_of
from gateway.master.stores import store_of
from gateway.master.worker import Worker
from gateway.mqtt import Broker
from gateway.notify import Notifier
from gateway.supervise import Pulse, Watchdog

__all__ = ["Setup", "build", "ingest", "main", "process", "stored"]


def build(
    broker: str | Broker,
    databases: str | Sequence[str],
    *,
    share: str = "meterd",
    clock: Clock | None = None,
    archive: Archive | None = None,
) -> Worker:
    """A worker, not yet running; raises BadUrl for an address that names no database or no broker.

    `archive` is the master's own: what stands in it goes before what gateways publish.
    """
    urls = [databases] if isinstance(databases, str) else list(databases)
    stores = [store_of(url) for url in urls]
    if isinstance(broker, str):
        broker = Broker(url=broker, client_id=f"meterd-master-{secrets.token_hex(4)}")
    return Worker(broker, stores, clock or SystemClock(), share=share, archive=archive)


async def ingest(
    broker: str | Broker,
    database: str | Sequence[str],
    *,
    share: str = "meterd",
    clock: Clock | None = None,
    watch: Callable[[Worker], None] | None = None,
) -> None:
    """From the broker into the database, or into several, until cancelled; `watch` gets the worker.

    A batch is acknowledged when it is committed in all of them. Raises BadUrl.
    """
    worker = build(broker, database, share=share, clock=clock)
    if watch is not None:
        watch(worker)
    await worker.run()


def stored(database: str) -> Iterator[tuple[tuple[str, str, datetime], Decimal | None]]:
    """Every reading in a database: its key (meter, point, at) and its value; raises StoreProblem."""
    store = store_of(database)
    store.connect()
    with contextlib.closing(store):
        for meter, point, at, value in store.stored():
            yield (meter, point, at), value


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How `meterd ingest` works beside broker and databases.

    `metrics` is where metrics and health are served, empty for nowhere; `process_seconds` the pause between
    processing runs, 0 for none; `limits` are those of the second review.
    """

    share: str = "meterd"
    metrics: str = ""
    archive: Archive | None = None
    process_seconds: int = 60
    settle_minutes: int = 120
    limits: Mapping[str, Second] = field(default_factory=dict)
    routes: Sequence[Route] = ()
    """Of the databases after the first one, by which each takes its part."""


def main(broker: Broker, databases: Sequence[str], setup: Setup, idle: float | None) -> Worker:
    """Run until a signal or, with `idle`, until nothing comes any more; gives the worker for its figures.

    Raises BadUrl, and OSError where the address of the metrics cannot be had.
    """
    clock = SystemClock()
    worker = build(broker, databases, share=setup.share, clock=clock, archive=setup.archive)
    worker.idle = idle
    if setup.routes:
        worker.router = Router(shares_of(setup.routes))
    background = _background(databases, worker, clock, setup)
    collect_rarely()
    with _served(setup.metrics, worker), contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_until_signal(worker, background))
    return worker


def _background(databases: Sequence[str], worker: Worker, clock: Clock, setup: Setup) -> Background | None:
    if not setup.process_seconds:
        return None
    return Background(
        [store_of(url) for url in databases],
        clock,
        worker.stats,
        every=timedelta(seconds=setup.process_seconds),
        settle=timedelta(minutes=setup.settle_minutes),
        limits=setup.limits,
    )


def process(
    database: str,
    *,
    day: date | None = None,
    again: bool = False,
    archive: Archive | None = None,
    limits: Mapping[str, Second] | None = None,
    tell: Tell = lambda what, done, of: None,
) -> Figures:
    """One processing run over a database: all that is stale of days that have ended, or of one day alone.

    `again` computes the whole day, stale or not.

    `archive` is the master's own, brought into force first. Raises BadUrl, StoreProblem and LeaseLost.
    """
    store, clock = store_of(database), SystemClock()
    with contextlib.closing(store):
        store.connect()
        Desk(archive).keep_own(store, clock.now())
        processor = Processor(store, clock, limits or {}, settle=timedelta(0), tell=tell)
        return processor.again(day) if again and day is not None else processor.run(day)


def _served(listen: str, worker: Worker) -> contextlib.AbstractContextManager[object]:
    if not listen:
        return contextlib.nullcontext()
    try:
        return Server(listen, pages(worker.stats))
    except OSError as error:
        raise OSError(f"metrics {listen}: {error.strerror or error}") from error


async def _until_signal(worker: Worker, background: Background | None) -> None:
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await _watched(worker, Notifier(), background)


async def _watched(worker: Worker, notifier: Notifier, background: Background | None = None) -> None:
    """Run, telling the service manager; up at once, as a broker or a database may be away for long."""

    def pulses() -> dict[str, Pulse]:
        return {} if (pulse := worker.pulse) is None else {"worker": pulse}

    watchdog = Watchdog(notifier, pulses, lambda: asyncio.sleep(0), lambda: worker.state)
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(watchdog.run())]
        if background is not None:
            beside.append(group.create_task(background.run()))
        notifier.ready(worker.state)
        try:
            await worker.run()
        finally:
            notifier.stopping()
            for task in beside:
                task.cancel()
