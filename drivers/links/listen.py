"""tcp-listen://HOST:PORT: equipment that dials in."""

import asyncio

from config.link import LinkUrl
from drivers.errors import LinkLost
from drivers.link import Gate, Wire
from drivers.links.stream import Connection, StreamLink
from drivers.links.why import NETWORK, why

__all__ = ["ListenLink"]

# Connections that the kernel may hold for us; there is one user, and the newest wins.
_BACKLOG = 4


class ListenLink(StreamLink):
    """A TCP server for one peer: a new connection replaces the old, which a dead network may have left.

    The port stays open while the peer is away, so that it can dial in again; `close` gives it up.
    """

    def __init__(self, name: str, gate: Gate, wire: Wire, url: LinkUrl) -> None:
        super().__init__(name, gate, wire)
        self._url = url
        self._server: asyncio.Server | None = None
        self._newest: Connection | None = None
        self._dialled = asyncio.Event()

    @property
    def port(self) -> int:
        """The port in use, also where the link asked for port 0."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server else self._url.port

    async def open(self) -> None:
        """Wait until somebody has dialled in; raises LinkLost if the port cannot be had."""
        self._drop()
        if self._server is None:
            await self._listen()
        while self._newest is None or self._newest.inbox.ended:
            self._dialled.clear()
            await self._dialled.wait()
        self._use(self._newest)

    async def close(self) -> None:
        """Hang up and stop listening."""
        self._drop()
        if self._newest is not None:
            self._newest.drop()
            self._newest = None
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: Connection(self._accepted),
                self._url.host or None,
                self._url.port,
                backlog=_BACKLOG,
            )
        except OSError as error:
            raise LinkLost(f"{self._url.key}: {why(error, NETWORK)}") from error

    def _accepted(self, connection: Connection) -> None:
        old, self._newest = self._newest, connection
        if old is not None and old is not self._connection:
            old.drop()
        elif old is not None:
            self._drop()
            self._lost()
        self._dialled.set()
