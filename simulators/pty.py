"""Puts a simulated line on a pseudo terminal, which a gateway opens like a serial port (8N1, no parity)."""

import asyncio
import os
import tty
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from simulators.serve import Wired

__all__ = ["PtyLine"]


class PtyLine:
    """`async with PtyLine(line) as served:` answers on `served.path` until the block ends.

    `unplug` makes the device vanish, as when an adapter is pulled; `start` brings a new one, on another path
    unless `link_path` names a symbolic link to keep pointing at it.
    """

    def __init__(self, line: Wired, link_path: str | None = None) -> None:
        self.line = line
        self.path = ""
        self._link_path = link_path
        self._master = -1
        self._slave = -1
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    @property
    def link(self) -> str:
        """The link text for a target."""
        return f"serial:{self.path}?baud={self.line.baud or 9600}&mode=8N1"

    def start(self) -> None:
        """Open the pair and begin to answer."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        if self._link_path is not None:
            self._point_link(self._link_path)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._master, self._readable)
        self._task = loop.create_task(self._answer())

    def _point_link(self, link_path: str) -> None:
        fresh = Path(f"{link_path}.new")
        fresh.symlink_to(self.path)
        fresh.replace(link_path)
        self.path = link_path

    def _readable(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except OSError:
            return
        self._inbox.put_nowait(data)

    async def _answer(self) -> None:
        while True:
            for piece in self.line.respond(await self._inbox.get()):
                if piece.delay:
                    await asyncio.sleep(piece.delay)
                with suppress(BlockingIOError):  # nobody reads: a real line would lose the bytes as well
                    os.write(self._master, piece.data)

    async def unplug(self) -> None:
        """Close both ends: whoever has the device open sees it hang up."""
        if self._task is None:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        os.close(self._slave)
        os.close(self._master)
        self.line.reset()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.unplug()
