"""Wiring errors of a three-phase four-wire meter under balanced load: what it registers of the true energy.

A correction explains reverse energy or a negative phase and sizes a proposal for a refund; a person decides.
"""

from cmath import rect
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import cos, radians

from config.text import say

__all__ = ["SHARES", "TURNED", "Seen", "Wiring", "correction", "registered_share", "seen", "true_energy"]


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

    @property
    def text(self) -> str:
        """In the reader's language."""
        return say(str(self), _CHINESE[self])


_CHINESE: Mapping[Wiring, str] = {
    Wiring.ONE_REVERSED: "一相电流互感器反接",
    Wiring.TWO_REVERSED: "两相电流互感器反接",
    Wiring.ALL_REVERSED: "三相电流互感器反接",
    Wiring.ONE_LOST: "一相失压或失流",
    Wiring.TWO_LOST: "两相失压或失流",
    Wiring.TWO_SWAPPED: "两相电流接错",
    Wiring.ROTATED_FORWARD: "电流相序错为 B C A",
    Wiring.ROTATED_BACK: "电流相序错为 C A B",
}


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
_AHEAD, _BACK = rect(1, radians(120)), rect(1, radians(-120))
SHARES: Mapping[Wiring, tuple[complex, complex, complex]] = {
    Wiring.ONE_REVERSED: (-1, 1, 1),
    Wiring.TWO_REVERSED: (-1, -1, 1),
    Wiring.ALL_REVERSED: (-1, -1, -1),
    Wiring.ONE_LOST: (0, 1, 1),
    Wiring.TWO_LOST: (0, 0, 1),
    Wiring.TWO_SWAPPED: (_AHEAD, _BACK, 1),
    Wiring.ROTATED_FORWARD: (_AHEAD, _AHEAD, _AHEAD),
    Wiring.ROTATED_BACK: (_BACK, _BACK, _BACK),
}
"""Apparent power that each element sees as a share of the true one; the other phases may be the ones concerned."""

TURNED = frozenset({Wiring.ROTATED_FORWARD, Wiring.ROTATED_BACK})
"""What these register depends on the load angle."""


def seen(wiring: Wiring, angle: float = 0.0) -> Seen:
    """What the elements see at a load angle in degrees (positive: inductive), per phase against the true power."""
    turn, true = rect(1, radians(angle)), cos(radians(angle))
    a, b, c = ((turn * share).real / true for share in SHARES[wiring])
    return Seen((a, b, c))


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
