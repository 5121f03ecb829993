"""Which wiring errors explain the powers that the phases of a three-phase four-wire meter show (domain 4.6).

The signatures hold for a balanced load. Where the phases carry loads that differ much, nothing is said.
"""

from cmath import rect
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import permutations
from math import hypot, radians

from gateway.energy.wiring import SHARES, TURNED, Wiring, correction

__all__ = ["Fit", "Phases", "Triple", "Unfit", "fitting"]

Triple = tuple[float, float, float]
_Shares = tuple[complex, ...]

_LEAST_KW = 0.01
"""Below this the last digits decide."""
_SPREAD = 0.3
"""Loads that differ by more than this part of the largest are not balanced."""
_LOOSE, _TIGHT, _LOST = 0.2, 0.15, 0.05
"""How far a phase may be off: of its size by powers alone, of its apparent power, and of nothing where it is lost."""
_ANGLES = range(-15, 61)
"""Load angles that occur, in degrees."""
_RIGHT: _Shares = (1, 1, 1)


class Unfit(StrEnum):
    """Why nothing is said."""

    NO_LOAD = "no load"
    UNBALANCED = "the loads of the phases differ too much"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """What a meter showed of its phases A B C at one instant.

    Active `power` in kW with its sign; where known, `apparent` in kVA and `reactive` in kvar, positive inductive.
    """

    power: Triple
    apparent: Triple | None = None
    reactive: Triple | None = None

    @property
    def sizes(self) -> Triple | None:
        """Apparent powers, None where they are not known."""
        if self.apparent is not None or self.reactive is None:
            return self.apparent
        a, b, c = (hypot(p, q) for p, q in zip(self.power, self.reactive, strict=True))
        return a, b, c


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """An error that explains the powers: the `phases` concerned, and the correction K = true / registered energy.

    `angle` is the load angle in degrees that fits best, None where the powers do not tell it. `correction` is None
    where the meter stands still, and where it depends on an angle that is not known.
    """

    wiring: Wiring
    phases: str
    angle: int | None
    correction: Decimal | None


def fitting(phases: Phases) -> list[Fit] | Unfit:
    """Errors whose signature fits, the best first; none where the meter shows what a right connection shows."""
    sizes = phases.sizes
    if max(map(abs, sizes or phases.power)) < _LEAST_KW:
        return Unfit.NO_LOAD
    if sizes is not None and _uneven([one for one in sizes if one > _LOST * max(sizes)]):
        return Unfit.UNBALANCED
    if _best(phases, _RIGHT)[0] <= 1:
        return []
    found = [(off, fit) for wiring in Wiring for off, fit in _fits(phases, wiring)]
    if not found and sizes is None and _uneven([abs(one) for one in phases.power]):
        return Unfit.UNBALANCED
    return [fit for _, fit in sorted(found, key=lambda one: one[0])]


def _uneven(sizes: list[float]) -> bool:
    return max(sizes) - min(sizes) > _SPREAD * max(sizes)


def _fits(phases: Phases, wiring: Wiring) -> Iterator[tuple[float, Fit]]:
    """The error at the phases where it fits best, if it fits at all."""
    orders = {tuple(order) for order in permutations(SHARES[wiring])}
    found = ((*_best(phases, order), order) for order in sorted(orders, key=str))
    off, angle, shares = min(found, key=lambda one: one[:2])
    if off > 1:
        return
    told = phases.sizes is not None
    known = told or wiring not in TURNED
    yield (
        off,
        Fit(
            wiring=wiring,
            phases="".join(name for name, share in zip("ABC", shares, strict=True) if share != 1),
            angle=angle if told else None,
            correction=correction(wiring, angle) if known else None,
        ),
    )


def _best(phases: Phases, shares: _Shares) -> tuple[float, int]:
    """How far the powers are from these shares in units of what is granted, at the load angle that fits best."""
    return min((_off(phases, [rect(1, radians(angle)) * one for one in shares]), angle) for angle in _ANGLES)


def _off(phases: Phases, shown: list[complex]) -> float:
    sizes = phases.sizes
    if sizes is None:
        return _by_powers(phases.power, [one.real for one in shown])
    loaded = [one for one in sizes if one > _LOST * max(sizes)]
    scale = sum(loaded) / len(loaded)
    parts = [(p, one.real, one) for p, one in zip(phases.power, shown, strict=True)]
    if phases.reactive is not None:
        parts += [(q, one.imag, one) for q, one in zip(phases.reactive, shown, strict=True)]
    return max(abs(value / scale - wanted) / (_TIGHT if one else _LOST) for value, wanted, one in parts)


def _by_powers(power: Triple, shown: list[float]) -> float:
    """The same where only powers are known: their common size is the one that fits best."""
    whole = sum(one * one for one in shown)
    scale = sum(p * one for p, one in zip(power, shown, strict=True)) / whole
    largest = scale * max(map(abs, shown))
    if largest <= 0:
        return float("inf")
    return max(
        abs(p - scale * one) / largest / (_LOOSE if one else _LOST)
        for p, one in zip(power, shown, strict=True)
    )
