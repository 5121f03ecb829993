"""A gateway reduced to its duty: it sends what is not acknowledged, until everything is."""

import asyncio
from contextlib import suppress

from gateway.master.ack import Have
from gateway.mqtt import Broker, MqttError, connect
from gateway.payload import Batch, encode
from gateway.uplink.ack import Ack


class Sender:
    """Sends batches of one gateway and epoch; `have` is what the master said, merged."""

    def __init__(self, url: str, batches: list[Batch], *, resend: float = 1.0, version: str = "5") -> None:
        self.gateway, self.epoch = batches[0].gateway, batches[0].epoch
        self._broker = Broker(url=url, client_id=f"sender-{self.gateway}", version=version)
        self._bodies = {b.batch: encode(b.gateway, b.epoch, b.batch, b.kind, b.rows) for b in batches}
        self._topics = {b.batch: f"meterd/v1/{b.gateway}/up/{b.kind}" for b in batches}
        self._resend = resend
        self.have = Have()
        self.acks = 0
        self.sent = 0

    @property
    def missing(self) -> list[int]:
        spans = [(1, self.have.upto), *self.have.also]
        return [n for n in sorted(self._bodies) if not any(first <= n <= last for first, last in spans)]

    async def run(self) -> None:
        """Until everything is acknowledged."""
        while self.missing:
            with suppress(MqttError):
                async with connect(self._broker) as client:
                    await client.subscribe(f"meterd/v1/{self.gateway}/down/ack")
                    await self._turns(client)
            await asyncio.sleep(0.1)

    async def _turns(self, client) -> None:
        while missing := self.missing:
            for number in missing:
                await client.publish(self._topics[number], self._bodies[number])
                self.sent += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(self._resend):
                    while self.missing:
                        self._take(await client.batch(100))

    def _take(self, messages) -> None:
        for message in messages:
            ack = Ack.parse(message.payload)
            self.acks += 1
            if ack.epoch == self.epoch:
                numbers = [n for first, last in ack.also for n in range(first, last + 1)]
                self.have = self.have.add([*range(self.have.upto + 1, ack.upto + 1), *numbers])
