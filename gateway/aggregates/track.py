"""The registers of one meter at one point near the ends of periods, in a few bytes each.

Of each step (a quarter hour, or an hour where no shorter span is summed) one register is held: the one nearest to the
step's instant. After two days only those on both sides of local midnights stay, after forty none.
"""

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable
from decimal import Decimal
from itertools import accumulate, pairwise
from math import gcd
from struct import Struct
from typing import cast

__all__ = ["FULL", "KEEP_DAYS", "KEEP_SHORT", "SCALE", "Row", "Track", "registers_in"]

SCALE = 10_000
KEEP_SHORT = 2 * 86_400
"""Seconds for which every step is held."""
KEEP_DAYS = 40 * 86_400
"""Seconds for which midnights are held."""
_LATE = 1 << 13
_HOT = 8
"""Registers that are never packed: those of two hours of quarters."""
FULL = 16
"""Registers from which on a track is packed."""
_UNSIGNED = {"I": "I", "q": "Q"}
_HEAD = Struct("=cHHqI")
"""Of a track as bytes: type of its registers, how many are not packed, how many flags, base, end of what is packed."""
_PLAIN, _WIDE, _FLAGGED = 9, 13, 8
"""Bytes of a register in each type, and of a flag."""

Row = tuple[int, int, int, int]
"""Instant (seconds since 1970), register in 0.0001, mark of method and rank, flags."""


class Track:
    """Registers by rising instants: the newest in 9 bytes each, the rest packed.

    It is made of its bytes to be worked with, and made bytes again: a gateway holds thousands.
    What is packed is looked at by unpacking a copy; a value that comes late unpacks it for a while.
    """

    __slots__ = ("at", "base", "cold", "cold_until", "flags", "marks", "units")

    def __init__(self) -> None:
        self.at = array("I")
        self.units = array("I")
        self.marks = array("B")
        self.flags: dict[int, int] | None = None
        self.base = 0
        self.cold = b""
        self.cold_until = 0

    def __len__(self) -> int:
        return len(self.at) + (_packed(self.cold) if self.cold else 0)

    @classmethod
    def of(cls, held: bytes) -> "Track":
        """The track that was made these bytes."""
        track = cls()
        code, count, flagged, track.base, track.cold_until = _HEAD.unpack_from(held)
        track.units = array(code.decode())
        stamps, flags = array("I"), array("I")
        place = _HEAD.size
        for column, length in (
            (track.at, count), (track.units, count), (track.marks, count), (stamps, flagged), (flags, flagged),
        ):  # fmt: skip
            end = place + length * column.itemsize
            column.frombytes(held[place:end])
            place = end
        track.flags = dict(zip(stamps, flags, strict=True)) or None
        track.cold = held[place:]
        return track

    def held(self) -> bytes:
        """All of it as bytes, for `of` in this process."""
        flags = self.flags or {}
        code = self.units.typecode.encode()
        head = _HEAD.pack(code, len(self.at), len(flags), self.base, self.cold_until)
        columns = (self.at, self.units, self.marks, array("I", flags), array("I", flags.values()))
        return b"".join((head, *(column.tobytes() for column in columns), self.cold))

    def put(self, row: Row, step: int) -> bool:
        """Take a register if it is the nearest, then the best, of its step; whether anything changed.

        What counts does not depend on the order of arrival.
        """
        at, units, mark, _ = row
        if self.cold and at < self.cold_until + step:
            self._thaw()
        slot = (at + step // 2) // step
        place = bisect_left(self.at, slot * step - step // 2)
        if place < len(self.at) and (self.at[place] + step // 2) // step == slot:
            held = (abs(self.at[place] - slot * step), self.marks[place] & 15, self._value(place))
            if held <= (abs(at - slot * step), mark & 15, units):
                return False
            self._drop(place, place + 1)
        self._insert(place, row)
        return True

    def whole(self) -> "Track":
        """All of it unpacked: itself, or a copy."""
        if not self.cold:
            return self
        copy = Track()
        copy.base, copy.flags = self.base, self.flags
        copy.at, copy.units, copy.marks = _unpacked(self.cold, self.units.typecode)
        for mine, more in ((copy.at, self.at), (copy.units, self.units), (copy.marks, self.marks)):
            mine.extend(more)
        return copy

    def since(self, at: int) -> "Track":
        """A copy of what holds from an instant on."""
        held = self._reaching(at)
        first = bisect_left(held.at, at)
        part = Track()
        part.base, part.flags = self.base, self.flags
        part.at, part.units, part.marks = held.at[first:], held.units[first:], held.marks[first:]
        return part

    def around(self, begin: int, end: int, decimals: int) -> list[tuple[int, Decimal, int, int]]:
        """What the ends of a period need: one register before, those within, three behind (values in kWh)."""
        held = self._reaching(begin)
        first = max(0, bisect_left(held.at, begin) - 1)
        last = bisect_left(held.at, end) + 3
        found = []
        for place in range(first, min(last, len(held.at))):
            at, units, mark, flags = held.row(place)
            found.append((at, _kwh(units, decimals), mark, flags))
        return found

    def neighbours(self, at: int) -> tuple[int | None, int | None]:
        """Instants of the registers before and behind one."""
        held = self._reaching(at)
        place = bisect_left(held.at, at)
        behind = place + (place < len(held.at) and held.at[place] == at)
        return (
            held.at[place - 1] if place else None,
            held.at[behind] if behind < len(held.at) else None,
        )

    def fold(self, now: int, day_of: Callable[[int], int]) -> None:
        """Forget what no period asks for any more, and pack all but the newest.

        Of old days the first and the last register stay: those on both sides of a midnight.
        """
        held = self.whole()
        days = [day_of(at) for at in held.at]
        rows = [
            held.row(place)
            for place, at in enumerate(held.at)
            if at >= now - KEEP_SHORT
            or (at >= now - KEEP_DAYS and days[max(0, place - 1) : place + 2] != [days[place]] * 3)
        ]
        self.at, self.units, self.marks, self.flags = array("I"), array("I"), array("B"), None
        self.cold, self.cold_until = b"", 0
        for place, row in enumerate(rows):
            self._insert(place, row)
        if len(rows) > 2 * _HOT:
            self.cold = _pack(self.at[:-_HOT], self.units[:-_HOT], self.marks[:-_HOT])
            self.cold_until = self.at[-_HOT - 1]
            self.at, self.units, self.marks = self.at[-_HOT:], self.units[-_HOT:], self.marks[-_HOT:]

    def row(self, place: int) -> Row:
        """One of those that are not packed."""
        at = self.at[place]
        return at, self._value(place), self.marks[place], self.flags.get(at, 0) if self.flags else 0

    def _reaching(self, at: int) -> "Track":
        """Itself where it has, unpacked, a register before an instant."""
        return self if self.at and self.at[0] < at else self.whole()

    def _thaw(self) -> None:
        held = self.whole()
        self.at, self.units, self.marks = held.at, held.units, held.marks
        self.cold, self.cold_until = b"", 0

    def _value(self, place: int) -> int:
        return self.base + self.units[place]

    def _insert(self, place: int, row: Row) -> None:
        at, units, mark, flags = row
        if not self.at and not self.cold:
            self.base = max(0, units - SCALE)
        try:
            self.units.insert(place, units - self.base)
        except OverflowError:
            if self.cold:
                self._thaw()
                place = bisect_left(self.at, at)
            self.units = array("q", self.units)
            self.units.insert(place, units - self.base)
        self.at.insert(place, at)
        self.marks.insert(place, mark)
        if flags & ~_LATE:
            self.flags = {**(self.flags or {}), at: flags & ~_LATE}

    def _drop(self, first: int, last: int) -> None:
        for column in (self.at, self.units, self.marks):
            del column[first:last]


def registers_in(held: bytes) -> int:
    """How many registers there are in a track's bytes."""
    code, count, flagged, _, _ = cast("tuple[bytes, int, int, int, int]", _HEAD.unpack_from(held))
    cold = _HEAD.size + count * (_PLAIN if code == b"I" else _WIDE) + flagged * _FLAGGED
    return count + (_packed(held[cold : cold + 2]) if len(held) > cold else 0)


def _pack(at: "array[int]", units: "array[int]", marks: "array[int]") -> bytes:
    """Columns as differences, which hardly differ, byte beside like byte, compressed; before them their number."""
    step = gcd(*units) or 1
    planes = _planes(at) + _planes(array(units.typecode, [one // step for one in units]))
    # Bare: no header, no checksum; in 50 KiB for the work instead of 260, as there are two or three KiB to pack.
    packer = zlib.compressobj(9, wbits=-12, memLevel=6)
    packed = packer.compress(planes + marks.tobytes()) + packer.flush()
    return len(at).to_bytes(2, "little") + step.to_bytes(units.itemsize, "little") + packed


def _planes(column: "array[int]") -> bytes:
    size = column.itemsize
    word = (1 << 8 * size) - 1
    steps = [(one - other) & word for other, one in pairwise((0, *column))]
    plain = array(_UNSIGNED[column.typecode], steps).tobytes()
    return b"".join(plain[byte::size] for byte in range(size))


def _packed(cold: bytes) -> int:
    return int.from_bytes(cold[:2], "little")


def _unpacked(cold: bytes, code: str) -> "tuple[array[int], array[int], array[int]]":
    count, begin = _packed(cold), 2 + array(code).itemsize
    step, data = int.from_bytes(cold[2:begin], "little"), zlib.decompress(cold[begin:], wbits=-zlib.MAX_WBITS)
    at = _column(data, count, "I")
    middle = count * at.itemsize
    units = _column(data[middle:], count, code)
    marks = array("B", data[middle + count * units.itemsize :])
    return at, units if step == 1 else array(code, [one * step for one in units]), marks


def _column(data: bytes, count: int, code: str) -> "array[int]":
    size = array(code).itemsize
    word = (1 << 8 * size) - 1
    plain = bytearray(count * size)
    for byte in range(size):
        plain[byte::size] = data[byte * count : (byte + 1) * count]
    steps = array(_UNSIGNED[code], bytes(plain))
    sums = array(_UNSIGNED[code], accumulate(steps, lambda one, more: (one + more) & word))
    return array(code, sums.tobytes())


def _kwh(units: int, decimals: int) -> Decimal:
    """A register as its meter writes it, where it fits."""
    step = 10 ** max(0, 4 - decimals)
    return Decimal(units).scaleb(-4) if units % step else Decimal(units // step).scaleb(-min(decimals, 4))
