"""Files that a hand-held reader sends to a command: whole ones in a folder of ours, under names of ours."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from config.link import parse_link
from drivers import make_link
from drivers.errors import LinkLost
from drivers.handover import HandoverFailed, answers_only, take_files
from protocols.dumps.text import clean
from protocols.xymodem.block import Head

__all__ = ["Came", "Tray", "link_of", "receive"]

_USUAL = "?baud=9600&mode=8N1"
_LAST_WORDS = 0.2
"""Seconds until the line is let go, so that the answer to the last byte can leave."""
_UNNAMED = "xmodem.dump"


@dataclass(frozen=True, slots=True)
class Came:
    """A whole file: what the reader called it, for people only, and where it lies."""

    name: str
    path: Path


class Tray:
    """Takes files into a folder; `came` are those that are whole, `moved` hears of the bytes so far."""

    def __init__(self, folder: Path, moved: Callable[[int], None] = lambda _bytes: None) -> None:
        self._folder, self._moved = folder, moved
        self._file: BinaryIO | None = None
        self._name = ""
        self._bytes = 0
        self.came: list[Came] = []

    def begin(self, head: Head) -> None:
        """A file begins."""
        self.drop()
        self._name = clean(Path(head.name.replace("\\", "/")).name, 120) or _UNNAMED
        self._file = (self._folder / f"{len(self.came) + 1:04}.dump").open("xb")

    def take(self, body: bytes) -> None:
        """Its next bytes."""
        if self._file is not None:
            self._file.write(body)
            self._bytes += len(body)
            self._moved(self._bytes)

    async def end(self) -> None:
        """It is whole."""
        if self._file is not None:
            self._file.close()
            self.came.append(Came(self._name, Path(self._file.name)))
            self._file = None

    def drop(self) -> None:
        """Nothing of the file that was begun is kept."""
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)
            self._file = None


def link_of(text: str) -> str:
    """The link for what a person names: a link, or a device at 9600 baud, 8N1. Raises ValueError for neither."""
    link = f"serial:{text}{_USUAL}" if text.startswith("/") else text
    parse_link(link)
    return link


async def receive(link_text: str, tray: Tray, *, batch: bool, limit: int) -> None:
    """One session with a reader. Raises HandoverFailed; what was whole by then is in the tray."""
    link = make_link("hand-held", link_text, answers_only())
    try:
        await link.open()
        await take_files(link, tray, batch=batch, limit=limit)
        await asyncio.sleep(_LAST_WORDS)
    except LinkLost as error:
        raise HandoverFailed("line", str(error)) from error
    finally:
        await link.close()
