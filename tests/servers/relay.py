"""A relay on loopback between a client and a server, which passes, freezes or refuses.

freeze: nothing is read or written, both sockets stay open, new connections are accepted and stay silent.
refuse: connections are cut and new ones are closed at once.
"""

import asyncio
from contextlib import suppress
from typing import Self

__all__ = ["Relay"]


class Relay:
    """`async with Relay(port) as relay: ... relay.port ... relay.freeze()`; counts bytes and connections."""

    def __init__(self, port: int, host: str = "127.0.0.1", listen: int = 0) -> None:
        self._server_address = (host, port)
        self._listen = listen
        self._passing = asyncio.Event()
        self._passing.set()
        self._refusing = False
        self._tasks: set[asyncio.Task] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.connections = 0
        self.up_bytes = 0
        self.down_bytes = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._listen)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self._cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def freeze(self) -> None:
        self._passing.clear()

    def thaw(self) -> None:
        """Pass again, also what was held back while frozen."""
        self._refusing = False
        self._passing.set()

    def refuse(self) -> None:
        self._refusing = True
        self._passing.set()
        self._cut()

    def _cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await self._join(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            # The streams module would log a cancelled handler as an error; __aexit__ is its only canceller.
            pass
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passing.wait()
        if self._refusing:
            return
        far_reader, far_writer = await asyncio.open_connection(*self._server_address)
        self._writers.add(far_writer)
        try:
            up = asyncio.create_task(self._pump(reader, far_writer, "up_bytes"))
            down = asyncio.create_task(self._pump(far_reader, writer, "down_bytes"))
            try:
                await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
            finally:
                up.cancel()
                down.cancel()
                await asyncio.gather(up, down, return_exceptions=True)
        finally:
            self._writers.discard(far_writer)
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: str) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self._passing.wait()
                writer.write(data)
                await writer.drain()
                setattr(self, count, getattr(self, count) + len(data))
