"""What both TCP links share: a connection whose bytes go into an inbox and whose end is noticed at once."""

import asyncio
import socket
from collections.abc import Callable

from drivers.errors import LinkLost
from drivers.inbox import Inbox
from drivers.link import Link

__all__ = ["Connection", "StreamLink"]

# A peer that vanished without a word is noticed by the kernel's probes: 30 s idle, then three 10 s apart.
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))
# Sent bytes that nobody acknowledges for this long (ms) end the connection.
_USER_TIMEOUT_MS = 30_000
# Requests are some twenty bytes: so much unsent means that the peer takes nothing any more.
_STALLED_BYTES = 16_384


class Connection(asyncio.Protocol):
    """One TCP connection."""

    def __init__(self, on_made: Callable[["Connection"], None] | None = None) -> None:
        self.inbox = Inbox()
        self.on_lost: Callable[[], None] | None = None
        self.peer = ""
        self._transport: asyncio.Transport | None = None
        self._on_made = on_made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - narrows the loop's own type
        self._transport = transport
        name = transport.get_extra_info("peername")
        self.peer = f"{name[0]}:{name[1]}" if isinstance(name, tuple) else str(name)
        _tune(transport.get_extra_info("socket"))
        if self._on_made is not None:
            self._on_made(self)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self.inbox.put(data)

    def eof_received(self) -> None:
        """Called by the event loop: the peer will send no more, so the connection is of no use."""
        self._ended("the peer closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._ended(str(exc) if exc else "connection closed")

    def write(self, data: bytes) -> None:
        """Hand `data` to the kernel; raises LinkLost."""
        if self._transport is None or self.inbox.ended or self._transport.is_closing():
            raise LinkLost("connection closed")
        if self._transport.get_write_buffer_size() > _STALLED_BYTES:
            raise LinkLost("the peer takes no bytes")
        self._transport.write(data)

    def drop(self) -> None:
        """Close without waiting for anybody."""
        self.on_lost = None
        if self._transport is not None:
            self._transport.abort()
        self.inbox.end("connection closed")

    def _ended(self, why: str) -> None:
        if not self.inbox.ended:
            self.inbox.end(why)
            if self.on_lost is not None:
                self.on_lost()


def _tune(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, seconds in _KEEPALIVE:
        sock.setsockopt(socket.IPPROTO_TCP, option, seconds)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)


class StreamLink(Link):
    """A link over whichever TCP connection is the present one."""

    _connection: Connection | None = None

    @property
    def alive(self) -> bool:
        """Whether the connection stands."""
        return self._connection is not None and not self._connection.inbox.ended

    async def receive(self) -> bytes:
        """The next bytes; raises LinkLost."""
        if self._connection is None:
            raise LinkLost("not open")
        data = await self._connection.inbox.take()
        self.received_bytes += len(data)
        return data

    def pending(self) -> bytes:
        """Bytes that came unasked for."""
        data = self._connection.inbox.take_now() if self._connection else b""
        self.received_bytes += len(data)
        return data

    async def _write(self, data: bytes) -> None:
        if self._connection is None:
            raise LinkLost("not open")
        self._connection.write(data)

    def _use(self, connection: Connection) -> None:
        connection.on_lost = self._lost
        self._connection = connection

    def _lost(self) -> None:
        if self.on_lost is not None:
            self.on_lost()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.drop()
            self._connection = None
