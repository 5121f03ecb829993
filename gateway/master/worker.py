"""One worker of the master: from the broker into the databases, and the acknowledgement back.

It is at the broker only while all its databases answer: while one is away, nobody takes what gateways publish,
they keep it, and nothing piles up here. What is not acknowledged comes again from the gateways.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeVar

from gateway import payload
from gateway.clock import Clock
from gateway.logs import get
from gateway.master.ack import Have
from gateway.master.stats import Stats
from gateway.master.stores.base import Outcome, Store, StoreError, StoreProblem
from gateway.mqtt import Broker, Client, Disconnected, Message, MqttError, connect

__all__ = ["PAUSES", "Worker"]

PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before the next attempt to reach a database or a broker; the last one stays."""

_WINDOW = 200
_GROUP = 64
_LETTER = 65_536
_TOPIC = "meterd/v1/"

_OTHER_VERSION = {"5": "3.1.1", "3.1.1": "5"}
_T = TypeVar("_T")

log = get("ingest")


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message that is no batch of its topic."""

    topic: str
    kind: str
    reason: str
    body: bytes


def _opened(message: Message) -> payload.Batch | _Letter:
    parts = message.topic.split("/")
    try:
        batch = payload.decode(message.payload)
    except payload.PayloadError as error:
        return _Letter(message.topic, "payload", str(error), message.payload[:_LETTER])
    if len(parts) != 5 or parts[2] != batch.gateway:
        reason = f"published as {parts[2]}, says it is of {batch.gateway}"
        return _Letter(message.topic, "gateway", reason, message.payload[:_LETTER])
    if parts[4] != batch.kind:
        reason = f"published as {parts[4]}, says it is a {batch.kind}"
        return _Letter(message.topic, "kind", reason, message.payload[:_LETTER])
    return batch


class Worker:
    """`run` until cancelled. `share` names the shared subscription, empty for a plain one.

    `idle` seconds without a message end the run, where given.
    """

    def __init__(
        self, broker: Broker, stores: Sequence[Store], clock: Clock, *, share: str = "meterd"
    ) -> None:
        self._broker = replace(broker, manual_ack=True, receive_maximum=_WINDOW)
        self._stores = list(stores)
        self._clock = clock
        self._share = share
        self._met = False
        self.stats = Stats()
        self.idle: float | None = None

    async def run(self) -> None:
        """Serve until cancelled, or until nothing came for `idle` seconds; what is away is tried again."""
        tries = 0
        while True:
            before = self.stats.transactions
            try:
                await self._open()
                if await self._serve():
                    return
            except StoreProblem as error:
                self.stats.database_losses += 1
                log.warning("database away", error=str(error))
            except (MqttError, OSError) as error:
                self.stats.broker_losses += 1
                log.warning("broker away", error=str(error))
                self._speak_otherwise()
            finally:
                self.stats.connected = self.stats.database = False
                await self._close()
            tries = 0 if self.stats.transactions > before else tries + 1
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES)) - 1] if tries else PAUSES[0])

    async def _open(self) -> None:
        for store in self._stores:
            await _thread(store.connect)
        self.stats.database = True

    async def _close(self) -> None:
        for store in self._stores:
            await _thread(store.close)

    def _filters(self) -> list[str]:
        """3.1.1 has no shared subscriptions: there one worker takes everything."""
        shared = self._share and self._broker.version == "5"
        prefix = f"$share/{self._share}/" if shared else ""
        return [f"{prefix}{_TOPIC}+/up/{kind}" for kind in payload.KINDS]

    def _speak_otherwise(self) -> None:
        """A broker that was never met may know only the other version of the protocol."""
        if not self._met:
            self._broker = replace(self._broker, version=_OTHER_VERSION[self._broker.version])

    async def _serve(self) -> bool:
        async with connect(self._broker) as client:
            await client.subscribe(*self._filters())
            self.stats.connected = self._met = True
            log.info("serving", broker=self._broker.url.rpartition("@")[2], databases=len(self._stores))
            while True:
                try:
                    async with asyncio.timeout(self.idle):
                        messages = await client.batch(_GROUP)
                except TimeoutError:
                    return True
                await self._take(client, messages)

    async def _take(self, client: Client, messages: list[Message]) -> None:
        self.stats.messages += len(messages)
        opened = [_opened(message) for message in messages]
        letters = [letter for letter in opened if isinstance(letter, _Letter)]
        batches = [batch for batch in opened if isinstance(batch, payload.Batch)]
        if letters:
            await self._bury(letters)
        acks = await self._commit(batches) if batches else {}
        for message in messages:
            client.ack(message)
        for (gateway, epoch), have in acks.items():
            with suppress(Disconnected):  # the gateway sends again and is told then
                await client.publish(f"{_TOPIC}{gateway}/down/ack", have.body(epoch), retain=True)
                self.stats.acks += 1

    async def _bury(self, letters: list[_Letter]) -> None:
        stamp = self._clock.now().isoformat()
        for letter in letters:
            self.stats.refused[letter.kind] += 1
            log.warning("dead letter", topic=letter.topic, reason=letter.reason)
        rows = [(stamp, letter.topic, letter.reason, letter.body) for letter in letters]
        await _thread(lambda: self._stores[0].bury(rows))

    async def _commit(self, batches: list[payload.Batch]) -> dict[tuple[str, str], Have]:
        """What all databases have of the epochs of these batches, after they are in each of them.

        One batch that a database refuses does not hold up the others.
        """
        try:
            outcomes = await _thread(lambda: self._write(batches))
        except StoreError as error:
            if len(batches) > 1:
                acks: dict[tuple[str, str], Have] = {}
                for batch in batches:
                    acks |= await self._commit([batch])
                return acks
            self.stats.refused["database"] += 1
            log.error("batch refused", gateway=batches[0].gateway, batch=batches[0].batch, error=str(error))
            return {}
        self.stats.take(outcomes[0])
        keys = set.intersection(*(set(outcome.acks) for outcome in outcomes))
        return {key: reduce(Have.both, (outcome.acks[key] for outcome in outcomes)) for key in keys}

    def _write(self, batches: list[payload.Batch]) -> list[Outcome]:
        now = self._clock.now()
        return [store.write(batches, now) for store in self._stores]


async def _thread(work: Callable[[], _T]) -> _T:
    """Run in a thread; a cancelled caller leaves only when the thread has ended, for the store is its own."""
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
