"""Which meters of an area belong to its neighbour: counted there they explain both balances (P041).

Supply less customers is explained in each area by what every area has: a constant, a share of the whole, and ohmic
loss; instants weigh by the inverse of the load (as in `culprit`). What is left is the area's unexplained part. A meter
that hangs elsewhere is missing in the one gap and too much in the other, with just what it shows: counted for the
neighbour it makes both parts smaller. Noise that does this in both areas at once is rare.

numpy is needed, which the extra `master` brings; it is imported at the first use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[Any]

__all__ = ["LEAST", "Sums", "strays"]

LEAST = 26
"""Instants below which chance alone lets both parts fall."""
_MISSING = 0.02
"""Missing values up to this share are filled; beyond, instants with gaps are left out."""
_ENTER = 0.1
"""A meter whose fall is above this, and above what chance gives, is counted for the neighbour before the others."""
_SURE = 3.0
_MOST = 10
_NEGATIVE = -0.01
"""The neighbour's loss must stay above this share of its supply when the meter is counted there."""
_LEAST_WEIGHT = 0.05
_NONE = 1e-12

Series = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Sums:
    """Supply of an area and what of it is lost, in kWh of each instant; None where one is not known."""

    supply: Series
    loss: Series


def strays(low: Sums, high: Sums, customers: Mapping[str, Series], *, pairs: int = 1) -> dict[str, float]:
    """Customers of `low`, whose loss is the lower rate, that belong to `high`; with the fall of both parts (0 to 1).

    All series are of the same instants. The fall is the smaller of the two, of the squares of what is unexplained,
    all others that were found counted where they belong. `pairs` is how many neighbours are tried: of many one is
    lucky. Nothing where too few instants are whole.
    """
    import numpy as np

    if len(customers) < 2:
        return {}
    rows = [low.supply, low.loss, high.supply, high.loss, *customers.values()]
    table = _whole(np.array([[np.nan if value is None else value for value in row] for row in rows], float))
    if table.shape[1] < LEAST or min(table[0].min(), table[2].min()) <= 0:
        return {}
    chance = 1 - exp(-(_SURE + log(len(customers) * pairs)) / table.shape[1])
    pair = _Pair(table[0], table[1], table[2], table[3], table[4:], max(_ENTER, chance))
    names = list(customers)
    return {names[place]: fall for place, fall in pair.found().items()}


def _whole(table: Matrix) -> Matrix:
    """Instants without gaps; few gaps of customers lie on the straight line between their neighbours."""
    import numpy as np

    table = table[:, ~np.isnan(table[:4]).any(axis=0)]
    gaps = np.isnan(table)
    if table.size and gaps.mean() <= _MISSING:
        places = np.arange(table.shape[1])
        for row, gap in zip(table, gaps, strict=True):
            if gap.any() and not gap.all():
                row[gap] = np.interp(places[gap], places[~gap], row[~gap])
    return table[:, ~np.isnan(table).any(axis=0)]


@dataclass(slots=True)
class _Pair:
    """Supply and loss of two areas, the customers of the first, and the fall that is none of chance."""

    low: Matrix
    low_loss: Matrix
    high: Matrix
    high_loss: Matrix
    customers: Matrix
    least: float

    def found(self) -> dict[int, float]:
        """Customers to be counted for the neighbour, each with what it alone takes off both parts."""
        moved = self._chosen()
        alone = {place: self._fall([one for one in moved if one != place])[place] for place in moved}
        return {place: float(fall) for place, fall in alone.items() if fall > self.least}

    def _chosen(self) -> list[int]:
        """One after the other, the one that lets both parts fall most first."""
        import numpy as np

        moved: list[int] = []
        while len(moved) < min(_MOST, len(self.customers) - 1):
            fall = self._fall(moved)
            fall[moved] = 0.0
            best = int(np.argmax(fall))
            if fall[best] <= self.least:
                break
            moved.append(best)
        return moved

    def _fall(self, moved: Sequence[int]) -> Matrix:
        """Of every customer, the smaller fall of the two parts when it is counted for the neighbour as well."""
        import numpy as np

        there = self.customers[list(moved)].sum(axis=0)
        low = _falls(self.low, self.low_loss + there, self.customers)
        loss = self.high_loss - there
        high = _falls(self.high, loss, -self.customers)
        left = (loss.sum() - self.customers.sum(axis=1)) / self.high.sum()
        return np.where(left >= _NEGATIVE, np.minimum(low, high), 0.0)


def _falls(supply: Matrix, loss: Matrix, customers: Matrix) -> Matrix:
    """The share by which the unexplained part of a loss falls when a customer is added to it."""
    import numpy as np

    sold = supply - loss
    weight = 1.0 / np.maximum(sold, max(_LEAST_WEIGHT * sold.mean(), _NONE))
    weight /= weight.mean()
    common = np.vstack([np.ones_like(sold), sold, sold**2 / max(sold.mean(), _NONE)]).T * weight[:, None]
    basis, _ = np.linalg.qr(common)
    rest = loss * weight
    rest = rest - basis @ (basis.T @ rest)
    own = (customers * weight).T
    own = own - basis @ (basis.T @ own)
    now = rest @ rest
    if now <= _NONE:
        return np.zeros(len(customers))
    fallen: Matrix = -(2 * (rest @ own) + (own**2).sum(axis=0)) / now
    return fallen
