"""Puts a simulated carrier module on a TCP port; each of its frames leaves at its own time."""

import asyncio
from types import TracebackType
from typing import Self

from simulators.cco import Cco, Said

__all__ = ["CcoPort"]

_READ = 4096


class CcoPort:
    """`async with CcoPort(cco) as port:` listens on `port.port` until the block ends."""

    def __init__(self, cco: Cco, host: str = "127.0.0.1", port: int = 0) -> None:
        self.cco = cco
        self.host, self.port = host, port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def link(self) -> str:
        """The link text for a target."""
        return f"tcp://{self.host}:{self.port}"

    def say(self, said: Said) -> None:
        """Send a frame when its time comes, unless the module has begun anew by then."""
        asyncio.get_running_loop().call_later(said.delay, self._write, said)

    def hang_up(self) -> None:
        """End every connection at once."""
        for writer in self._writers:
            writer.transport.abort()

    def _write(self, said: Said) -> None:
        if said.life == self.cco.life:
            for writer in self._writers:
                if not writer.is_closing():
                    writer.write(said.frame)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.cco.reset()
        try:
            while data := await reader.read(_READ):
                for said in self.cco.hear(data):
                    self.say(said)
        except ConnectionError:
            return
        finally:
            self._writers.discard(writer)
            writer.close()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            self.hang_up()
            await self._server.wait_closed()
