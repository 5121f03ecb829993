"""What a DL/T 645-1997 meter answers to each identifier."""

from collections.abc import Callable
from datetime import datetime, timedelta

from simulators.bcd import absent, bcd, concat, date4, md4, time3
from simulators.electric import Electric, Spec
from simulators.memory2007 import TARIFFS, settlement

__all__ = ["Memory1997"]

# Low byte's high digit of 90xx and of 91xx to the quantity of the 2007 numbering.
_ACTIVE = {1: 0x01, 2: 0x02}
_REACTIVE = {1: 0x03, 2: 0x04, 3: 0x05, 4: 0x08, 5: 0x06, 6: 0x07}
_BLOCK = 0xF
_TERMINATOR = b"\xaa"


class Memory1997:
    """Reads identifiers (two bytes, DI1 first) as of a naive local time; None: no such data here."""

    def __init__(self, spec: Spec, electric: Electric) -> None:
        self._spec = spec
        self._electric = electric

    def read(self, di: bytes, now: datetime) -> bytes | None:
        """The data of one identifier after the DI itself; blocks end with AA where the model does so."""
        high, low = di
        if low == 0xFF or (low & 0xF == _BLOCK and not self._spec.blocks):
            return None
        data = self._read(high, low, now)
        if data and low & 0xF == _BLOCK and self._spec.terminator:
            return data + _TERMINATOR
        return data

    def _read(self, high: int, low: int, now: datetime) -> bytes | None:
        period = high >> 2 & 3
        base = high & 0xF3
        if base in (0x90, 0x91):
            return self._energy(base, low, settlement(period, now) if period else now)
        if base in (0xA0, 0xB0) and period < 3 and high not in (0xB2, 0xB3):
            return self._demand(base, low, period, now)
        if high == 0xB6:
            return self._variable(low, now)
        return self._parameter(high, low, now)

    @staticmethod
    def _tariffs(digit: int) -> list[int] | None:
        if digit == _BLOCK:
            return list(range(TARIFFS + 1))
        return [digit] if digit <= TARIFFS else None

    def _energy(self, base: int, low: int, at: datetime) -> bytes | None:
        quantity = (_ACTIVE if base == 0x90 else _REACTIVE).get(low >> 4)
        tariffs = self._tariffs(low & 0xF)
        if quantity is None or tariffs is None:
            return None
        return concat(bcd(self._electric.register(quantity, tariff, at), 4) for tariff in tariffs)

    def _demand(self, base: int, low: int, period: int, now: datetime) -> bytes | None:
        quantity, tariffs = _ACTIVE.get(low >> 4), self._tariffs(low & 0xF)
        if quantity is None or tariffs is None:
            return None
        end = settlement(period, now) if period else now
        start = settlement(1, end - timedelta(seconds=1 if period else 0))
        value, when = self._electric.demand(quantity, start, end)
        if base == 0xA0:
            return concat(bcd(value if tariff < 2 else 0, 3) for tariff in tariffs)
        return concat(md4(when) if when and tariff < 2 else bytes(4) for tariff in tariffs)

    def _variable(self, low: int, now: datetime) -> bytes | None:
        e = self._electric
        rows: dict[int, tuple[Callable[[int, datetime], int], int, int, int]] = {
            1: (e.voltage, 10, 2, 1),
            2: (e.current, 10, 2, 1),
            3: (e.power, 1, 3, 0),
            4: (e.reactive, 100, 2, 0),
            5: (e.factor, 1, 2, 0),
        }
        if low == 0x60:
            return bcd(e.frequency(now), 2)
        if low >> 4 not in rows:
            return None
        source, divisor, length, first = rows[low >> 4]
        phases = range(first, 4) if low & 0xF == _BLOCK else [low & 0xF]
        if not first <= phases[0] <= 3:
            return None
        return concat(
            absent(length) if phase > self._spec.phases else bcd(abs(source(phase, now)) // divisor, length)
            for phase in phases
        )

    def _parameter(self, high: int, low: int, now: datetime) -> bytes | None:
        number = bytes.fromhex(self._spec.address)[::-1]
        fixed = {
            (0xC0, 0x10): date4(now),
            (0xC0, 0x11): time3(now),
            (0xC0, 0x20): b"\0",
            (0xC0, 0x21): b"\0",
            (0xC0, 0x30): bcd(1200, 3),
            (0xC0, 0x31): bcd(1200, 3),
            (0xC0, 0x32): number,
            (0xC0, 0x33): number,
            (0xC1, 0x11): bcd(15, 1),
            (0xC1, 0x12): bcd(15, 1),
            (0xB2, 0x12): bcd(2, 2),
            (0xB2, 0x13): bcd(3, 2),
            (0xB2, 0x14): bcd(8760, 3),
        }
        return fixed.get((high, low))
