"""The daemon's side of dumps: the spool, the drop folder and the line to a hand-held reader.

What reads and judges files is loaded when the first one is there: a gateway that never sees one has room for more
meters instead.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from config.archive import Archive, Exchange
from config.schema import Dumps, Settings
from gateway.clock import SteadyClock
from gateway.dumps.counts import DumpCounts
from gateway.review.reviewer import Reviewer
from gateway.sink import Store

__all__ = ["Intake"]

_NAP = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """`run` until cancelled. `settings` and `archive` give what is in force; `exchanged` hears of new exchanges.

    Settings of ways in hold from the start of the daemon on.
    """

    folder: Path
    outbox: Store
    reviewer: Reviewer
    clock: SteadyClock
    settings: Callable[[], Settings]
    archive: Callable[[], Archive]
    exchanged: Callable[[list[Exchange]], None]
    counts: DumpCounts = field(default_factory=DumpCounts)

    async def run(self) -> None:
        """Import what comes by any way."""
        ways = self.settings().dumps
        wanted = ways.drop is not None or bool(ways.port)
        while not wanted:
            await asyncio.sleep(_NAP)
            wanted = await asyncio.to_thread(self._waits)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._import())
            if ways.drop:
                group.create_task(self._drop(ways.drop, ways))
            if ways.port:
                group.create_task(self._port(ways))

    def _waits(self) -> bool:
        with suppress(OSError):
            return any((self.folder / "in").iterdir())
        return False

    async def _import(self) -> None:
        from gateway.dumps.desk import REGISTER, shape_of
        from gateway.dumps.importer import Importer, Surroundings
        from gateway.dumps.spool import Spool

        around = Surroundings(
            spool=Spool(self.folder),
            register=self.folder / REGISTER,
            outbox=self.outbox,
            reviewer=self.reviewer,
            clock=self.clock,
            settings=self.settings,
            archive=self.archive,
            shape=lambda: shape_of(self.settings().dumps, self.settings().gateway.timezone),
            exchanged=self.exchanged,
            counts=self.counts,
        )
        await Importer(around).run()

    async def _drop(self, folder: Path, ways: Dumps) -> None:
        from gateway.dumps.drop import DropFolder
        from gateway.dumps.shown import shown
        from gateway.dumps.spool import Spool

        drop = DropFolder(
            folder,
            Spool(self.folder),
            self.clock,
            quiet=ways.drop_seconds,
            max_bytes=ways.max_bytes,
            show=shown,
            move=ways.drop_move,
        )
        await drop.run()

    async def _port(self, ways: Dumps) -> None:
        from gateway.dumps.port import Port
        from gateway.dumps.spool import Spool

        batch = ways.port_protocol == "ymodem"
        await Port(
            ways.port, Spool(self.folder), self.clock, batch=batch, max_bytes=ways.port_max_bytes
        ).run()
