"""The wire layout of Q/GDW 1376.1 (clause 4.2) and 130-2005, and finding frames in a stream.

`layout` is the readable specification. `decode` and `encode` do the same by hand, because they run for every frame;
a property test holds the two equal on every frame and every corruption.
"""

import functools
import struct
from dataclasses import dataclass
from typing import Any

from protocols.errors import FrameError
from protocols.stream import BadFrame, Search

__all__ = ["BadFrame", "Frame", "Splitter", "Tp", "by_layout", "decode", "encode", "layout"]

START, END = 0x68, 0x16
OVERHEAD = 8
LEAST, MOST = 8, 16_383
PASSWORD_BYTES, TP_BYTES, EC_BYTES = 16, 6, 2
# Identifiers of 130-2005 and of 376.1; 0 and 3 are not in use.
_KNOWN = frozenset({1, 2})
_UP, _PRM, _FLAG, _FCV = 0x80, 0x40, 0x20, 0x10
_TPV, _FIR, _FIN, _CON = 0x80, 0x40, 0x20, 0x10
_WITH_PASSWORD = frozenset({0x01, 0x04, 0x05, 0x06, 0x0F, 0x10})
_AUTHENTICATION, _LINK = 0x06, 0x02
_UNIT = 4
"""Bytes of a data unit identifier: logins have no counters, whatever ACD says, but equipment exists that sends them."""
_HEAD = 16
"""Bytes up to and with SEQ."""


@dataclass(frozen=True, slots=True)
class Tp:
    """Time tag: frame counter, send time as its four bytes A.16, allowed delay in minutes (0: not checked)."""

    pfc: int
    sent: bytes
    delay: int

    def encode(self) -> bytes:
        """Six bytes."""
        return bytes((self.pfc,)) + self.sent + bytes((self.delay,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame. `address` is region and terminal as 8 hex digits, `body` the data units without AUX.

    `ec` are the event counters, important and normal; `password` is that of a changing request.
    """

    control: int
    address: str
    msa: int = 0
    is_group: bool = False
    afn: int
    seq: int
    body: bytes = b""
    ec: tuple[int, int] | None = None
    tp: Tp | None = None
    password: bytes | None = None
    protocol_id: int = 2

    @property
    def up(self) -> bool:
        """From the terminal."""
        return bool(self.control & _UP)

    @property
    def prm(self) -> bool:
        """Sent by the station that began the exchange."""
        return bool(self.control & _PRM)

    @property
    def flag(self) -> bool:
        """FCB of a request, ACD of what a terminal sends."""
        return bool(self.control & _FLAG)

    @property
    def function(self) -> int:
        """The link function code, 0 to 15."""
        return self.control & 0x0F

    @property
    def fir(self) -> bool:
        """The first frame of a message."""
        return bool(self.seq & _FIR)

    @property
    def fin(self) -> bool:
        """The last frame of a message."""
        return bool(self.seq & _FIN)

    @property
    def con(self) -> bool:
        """To be confirmed."""
        return bool(self.seq & _CON)

    @property
    def number(self) -> int:
        """PSEQ or RSEQ, 0 to 15."""
        return self.seq & 0x0F


def encode(frame: Frame) -> bytes:
    """The frame on the wire; raises FrameError for an address not of 8 hex digits and for too much data."""
    inner = _inner(frame)
    if len(inner) > MOST:
        raise FrameError("length", f"{len(inner)} bytes, {MOST} at most")
    length = (len(inner) << 2 | frame.protocol_id).to_bytes(2, "little")
    return b"\x68%b%b\x68%b%c\x16" % (length, length, inner, sum(inner) & 0xFF)


def _inner(frame: Frame) -> bytes:
    """From the control field to the end of AUX."""
    seq = frame.seq | _TPV if frame.tp is not None else frame.seq
    parts = [bytes((frame.control,)), _wire_address(frame), bytes((frame.afn, seq)), frame.body]
    if frame.ec is not None:
        parts.append(bytes(frame.ec))
    if frame.password is not None:
        parts.append(frame.password)
    if frame.tp is not None:
        parts.append(frame.tp.encode())
    return b"".join(parts)


def _wire_address(frame: Frame) -> bytes:
    try:
        region, terminal = bytes.fromhex(frame.address[:4]), bytes.fromhex(frame.address[4:])
    except ValueError as error:
        raise FrameError("header", f"address {frame.address!r}") from error
    if len(region) != 2 or len(terminal) != 2:
        raise FrameError("header", f"address {frame.address!r}")
    return region[::-1] + terminal[::-1] + bytes((frame.msa << 1 | frame.is_group,))


def decode(raw: bytes) -> Frame:
    """One whole frame; raises FrameError with kind header, length, end or checksum."""
    if len(raw) < OVERHEAD + LEAST or raw[0] != START or raw[5] != START or raw[1:3] != raw[3:5]:
        raise FrameError("header")
    length = int.from_bytes(raw[1:3], "little")
    if length & 3 not in _KNOWN:
        raise FrameError("header", f"protocol identifier {length & 3}")
    if len(raw) != OVERHEAD + (length >> 2):
        raise FrameError("length", f"{len(raw)} bytes, {OVERHEAD + (length >> 2)} announced")
    if raw[-1] != END:
        raise FrameError("end", f"{raw[-1]:02X}H")
    if sum(raw[6:-2]) & 0xFF != raw[-2]:
        raise FrameError("checksum", f"{raw[-2]:02X}H, computed {sum(raw[6:-2]) & 0xFF:02X}H")
    return _frame(length & 3, raw[6], raw[7:12], raw[12], raw[13], raw[14:-2])


def _frame(protocol_id: int, control: int, address: bytes, afn: int, seq: int, rest: bytes) -> Frame:
    tp: Tp | None = None
    if seq & _TPV and len(rest) >= TP_BYTES:
        rest, tail = rest[:-TP_BYTES], rest[-TP_BYTES:]
        tp = Tp(tail[0], tail[1:5], tail[5])
    ec: tuple[int, int] | None = None
    password: bytes | None = None
    up = bool(control & _UP)
    if up and control & _FLAG and len(rest) >= EC_BYTES + (_UNIT if afn == _LINK else 0):
        ec, rest = (rest[-2], rest[-1]), rest[:-EC_BYTES]
    if ((afn in _WITH_PASSWORD and not up) or afn == _AUTHENTICATION) and len(rest) >= PASSWORD_BYTES:
        rest, password = rest[:-PASSWORD_BYTES], rest[-PASSWORD_BYTES:]
    return Frame(
        control=control,
        address=(address[1::-1] + address[3:1:-1]).hex().upper(),
        msa=address[4] >> 1,
        is_group=bool(address[4] & 1),
        afn=afn,
        seq=seq,
        body=rest,
        ec=ec,
        tp=tp,
        password=password,
        protocol_id=protocol_id,
    )


@functools.cache
def layout() -> Any:
    """The wire layout; made at its first use, because the library takes 2 MiB that a gateway has for meters."""
    from construct import Byte, Bytes, Const, Int16ul, Struct, Terminated, this

    return Struct(
        Const(b"\x68"),
        "length" / Int16ul,
        "again" / Int16ul,
        Const(b"\x68"),
        "control" / Byte,
        "address" / Bytes(5),
        "afn" / Byte,
        "seq" / Byte,
        "rest" / Bytes((this.length >> 2) - LEAST),
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
    if parsed.length != parsed.again or parsed.length & 3 not in _KNOWN:
        raise FrameError("header")
    if sum(raw[6:-2]) & 0xFF != parsed.checksum:
        raise FrameError("checksum")
    return _frame(parsed.length & 3, parsed.control, parsed.address, parsed.afn, parsed.seq, parsed.rest)


class Splitter(Search[Frame]):
    """Finds frames in a stream; memory is bounded by `longest`, the most bytes of a frame."""

    def __init__(self, longest: int = OVERHEAD + MOST) -> None:
        super().__init__()
        self._longest = longest

    def _decode(self, raw: bytes) -> Frame:
        return decode(raw)

    def _candidate(self, *, final: bool) -> int | None:
        buffer = self._buffer
        have = len(buffer)
        if have > 5 and (buffer[5] != START or buffer[1:3] != buffer[3:5]):
            return 0
        if have < 6:
            return 0 if final else None
        length = buffer[1] | buffer[2] << 8
        size = OVERHEAD + (length >> 2)
        if length & 3 not in _KNOWN or length >> 2 < LEAST or size > self._longest:
            return 0
        if have >= size:
            return size
        return have if final and have >= OVERHEAD + LEAST else 0 if final else None
