"""Registers near the ends of periods, of very many meters, in a few bytes each.

Of each step (a quarter hour, or an hour where no shorter span is summed) one register is held: the one nearest to the
step's instant. After two days only those on both sides of local midnights stay, after forty none.
"""

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, tzinfo
from decimal import Decimal
from itertools import accumulate, pairwise
from math import gcd

from gateway.energy.effective import rank
from gateway.energy.series import Register
from protocols.reading import Method, Reading, State

__all__ = ["KEEP_DAYS", "KEEP_SHORT", "SCALE", "Boundaries", "Row", "Track"]

SCALE = 10_000
KEEP_SHORT = 2 * 86_400
"""Seconds for which every step is held."""
KEEP_DAYS = 40 * 86_400
"""Seconds for which midnights are held."""
_METHODS = tuple(Method)
_LATE = 1 << 13
_BY_PERSON = 0
_HOT = 8
"""Registers that are never packed: those of two hours of quarters."""
_FULL = 16
"""Registers from which on a track is packed."""
_WORD = 0xFFFFFFFF

Row = tuple[int, int, int, int]
"""Instant (seconds since 1970), register in 0.0001, mark of method and rank, flags."""


class Track:
    """The registers of one meter at one point, by rising instants: the newest in 9 bytes each, the rest packed.

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
        copy.at, copy.units, copy.marks = _unpacked(self.cold)
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
        if self.units.typecode == "I" and len(rows) > 2 * _HOT:
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


def _pack(at: "array[int]", units: "array[int]", marks: "array[int]") -> bytes:
    """Columns as differences, which hardly differ, byte beside like byte, compressed; before them their number."""
    step = gcd(*units) or 1
    columns = (at, array("I", [one // step for one in units]))
    steps = [
        array("I", [(one - other) & _WORD for other, one in pairwise((0, *column))]).tobytes()
        for column in columns
    ]
    planes = b"".join(column[byte::4] for column in steps for byte in range(4))
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)  # bare: no header, no checksum
    packed = packer.compress(planes + marks.tobytes()) + packer.flush()
    return len(at).to_bytes(2, "little") + step.to_bytes(4, "little") + packed


def _packed(cold: bytes) -> int:
    return int.from_bytes(cold[:2], "little")


def _unpacked(cold: bytes) -> "tuple[array[int], array[int], array[int]]":
    count, data = _packed(cold), zlib.decompress(cold[6:], wbits=-zlib.MAX_WBITS)
    step = int.from_bytes(cold[2:6], "little")
    columns = []
    for first, factor in ((0, 1), (4 * count, step)):
        raw = bytearray(4 * count)
        for byte in range(4):
            raw[byte::4] = data[first + byte * count : first + (byte + 1) * count]
        steps = array("I", bytes(raw))
        sums = accumulate(steps, lambda one, more: (one + more) & _WORD)
        columns.append(array("I", sums if factor == 1 else [one * factor for one in sums]))
    marks = array("B", data[8 * count :])
    return columns[0], columns[1], marks


class Boundaries:
    """Tracks by asset number and point."""

    def __init__(self, tz: tzinfo, step: int = 900) -> None:
        self.step = step
        self._tz = tz
        self._tracks: dict[tuple[str, str], Track] = {}
        self._days: dict[int, int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._tracks.values()))

    def take(self, reading: Reading) -> Track | None:
        """A usable register; returns its track if it changed anything."""
        if reading.value is None:
            return None
        mark = _METHODS.index(reading.method) << 4 | rank(reading.origin, reading.method, reading.state)
        units = int(reading.value * SCALE)
        key = reading.meter, reading.point
        return self.put(key, (int(reading.at.timestamp()), units, mark, reading.flags))

    def put(self, key: tuple[str, str], row: Row) -> Track | None:
        """One row of a meter and point."""
        track = self._tracks.get(key)
        if track is None:
            track = self._tracks[key] = Track()
        if not track.put(row, self.step):
            return None
        if len(track.at) >= _FULL:
            self._fold(track)
        return track

    def adopt(self, key: tuple[str, str], track: Track) -> None:
        """A track as it was kept; beside one that is here its rows are taken."""
        if key not in self._tracks:
            self._tracks[key] = track
            return
        whole = track.whole()
        for place in range(len(whole.at)):
            self.put(key, whole.row(place))

    def has(self, asset: str, point: str) -> bool:
        """Whether anything is held of this register."""
        return (asset, point) in self._tracks

    def registers(
        self, asset: str, point: str, begin: datetime, end: datetime, decimals: int
    ) -> Sequence[Register]:
        """Registers that the energy between two instants needs."""
        track = self._tracks.get((asset, point))
        if track is None:
            return ()
        found = track.around(int(begin.timestamp()), int(end.timestamp()), decimals)
        return [
            Register(
                datetime.fromtimestamp(at, self._tz),
                value,
                State.ACCEPTED if mark & 15 == _BY_PERSON else State.PASSED,
                _METHODS[mark >> 4],
                flags,
            )
            for at, value, mark, flags in found
        ]

    def prune(self, now: int) -> None:
        """Forget what is too old of meters that give nothing any more; the others' goes when they are packed."""
        for key, track in list(self._tracks.items()):
            if not track.at or track.at[-1] < now - KEEP_SHORT:
                track.fold(now, self._day_of)
            if not track.at:
                del self._tracks[key]
        self._days.clear()

    def _fold(self, track: Track) -> None:
        """Pack a track as of its newest register: what is kept does not depend on when it came."""
        track.fold(track.at[-1], self._day_of)

    def keep(self, assets: AbstractSet[str]) -> None:
        """Forget meters that count for nothing any more."""
        for key in [key for key in self._tracks if key[0] not in assets]:
            del self._tracks[key]

    def tracks(self) -> Iterator[tuple[tuple[str, str], Track]]:
        """Everything, by meter and point."""
        yield from self._tracks.items()

    def _day_of(self, at: int) -> int:
        """The local day of an instant."""
        slot = at // 900
        if (known := self._days.get(slot)) is None:
            known = self._days[slot] = datetime.fromtimestamp(at, self._tz).toordinal()
        return known


def _kwh(units: int, decimals: int) -> Decimal:
    """A register as its meter writes it, where it fits."""
    step = 10 ** max(0, 4 - decimals)
    return Decimal(units).scaleb(-4) if units % step else Decimal(units // step).scaleb(-min(decimals, 4))
