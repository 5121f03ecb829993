"""Frames of Q/GDW 1376.1 as a terminal makes and reads them, in words of its own.

It shares nothing with the gateway's codec, so that a fault there cannot hide here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Request", "Unit", "clock6", "pack", "points", "requests", "unit"]

_LEAST = 8
_PASSWORD = 16
_WITH_PASSWORD = frozenset({0x01, 0x04, 0x05, 0x0F, 0x10})
_TAG_SEQ = 0x80
# Fn of AFN 0D by the kind of their time tag; all others carry a day.
_CURVES = frozenset({*range(73, 77), *range(81, 111), 138, *range(145, 149), 217, 218})
_MONTHS = frozenset({*range(17, 25), *range(33, 41), 44, 46, 51, 52, 54, *range(61, 67), 130, *range(157, 161),
                     *range(177, 185), *range(193, 197), *range(201, 209), *range(213, 217)})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """One data unit of a request: measuring points, Fn, and what follows them."""

    pns: tuple[int, ...]
    fns: tuple[int, ...]
    extra: bytes


@dataclass(slots=True)
class Request:
    """A frame from the master station. `whole` is everything between the lengths and the checksum."""

    control: int
    address: bytes
    afn: int
    seq: int
    units: list[Unit] = field(default_factory=list)
    tag: bytes = b""
    whole: bytes = b""

    @property
    def name(self) -> str:
        """Region and terminal as printed."""
        a = self.address
        return f"{a[1]:02X}{a[0]:02X}{a[3]:02X}{a[2]:02X}"


def pack(control: int, address: bytes, afn: int, seq: int, rest: bytes) -> bytes:
    """A frame; `address` has five bytes as they stand on the wire."""
    inner = bytes((control,)) + address + bytes((afn, seq)) + rest
    length = (len(inner) << 2 | 2).to_bytes(2, "little")
    return b"\x68" + length + length + b"\x68" + inner + bytes((sum(inner) & 0xFF, 0x16))


def requests(buffer: bytearray) -> Iterator[Request]:
    """Takes whole frames off the front of `buffer`; what is none is dropped byte by byte."""
    while len(buffer) >= _LEAST:
        if buffer[0] != 0x68 or buffer[5] != 0x68 or buffer[1:3] != buffer[3:5]:
            del buffer[0]
            continue
        length = int.from_bytes(buffer[1:3], "little") >> 2
        if len(buffer) < length + _LEAST:
            return
        inner, end = bytes(buffer[6 : 6 + length]), buffer[6 + length : 8 + length]
        if length < _LEAST or end[0] != sum(inner) & 0xFF or end[1] != 0x16:
            del buffer[0]
            continue
        del buffer[: length + _LEAST]
        yield _request(inner)


def _request(inner: bytes) -> Request:
    found = Request(inner[0], inner[1:6], inner[6], inner[7], whole=inner)
    body = inner[8:]
    if found.seq & _TAG_SEQ:
        body, found.tag = body[:-6], body[-6:]
    if found.afn in _WITH_PASSWORD:
        body = body[:-_PASSWORD]
    found.units = list(_units(found.afn, body))
    return found


def _units(afn: int, body: bytes) -> Iterator[Unit]:
    while len(body) >= 4:
        pns, fns = points(body[:4])
        size = _extra(afn, fns, len(body) - 4)
        yield Unit(pns, fns, body[4 : 4 + size])
        body = body[4 + size :]


def _extra(afn: int, fns: tuple[int, ...], rest: int) -> int:
    if afn in (0x04, 0x05, 0x0A, 0x0E, 0x10):
        return rest if afn != 0x0A or fns == (10,) else 0
    if afn != 0x0D:
        return 0
    if _CURVES & set(fns):
        return 7
    return 2 if _MONTHS & set(fns) else 3


def points(raw: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Measuring points and Fn of DA1 DA2 DT1 DT2; (0,) for the terminal itself."""
    fns = tuple(raw[3] * 8 + bit + 1 for bit in range(8) if raw[2] >> bit & 1)
    if not raw[0] and not raw[1]:
        return (0,), fns
    return tuple((raw[1] - 1) * 8 + bit + 1 for bit in range(8) if raw[0] >> bit & 1), fns


def unit(pn: int, fn: int) -> bytes:
    """DA and DT of one measuring point and one Fn."""
    da = bytes(2) if pn == 0 else bytes((1 << (pn - 1) % 8, (pn - 1) // 8 + 1))
    return da + bytes((1 << (fn - 1) % 8, (fn - 1) // 8))


def clock6(at: datetime) -> bytes:
    """A.1: second, minute, hour, day, weekday with month, year."""

    def pair(number: int) -> int:
        return number // 10 << 4 | number % 10

    month = at.isoweekday() << 5 | at.month // 10 << 4 | at.month % 10
    return bytes((pair(at.second), pair(at.minute), pair(at.hour), pair(at.day), month, pair(at.year % 100)))
