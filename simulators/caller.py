"""Terminals that dial in: they call, log in, keep the line alive with heartbeats, and answer what they are asked."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from simulators.faults import Piece
from simulators.terminal import Terminal

__all__ = ["Caller", "call_all"]

_READ = 4096


class Caller:
    """One terminal that calls `host:port`, again and again.

    `slowest` is the longest that a login or a heartbeat waited for its confirmation (seconds), `confirmed` counts
    them and `unconfirmed` those that were not confirmed within `patience`.
    """

    def __init__(
        self,
        terminal: Terminal,
        host: str,
        port: int,
        *,
        heartbeat: float = 60.0,
        again: float = 1.0,
        patience: float = 20.0,
    ) -> None:
        self.terminal = terminal
        self.slowest = 0.0
        self.confirmed = 0
        self.unconfirmed = 0
        self.calls = 0
        self._host, self._port = host, port
        self._heartbeat, self._again, self._patience = heartbeat, again, patience
        self._answers = asyncio.Event()

    async def run(self, first: float = 0.0) -> None:
        """Until cancelled; the first call comes after `first` seconds."""
        await asyncio.sleep(first)
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection(self._host, self._port)
                self.calls += 1
                try:
                    await self._serve(reader, writer)
                finally:
                    writer.transport.abort()
            await asyncio.sleep(self._again)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.terminal.reset()
        async with asyncio.TaskGroup() as group:
            alive = group.create_task(self._stay_alive(writer))
            with suppress(OSError):
                while data := await reader.read(_READ):
                    before = self.terminal.confirmed
                    pieces = self.terminal.respond(data)
                    if self.terminal.confirmed > before:
                        self._answers.set()
                    if not await _send(writer, pieces):
                        break
            alive.cancel()

    async def _stay_alive(self, writer: asyncio.StreamWriter) -> None:
        frame = self.terminal.login()
        while True:
            self._answers.clear()
            began = asyncio.get_running_loop().time()
            writer.write(frame)
            try:
                async with asyncio.timeout(self._patience):
                    await self._answers.wait()
                self.confirmed += 1
            except TimeoutError:
                self.unconfirmed += 1
            took = asyncio.get_running_loop().time() - began
            self.slowest = max(self.slowest, took)
            await asyncio.sleep(self._heartbeat)
            frame = self.terminal.heartbeat()


async def _send(writer: asyncio.StreamWriter, pieces: Sequence[Piece]) -> bool:
    for piece in pieces:
        if piece.delay:
            await asyncio.sleep(piece.delay)
        if piece.cut:
            return False
        writer.write(piece.data)
    await writer.drain()
    return True


async def call_all(callers: Sequence[Caller], spread: float) -> None:
    """All of them until cancelled, their first calls spread over so many seconds."""
    async with asyncio.TaskGroup() as group:
        for number, caller in enumerate(callers):
            group.create_task(caller.run(spread * number / max(1, len(callers))))
