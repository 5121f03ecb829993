"""Reads and writes a terminal's own archive (AFN 0A and 04 F10); writing leaves only where its switch is on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from config.schema import Target
from drivers.errors import WillNot
from drivers.terminal.survey import AskFor
from protocols.gdw1376_1.commands import write
from protocols.gdw1376_1.parameters import ENTRY_BYTES, MeterEntry, decode_f10, encode_f10, request_f10
from protocols.gdw1376_1.session import AFN, Ask

__all__ = ["ArchiveEditor"]

_OVERHEAD = 48
_F10 = 10
_RETRIES = 2

T = TypeVar("T")
Progress = Callable[[int, int], None]


class ArchiveEditor:
    """One terminal's archive; `ask` puts one request."""

    def __init__(self, target: Target, ask: AskFor) -> None:
        self._room = max(1, (target.frame_bytes - _OVERHEAD) // ENTRY_BYTES)
        self._ask = ask

    async def read(
        self, serials: Sequence[int], progress: Progress = lambda done, all_: None
    ) -> list[MeterEntry]:
        """The entries under these device numbers that there are; raises NoAnswer, LinkLost, WillNot."""
        found: list[MeterEntry] = []
        for done, some in self._chunks(serials):
            reply = await self._ask(AFN.PARAMETERS, [Ask((0,), (_F10,), request_f10(some))], _RETRIES)
            if not reply.denied and (reply.error or not reply.complete):
                raise WillNot(reply.error or "the answer broke off")
            for unit in reply.units if not reply.denied else ():
                found += [entry for entry in decode_f10(unit.raw) if entry.point]
            progress(done + len(some), len(serials))
        return found

    async def write(
        self, entries: Sequence[MeterEntry], progress: Progress = lambda done, all_: None
    ) -> None:
        """Write entries; raises WillNot where the terminal denies, SendRefused where the switch is off, ValueError."""
        for done, some in self._chunks(entries):
            reply = await self._ask(AFN.SET, [write(_F10, encode_f10(some))], 0)
            if not reply.confirmed:
                raise WillNot(f"the terminal refuses entries {some[0].serial} to {some[-1].serial}")
            progress(done + len(some), len(entries))

    async def delete(
        self, entries: Sequence[MeterEntry], progress: Progress = lambda done, all_: None
    ) -> None:
        """Delete entries: point 0 under their device numbers; raises as `write`."""
        await self.write([replace(entry, point=0) for entry in entries], progress)

    def _chunks(self, rows: Sequence[T]) -> Iterator[tuple[int, Sequence[T]]]:
        return ((at, rows[at : at + self._room]) for at in range(0, len(rows), self._room))
