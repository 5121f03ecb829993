"""A line on which hand-held readers hand their files over, by XMODEM or YMODEM."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from typing import BinaryIO

from drivers import make_link
from drivers.errors import LinkLost
from drivers.handover import HandoverFailed, answers_only, take_files
from gateway import logs
from gateway.clock import Clock
from gateway.dumps.spool import Spool, SpoolError, Ticket
from protocols.dumps.text import CHUNK, clean
from protocols.xymodem.block import Head

__all__ = ["Port", "Shelf"]

_log = logs.get("port")
_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
_UNNAMED = "xmodem.dump"


class Shelf:
    """Where files of a line go while they arrive: a nameless file of ours, then the spool.

    `tickets` are those that are whole; `told` hears of each.
    """

    def __init__(
        self,
        spool: Spool,
        clock: Clock,
        *,
        who: str,
        origin: str,
        max_bytes: int,
        told: Callable[[Ticket], None] = lambda _: None,
    ) -> None:
        self._spool, self._clock = spool, clock
        self._who, self._origin = who, origin
        self._max_bytes = max_bytes
        self._told = told
        self._file: BinaryIO | None = None
        self._name = ""
        self.tickets: list[Ticket] = []

    def begin(self, head: Head) -> None:
        """A file begins."""
        self.drop()
        self._name = head.name or _UNNAMED
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `drop`, which always follows)

    def take(self, body: bytes) -> None:
        """Its next bytes."""
        if self._file is not None:
            self._file.write(body)

    async def end(self) -> None:
        """It is whole: into the spool, under a receipt. One that the spool refuses is logged and gone."""
        if self._file is not None:
            await asyncio.to_thread(self._shelve, self._file)
            self.drop()

    def _shelve(self, file: BinaryIO) -> None:
        try:
            ticket = self._spool.receive(
                _chunks(file),
                name=self._name,
                who=self._who,
                via="line",
                origin=self._origin,
                now=self._clock.now(),
                max_bytes=self._max_bytes,
            )
        except SpoolError as error:
            _log.warning("a file of the line was refused", name=clean(self._name, 120), reason=error.reason)
        else:
            self.tickets.append(ticket)
            self._told(ticket)

    def drop(self) -> None:
        """Nothing of the file that was begun is kept."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    return iter(lambda: file.read(CHUNK), b"")


class Port:
    """Waits for readers on a link, one session after the other; what they send is imported."""

    def __init__(self, link: str, spool: Spool, clock: Clock, *, batch: bool, max_bytes: int) -> None:
        self._link, self._batch, self._max_bytes = link, batch, max_bytes
        self._spool = spool
        self._shelf = Shelf(
            spool,
            clock,
            who="hand-held",
            origin=link,
            max_bytes=max_bytes,
            told=self._confirm,
        )

    def _confirm(self, ticket: Ticket) -> None:
        self._spool.confirm(ticket.receipt)
        _log.info("dump taken from the line", name=ticket.name, receipt=ticket.receipt)

    async def run(self) -> None:
        """Serve until cancelled; a line that goes away is opened again, more and more seldom."""
        link, losses = make_link("hand-held", self._link, answers_only()), 0
        try:
            while True:
                try:
                    if not link.alive:
                        await link.open()
                    await take_files(link, self._shelf, batch=self._batch, limit=self._max_bytes)
                    losses = 0
                except (LinkLost, HandoverFailed) as error:
                    if isinstance(error, HandoverFailed) and error.reason == "silence":
                        continue
                    _log.warning("a hand-over came to nothing", reason=str(error))
                    await asyncio.sleep(_PAUSES[min(losses, len(_PAUSES) - 1)])
                    losses += 1
        finally:
            await link.close()
