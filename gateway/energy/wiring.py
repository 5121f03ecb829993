"""Wiring errors of a three-phase four-wire meter under balanced load: what it registers of the true energy.

A correction explains reverse energy or a negative phase and sizes a proposal for a refund; a person decides.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import cos, radians

__all__ = ["Seen", "Wiring", "correction", "registered_share", "seen", "true_energy"]


class Wiring(StrEnum):
    """What is wrong with the connections."""

    ONE_REVERSED = "one current transformer reversed"
    TWO_REVERSED = "two current transformers reversed"
    ALL_REVERSED = "all current transformers reversed"
    ONE_LOST = "one voltage or current lost"
    TWO_LOST = "two voltages or currents lost"
    TWO_SWAPPED = "two currents swapped"
    ROTATED_FORWARD = "currents rotated B C A"
    ROTATED_BACK = "currents rotated C A B"


@dataclass(frozen=True, slots=True)
class Seen:
    """Shares of the true phase power that the three elements see, A B C."""

    phases: tuple[float, float, float]

    @property
    def negative(self) -> int:
        """How many phases run backwards."""
        return sum(one < -_NOTHING for one in self.phases)

    @property
    def zero(self) -> int:
        """How many phases see nothing."""
        return sum(abs(one) <= _NOTHING for one in self.phases)


_NOTHING = 1e-9
_FIXED: dict[Wiring, tuple[float, float, float]] = {
    Wiring.ONE_REVERSED: (-1.0, 1.0, 1.0),
    Wiring.TWO_REVERSED: (-1.0, -1.0, 1.0),
    Wiring.ALL_REVERSED: (-1.0, -1.0, -1.0),
    Wiring.ONE_LOST: (0.0, 1.0, 1.0),
    Wiring.TWO_LOST: (0.0, 0.0, 1.0),
}


def seen(wiring: Wiring, angle: float = 0.0) -> Seen:
    """What the elements see at a load angle in degrees (positive: inductive), per phase against the true power."""
    if wiring in _FIXED:
        return Seen(_FIXED[wiring])
    ahead, back = (cos(radians(turn + angle)) / cos(radians(angle)) for turn in (120.0, -120.0))
    if wiring is Wiring.TWO_SWAPPED:
        return Seen((back, ahead, 1.0))
    return Seen((ahead,) * 3 if wiring is Wiring.ROTATED_FORWARD else (back,) * 3)


def registered_share(wiring: Wiring, angle: float = 0.0) -> float:
    """Registered energy as a share of the true one; negative where the reverse register runs."""
    return sum(seen(wiring, angle).phases) / 3


def correction(wiring: Wiring, angle: float = 0.0) -> Decimal | None:
    """True energy over registered energy, to a thousandth; None where the meter stands still."""
    share = registered_share(wiring, angle)
    return None if abs(share) <= _NOTHING else Decimal(1 / share).quantize(Decimal("0.001"))


def true_energy(registered: Decimal, wiring: Wiring, angle: float = 0.0) -> Decimal | None:
    """The energy in kWh that flowed where so much was registered; None where that says nothing."""
    factor = correction(wiring, angle)
    return None if factor is None else registered * factor
