"""A hand-held reader that sends by YMODEM or XMODEM, well or badly; it shares nothing with the gateway's receiver."""

import asyncio
import os
import random
import termios
import tty
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Broken", "Descriptor", "Manner", "Sender", "Wire", "opened_device", "opened_pty"]

_SOH, _STX, _EOT, _ACK, _NAK, _CAN, _C = 0x01, 0x02, 0x04, 0x06, 0x15, 0x18, 0x43
_TRIES = 10
_ANSWER = 3.0
"""Seconds to wait for the answer to a block before it is sent again."""
_CALL = 20.0
"""Seconds to wait for a receiver that took the block before to ask for the next file."""
_TURN, _LOOK = 0.02, 0.3
"""Seconds between an answer and the next block, and before the first and the last: receivers throw away what they have
not read when they answer, and take a while to open a file and to look for the next."""
_BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


class Broken(Exception):
    """The transfer came to nothing; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a reader sends. Shares are of blocks, from 0 to 1.

    `xmodem`: one file without name and size. `short`: blocks of 128 bytes. `damaged`: a bit is turned. `twice`: sent
    two times. `lost`: not sent. `noise`: random bytes before. `vanish`: silent after this share of a file. `say`: a
    size that is told in place of the true one, -1 for none. `endless`: the file never ends.
    """

    seed: int = 0
    xmodem: bool = False
    short: bool = False
    damaged: float = 0.0
    twice: float = 0.0
    lost: float = 0.0
    noise: float = 0.0
    vanish: float = 0.0
    say: int | None = None
    endless: bool = False

    @classmethod
    def parse(cls, text: str, **more: Any) -> "Manner":
        """From "damaged=0.1,vanish=0.5,endless"; raises ValueError naming what is wrong."""
        known = {field.name for field in fields(cls)} - {"seed"}
        wanted: dict[str, Any] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, value = part.partition("=")
            if name not in known:
                raise ValueError(f"unknown manner {name!r}; known: {', '.join(sorted(known))}")
            wanted[name] = _value(name, value)
        return cls(**{**wanted, **more})


def _value(name: str, text: str) -> float | int | bool:
    if name in ("xmodem", "short", "endless"):
        return text.lower() not in ("0", "no", "false")
    if name == "say":
        return int(text)
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError(f"{name} must be a share from 0 to 1, not {text}")
    return share


class Wire(Protocol):
    """Where bytes go and come from."""

    async def read(self, seconds: float) -> bytes:
        """What came; empty after so many seconds without anything."""
        ...

    async def write(self, data: bytes) -> None:
        """Send it all."""
        ...


class Descriptor:
    """A wire on a descriptor of ours: a serial device, or one end of a pseudo terminal."""

    def __init__(self, *descriptors: int) -> None:
        self._mine, self._all = descriptors[0], descriptors
        os.set_blocking(self._mine, False)

    async def read(self, seconds: float) -> bytes:
        """What came; empty after so many seconds without anything."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            try:
                if data := os.read(self._mine, 4096):
                    return data
            except BlockingIOError:
                pass
            except OSError as error:
                raise Broken(error.strerror or "") from None
            if loop.time() >= until:
                return b""
            await asyncio.sleep(0.005)

    async def write(self, data: bytes) -> None:
        """Send it all; waits while nobody takes it."""
        while data:
            try:
                data = data[os.write(self._mine, data) :]
            except BlockingIOError:
                await asyncio.sleep(0.005)
            except OSError as error:
                raise Broken(error.strerror or "") from None

    def close(self) -> None:
        """Hang up."""
        for descriptor in self._all:
            os.close(descriptor)


def opened_pty() -> tuple[Descriptor, str]:
    """A pseudo terminal: our end, and the device that a gateway opens."""
    mine, theirs = os.openpty()
    tty.setraw(theirs)
    return Descriptor(mine, theirs), os.ttyname(theirs)


def opened_device(path: Path, baud: int) -> Descriptor:
    """A serial device, 8N1; raises OSError, ValueError for a speed that is none of the usual."""
    if baud not in _BAUDS:
        raise ValueError(f"{baud} baud; known: {', '.join(map(str, _BAUDS))}")
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    tty.setraw(descriptor)
    mode = termios.tcgetattr(descriptor)
    mode[4] = mode[5] = getattr(termios, f"B{baud}")
    termios.tcsetattr(descriptor, termios.TCSANOW, mode)
    return Descriptor(descriptor)


class Sender:
    """Sends files over a wire. `tries` counts blocks that were sent again."""

    def __init__(self, wire: Wire, manner: Manner) -> None:
        self._wire, self._manner = wire, manner
        self._random = random.Random(manner.seed)
        self._crc = True
        self._waiting = bytearray()
        self.tries = 0

    async def send(self, files: Sequence[tuple[str, bytes]], *, start: float = 60.0) -> None:
        """Wait `start` seconds for a receiver and send; raises Broken."""
        await self._called(start)
        for place, (name, body) in enumerate(files):
            if not self._manner.xmodem:
                if place:
                    await self._called(_CALL)
                await asyncio.sleep(_LOOK)
                await self._block(0, self._head(name, body), b"\0")
                await self._called(_CALL)
            await self._body(body)
            await self._end()
            if self._manner.xmodem:
                return
        await self._called(_CALL)
        await asyncio.sleep(_LOOK)
        await self._block(0, b"", b"\0")

    def _head(self, name: str, body: bytes) -> bytes:
        size = len(body) if self._manner.say is None else self._manner.say
        told = b"" if size < 0 else f"{size} 0 100644".encode()
        return name.encode("gb18030") + b"\0" + told + b"\0"

    async def _body(self, body: bytes) -> None:
        manner = self._manner
        size = 128 if manner.short or not self._crc else 1024
        stop = int(len(body) * manner.vanish) if manner.vanish else None
        at, number = 0, 1
        while at < len(body) or manner.endless:
            if stop is not None and at >= stop:
                raise Broken("vanished, as told")
            piece = body[at : at + size] or b"0" * size
            await self._block(number & 0xFF, piece, b"\x1a")
            at, number = at + size, number + 1

    async def _block(self, number: int, data: bytes, pad: bytes) -> None:
        size = 128 if len(data) <= 128 else 1024
        body = data.ljust(size, pad)
        check = _crc16(body).to_bytes(2, "big") if self._crc else bytes((sum(body) % 256,))
        raw = bytes((_SOH if size == 128 else _STX, number, 255 - number)) + body + check
        for _ in range(_TRIES):
            await asyncio.sleep(_TURN)
            await self._send(raw)
            # Who still calls did not hear the head of a file.
            if await self._answer((_ACK, _NAK) if number else (_ACK, _NAK, _C)) == _ACK:
                return
            self.tries += 1
        raise Broken("the receiver does not take a block")

    async def _send(self, raw: bytes) -> None:
        manner, chance = self._manner, self._random.random
        await self._forget()  # an answer to a block that went out twice is none to this one
        if chance() < manner.noise:
            await self._wire.write(self._random.randbytes(self._random.randrange(1, 40)))
        if chance() < manner.lost:
            return
        if chance() < manner.damaged:
            turned = bytearray(raw)
            turned[self._random.randrange(3, len(raw))] ^= 1 << self._random.randrange(8)
            raw = bytes(turned)
        await self._wire.write(raw)
        if chance() < manner.twice:
            await self._wire.write(raw)

    async def _forget(self) -> None:
        self._waiting.clear()
        await self._wire.read(0)

    async def _end(self) -> None:
        await asyncio.sleep(_LOOK)
        await self._forget()
        for _ in range(_TRIES):
            # An answer to an earlier end counts: a receiver that took its time to close the file is gone after it.
            await self._wire.write(bytes((_EOT,)))
            if await self._answer((_ACK, _NAK)) == _ACK:
                return
        raise Broken("the receiver does not take the end")

    async def _called(self, seconds: float) -> None:
        """Until the receiver asks: C for a check of 16 bits, NAK for a sum."""
        asked = await self._answer((_C, _NAK), seconds)
        if not asked:
            raise Broken("no receiver")
        self._crc = asked == _C

    async def _answer(self, wanted: tuple[int, ...], seconds: float = _ANSWER) -> int:
        """The next wanted byte, 0 after so many seconds; two CAN end everything. Old answers do not count."""
        loop = asyncio.get_running_loop()
        until, cancels = loop.time() + seconds, 0
        while True:
            while self._waiting:
                byte = self._waiting.pop(0)
                cancels = cancels + 1 if byte == _CAN else 0
                if cancels >= 2:
                    raise Broken("cancelled by the receiver")
                if byte in wanted:
                    return byte
            left = until - loop.time()
            if left <= 0:
                return 0
            self._waiting += await self._wire.read(left)


def _crc16(data: bytes) -> int:
    """CCITT polynomial 1021H from 0."""
    value = 0
    for byte in data:
        value = value << 8 & 0xFFFF ^ _CRC[value >> 8 ^ byte]
    return value


def _shifted(value: int) -> int:
    for _ in range(8):
        value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


_CRC = tuple(_shifted(byte << 8) for byte in range(256))
