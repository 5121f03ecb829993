"""Composition root of the master side: `meterd ingest`, and what the demo and tests call in their process."""

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from config.archive import Archive
from gateway.clock import Clock, SystemClock
from gateway.collector import collect_rarely
from gateway.http import Server
from gateway.master.metrics import pages
from gateway.master.stores import store_of
from gateway.master.worker import Worker
from gateway.mqtt import Broker
from gateway.notify import Notifier
from gateway.supervise import Pulse, Watchdog

__all__ = ["build", "ingest", "main", "stored"]


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


def main(
    broker: Broker,
    databases: Sequence[str],
    *,
    share: str,
    idle: float | None,
    metrics: str = "",
    archive: Archive | None = None,
) -> Worker:
    """Run until a signal or, with `idle`, until nothing comes any more; gives the worker for its figures.

    `metrics` is where metrics and health are served, empty for nowhere. Raises BadUrl, and OSError where that
    address cannot be had.
    """
    worker = build(broker, databases, share=share, archive=archive)
    worker.idle = idle
    collect_rarely()
    with _served(metrics, worker), contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_until_signal(worker))
    return worker


def _served(listen: str, worker: Worker) -> contextlib.AbstractContextManager[object]:
    if not listen:
        return contextlib.nullcontext()
    try:
        return Server(listen, pages(worker.stats))
    except OSError as error:
        raise OSError(f"metrics {listen}: {error.strerror or error}") from error


async def _until_signal(worker: Worker) -> None:
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await _watched(worker, Notifier())


async def _watched(worker: Worker, notifier: Notifier) -> None:
    """Run, telling the service manager; up at once, as a broker or a database may be away for long."""

    def pulses() -> dict[str, Pulse]:
        return {} if (pulse := worker.pulse) is None else {"worker": pulse}

    watchdog = Watchdog(notifier, pulses, lambda: asyncio.sleep(0), lambda: worker.state)
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(watchdog.run())
        notifier.ready(worker.state)
        try:
            await worker.run()
        finally:
            notifier.stopping()
            watch.cancel()
