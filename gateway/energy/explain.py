"""Why a loss changed, and what its curve over the supply says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import sqrt

from gateway.energy.loss import Part
from gateway.energy.record import Computed
from protocols.reading import Flag

__all__ = ["Cause", "Change", "Fit", "explain", "fit"]

_LEAST = 10
"""Points below which a curve of three coefficients says nothing."""
_SINGULAR = 1e-9


class Change(StrEnum):
    """What happened to a member."""

    ENERGY = "energy"
    MISSING = "missing"
    ESTIMATED = "estimated"
    EXCHANGED = "exchanged"
    MULTIPLIER = "multiplier"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Cause:
    """A member and its share in a change: `change` is its energy minus its usual one, in kWh with its sign."""

    meter: str
    side: str
    kind: Change
    change: Decimal


def explain(parts: Iterable[Part]) -> list[Cause]:
    """Members by how much they changed, the largest first; of equal changes by asset number."""
    causes = [_cause(one) for one in parts]
    return sorted(causes, key=lambda one: (-abs(one.change), one.side, one.meter))


def _cause(part: Part) -> Cause:
    change = (part.energy or Decimal(0)) - (part.reference or Decimal(0))
    return Cause(part.meter, part.side, _kind(part), part.sign * change)


def _kind(part: Part) -> Change:
    if part.energy is None:
        return Change.MISSING
    if part.flags & Flag.EXCHANGED:
        return Change.EXCHANGED
    if part.flags & Flag.MULT_CHANGED:
        return Change.MULTIPLIER
    if part.reference is None:
        return Change.NEW
    return Change.ESTIMATED if part.computed is Computed.ESTIMATED else Change.ENERGY


@dataclass(frozen=True, slots=True)
class Fit:
    """`loss = a + b * E + c * E^2 / mean` over the supply E: statistics, so plain floats.

    `a` in kWh is a constant loss (no-load, unmetered lamps, constant theft), `b` a proportional one (multiplier,
    meter error), `c` the ohmic one. `constant_share` is the part of all loss that `a` is (P039), `share_error` the
    standard error of that: where the supply hardly varies it is large, for nothing tells `a` from `b` then.
    """

    a: float
    b: float
    c: float
    mean: float
    constant_share: float
    share_error: float

    def at(self, supply: float) -> float:
        """The loss that the curve gives for a supply."""
        return self.a + self.b * supply + self.c * supply * supply / self.mean


def fit(points: Sequence[tuple[float, float]], *, ohmic: bool = True) -> Fit | None:
    """The curve through (supply, loss) of usually 28 days; None where they cannot say its coefficients.

    Without `ohmic` it is a straight line, `c` 0: what of the loss rises with the square of the load makes its `a`
    smaller, never larger.
    """
    mean = sum(supply for supply, _ in points) / len(points) if points else 0.0
    if len(points) < _LEAST or mean <= 0:
        return None
    # Relative supplies keep the sums of powers near one.
    count = 3 if ohmic else 2
    rows = [([(supply / mean) ** power for power in range(count)], loss) for supply, loss in points]
    sums = [sum(x[i] * loss for x, loss in rows) for i in range(count)]
    matrix = [
        [*(sum(x[i] * x[j] for x, _ in rows) for j in range(count)), sums[i], float(i == 0)]
        for i in range(count)
    ]
    solved = _solve(matrix, len(points))
    if solved is None:
        return None
    (a, b, *more), first = solved
    left = sum((loss - a * x[0] - b * x[1] - sum(more) * x[-1]) ** 2 for x, loss in rows)
    error = sqrt(max(0.0, left / (len(points) - count) * first))
    total = sum(loss for _, loss in points)
    share = len(points) / total if total else 0.0
    return Fit(a, b / mean, sum(more) / mean, mean, a * share, error * abs(share))


def _solve(matrix: list[list[float]], size: int) -> tuple[list[float], float] | None:
    """Coefficients, and the first element of the inverse: the variance of the first in units of the residuals'."""
    count = len(matrix)
    for column in range(count):
        pivot = max(range(column, count), key=lambda row: abs(matrix[row][column]))
        matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
        head = matrix[column]
        if abs(head[column]) < _SINGULAR * size:
            return None
        for row in range(count):
            if row != column:
                factor = matrix[row][column] / head[column]
                matrix[row] = [one - factor * other for one, other in zip(matrix[row], head, strict=True)]
    return [row[count] / row[place] for place, row in enumerate(matrix)], matrix[0][-1] / matrix[0][0]
