"""The wire layout of FT1.2 (IEC 60870-5-1, 6.2.4.2) as IEC 60870-5-102 uses it, and finding frames in a stream.

`layout` is the readable specification. `decode` and `encode` do the same by hand, because they run for every frame;
a property test holds the two equal on every frame and every corruption.
"""

import functools
import struct
from dataclasses import dataclass
from typing import Any

from protocols.errors import FrameError
from protocols.stream import BadFrame, Search

__all__ = ["BadFrame", "Frame", "Splitter", "by_layout", "decode", "encode", "layout"]

FIXED, VARIABLE, END, SINGLE = 0x10, 0x68, 0x16, 0xE5
MOST = 255
"""Bytes that a variable frame's length may count."""
_PRM, _FCB, _FCV = 0x40, 0x20, 0x10


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `asdu` is None in a fixed frame; `single` is the one character E5H, which has nothing else."""

    control: int = 0
    address: int = 0
    asdu: bytes | None = None
    single: bool = False

    @property
    def prm(self) -> bool:
        """From the station that asks."""
        return bool(self.control & _PRM)

    @property
    def function(self) -> int:
        """The link function code, 0 to 15."""
        return self.control & 0x0F

    @property
    def fcb(self) -> bool:
        """Frame count bit of a question."""
        return bool(self.control & _FCB)

    @property
    def fcv(self) -> bool:
        """Whether the frame count bit means anything."""
        return bool(self.control & _FCV)

    @property
    def acd(self) -> bool:
        """The answering station has class 1 data waiting."""
        return bool(self.control & _FCB)

    @property
    def dfc(self) -> bool:
        """The answering station can take no more data."""
        return bool(self.control & _FCV)


def encode(frame: Frame, width: int = 2) -> bytes:
    """The frame on the wire; `width` is that of the link address (1 or 2 bytes). Raises FrameError."""
    if frame.single:
        return b"\xe5"
    try:
        head = bytes((frame.control,)) + frame.address.to_bytes(width, "little")
    except (ValueError, OverflowError) as error:
        raise FrameError("header", f"link address {frame.address}") from error
    if frame.asdu is None:
        return b"\x10%b%c\x16" % (head, sum(head) & 0xFF)
    body = head + frame.asdu
    if len(body) > MOST:
        raise FrameError("length", f"{len(body)} bytes, {MOST} at most")
    return b"\x68%c%c\x68%b%c\x16" % (len(body), len(body), body, sum(body) & 0xFF)


def decode(raw: bytes, width: int = 2, *, lenient: bool = False) -> Frame:
    """One whole frame; raises FrameError with kind header, length, end or checksum.

    `lenient` takes a variable frame whose checksum is wrong, for equipment that is known to send such.
    """
    if raw == b"\xe5":
        return Frame(single=True)
    if not raw or raw[0] not in (FIXED, VARIABLE):
        raise FrameError("header")
    start = 1 if raw[0] == FIXED else 4
    _check_shape(raw, width)
    body = raw[start:-2]
    if sum(body) & 0xFF != raw[-2] and not (lenient and raw[0] == VARIABLE):
        raise FrameError("checksum", f"{raw[-2]:02X}H, computed {sum(body) & 0xFF:02X}H")
    address = int.from_bytes(body[1 : 1 + width], "little")
    return Frame(body[0], address, None if raw[0] == FIXED else body[1 + width :])


def _check_shape(raw: bytes, width: int) -> None:
    if raw[0] == FIXED:
        size = 4 + width
    else:
        if len(raw) < 4 or raw[3] != VARIABLE or raw[1] != raw[2] or raw[1] <= width:
            raise FrameError("header")
        size = raw[1] + 6
    if len(raw) != size:
        raise FrameError("length", f"{len(raw)} bytes, {size} expected")
    if raw[-1] != END:
        raise FrameError("end", f"{raw[-1]:02X}H")


@functools.cache
def layout() -> Any:
    """The wire layout with a link address of two bytes; made at its first use."""
    from construct import Byte, Bytes, Const, Int16ul, Struct, Switch, Terminated, this

    fixed = Struct("control" / Byte, "address" / Int16ul, "checksum" / Byte, Const(b"\x16"), Terminated)
    variable = Struct(
        "length" / Byte,
        "again" / Byte,
        Const(b"\x68"),
        "control" / Byte,
        "address" / Int16ul,
        "asdu" / Bytes(this.length - 3),
        "checksum" / Byte,
        Const(b"\x16"),
        Terminated,
    )
    return Struct("start" / Byte, "rest" / Switch(this.start, {FIXED: fixed, VARIABLE: variable}))


def by_layout(raw: bytes) -> Frame:
    """The same as `decode`, read off `layout`; slower, for tests. Raises FrameError."""
    from construct import ConstructError

    if raw == b"\xe5":
        return Frame(single=True)
    try:
        parsed = layout().parse(raw)
    except (ConstructError, struct.error) as error:
        raise FrameError("header", str(error)) from error
    rest = parsed.rest
    if rest is None or (parsed.start == VARIABLE and rest.length != rest.again):
        raise FrameError("header")
    if sum(raw[1 if parsed.start == FIXED else 4 : -2]) & 0xFF != rest.checksum:
        raise FrameError("checksum")
    return Frame(rest.control, rest.address, rest.asdu if parsed.start == VARIABLE else None)


class Splitter(Search[Frame]):
    """Finds frames in a stream. E5H counts only where no frame is being waited for."""

    def __init__(self, width: int = 2, *, lenient: bool = False) -> None:
        super().__init__()
        self.forgiven = 0
        self._width = width
        self._lenient = lenient

    def _before(self) -> int:
        return 0  # three bytes may begin one

    def _candidate(self, *, final: bool) -> int | None:
        buffer = self._buffer
        have = len(buffer)
        if buffer[0] == SINGLE:
            # Within a failed candidate it is most likely a byte of that.
            return 0 if self._bad is not None else 1
        if buffer[0] == FIXED:
            size = 4 + self._width
        elif buffer[0] == VARIABLE:
            if not self._may_begin():
                return 0
            if have < 4:
                return 0 if final else None
            size = buffer[1] + 6
        else:
            return 0
        if have >= size:
            return size
        return have if final else None

    def _may_begin(self) -> bool:
        """Whether what is here of a variable frame's head fits."""
        buffer = self._buffer
        have = len(buffer)
        if have > 1 and buffer[1] <= self._width:
            return False
        return (have < 3 or buffer[2] == buffer[1]) and (have < 4 or buffer[3] == VARIABLE)

    def _decode(self, raw: bytes) -> Frame:
        try:
            return decode(raw, self._width)
        except FrameError as error:
            if error.kind != "checksum" or not self._lenient or raw[0] != VARIABLE:
                raise
            self.forgiven += 1
            return decode(raw, self._width, lenient=True)

    def _is_told(self, kind: str, raw: bytes) -> bool:
        # Ten begins too many things: only a wrong sum of an otherwise right fixed frame is worth a word.
        return kind != "header" and (raw[0] == VARIABLE or kind == "checksum")
