"""The durable outbox: what `append` returned for is on disk, and stays until the master says that it has it.

One thread owns the file. It gathers what waits into one transaction (group commit) and works off the other
requests between two commits.
"""

import asyncio
import queue
import sqlite3
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import config.schema
from gateway.clock import Clock
from gateway.outbox.batches import Claimed
from gateway.outbox.entry import Entry
from gateway.outbox.errors import OutboxError, OutboxFull
from gateway.outbox.file import Lock
from gateway.outbox.stats import BUCKETS, Stats
from gateway.outbox.store import Store, is_disk_error

__all__ = ["Outbox"]

_ENOUGH_ROWS = 100
_MOST_ROWS = 5_000
_HOUSEKEEPING_SECONDS = 5.0
_LIVE_SHARE = 7  # of ten
T = TypeVar("T")
Waiting = tuple[Entry, "asyncio.Future[None]"]
Job = tuple[Callable[[Store], Any], "asyncio.Future[Any]"]


class Outbox:
    """Open it with `open`; every method belongs to the event loop that opened it."""

    def __init__(self, path: Path, settings: config.schema.Store, gateway: str, clock: Clock) -> None:
        self._path = path
        self._settings = settings
        self._gateway = gateway
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[Waiting | Job | None] = queue.SimpleQueue()
        self._stats = Stats()
        self._taken: set[int] = set()
        self._turn = 0
        self._full = False
        self._commits = 0
        self._commit_seconds = 0.0
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._closed = False
        self._lock: Lock | None = None
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self.ages = False
        """Whether what waits may be dropped by age: only with ack = "keep"."""
        self.passed: Callable[[Entry], None] = _nobody
        """Told of every entry once it is durable."""
        self.grown = asyncio.Event()
        """Set whenever something new waits to be sent; whoever waits for it clears it."""

    @classmethod
    async def open(cls, path: Path, settings: config.schema.Store, gateway: str, clock: Clock) -> Self:
        """Open or create the outbox file; its folder is created too.

        Raises OutboxError when the folder cannot be written, another process has it open or a later version
        wrote it; a damaged file is set aside and counted instead.
        """
        self = cls(path, settings, gateway, clock)
        self._lock = Lock(path)
        with ExitStack() as stack:
            stack.callback(self._lock.release)
            stack.callback(self._queue.put, None)
            self._thread.start()
            await self._ready
            stack.pop_all()
        return self

    async def close(self) -> None:
        """Commit what waits, then close the file."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        await asyncio.shield(self._loop.run_in_executor(None, self._thread.join))
        if self._lock is not None:
            self._lock.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # ---- for the daemon

    async def append(self, entry: Entry) -> None:
        """Return when all of the entry is durable; raises OutboxFull when nothing of it was stored."""
        if self._closed:
            raise OutboxError("the outbox is closed")
        future: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((entry, future))
        await future
        self.passed(entry)

    async def load(self, key: str) -> bytes | None:
        """The state saved last under a key."""
        return await self._do(lambda store: store.load(key))

    async def slots(
        self, task: str, target: str, since: datetime, until: datetime | None = None
    ) -> dict[datetime, dict[str, str]]:
        """The ledger of a task at a target: outcome by meter of each slot with a mark, oldest first, UTC."""
        return await self._do(lambda store: store.ledger.slots(task, target, since, until))

    async def forget_slots(self, task: str, before: datetime) -> int:
        """Delete the ledger's slots of a task before an instant; returns how many."""
        return await self._do(lambda store: store.forget(task, before))

    @property
    def stats(self) -> Stats:
        """Figures of the last transaction; may be read from any thread."""
        return replace(self._stats, in_flight=len(self._taken))

    # ---- for the uplink

    async def claim(self, count: int) -> list[Claimed]:
        """Up to `count` batches to send, newest and oldest in the share 70 to 30, each given out once.

        What is claimed stays claimed until it is acknowledged, settled, dead or released.
        """
        live = sum(1 for turn in range(self._turn, self._turn + count) if turn % 10 < _LIVE_SHARE)
        self._turn += count
        taken = set(self._taken)

        def job(store: Store) -> list[Claimed]:
            found = store.claim(live, taken, newest=True)
            taken.update(batch.id for batch in found)
            return found + store.claim(count - len(found), taken, newest=False)

        found = await self._do(job)
        self._taken.update(batch.id for batch in found)
        return found

    def release(self, tokens: Iterable[int]) -> None:
        """Give claimed batches back: they were not delivered."""
        self._taken.difference_update(tokens)
        self.grown.set()

    async def renew(self, token: int) -> None:
        """Give a claimed batch a new number, for a master that will not take the old one; give it back."""
        await self._do(lambda store: store.renew(token))
        self.release([token])

    async def acked(self, epoch: str, upto: int, also: Sequence[tuple[int, int]] = ()) -> list[int]:
        """Free what the master has: numbers to `upto` and the ranges beside; returns the tokens."""
        ranges = [(1, upto), *also] if upto > 0 else list(also)
        freed = await self._do(lambda store: store.acked(epoch, ranges))
        self._taken.difference_update(freed)
        return freed

    async def settle(self, tokens: Sequence[int]) -> None:
        """The broker's word is enough (ack = "broker")."""
        await self._do(lambda store: store.settle(tokens))
        self._taken.difference_update(tokens)

    async def gone_up(self, tokens: Sequence[int]) -> None:
        """Handed to a broker that never answers (ack = "keep"): not sent again, kept until it has aged."""
        await self._do(lambda store: store.gone_up(tokens))
        self._taken.difference_update(tokens)

    async def dead(self, token: int, reason: str) -> None:
        """Move a claimed batch to the dead letters."""
        await self._do(lambda store: store.dead(token, reason))
        self._taken.discard(token)

    async def replay(self, since: datetime) -> int:
        """Have kept batches made since an instant sent again; returns how many."""
        found = await self._do(lambda store: store.replay(since))
        self.grown.set()
        return found

    async def _do(self, work: Callable[[Store], T]) -> T:
        if self._closed:
            raise OutboxError("the outbox is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put((work, future))
        return await future

    # ---- the thread

    def _tell(self, call: Callable[..., None], *values: object) -> None:
        # The loop may be gone before the thread is, when a program ends without `close`.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *values)

    def _run(self) -> None:
        try:
            self._store = Store(self._path, self._settings, self._gateway, self._clock)
        except (OutboxError, sqlite3.Error, OSError) as error:
            wrong = error if isinstance(error, OutboxError) else OutboxError(f"{self._path}: {error}")
            self._tell(_fail, self._ready, wrong)
            return
        self._publish()
        self._tell(_resolve, [self._ready], None)
        try:
            self._serve()
        finally:
            self._store.close()

    def _serve(self) -> None:
        waiting: list[Waiting] = []
        open_ = True
        due = 0.0
        while open_ or waiting:
            open_, jobs = self._gather(waiting, due)
            for job in jobs:
                self._work(job)
            if not waiting:
                due = 0.0
                continue
            now = self._clock.monotonic()
            due = due or now + self._settings.commit_seconds
            if not open_ or now >= due or self._hurry(waiting):
                self._commit(waiting)
                waiting.clear()
                due = 0.0

    def _hurry(self, waiting: Sequence[Waiting]) -> bool:
        if self._settings.commit_seconds == 0 or any(entry.urgent for entry, _ in waiting):
            return True
        return sum(entry.rows for entry, _ in waiting) >= _ENOUGH_ROWS

    def _gather(self, waiting: list[Waiting], due: float) -> tuple[bool, list[Job]]:
        """Wait for something to do, then take all that is there."""
        wait = max(0.0, due - self._clock.monotonic()) if due else _HOUSEKEEPING_SECONDS
        jobs: list[Job] = []
        rows = 0
        try:
            item = self._queue.get(timeout=wait)
            while True:
                if item is None:
                    return False, jobs
                if isinstance(item[0], Entry):
                    waiting.append((item[0], item[1]))
                    rows += item[0].rows
                    if rows >= _MOST_ROWS:
                        break
                else:
                    jobs.append((item[0], item[1]))
                item = self._queue.get_nowait()
        except queue.Empty:
            if not due and not waiting and not jobs:
                self._housekeep()
        return True, jobs

    def _commit(self, waiting: Sequence[Waiting]) -> None:
        began = self._clock.monotonic()
        futures = [future for _, future in waiting]
        try:
            self._guard(lambda: self._store.commit([entry for entry, _ in waiting]))
        except OutboxFull as full:
            self._full = True
            self._partly(waiting, full)
        except (OutboxError, sqlite3.Error, OSError) as error:
            self._publish()
            self._tell(_resolve, futures, OutboxFull("disk", str(error)))
        else:
            self._full = False
            took = self._clock.monotonic() - began
            self._commits += 1
            self._commit_seconds += took
            self._buckets[bisect_left(BUCKETS, took)] += 1
            self._publish()
            self._tell(self._durable, futures)

    def _durable(self, futures: "Sequence[asyncio.Future[None]]") -> None:
        _resolve(futures, None)
        self.grown.set()

    def _partly(self, waiting: Sequence[Waiting], full: OutboxFull) -> None:
        """At the cap diagnostics are dropped and states kept; what holds readings is refused."""
        refused = [future for entry, future in waiting if entry.readings or full.reason != "cap"]
        light = [(entry, future) for entry, future in waiting if not entry.readings and full.reason == "cap"]
        done = [future for _, future in light]
        try:
            if light:
                self._store.drop([entry for entry, _ in light])
        except sqlite3.Error:
            refused, done = refused + done, []
        self._publish()
        self._tell(_resolve, done, None)
        self._tell(_resolve, refused, full)

    def _work(self, job: Job) -> None:
        work, future = job
        try:
            result = self._guard(lambda: work(self._store))
        except (OutboxError, sqlite3.Error, OSError) as error:
            wrong = error if isinstance(error, OutboxError) else OutboxError(str(error))
            self._tell(_fail, future, wrong)
        else:
            self._publish()
            self._tell(_answer, future, result)

    def _guard(self, work: Callable[[], T]) -> T:
        """Work that survives a file that turns out to be damaged: it is set aside, and a new one begins."""
        try:
            return work()
        except sqlite3.DatabaseError as error:
            if is_disk_error(error):
                raise
            self._store.begin_anew(str(error))
            return work()

    def _housekeep(self) -> None:
        with suppress(sqlite3.Error, OSError):
            while self._store.maintain(ages=self.ages) and self._queue.empty():
                pass
        self._publish()

    def _publish(self) -> None:
        with suppress(sqlite3.Error):
            custody = self._store.custody
            by_class: dict[str, int] = {}
            for (kind, _), rows in custody.by("accepted").items():
                by_class[kind] = by_class.get(kind, 0) + rows
            self._stats = Stats(
                accepted=custody.total("accepted"),
                committed=custody.total("committed"),
                pending=sum(custody.pending.values()),
                dead=custody.total("dead"),
                dropped=custody.by("dropped"),
                accepted_by_class=by_class,
                difference=custody.difference,
                batches=custody.batches,
                bytes=self._store.used(),
                limit=self._settings.max_bytes,
                oldest=self._store.oldest(),
                full=self._full or self._store.tight,
                corruptions=self._store.corruptions,
                epoch=self._store.epoch,
                highest=self._store.highest,
                commits=self._commits,
                commit_seconds=self._commit_seconds,
                commit_buckets=tuple(self._buckets),
            )


def _nobody(_: Entry) -> None:
    """Nobody listens."""


def _resolve(futures: Sequence["asyncio.Future[None]"], error: OutboxFull | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(OutboxFull(error.reason, str(error)))


def _answer(future: "asyncio.Future[Any]", result: object) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[Any]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
