"""The wire layout of DL/T 645 (clause 5.2), and finding frames in a stream.

`layout` is the readable specification. `decode` and `encode` do the same by hand, because they run for every
frame; a property test holds the two equal on every frame and every corruption.
"""

import functools
import re
import struct
from dataclasses import dataclass
from typing import Any

from protocols.errors import FrameError
from protocols.stream import BadFrame

__all__ = ["BadFrame", "Frame", "Splitter", "by_layout", "decode", "encode", "layout"]

START, END, WAKE_UP = 0x68, 0x16, 0xFE
OVERHEAD = 12
_WAKE_UPS = re.compile(b"\xfe*")
_PLUS = bytes((i + 0x33) & 0xFF for i in range(256))
_MINUS = bytes((i - 0x33) & 0xFF for i in range(256))


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: `address` as people read it (12 digits, A for a wildcard), `data` without the 33H offset."""

    address: str
    control: int
    data: bytes


def encode(frame: Frame, wakeup: int = 0) -> bytes:
    """The frame on the wire, after `wakeup` bytes FEH. Raises FrameError for an address not of 12 digits."""
    try:
        address = bytes.fromhex(frame.address)[::-1]
    except ValueError as error:
        raise FrameError("header", f"address {frame.address!r}") from error
    if len(address) != 6 or len(frame.data) > 255:
        raise FrameError("header" if len(address) != 6 else "length", f"address {frame.address!r}")
    body = b"\x68%b\x68%c%c%b" % (address, frame.control, len(frame.data), frame.data.translate(_PLUS))
    return b"%b%b%c\x16" % (b"\xfe" * wakeup, body, sum(body) & 0xFF)


def decode(raw: bytes) -> Frame:
    """One whole frame without wake-up bytes; raises FrameError with kind header, length, end or checksum."""
    if len(raw) < OVERHEAD or raw[0] != START or raw[7] != START:
        raise FrameError("header")
    if len(raw) != OVERHEAD + raw[9]:
        raise FrameError("length", f"{len(raw)} bytes, {OVERHEAD + raw[9]} announced")
    if raw[-1] != END:
        raise FrameError("end", f"{raw[-1]:02X}H")
    if sum(raw[:-2]) & 0xFF != raw[-2]:
        raise FrameError("checksum", f"{raw[-2]:02X}H, computed {sum(raw[:-2]) & 0xFF:02X}H")
    return Frame(raw[6:0:-1].hex().upper(), raw[8], raw[10:-2].translate(_MINUS))


@functools.cache
def layout() -> Any:
    """The wire layout; made at its first use, because the library takes 2 MiB that a gateway has for meters."""
    from construct import Byte, Bytes, Const, Struct, Terminated, this

    return Struct(
        Const(b"\x68"),
        "address" / Bytes(6),
        Const(b"\x68"),
        "control" / Byte,
        "length" / Byte,
        "data" / Bytes(this.length),
        "checksum" / Byte,
        Const(b"\x16"),
        Terminated,
    ).compile()


def by_layout(raw: bytes) -> Frame:
    """The same as `decode`, read off `layout`; slower, for tests. Raises FrameError."""
    from construct import ConstructError

    try:
        parsed = layout().parse(raw)
    except (ConstructError, struct.error) as error:
        raise FrameError("header", str(error)) from error
    if sum(raw[:-2]) & 0xFF != parsed.checksum:
        raise FrameError("checksum")
    data = bytes((byte - 0x33) & 0xFF for byte in parsed.data)
    return Frame(bytes(reversed(parsed.address)).hex().upper(), parsed.control, data)


class Splitter:
    """Finds frames in a stream, however it is cut, and counts what lies between them.

    A candidate that fails is searched again from its next byte, so a false 68H costs nothing but itself.
    A failed candidate is reported only if no valid frame overlaps it. Memory is bounded by the longest frame.
    """

    def __init__(self) -> None:
        self.noise = 0
        self.checksum_errors = 0
        self._buffer = bytearray()
        self._wake = 0
        self._bad: BadFrame | None = None
        self._bad_left = 0
        self._bad_wake = 0

    @property
    def waiting(self) -> bool:
        """Whether the beginning of a frame is here and its rest is not."""
        return bool(self._buffer)

    def clear(self) -> None:
        """Forget what waits for its rest, without counting it as noise."""
        self._buffer.clear()
        self._bad = None
        self._wake = 0

    def feed(self, data: bytes) -> list[Frame | BadFrame]:
        """Take bytes; give the frames that are complete."""
        self._buffer += data
        return self._scan(final=False)

    def flush(self) -> list[Frame | BadFrame]:
        """The stream paused for longer than a frame may: what waits for its rest will not get it."""
        found = self._scan(final=True)
        self._end_bad(found)
        self.noise += self._wake
        self._wake = 0
        return found

    def _skip_wake_ups(self) -> None:
        """All that stand at the front, at once: a match looks at no more than these and copies nothing."""
        if run := _WAKE_UPS.match(self._buffer):
            self._wake += run.end()
            del self._buffer[: run.end()]

    def _scan(self, *, final: bool) -> list[Frame | BadFrame]:
        found: list[Frame | BadFrame] = []
        buffer = self._buffer
        while buffer:
            if buffer[0] == WAKE_UP and self._bad is None:
                self._skip_wake_ups()
                continue
            size = self._candidate(final=final)
            if size is None:
                break
            if size == 0:
                self._skip(buffer[0], found)
                del buffer[0]
                continue
            raw = bytes(buffer[:size])
            try:
                frame = decode(raw)
            except FrameError as error:
                self._suspect(error.kind, raw)
                self._skip(raw[0], found)
                del buffer[0]
                continue
            self._drop_bad()
            self._wake = 0
            found.append(frame)
            del buffer[:size]
        return found

    def _candidate(self, *, final: bool) -> int | None:
        """Size of the candidate at the buffer's head; 0: none begins here; None: wait for more."""
        buffer = self._buffer
        have = len(buffer)
        if buffer[0] != START or (have > 7 and buffer[7] != START):
            return 0
        if have < OVERHEAD - 2:
            return 0 if final else None
        size = OVERHEAD + buffer[9]
        if have >= size:
            return size
        return have if final else None

    def _suspect(self, kind: str, raw: bytes) -> None:
        if self._bad is None and kind != "header":
            self._bad = BadFrame(kind, raw)
            self._bad_left = len(raw)
            self._bad_wake, self._wake = self._wake, 0

    def _skip(self, byte: int, found: list[Frame | BadFrame]) -> None:
        if self._bad is not None:
            self._bad_left -= 1
            if not self._bad_left:
                self._end_bad(found)
        elif byte == WAKE_UP:
            self._wake += 1
        else:
            self.noise += self._wake + 1
            self._wake = 0

    def _end_bad(self, found: list[Frame | BadFrame]) -> None:
        if self._bad is not None:
            found.append(self._bad)
            self.checksum_errors += self._bad.kind == "checksum"
            self._bad = None

    def _drop_bad(self) -> None:
        """A valid frame begins within the failed candidate: what came before it is noise, but for its wake-ups."""
        if self._bad is not None:
            passed = self._bad.raw[: len(self._bad.raw) - self._bad_left]
            self.noise += self._bad_wake + len(passed.rstrip(b"\xfe"))
            self._bad = None
