"""One worker of the master: from the broker into the databases, and the acknowledgement back.

It is at the broker only while all its databases answer: while one is away, nobody takes what gateways publish,
they keep it, and nothing piles up here. What is not acknowledged comes again from the gateways.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial, reduce
from typing import TypeVar

from config.archive import Archive
from config.sealed import bare
from gateway.clock import Clock
from gateway.logs import get
from gateway.master.ack import Have
from gateway.master.archive.desk import Desk
from gateway.master.prepare import LEAVES, Letter, Notice, Prepared, opened
from gateway.master.route import Router
from gateway.master.rows import KINDS
from gateway.master.stats import Stats
from gateway.master.stores.base import Outcome, Store, StoreError, StoreProblem
from gateway.mqtt import Broker, Client, Message, MqttError, NoSubscriber, Refused, connect
from gateway.supervise import Pulse

__all__ = ["PAUSES", "Worker"]

PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before the next attempt to reach a database or a broker; the last one stays."""

_WINDOW = 200
_GROUP = 64
_PATIENCE = 300.0
"""Seconds that one transaction may take before this worker counts as stuck."""
_TOPIC = "meterd/v1/"

_OTHER_VERSION = {"5": "3.1.1", "3.1.1": "5"}
_T = TypeVar("_T")
_Work = tuple[list[Message], list[Prepared | Letter | Notice]]

log = get("ingest")


class Worker:
    """`run` until cancelled. `share` names the shared subscription, empty for a plain one.

    `archive` is the master's own; `router` says which store takes what, by default each takes all. `idle` seconds
    without a message end the run, where given.
    """

    def __init__(
        self,
        broker: Broker,
        stores: Sequence[Store],
        clock: Clock,
        *,
        share: str = "meterd",
        archive: Archive | None = None,
    ) -> None:
        self._broker = replace(broker, manual_ack=True, receive_maximum=_WINDOW)
        self._stores = list(stores)
        self._clock = clock
        self._share = share
        self._desk = Desk(archive)
        self._met = False
        self._finished = False
        self._settled = 0
        self.stats = Stats(started=clock.now().timestamp())
        self.idle: float | None = None
        self.router = Router()

    async def run(self) -> None:
        """Serve until cancelled, or until nothing came for `idle` seconds; what is away is tried again."""
        tries = 0
        while not self._finished:
            before = self.stats.transactions
            try:
                await self._open()
                await self._serve()
            except* StoreProblem as group:
                self.stats.database_losses += 1
                self._desk.again()
                log.warning("database away", error=_first(group))
            except* (MqttError, OSError) as group:
                self.stats.broker_losses += 1
                log.warning("broker away", broker=self._where, error=_first(group))
                self._speak_otherwise()
            finally:
                self.stats.connected = self.stats.database = False
                self.stats.in_hand = 0
                await self._close()
            if self._finished:
                return
            tries = 0 if self.stats.transactions > before else tries + 1
            await asyncio.sleep(PAUSES[min(max(tries, 1), len(PAUSES)) - 1])

    @property
    def pulse(self) -> Pulse | None:
        """Whether it moves; None while it rightly waits for messages."""
        stats = self.stats
        if stats.connected and stats.messages == self._settled:
            return None
        losses = stats.database_losses + stats.broker_losses
        return Pulse(stats.messages + self._settled + stats.transactions + losses, _PATIENCE)

    @property
    def state(self) -> str:
        """One line for people."""
        stats = self.stats
        if stats.connected:
            return f"serving {self._where}, {stats.rows} rows in {stats.batches} batches committed"
        return f"broker {self._where} away" if stats.database else "database away"

    @property
    def _where(self) -> str:
        """The broker's address, without user and password."""
        return bare(self._broker.url)

    async def _open(self) -> None:
        for store in self._stores:
            await _thread(store.connect)
            await _thread(partial(self._desk.keep_own, store, self._clock.now()))
        self.stats.database = True

    async def _close(self) -> None:
        for store in self._stores:
            await _thread(store.close)

    def _filters(self) -> list[str]:
        """3.1.1 has no shared subscriptions: there one worker takes everything."""
        shared = self._share and self._broker.version == "5"
        prefix = f"$share/{self._share}/" if shared else ""
        batches = [f"{prefix}{_TOPIC}+/up/{kind}" for kind in KINDS]
        # A shared subscription gets no retained messages: these every worker takes for itself.
        return [*batches, *(f"{_TOPIC}+/up/{leaf}/#" for leaf in LEAVES)]

    def _speak_otherwise(self) -> None:
        """A broker that was never met may know only the other version of the protocol."""
        if not self._met:
            self._broker = replace(self._broker, version=_OTHER_VERSION[self._broker.version])

    async def _serve(self) -> None:
        """Two at work: one opens what has arrived while the other commits what was opened before."""
        async with connect(self._broker) as client:
            await client.subscribe(*self._filters())
            self.stats.connected = self._met = True
            self._settled = self.stats.messages
            log.info("serving", broker=self._where, databases=len(self._stores))
            queue: asyncio.Queue[_Work | None] = asyncio.Queue(1)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._receive(client, queue))
                group.create_task(self._settle(client, queue))

    async def _receive(self, client: Client, queue: "asyncio.Queue[_Work | None]") -> None:
        while True:
            try:
                async with asyncio.timeout(self.idle):
                    messages = await client.batch(_GROUP)
            except TimeoutError:
                self._finished = True
                await queue.put(None)
                return
            self.stats.messages += len(messages)
            self.stats.in_hand += len(messages)
            await queue.put((messages, await _thread(partial(_open_all, messages))))

    async def _settle(self, client: Client, queue: "asyncio.Queue[_Work | None]") -> None:
        while (work := await queue.get()) is not None:
            messages, found = work
            letters = [one for one in found if isinstance(one, Letter)]
            if notices := [one for one in found if isinstance(one, Notice)]:
                now = self._clock.now()
                letters += await _thread(partial(self._desk.take, notices, self._stores, now))
                self.stats.archives = self._desk.archives
                self.router.forget()
            if letters:
                await self._bury(letters)
            batches = [one for one in found if isinstance(one, Prepared)]
            acks = await self._commit(batches) if batches else {}
            for message in messages:
                client.ack(message)
            self.stats.in_hand -= len(messages)
            for (gateway, epoch), have in acks.items():
                with suppress(Refused, NoSubscriber):  # the gateway sends again and is told then
                    await client.publish(f"{_TOPIC}{gateway}/down/ack", have.body(epoch), retain=True)
                    self.stats.acks += 1
            self._settled += len(messages)

    async def _bury(self, letters: list[Letter]) -> None:
        stamp = self._clock.now().isoformat()
        for letter in letters:
            self.stats.refused[letter.kind] += 1
            log.warning("dead letter", topic=letter.topic, reason=letter.reason)
        rows = [(stamp, letter.topic, letter.reason, letter.body) for letter in letters]
        await _thread(partial(self._stores[0].bury, rows))

    async def _commit(self, batches: list[Prepared]) -> dict[tuple[str, str], Have]:
        """What all databases have of the epochs of these batches, after they are in each of them.

        One batch that a database refuses does not hold up the others.
        """
        begun = self._clock.monotonic()
        try:
            outcomes = await _thread(partial(self._write, batches))
        except StoreError as error:
            if len(batches) > 1:
                acks: dict[tuple[str, str], Have] = {}
                for batch in batches:
                    acks |= await self._commit([batch])
                return acks
            self.stats.refused["database"] += 1
            refused = batches[0].batch
            log.error("batch refused", gateway=refused.gateway, batch=refused.batch, error=str(error))
            return {}
        self.stats.take(outcomes[0])
        now, seconds = self._clock.now().timestamp(), self._clock.monotonic() - begun
        read = (one.columns.newest() for one in batches if one.columns is not None)
        self.stats.committed(now, seconds, (instant for instant in read if instant is not None))
        keys = set.intersection(*(set(outcome.acks) for outcome in outcomes))
        return {key: reduce(Have.both, (outcome.acks[key] for outcome in outcomes)) for key in keys}

    def _write(self, batches: list[Prepared]) -> list[Outcome]:
        now = self._clock.now()
        parts = self.router.divide(batches, self._stores)
        return [store.commit(part, now) for store, part in zip(self._stores, parts, strict=True)]


def _first(group: BaseExceptionGroup[BaseException]) -> str:
    """The text of the first error in a group of groups."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error)


def _open_all(messages: list[Message]) -> list[Prepared | Letter | Notice]:
    return [opened(message) for message in messages]


async def _thread(work: Callable[[], _T]) -> _T:
    """Run in a thread; a cancelled caller leaves only when the thread has ended, for the store is its own."""
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
