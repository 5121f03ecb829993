"""Puts a simulated line on a TCP port, or dials in to someone who listens."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from simulators.faults import Piece

__all__ = ["DialIn", "Responder", "TcpLine", "Wired", "talk"]

_READ = 4096


class Responder(Protocol):
    """Anything that answers bytes with pieces."""

    def reset(self) -> None:
        """Forget half a request."""
        ...

    def respond(self, data: bytes) -> list[Piece]:
        """What comes back for these bytes."""
        ...


class Wired(Responder, Protocol):
    """A responder on a line of a certain speed, 0 for none."""

    baud: int


async def talk(line: Responder, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer everything that comes, until the other end hangs up or a fault cuts the connection."""
    line.reset()
    try:
        while data := await reader.read(_READ):
            if not await _send(writer, line.respond(data)):
                return
    except ConnectionError:
        return


async def _send(writer: asyncio.StreamWriter, pieces: list[Piece]) -> bool:
    for piece in pieces:
        if piece.delay:
            await asyncio.sleep(piece.delay)
        if piece.cut:
            return False
        writer.write(piece.data)
    await writer.drain()
    return True


class TcpLine:
    """`async with TcpLine(line) as served:` listens on `served.port` of loopback until the block ends.

    `stop` and `start` make the port vanish and come back at the same number. With `many` every connection has a
    conversation of its own; otherwise the second waits until the first has hung up.
    """

    def __init__(
        self,
        line: Responder,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        many: Callable[[], Responder] | None = None,
    ) -> None:
        self.line = line
        self._many = many
        self.host = host
        self.port = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._talks: set[asyncio.Task[object]] = set()
        self._free = asyncio.Lock()

    @property
    def link(self) -> str:
        """The link text for a target."""
        return f"tcp://{self.host}:{self.port}"

    async def start(self) -> None:
        """Listen; raises OSError where the port is taken."""
        self._server = await asyncio.start_server(self._connected, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and hang up."""
        if self._server is None:
            return
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()
        self._server = None
        # The conversations end by themselves, now that their connections are gone.
        await asyncio.gather(*self._talks, return_exceptions=True)

    def hang_up(self) -> None:
        """End every connection at once."""
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
        self._writers.add(writer)
        try:
            if self._many is not None:
                await talk(self._many(), reader, writer)
                return
            async with self._free:  # one conversation at a time: it is one pair of wires
                await talk(self.line, reader, writer)
        finally:
            if task is not None:
                self._talks.discard(task)
            self._writers.discard(writer)
            writer.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


class DialIn:
    """Equipment that dials in: connects to a listening gateway and serves its line there, again and again."""

    def __init__(self, line: Responder, host: str, port: int, again: float = 0.2) -> None:
        self.line = line
        self._host = host
        self._port = port
        self._again = again

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port)
            except OSError:
                await asyncio.sleep(self._again)
                continue
            try:
                await talk(self.line, reader, writer)
            finally:
                writer.close()
            await asyncio.sleep(self._again)
