"""A telephone modem on a pseudo terminal: who dials a number speaks to a simulated line."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol, runtime_checkable

from simulators.faults import Piece
from simulators.pty import PtyLine
from simulators.serve import Responder

__all__ = ["Modem", "PtyModem", "Subscriber"]

_BITS = 10
_NO_CARRIER = b"\r\nNO CARRIER\r\n"
_RING_SECONDS = 0.2


@runtime_checkable
class _Speaks(Protocol):
    """A line that logs in when it has called."""

    def login(self) -> bytes: ...


@dataclass(slots=True)
class Subscriber:
    """Who answers a number.

    `says` in place of a line is what the modem then reports: BUSY, NO CARRIER, NO DIALTONE, NO ANSWER, ERROR or
    nothing at all (silence). Each entry of `drops` ends one call after so many bytes of answers; 0: that call stays.
    """

    line: Responder | None = None
    says: list[str] = field(default_factory=list)
    drops: list[int] = field(default_factory=list)


class Modem:
    """Commands in, results out; while a call stands, what the line says, at the speed of the call in bit/s.

    `guard` is the silence in seconds around +++. `deaf` ignores the escape, as badly set modems do; `dead` says
    nothing at all; `refuses` are commands it does not know. `dialled` lists the numbers called, `heard` the commands.
    """

    def __init__(self, subscribers: Mapping[str, Subscriber], *, baud: int = 0, guard: float = 1.0) -> None:
        self.subscribers = subscribers
        self.baud = baud
        self.guard = guard
        self.deaf = self.dead = False
        self.refuses: set[str] = set()
        self.line: Responder | None = None
        self.caller: Responder | None = None
        self.dialled: list[str] = []
        self.heard: list[str] = []
        self.hung_up = 0
        self._left = 0
        self._echo = True
        self._last = float("-inf")
        self._typed = b""

    def reset(self) -> None:
        """The port was closed: the call ends and half a command is forgotten."""
        self.line, self._typed, self._echo = None, b"", True

    def respond(self, data: bytes) -> list[Piece]:
        """What the port gives for these bytes."""
        before, self._last = self._last, monotonic()
        if self.dead:
            return []
        if self.line is None:
            return self._commands(data)
        if data == b"+++" and self._last - before >= self.guard and not self.deaf:
            self.line = None
            return [Piece(b"\r\nOK\r\n", self.guard)]
        return self._paced(self.line.respond(data), len(data))

    def _commands(self, data: bytes) -> list[Piece]:
        pieces = [Piece(data)] if self._echo else []
        self._typed += data.replace(b"\n", b"")
        while b"\r" in self._typed:
            typed, _, self._typed = self._typed.partition(b"\r")
            pieces += self._command(typed.decode("ascii", "replace").strip().upper())
            if self.line is not None:
                break
        return pieces

    def _command(self, text: str) -> list[Piece]:
        if not text:
            return []
        self.heard.append(text)
        if text.startswith("ATD"):
            return self._dial(text[3:].lstrip("TP"))
        if text == "ATA":
            if self.caller is None:
                return [Piece(_NO_CARRIER)]
            caller, self.caller = self.caller, None
            login = caller.login() if isinstance(caller, _Speaks) else b""
            return self._connect(Subscriber(caller)) + (
                [Piece(login, self._seconds(len(login)))] if login else []
            )
        if text.startswith("ATH"):
            self.hung_up += 1
        if "E0" in text:
            self._echo = False
        known = text.startswith("AT") and text not in self.refuses
        return [Piece(b"\r\nOK\r\n" if known else b"\r\nERROR\r\n")]

    def _dial(self, number: str) -> list[Piece]:
        self.dialled.append(number)
        subscriber = self.subscribers.get(number)
        if subscriber is None:
            return [Piece(b"\r\nNO CARRIER\r\n")]
        if subscriber.says:
            said = subscriber.says.pop(0)
            return [Piece(f"\r\n{said}\r\n".encode())] if said else []
        return self._connect(subscriber)

    def _connect(self, subscriber: Subscriber) -> list[Piece]:
        if subscriber.line is None:
            return [Piece(b"\r\nNO ANSWER\r\n")]
        self.line = subscriber.line
        self.line.reset()
        self._left = subscriber.drops.pop(0) if subscriber.drops else 0
        speed = f" {self.baud}" if self.baud else ""
        return [Piece(f"\r\nCONNECT{speed}\r\n".encode())]

    def _paced(self, pieces: list[Piece], heard: int) -> list[Piece]:
        """Pieces at the speed of the call, cut where the call drops."""
        paced: list[Piece] = []
        wait = self._seconds(heard)
        for piece in pieces:
            data, cut = piece.data, piece.cut
            if self._left and len(data) >= self._left:
                data, cut = data[: self._left], True
            elif self._left:
                self._left -= len(data)
            paced.append(Piece(data, wait + piece.delay + self._seconds(len(data))))
            wait = 0.0
            if cut:
                self.line = None
                paced.append(Piece(_NO_CARRIER))
                break
        return paced

    def _seconds(self, characters: int) -> float:
        return characters * _BITS / self.baud if self.baud else 0.0


class PtyModem(PtyLine):
    """`async with PtyModem(modem) as served:` has the modem on `served.path`."""

    line: Modem

    def __init__(self, modem: Modem, link_path: str | None = None) -> None:
        super().__init__(modem, link_path)

    @property
    def link(self) -> str:
        """The link text for a target."""
        return f"modem:{self.path}?baud={self.line.baud or 9600}&guard_ms={round(self.line.guard * 1000)}"

    async def ring(self, caller: Responder, rings: int = 10) -> bool:
        """Somebody calls in; returns whether the call was taken."""
        self.line.caller = caller
        for _ in range(rings):
            self._say(b"\r\nRING\r\n")
            for _ in range(20):
                await asyncio.sleep(_RING_SECONDS / 20)
                if self.line.caller is None:
                    return True
        self.line.caller = None
        return False

    def drop(self) -> None:
        """The network ends the call."""
        if self.line.line is not None:
            self.line.line = None
            self._say(_NO_CARRIER)

    def _say(self, data: bytes) -> None:
        with suppress(BlockingIOError):
            os.write(self._master, data)
