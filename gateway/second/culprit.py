"""Who explains the gap between a transformer's supply and its customers (domain 9.3): a regression with guards.

The gap of an instant (supply less all customers) is explained by the customers' own consumption beside what every
area has: a constant, a share of the whole (the supply meter's error), and ohmic loss. A customer whose meter shows
too little explains the gap by a share beta of what it shows: true = (1 + beta) x read.

Instants are weighted by the inverse of the load, for a meter's error is a share of what it measures. Customers enter
one after the other, the one that explains most first, so that one thief does not hide behind another; each is ranked
by its t-statistic. On areas as the domain describes them this finds the thief at least as often as one least squares
fit of all customers at once, and honest areas stay as quiet (docs/decisions/0010).

numpy is needed, which the extra `master` brings; it is imported at the first use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

from gateway.second.statistics import correlation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[Any]

__all__ = ["Refusal", "Suspect", "hints", "suspects"]

_POINTS_A_METER = 5.0
"""Instants needed for each meter: at 6.7 a thief is found in more than nine of ten areas, at 2.7 in four."""
_CROWD = 120
"""With more meters than this, those of a small share of the energy are no suspects."""
_SMALL_SHARE = 0.0005
_MISSING = 0.01
"""Missing values up to this share are filled; beyond, instants with gaps are left out while enough remain."""
_ENTER = 4.0
"""Customers of this t and more are taken as explained before the others are judged."""
_MOST = 8
_LEAST_WEIGHT = 0.05
"""Instants of less than this part of the mean load weigh no more than this one."""
_LEFT = 1e-6
"""A customer of whom less than this is left beside those that entered is none of its own."""
_HINT_METERS = 60
_HINT_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A customer whose consumption explains the gap by `beta` times what was read, with certainty `t`."""

    meter: str
    t: float
    beta: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was fitted: `meters`, `instants`, `missing`, `flat`."""

    reason: str


def suspects(
    supply: Sequence[float | None], meters: Mapping[str, Sequence[float | None]]
) -> list[Suspect] | Refusal:
    """All customers, the most suspicious first; energies in kWh of one interval each, None where missing.

    Refuses where the instants are too few for the meters, or too many of them have gaps.
    """
    import numpy as np

    if len(meters) < 2:
        return Refusal("meters")
    total = _numbers(supply)
    read = np.array([_numbers(series) for series in meters.values()])
    whole = ~np.isnan(total)
    total, read = total[whole], read[:, whole]
    wanted = _POINTS_A_METER * len(meters)
    gaps = np.isnan(read)
    whole = ~gaps.any(axis=0)
    if whole.sum() >= wanted:
        total, read = total[whole], read[:, whole]
    elif total.size < wanted:
        return Refusal("instants")
    elif gaps.mean() > _MISSING:
        return Refusal("missing")
    else:
        read = _filled(read)
    if read.sum() <= 0:
        return Refusal("flat")
    t, beta = _stepwise(*_prepared(total, read), _eligible(read))
    found = [Suspect(meter=m, t=float(a), beta=float(b)) for m, a, b in zip(meters, t, beta, strict=True)]
    return sorted(found, key=lambda one: (-one.t, one.meter))


def _numbers(series: Sequence[float | None]) -> Matrix:
    import numpy as np

    return np.array([np.nan if value is None else value for value in series], float)


def _eligible(read: Matrix) -> Matrix:
    """In a crowd nobody can tell of a meter of a tiny share; one that shows nothing explains nothing."""
    sums = read.sum(axis=1)
    mask: Matrix = sums > (_SMALL_SHARE * sums.sum() if len(sums) > _CROWD else 0.0)
    return mask


def _filled(read: Matrix) -> Matrix:
    """Gaps on the straight line between their neighbours."""
    import numpy as np

    places = np.arange(read.shape[1])
    filled = read.copy()
    for row in filled:
        gap = np.isnan(row)
        if gap.any() and not gap.all():
            row[gap] = np.interp(places[gap], places[~gap], row[~gap])
    return np.nan_to_num(filled)


def _prepared(total: Matrix, read: Matrix) -> tuple[Matrix, Matrix]:
    """Weighted gap and customers, with what every area has taken out of both."""
    import numpy as np

    together = read.sum(axis=0)
    weight = 1.0 / np.maximum(together, _LEAST_WEIGHT * together.mean())
    weight /= weight.mean()
    common = np.vstack([np.ones_like(together), together, together**2 / together.mean()]).T
    basis, _ = np.linalg.qr(common * weight[:, None])
    gap, customers = (total - together) * weight, (read * weight).T
    return gap - basis @ (basis.T @ gap), customers - basis @ (basis.T @ customers)


def _stepwise(gap: Matrix, customers: Matrix, eligible: Matrix) -> tuple[Matrix, Matrix]:
    """t-statistic and beta of each customer, judged beside those that entered before it."""
    import numpy as np

    t, beta = np.zeros(customers.shape[1]), np.zeros(customers.shape[1])
    first = (customers**2).sum(axis=0)
    left = eligible.copy()
    freedom = gap.size - 3
    for _ in range(_MOST):
        size = (customers**2).sum(axis=0)
        usable = left & (size > _LEFT * first)
        safe = np.where(usable, size, 1.0)
        share = np.where(usable, customers.T @ gap / safe, 0.0)
        spread = np.maximum(gap @ gap - share**2 * size, 1e-30) / max(1, freedom - 1)
        certainty = np.where(usable, share * np.sqrt(safe / spread), 0.0)
        t, beta = np.where(left, certainty, t), np.where(left, share, beta)
        best = int(np.argmax(np.where(left, np.abs(certainty), -1.0)))
        if abs(t[best]) < _ENTER:
            break
        left[best] = False
        freedom -= 1
        along = customers[:, best] / sqrt(size[best])
        gap = gap - along * (along @ gap)
        customers = customers - np.outer(along, along @ customers)
    return t, beta


def hints(
    supply: Sequence[float | None], meters: Mapping[str, Sequence[float | None]]
) -> list[Suspect] | Refusal:
    """A weak hint from daily values: the t of each customer's correlation with the gap.

    Only for up to 60 customers and never more than a note (domain 9.3).
    """
    if not 2 <= len(meters) <= _HINT_METERS:
        return Refusal("meters")
    rows = [
        [value for value in row if value is not None] for row in zip(supply, *meters.values(), strict=True)
    ]
    rows = [row for row in rows if len(row) == len(meters) + 1]
    if len(rows) < _HINT_DAYS:
        return Refusal("instants")
    gap = [row[0] - sum(row[1:]) for row in rows]
    found = []
    for place, name in enumerate(meters, 1):
        r = correlation([row[place] for row in rows], gap)
        if r is not None:
            t = r * sqrt((len(rows) - 2) / max(1e-12, 1 - r * r))
            found.append(Suspect(meter=name, t=t, beta=0.0))
    return sorted(found, key=lambda one: (-one.t, one.meter)) or Refusal("flat")
