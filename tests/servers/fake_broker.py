"""An MQTT broker of a hundred lines that answers publishes as a test tells it to, and delivers nothing."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

__all__ = ["FakeBroker", "Publish"]

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 14


@dataclass
class Publish:
    """What a client published."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    mid: int
    connection: int


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    size = int.from_bytes(data[at : at + 2], "big")
    return data[at + 2 : at + 2 + size], at + 2 + size


def _length(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


@dataclass
class FakeBroker:
    """`answer(publish)` gives the PUBACK reason code, None for no answer at all, "cut" to close,
    or ("disconnect", code) for a DISCONNECT. `connack` is the reason of every CONNACK, None for silence."""

    answer: Callable[[Publish], object] = lambda publish: 0
    connack: int | None = 0
    suback: int = 1
    version: int = 5
    connack_properties: bytes = b""
    published: list[Publish] = field(default_factory=list)
    connects: list[bytes] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._tasks: set[asyncio.Task] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"mqtt://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def send(self, topic: str, payload: bytes) -> None:
        """A message to every connected client."""
        name = topic.encode()
        body = len(name).to_bytes(2, "big") + name + (b"\0" if self.version == 5 else b"") + payload
        for writer in self._writers:
            self._write(writer, PUBLISH, body)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._read(reader, writer)
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            first = (await reader.readexactly(1))[0]
            size, shift = 0, 0
            while True:
                byte = (await reader.readexactly(1))[0]
                size |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
            body = await reader.readexactly(size)
            if first >> 4 == DISCONNECT or not self._packet(first, body, writer):
                return

    def _write(self, writer: asyncio.StreamWriter, kind: int, body: bytes) -> None:
        size, rest = b"", len(body)
        while True:
            size += bytes([rest % 128 | (128 if rest >= 128 else 0)])
            rest //= 128
            if not rest:
                break
        writer.write(bytes([kind << 4]) + size + body)

    def _packet(self, first: int, body: bytes, writer: asyncio.StreamWriter) -> bool:
        kind = first >> 4
        if kind == CONNECT:
            self.connects.append(body)
            if self.connack is not None:
                properties = bytes([len(self.connack_properties)]) + self.connack_properties
                self._write(
                    writer, CONNACK, bytes([0, self.connack]) + (properties if self.version == 5 else b"")
                )
        elif kind == SUBSCRIBE:
            self._write(
                writer, SUBACK, body[:2] + (b"\0" if self.version == 5 else b"") + bytes([self.suback])
            )
        elif kind == PINGREQ:
            self._write(writer, 13, b"")
        elif kind == PUBLISH:
            return self._publish(first, body, writer)
        return True

    def _publish(self, first: int, body: bytes, writer: asyncio.StreamWriter) -> bool:
        topic, at = _string(body, 0)
        qos, mid = first >> 1 & 3, 0
        if qos:
            mid, at = int.from_bytes(body[at : at + 2], "big"), at + 2
        if self.version == 5:
            size, at = _length(body, at)
            at += size
        found = Publish(topic.decode(), body[at:], qos, bool(first & 1), mid, len(self.connects))
        self.published.append(found)
        said = self.answer(found)
        if said == "cut":
            return False
        if isinstance(said, tuple):
            self._write(writer, DISCONNECT, bytes([said[1], 0]))
            return True
        if qos and said is not None:
            extra = bytes([said, 0]) if self.version == 5 else b""
            self._write(writer, PUBACK, mid.to_bytes(2, "big") + extra)
        return True
