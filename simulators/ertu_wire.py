"""Frames of IEC 60870-5-102 as an ERTU makes and reads them, in words of its own.

It shares nothing with the gateway's codec, so that a fault there cannot hide here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

__all__ = ["Heard", "Widths", "frames", "long_frame", "short_frame", "ta", "tb", "when"]

_CENTURY = 2000


@dataclass(frozen=True, slots=True)
class Widths:
    """Bytes of the link address, the station's address and an object's."""

    link: int = 2
    station: int = 2
    object: int = 1


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame from the master: control byte, link address, and application data (empty in a short frame)."""

    control: int
    link: int
    data: bytes


def _closed(inner: bytes, spoilt: int = 0) -> bytes:
    return inner + bytes(((sum(inner) + spoilt) % 256, 0x16))


def short_frame(control: int, link: int, widths: Widths) -> bytes:
    """10 C A CS 16."""
    return b"\x10" + _closed(bytes((control,)) + link.to_bytes(widths.link, "little"))


def long_frame(control: int, link: int, data: bytes, widths: Widths, spoilt: int = 0) -> bytes:
    """68 L L 68 C A data CS 16; `spoilt` is added to the checksum."""
    inner = bytes((control,)) + link.to_bytes(widths.link, "little") + data
    return bytes((0x68, len(inner), len(inner), 0x68)) + _closed(inner, spoilt)


def frames(buffer: bytearray, widths: Widths) -> Iterator[Heard]:
    """Takes whole good frames off the front of `buffer`; what is none is dropped byte by byte."""
    while buffer:
        size, start = _extent(buffer, widths)
        if size == 0:
            del buffer[0]
            continue
        if len(buffer) < size:
            return
        inner = bytes(buffer[start : size - 2])
        if buffer[size - 1] != 0x16 or buffer[size - 2] != sum(inner) % 256:
            del buffer[0]
            continue
        del buffer[:size]
        link = int.from_bytes(inner[1 : 1 + widths.link], "little")
        yield Heard(inner[0], link, inner[1 + widths.link :])


def _extent(buffer: bytearray, widths: Widths) -> tuple[int, int]:
    """Bytes of the frame that seems to begin here (0: none does), and where its summed part begins."""
    if buffer[0] == 0x10:
        return 4 + widths.link, 1
    if buffer[0] != 0x68:
        return 0, 0
    if len(buffer) < 4:
        return 4, 4
    fits = buffer[1] == buffer[2] and buffer[3] == 0x68
    return (buffer[1] + 6 if fits else 0), 4


def ta(at: datetime, *, tariff: bool = False) -> bytes:
    """Five bytes: minute, hour, day with weekday, month, year."""
    day = at.isoweekday() * 32 + at.day
    return bytes((at.minute + 64 * tariff, at.hour, day, at.month, at.year - _CENTURY))


def tb(at: datetime) -> bytes:
    """Seven bytes: milliseconds and seconds before the five."""
    return (at.second * 1024 + at.microsecond // 1000).to_bytes(2, "little") + ta(at)


def when(raw: bytes) -> datetime:
    """The time of five or seven bytes; raises ValueError for none."""
    fine = int.from_bytes(raw[:-5], "little")
    minute, hour, day, month, year = raw[-5:]
    return datetime(  # noqa: DTZ001 - equipment knows local time only
        _CENTURY + year % 128, month % 16, day % 32, hour % 32, minute % 64, fine // 1024, fine % 1024 * 1000
    )
