"""Readings as they pass, seen from outside: from the running daemon, or from a broker as they are published."""

import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

from gateway import payload, reload
from gateway.mqtt import Broker, connect
from gateway.tap import Wanted

__all__ = ["Refused", "from_broker", "from_daemon"]

Row = dict[str, Any]
"""A reading by the columns of the MQTT contract, or {"lost": N} or {"problem": text}."""


class Refused(Exception):
    """The daemon answers and gives no readings; the text says why."""


def from_daemon(folder: Path, wanted: Wanted) -> Iterator[Row]:
    """What passes the daemon of this state folder; ends with it. Raises NotRunning, Refused."""
    with reload.call(folder, b"tail " + wanted.pack(), None) as answer:
        try:
            first = json.loads(answer.readline() or b"{}")
            if not first.get("ok"):
                raise Refused("; ".join(first.get("problems", ())) or "it closed the connection")
            for line in answer:
                yield json.loads(line)
        except ValueError as error:
            raise Refused(f"no JSON: {error}") from None


async def from_broker(broker: Broker, gateway: str, wanted: Wanted) -> AsyncGenerator[Row, None]:
    """What a gateway publishes, or with "+" all of them; raises MqttError, OSError."""
    async with connect(broker) as client:
        await client.subscribe(f"meterd/v1/{gateway}/up/reading")
        async for message in client.messages:
            try:
                batch = payload.decode(message.payload)
            except payload.PayloadError as error:
                yield {"problem": f"{message.topic}: {error}"}
                continue
            for cells in batch.rows:
                row = dict(zip(batch.columns, cells, strict=True))
                if wanted.has(row["meter"], row["point"], row["source"], row["state"]):
                    yield row
