"""Blocks of XMODEM and YMODEM, after Forsberg's protocol reference of 1988."""

import binascii
from dataclasses import dataclass

__all__ = [
    "ACK",
    "CAN",
    "CRC_START",
    "EOT",
    "NAK",
    "SIZES",
    "SOH",
    "STX",
    "Head",
    "block",
    "head_of",
    "opened",
]

SOH, STX, EOT, ACK, NAK, CAN, CRC_START = 0x01, 0x02, 0x04, 0x06, 0x15, 0x18, 0x43
SIZES = {SOH: 128, STX: 1024}
"""Data bytes of a block by its first byte."""
_PAD = b"\x1a"
_LONGEST_NAME = 512


@dataclass(frozen=True, slots=True)
class Head:
    """What YMODEM's block 0 says of a file; `size` in bytes, None where the sender does not know it."""

    name: str
    size: int | None


def block(number: int, data: bytes, *, crc: bool = True) -> bytes:
    """A block with up to 1024 bytes of data, padded with 1AH; raises ValueError for more."""
    size = 128 if len(data) <= 128 else 1024
    if len(data) > size:
        raise ValueError(f"{len(data)} bytes do not fit into a block")
    body = data.ljust(size, _PAD)
    head = bytes((SOH if size == 128 else STX, number & 0xFF, ~number & 0xFF))
    return head + body + (_crc(body) if crc else bytes((sum(body) & 0xFF,)))


def _crc(body: bytes) -> bytes:
    return binascii.crc_hqx(body, 0).to_bytes(2)


def opened(raw: bytes, *, crc: bool) -> tuple[int, bytes] | None:
    """Number and data of a whole block, None where complement or check are wrong."""
    number, body = raw[1], raw[3 : 3 + SIZES[raw[0]]]
    check = _crc(body) if crc else bytes((sum(body) & 0xFF,))
    if number ^ raw[2] != 0xFF or raw[3 + len(body) :] != check:
        return None
    return number, body


def head_of(body: bytes) -> Head | None:
    """The file that a block 0 announces; None for the empty one that ends a batch."""
    name, _, rest = body.partition(b"\0")
    if not name:
        return None
    word = rest.split(b"\0", 1)[0].split(b" ", 1)[0]
    size = int(word) if word.isdigit() and len(word) <= 12 else None
    return Head(_text(name[:_LONGEST_NAME]), size)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")
