"""The wire layouts of Modbus: RTU on serial lines (CRC at the end), TCP behind a header with a transaction.

`layouts` are the readable specification. The functions do the same by hand, because they run for every
frame; a property test holds the two equal.
"""

import functools
import struct
from dataclasses import dataclass
from typing import Any

from protocols.errors import FrameError
from protocols.stream import BadFrame

__all__ = [
    "RTU_OVERHEAD",
    "TCP_HEADER",
    "BadFrame",
    "Frame",
    "crc16",
    "decode_rtu",
    "decode_tcp",
    "encode_rtu",
    "encode_tcp",
    "layouts",
    "rtu_by_layout",
    "tcp_by_layout",
]

# Unit, function and CRC.
RTU_OVERHEAD = 4
# Transaction, protocol, length, unit.
TCP_HEADER = 7
_LONGEST_BODY = 252
_COUNTED = 6
_TCP = struct.Struct(">HHHBB")


@functools.cache
def layouts() -> tuple[Any, Any]:
    """RTU and TCP; made at their first use, because the library takes 2 MiB that a gateway has for meters."""
    from construct import Byte, Bytes, Const, Int16ub, Int16ul, Struct, Terminated, this

    rtu = Struct(
        "unit" / Byte,
        "function" / Byte,
        "body" / Bytes(this._.size),
        "crc" / Int16ul,
        Terminated,
    ).compile()
    tcp = Struct(
        "transaction" / Int16ub,
        Const(b"\x00\x00"),
        "length" / Int16ub,
        "unit" / Byte,
        "function" / Byte,
        "body" / Bytes(this.length - 2),
        Terminated,
    ).compile()
    return rtu, tcp


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: `function` with bit 7 set for a refusal, `transaction` 0 on a serial line."""

    unit: int
    function: int
    body: bytes
    transaction: int = 0


def _table() -> tuple[int, ...]:
    values = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
        values.append(value)
    return tuple(values)


_CRC = _table()


def crc16(data: bytes) -> int:
    """The CRC of serial line 6.2.2 (reflected 8005H, start FFFFH); its low byte goes out first."""
    crc, table = 0xFFFF, _CRC
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


def _check(frame: Frame) -> None:
    if not 0 <= frame.unit <= 0xFF:
        raise FrameError("header", f"unit {frame.unit}")
    if len(frame.body) > _LONGEST_BODY:
        raise FrameError("length", f"{len(frame.body)} bytes")


def encode_rtu(frame: Frame) -> bytes:
    """The frame on a serial line; raises FrameError for a unit beyond 255 or a body beyond 252 bytes."""
    _check(frame)
    data = bytes((frame.unit, frame.function)) + frame.body
    return data + crc16(data).to_bytes(2, "little")


def encode_tcp(frame: Frame) -> bytes:
    """The frame on TCP; raises FrameError as `encode_rtu`."""
    _check(frame)
    return _TCP.pack(frame.transaction, 0, len(frame.body) + 2, frame.unit, frame.function) + frame.body


def decode_rtu(raw: bytes) -> Frame:
    """One whole frame of a serial line; raises FrameError with kind length or checksum."""
    if not RTU_OVERHEAD <= len(raw) <= RTU_OVERHEAD + _LONGEST_BODY:
        raise FrameError("length", f"{len(raw)} bytes")
    if crc16(raw):  # over a frame with its own CRC the remainder is nothing
        raise FrameError("checksum", f"computed {crc16(raw[:-2]).to_bytes(2, 'little').hex().upper()}H")
    return Frame(raw[0], raw[1], raw[2:-2])


def decode_tcp(raw: bytes) -> Frame:
    """One whole frame of TCP; raises FrameError with kind header or length."""
    if len(raw) <= TCP_HEADER:
        raise FrameError("length", f"{len(raw)} bytes")
    transaction, protocol, length, unit, function = _TCP.unpack_from(raw)
    if protocol:
        raise FrameError("header", f"protocol {protocol}")
    if len(raw) != length + _COUNTED or len(raw) - TCP_HEADER - 1 > _LONGEST_BODY:
        raise FrameError("length", f"{len(raw)} bytes, {length + _COUNTED} announced")
    return Frame(unit, function, raw[TCP_HEADER + 1 :], transaction)


def rtu_by_layout(raw: bytes) -> Frame:
    """The same as `decode_rtu`, read off its layout; slower, for tests. Raises FrameError."""
    from construct import ConstructError

    if len(raw) > RTU_OVERHEAD + _LONGEST_BODY:
        raise FrameError("length")
    try:
        parsed = layouts()[0].parse(raw, size=len(raw) - RTU_OVERHEAD)
    except (ConstructError, struct.error) as error:
        raise FrameError("length", str(error)) from error
    if crc16(raw[:-2]) != parsed.crc:
        raise FrameError("checksum")
    return Frame(parsed.unit, parsed.function, bytes(parsed.body))


def tcp_by_layout(raw: bytes) -> Frame:
    """The same as `decode_tcp`, read off its layout; slower, for tests. Raises FrameError."""
    from construct import ConstructError

    if len(raw) - TCP_HEADER - 1 > _LONGEST_BODY:
        raise FrameError("length")
    try:
        parsed = layouts()[1].parse(raw)
    except (ConstructError, struct.error) as error:
        raise FrameError("length", str(error)) from error
    # A compiled layout does not notice that the stream ended early.
    if len(parsed.body) != parsed.length - 2:
        raise FrameError("length")
    return Frame(parsed.unit, parsed.function, bytes(parsed.body), parsed.transaction)
