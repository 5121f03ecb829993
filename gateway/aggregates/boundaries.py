"""Registers near the ends of periods, of very many meters, in a few bytes each.

Of each step (a quarter hour, or an hour where no shorter span is summed) one register is held: the one nearest to the
step's instant. After two days only those near local midnights stay, after forty none.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from gateway.energy.effective import rank
from gateway.energy.series import Register
from protocols.reading import Method, Reading, State

__all__ = ["KEEP_DAYS", "KEEP_SHORT", "SCALE", "Boundaries", "Row", "Track"]

SCALE = 10_000
KEEP_SHORT = 2 * 86_400
"""Seconds for which every step is held."""
KEEP_DAYS = 40 * 86_400
"""Seconds for which midnights are held."""
_NEAR = 1800
_METHODS = tuple(Method)
_LATE = 1 << 13
_BY_PERSON = 0

Row = tuple[int, int, int, int]
"""Instant (seconds since 1970), register in 0.0001, mark of method and rank, flags."""


class Track:
    """The registers of one meter at one point, by rising instants: 9 bytes each."""

    __slots__ = ("at", "base", "flags", "marks", "units")

    def __init__(self) -> None:
        self.at = array("I")
        self.units = array("I")
        self.marks = array("B")
        self.flags: dict[int, int] | None = None
        self.base = 0

    def __len__(self) -> int:
        return len(self.at)

    def put(self, row: Row, step: int) -> bool:
        """Take a register if it is the nearest, then the best, of its step; whether anything changed.

        What counts does not depend on the order of arrival.
        """
        at, units, mark, _ = row
        slot = (at + step // 2) // step
        place = bisect_left(self.at, slot * step - step // 2)
        if place < len(self.at) and (self.at[place] + step // 2) // step == slot:
            held = (abs(self.at[place] - slot * step), self.marks[place] & 15, self._value(place))
            if held <= (abs(at - slot * step), mark & 15, units):
                return False
            self._drop(place, place + 1)
        self._insert(place, row)
        return True

    def rows(self) -> Iterator[Row]:
        """All of them."""
        for place in range(len(self.at)):
            yield self._row(place)

    def since(self, at: int) -> "Track":
        """A copy of what holds from an instant on."""
        first = bisect_left(self.at, at)
        part = Track()
        part.base, part.flags = self.base, self.flags
        part.at, part.units, part.marks = self.at[first:], self.units[first:], self.marks[first:]
        return part

    def around(self, begin: int, end: int, decimals: int) -> list[tuple[int, Decimal, int, int]]:
        """What the ends of a period need: one register before, those within, three behind (values in kWh)."""
        first = max(0, bisect_left(self.at, begin) - 1)
        last = bisect_left(self.at, end) + 3
        found = []
        for place in range(first, min(last, len(self.at))):
            at, units, mark, flags = self._row(place)
            found.append((at, _kwh(units, decimals), mark, flags))
        return found

    def neighbours(self, at: int) -> tuple[int | None, int | None]:
        """Instants of the registers before and behind one."""
        place = bisect_left(self.at, at)
        behind = place + (place < len(self.at) and self.at[place] == at)
        return (
            self.at[place - 1] if place else None,
            self.at[behind] if behind < len(self.at) else None,
        )

    def prune(self, now: int, is_midnight: Callable[[int], bool]) -> None:
        """Forget what no period asks for any more."""
        short = bisect_left(self.at, now - KEEP_SHORT)
        kept = [
            self._row(place)
            for place in range(short)
            if self.at[place] >= now - KEEP_DAYS and is_midnight(self.at[place])
        ]
        if len(kept) == short:
            return
        rest = [self._row(place) for place in range(short, len(self.at))]
        self.at, self.units, self.marks, self.flags = array("I"), array("I"), array("B"), None
        for place, row in enumerate((*kept, *rest)):
            self._insert(place, row)

    def _value(self, place: int) -> int:
        return self.base + self.units[place]

    def _row(self, place: int) -> Row:
        at = self.at[place]
        return at, self._value(place), self.marks[place], self.flags.get(at, 0) if self.flags else 0

    def _insert(self, place: int, row: Row) -> None:
        at, units, mark, flags = row
        if not self.at:
            self.base = max(0, units - SCALE)
        try:
            self.units.insert(place, units - self.base)
        except OverflowError:
            self.units = array("q", self.units)
            self.units.insert(place, units - self.base)
        self.at.insert(place, at)
        self.marks.insert(place, mark)
        if flags & ~_LATE:
            self.flags = {**(self.flags or {}), at: flags & ~_LATE}

    def _drop(self, first: int, last: int) -> None:
        for column in (self.at, self.units, self.marks):
            del column[first:last]


class Boundaries:
    """Tracks by asset number and point."""

    def __init__(self, tz: tzinfo, step: int = 900) -> None:
        self.step = step
        self._tz = tz
        self._tracks: dict[tuple[str, str], Track] = {}
        self._midnights: dict[int, bool] = {}

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
        return track if track.put(row, self.step) else None

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
        """Forget what is too old, meter by meter."""
        for key, track in list(self._tracks.items()):
            track.prune(now, self._is_midnight)
            if not track.at:
                del self._tracks[key]
        self._midnights.clear()

    def keep(self, assets: frozenset[str]) -> None:
        """Forget meters that count for nothing any more."""
        for key in [key for key in self._tracks if key[0] not in assets]:
            del self._tracks[key]

    def tracks(self) -> Iterator[tuple[tuple[str, str], Track]]:
        """Everything, by meter and point."""
        yield from self._tracks.items()

    def _is_midnight(self, at: int) -> bool:
        """Whether an instant lies near a local midnight."""
        slot = at // 900
        if (known := self._midnights.get(slot)) is None:
            local = datetime.fromtimestamp(at, self._tz)
            seconds = local.hour * 3600 + local.minute * 60 + local.second
            known = self._midnights[slot] = seconds <= _NEAR or seconds >= 86_400 - _NEAR
        return known


def _kwh(units: int, decimals: int) -> Decimal:
    """A register as its meter writes it, where it fits."""
    step = 10 ** max(0, 4 - decimals)
    return Decimal(units).scaleb(-4) if units % step else Decimal(units // step).scaleb(-min(decimals, 4))
