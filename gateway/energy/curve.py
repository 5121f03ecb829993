"""One day of a meter between its midnights, as its readings of that day show it, in a few small arrays.

Numbers are floats as the meter shows them: they judge, none is billed. A quarter hour has the number of the one
that it begins with (0 to 95); a power or a voltage stands for the quarter that it falls into, the energy of an
interval for the quarter in which it ends.
"""

from array import array
from collections.abc import Callable
from math import nan

from gateway.energy.effective import BY_PERSON, rank
from protocols.reading import Method, Origin, State

__all__ = ["COUNTING", "CURVE_POINTS", "QUARTER", "SLOTS", "Curve", "Registers", "Slots", "order_of"]

SLOTS = 96
QUARTER = 900
"""Seconds."""
COUNTING = BY_PERSON | {State.PASSED}
"""States of readings that a curve is made of: nothing that is estimated."""

_SECOND_CHOICE = 1 << 15
_NONE = (1 << 16) - 1
_VERSIONS = 255


def order_of(origin: Origin, method: Method, state: State, version: int) -> int:
    """Which of two values of one quarter counts: the smaller one's. By source, then version, then origin."""
    place = min(rank(origin, method, state), 7)
    return place << 12 | (_VERSIONS - min(version, _VERSIONS)) << 4 | list(Origin).index(origin)


class Slots:
    """Values of quarter hours, of each the one that counts; nan where there is none."""

    __slots__ = ("orders", "values")

    def __init__(self) -> None:
        """Begin empty."""
        self.values = array("f", [nan]) * SLOTS
        self.orders = array("H", [_NONE]) * SLOTS

    def put(self, slot: int, value: float, order: int) -> None:
        """Take a value; of two that are as good the first counts."""
        if 0 <= slot < SLOTS and order < self.orders[slot]:
            self.values[slot], self.orders[slot] = value, order


class Registers:
    """A register by seconds after the day's begin, in whatever order it comes."""

    __slots__ = ("orders", "times", "values")

    def __init__(self) -> None:
        """Begin empty."""
        self.times = array("i")
        self.values = array("d")
        self.orders = array("H")

    def put(self, seconds: int, value: float, order: int) -> None:
        """Take a value; of two of one second, which come together, the one that counts."""
        if self.times and self.times[-1] == seconds:
            if order >= self.orders[-1]:
                return
            for cells in (self.times, self.values, self.orders):
                cells.pop()
        self.times.append(seconds)
        self.values.append(value)
        self.orders.append(order)

    def sorted(self) -> list[tuple[int, float]]:
        """Instants and values in their order."""
        return sorted(zip(self.times, self.values, strict=True))


class Curve:
    """What one day of one meter showed.

    `powers` (kW) are the meter's own and `sampled` those that a terminal tells of it, `energies` (kWh) those of
    intervals, `voltages` (V) by phase from 0, `demand` the largest maximum demand (kW) of the day. `step` is the
    coarsest last digit of register and interval energies (kWh).
    """

    __slots__ = ("demand", "energies", "powers", "registers", "sampled", "step", "voltages")

    def __init__(self) -> None:
        """Begin empty."""
        self.powers: Slots | None = None
        self.sampled: Slots | None = None
        self.energies: Slots | None = None
        self.registers: Registers | None = None
        self.voltages: dict[int, Slots] = {}
        self.demand: float | None = None
        self.step = 0.0

    def power(self, seconds: int, value: float, order: int) -> None:
        """An active power."""
        if (order & 15) == _TERMINAL:
            slots = self.sampled = self.sampled or Slots()
        else:
            slots = self.powers = self.powers or Slots()
        slots.put(seconds // QUARTER, value, order)

    def forward(self, seconds: int, value: float, order: int) -> None:
        """A power of one direction alone: only where no net power is there."""
        self.power(seconds, value, order | _SECOND_CHOICE)

    def interval(self, seconds: int, value: float, order: int) -> None:
        """The energy of an interval that ends here."""
        self.energies = self.energies or Slots()
        self.energies.put((seconds + QUARTER // 2) // QUARTER - 1, value, order)

    def register(self, seconds: int, value: float, order: int) -> None:
        """A register forward."""
        self.registers = self.registers or Registers()
        self.registers.put(seconds, value, order)

    def maximum(self, seconds: int, value: float, order: int) -> None:
        """A maximum demand that occurred or was read here."""
        self.demand = value if self.demand is None else max(self.demand, value)

    def voltage(self, phase: int, seconds: int, value: float, order: int) -> None:
        """The voltage of a phase."""
        if phase not in self.voltages:
            self.voltages[phase] = Slots()
        self.voltages[phase].put(seconds // QUARTER, value, order)


_TERMINAL = list(Origin).index(Origin.TERMINAL)

Put = Callable[[Curve, int, float, int], None]


def _phase(number: int) -> Put:
    return lambda curve, seconds, value, order: curve.voltage(number, seconds, value, order)


CURVE_POINTS: dict[str, Put] = {
    "1-0:16.7.0": Curve.power,
    "1-0:1.7.0": Curve.forward,
    "1-0:1.29.0": Curve.interval,
    "1-0:1.8.0": Curve.register,
    "1-0:1.6.0": Curve.maximum,
    "1-0:12.7.0": _phase(0),
    "1-0:32.7.0": _phase(0),
    "1-0:52.7.0": _phase(1),
    "1-0:72.7.0": _phase(2),
}
"""What a day's curve is made of: points, each with how a `Curve` takes its value at so many seconds of the day."""
