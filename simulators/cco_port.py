"""Puts a simulated carrier module on a TCP port or a pseudo terminal; each of its frames leaves at its own time."""

import asyncio
import os
import tty
from contextlib import suppress
from types import TracebackType
from typing import Self

from simulators.cco import Cco, Said

__all__ = ["CcoPort", "CcoPty"]

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


class CcoPty:
    """`async with CcoPty(cco) as port:` answers on a pseudo terminal until the block ends; `port.link` is where."""

    def __init__(self, cco: Cco) -> None:
        self.cco = cco
        self.path = ""
        self._ends = (-1, -1)

    @property
    def link(self) -> str:
        """The link text for a target; a pseudo terminal has no parity."""
        return f"serial:{self.path}?baud={self.cco.baud or 9600}&mode=8N1"

    def say(self, said: Said) -> None:
        """Send a frame when its time comes, unless the module has begun anew by then."""
        asyncio.get_running_loop().call_later(said.delay, self._write, said)

    def _write(self, said: Said) -> None:
        if said.life == self.cco.life and self.path:
            with suppress(BlockingIOError):  # nobody reads: a real line would lose the bytes as well
                os.write(self._ends[0], said.frame)

    def _readable(self) -> None:
        with suppress(OSError):
            for said in self.cco.hear(os.read(self._ends[0], _READ)):
                self.say(said)

    async def __aenter__(self) -> Self:
        self._ends = master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self.path = os.ttyname(slave)
        asyncio.get_running_loop().add_reader(master, self._readable)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._ends[0])
        self.path = ""
        for end in self._ends:
            os.close(end)
