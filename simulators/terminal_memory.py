"""What a simulated terminal has stored of its measuring points, laid out as Q/GDW 1376.1 wants it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from simulators.bcd import bcd, md4, stamp5
from simulators.electric import Electric
from simulators.load import EPOCH
from simulators.memory2007 import settlement

__all__ = ["TARIFFS", "PointMemory"]

TARIFFS = 4
_EMPTY = 0xEE
_QUANTITIES = (0x01, 0x03, 0x02, 0x04, 0x05, 0x06, 0x07, 0x08)
"""As F129 to F136 name them: forward active and reactive, reverse ones, the four quadrants."""
_DAY = timedelta(days=1)
_DENSITIES = {1: 15, 2: 30, 3: 60, 254: 5, 255: 1}

Lay = Callable[[datetime], bytes]
Phase = Callable[[int, datetime], int]


class PointMemory:
    """Reads one measuring point. Times are naive and the terminal's own; `now` is what its clock shows.

    `lag` is how long ago the terminal read the meter. `gaps` are days (of the data) that it does not have.
    """

    def __init__(self, electric: Electric, *, gaps: frozenset[datetime] = frozenset()) -> None:
        self._electric = electric
        self._phases = electric.spec.phases
        self.gaps = set(gaps)
        self.lag = timedelta(minutes=5)
        self.since = EPOCH

    # -- class 1 -----------------------------------------------------------------------------------------------

    def live(self, fn: int, now: datetime) -> bytes | None:
        """Class 1 data of one Fn as of the last reading."""
        at = now - self.lag
        if fn == 25:
            return stamp5(at) + self._variables(at)
        if fn in (33, 34):
            return stamp5(at) + self._energies(fn == 33, at)
        if 129 <= fn <= 136:
            return stamp5(at) + bytes((TARIFFS,)) + self._registers(fn - 129, at)
        if 145 <= fn <= 148:
            start = settlement(1, at)
            return stamp5(at) + bytes((TARIFFS,)) + self._demands(fn - 145, start, at)
        if 149 <= fn <= 152:
            end = settlement(1, at)
            return stamp5(at) + bytes((TARIFFS,)) + self._demands(fn - 149, settlement(2, at), end)
        return None

    def _variables(self, at: datetime) -> bytes:
        e = self._electric
        parts = [self._a9(e.power, phase, at) for phase in range(4)]
        parts += [self._a9(e.reactive, phase, at) for phase in range(4)]
        parts += [self._a5(e.factor, phase, at) for phase in range(4)]
        parts += [self._absent(2, phase) or bcd(e.voltage(phase, at), 2) for phase in range(1, 4)]
        parts += [self._a25(e.current, phase, at) for phase in range(1, 4)] + [bytes(3)]
        parts += [self._a9(e.apparent, phase, at) for phase in range(4)]
        return b"".join(parts)

    def _absent(self, size: int, phase: int) -> bytes:
        return bytes((_EMPTY,)) * size if phase > self._phases else b""

    def _a9(self, value: Phase, phase: int, at: datetime) -> bytes:
        """kW with four digits behind the point, of tenths of a watt; a phase that is not there is not asked for."""
        return self._absent(3, phase) or _signed(value(phase, at), 3)

    def _a5(self, value: Phase, phase: int, at: datetime) -> bytes:
        return self._absent(2, phase) or _signed(value(phase, at), 2)

    def _a25(self, value: Phase, phase: int, at: datetime) -> bytes:
        return self._absent(3, phase) or _signed(value(phase, at), 3)

    def _registers(self, place: int, at: datetime) -> bytes:
        """Total and tariffs: active in five bytes with four digits behind the point, reactive in four with two."""
        quantity = _QUANTITIES[place]
        values = [self._electric.register(quantity, tariff, at) for tariff in range(TARIFFS + 1)]
        if quantity in (0x01, 0x02):
            return b"".join(bcd(value * 100, 5) for value in values)
        return b"".join(bcd(value, 4) for value in values)

    def _energies(self, forward: bool, at: datetime) -> bytes:
        places = (0, 1, 4, 7) if forward else (2, 3, 5, 6)
        return bytes((TARIFFS,)) + b"".join(self._registers(place, at) for place in places)

    def _demands(self, place: int, start: datetime, end: datetime) -> bytes:
        value, when = self._electric.demand(_QUANTITIES[place], start, end)
        cells = [(value, when or start) if tariff < 2 else (0, start) for tariff in range(TARIFFS + 1)]
        return b"".join(bcd(number, 3) + md4(at) for number, at in cells)

    # -- class 2 -----------------------------------------------------------------------------------------------

    def frozen(self, fn: int, instant: datetime, now: datetime) -> bytes | None:
        """Data after the tag of a daily or monthly freeze at `instant`; None where there is none."""
        if instant > now or instant - _DAY in self.gaps or instant < self.since:
            return None
        read = stamp5(instant + self.lag)
        if fn in (1, 2, 9, 10, 17, 18):
            return read + self._energies(fn % 8 == 1, instant)
        base = next((first for first in (161, 169, 177) if first <= fn < first + 8), None)
        if base is not None:
            return read + bytes((TARIFFS,)) + self._registers(fn - base, instant)
        if 185 <= fn <= 188 or 193 <= fn <= 196:
            start = instant - _DAY if fn < 193 else settlement(1, instant - timedelta(seconds=1))
            return read + bytes((TARIFFS,)) + self._demands((fn - 185) % 8, start, instant)
        if 5 <= fn <= 8:
            return bytes((TARIFFS,)) + self._differences(fn - 5, instant - _DAY, instant)
        return None

    def _differences(self, place: int, start: datetime, end: datetime) -> bytes:
        quantity = (0x01, 0x03, 0x02, 0x04)[place]
        cells = (
            self._electric.register(quantity, t, end) - self._electric.register(quantity, t, start)
            for t in range(TARIFFS + 1)
        )
        return b"".join(bcd(cell * 100, 4) for cell in cells)

    def curve(self, fn: int, start: datetime, density: int, count: int, now: datetime) -> bytes | None:
        """Points of a curve, EE where there is none; None for an Fn that is no curve."""
        step = timedelta(minutes=_DENSITIES.get(density, 15))
        lay = self._curve(fn)
        if lay is None:
            return None
        cells = []
        for number in range(count):
            at = start + number * step
            there = at <= now and at.replace(hour=0, minute=0) not in self.gaps
            cells.append(lay(at) if there else bytes((_EMPTY,)) * len(lay(EPOCH)))
        return b"".join(cells)

    def _curve(self, fn: int) -> Lay | None:
        e = self._electric
        if 81 <= fn <= 84:
            return lambda at: self._a9(e.power, fn - 81, at)
        if 85 <= fn <= 88:
            return lambda at: self._a9(e.reactive, fn - 85, at)
        if 89 <= fn <= 91:
            return lambda at: self._absent(2, fn - 88) or bcd(e.voltage(fn - 88, at), 2)
        if 92 <= fn <= 94:
            return lambda at: self._a25(e.current, fn - 91, at)
        if 101 <= fn <= 104:
            quantity = (0x01, 0x03, 0x02, 0x04)[fn - 101]
            return lambda at: bcd(e.register(quantity, 0, at), 4)
        if 105 <= fn <= 108:
            return lambda at: self._a5(e.factor, fn - 105, at)
        return None


def _signed(value: int, size: int) -> bytes:
    """Digits, and the highest bit for minus."""
    raw = bytearray(bcd(min(abs(value), 80 * 100 ** (size - 1) - 1), size))
    if value < 0:
        raw[-1] |= 0x80
    return bytes(raw)
