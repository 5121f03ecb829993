"""A master in thirty lines: takes batches from a broker, remembers rows by key, acknowledges what it has."""

import asyncio
import json
from contextlib import suppress

from gateway import payload
from gateway.mqtt import Broker, Disconnected, connect


class LittleMaster:
    """`rows` by (meter, point, at, origin, version); without `acknowledges` it takes and says nothing."""

    def __init__(self, url: str, *, acknowledges: bool = True, retain: bool = True) -> None:
        self.broker = Broker(url=url, client_id="master", session_seconds=600)
        self.acknowledges = acknowledges
        self.retain = retain
        self.rows: dict[tuple, str] = {}
        self.batches: dict[str, dict[int, str]] = {}
        self.received = 0
        self.conflicts = 0
        self.other: list[tuple[str, bytes]] = []

    async def run(self) -> None:
        while True:
            with suppress(Disconnected):
                async with connect(self.broker) as client:
                    await client.subscribe("meterd/v1/+/up/#")
                    async for message in client.messages:
                        kind = message.topic.split("/up/")[1]
                        if kind in payload.KINDS:
                            await self._take(client, payload.decode(message.payload))
                        else:
                            self.other.append((kind, message.payload))
            await asyncio.sleep(0.05)

    async def _take(self, client, batch: payload.Batch) -> None:
        self.received += 1
        known = self.batches.setdefault(batch.epoch, {})
        if known.setdefault(batch.batch, batch.sha256) != batch.sha256:
            self.conflicts += 1
            return
        if batch.kind == "reading":
            for row in batch.rows:
                self.rows.setdefault((row[0], row[1], row[4], row[6], row[12]), row[2])
        if self.acknowledges:
            await client.publish(
                f"meterd/v1/{batch.gateway}/down/ack", self.ack(batch.epoch), retain=self.retain
            )

    def ack(self, epoch: str) -> bytes:
        known = sorted(self.batches.get(epoch, {}))
        upto, also = 0, []
        for number in known:
            if number == upto + 1:
                upto = number
            elif also and also[-1][1] == number - 1:
                also[-1][1] = number
            else:
                also.append([number, number])
        return json.dumps({"epoch": epoch, "upto": upto, "also": also}).encode()
