"""Hourly energies of meters without gaps, and how far each hour may be wrong.

A missing register does not lose energy: what passed between its neighbours is known, only not in which hour. The sum
is shared out by what the meter usually shows at these hours of the day. So an error of one hour is the opposite of
its neighbour's, and who fits a model must know: the variance of each instant's register is told. Where even the sum
is unknown (an energy is missing, a register fell) the hour itself has a variance.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Filled", "Matrix", "of_energies", "of_registers", "profile"]

Matrix = NDArray[Any]

_DAY = 24
_PRIOR = 2
"""So many hours of the meter's mean stand beside what was seen at an hour of the day."""
_SAME = 1e-9
"""Neighbours that differ by less than this share are one register's gap on a straight line."""
_DISTINCT = 0.95
"""Straight lines are looked for only where so many of the other values differ: not in coarse registers."""


@dataclass(slots=True)
class Filled:
    """Energies by meter and hour in kWh; variances in kWh2 of all meters together."""

    read: Matrix
    moved: Matrix
    """Of the registers' sum, at the beginning and the end of each hour."""
    lost: Matrix
    """Of each hour whose energy is not known."""
    unknown: float = 0.0
    """Part of the hours of which not even a sum is known."""


def of_energies(rows: Sequence[Sequence[float | None]]) -> Filled:
    """From energies, None where missing."""
    found = []
    for series in rows:
        row = np.array(series, float)
        inner = _straight(row)
        bounds = np.flatnonzero(np.concatenate([[True], ~inner, [True]]))
        found.append((bounds, np.add.reduceat(row, bounds[:-1])))
    return _filled(found, len(rows[0]))


def of_registers(
    rows: Sequence[Sequence[float | None]], doubted: Sequence[Collection[int]] | None = None
) -> Filled:
    """From registers in kWh at the beginning and the end of every hour, None where missing.

    `doubted` hours of each row are taken as unknown, whatever its registers say.
    """
    found = []
    for place, series in enumerate(rows):
        row = np.array(series, float)
        there = ~np.isnan(row)
        there[[0, -1]] = True
        bounds = np.flatnonzero(there)
        sums = np.diff(row[bounds])
        sums[sums < 0] = np.nan
        if doubted and doubted[place]:
            sums[np.searchsorted(bounds, sorted(doubted[place]), "right") - 1] = np.nan
        found.append((bounds, sums))
    return _filled(found, len(rows[0]) - 1)


def _straight(row: Matrix) -> Matrix:
    """Instants between two hours of equal energy, where that is no accident."""
    same = np.abs(np.diff(row)) <= _SAME * np.abs(row[1:])
    same &= row[1:] > 0
    others = row[1:][~same]
    rare = same.any() and 2 * same.sum() < row.size
    if not rare or np.unique(others).size < _DISTINCT * others.size:
        same[:] = False
    return same


def _filled(rows: Sequence[tuple[Matrix, Matrix]], hours: int) -> Filled:
    """Each row is the instants at which something is known and the energies between them, NaN where unknown."""
    found = Filled(np.empty((len(rows), hours)), np.zeros(hours + 1), np.zeros(hours))
    others = []
    for place, (bounds, sums) in enumerate(rows):
        gone, length = np.isnan(sums), np.diff(bounds)
        alone = (length == 1) & ~gone
        found.unknown += length[gone].sum() / found.read.size
        if alone.all():
            found.read[place] = sums
        elif alone.any():
            seen = np.full(hours, np.nan)
            seen[bounds[:-1][alone]] = sums[alone]
            _fill(found, place, rows[place], _expected(seen))
        else:
            others.append(place)
    whole = np.delete(found.read, others, axis=0).sum(axis=0) if len(others) < len(rows) else np.ones(hours)
    for place in others:
        _fill(found, place, rows[place], _likened(rows[place], whole, len(rows) - len(others)))
    return found


def _likened(row: tuple[Matrix, Matrix], whole: Matrix, meters: int) -> tuple[Matrix, Matrix]:
    """Of a meter of which no hour is known: the shape of the others, of its own size where that is known."""
    bounds, sums = row
    known = ~np.isnan(sums)
    mean = whole.mean() / max(1, meters)
    size = sums[known].sum() / np.diff(bounds)[known].sum() if known.any() else mean
    usual = size * whole / max(whole.mean(), 1e-30)
    return usual, usual**2


def _fill(found: Filled, place: int, row: tuple[Matrix, Matrix], expected: tuple[Matrix, Matrix]) -> None:
    (bounds, sums), (usual, variance) = row, expected
    length, begins = np.diff(bounds), bounds[:-1]
    weight = np.maximum(usual, 1e-9)
    share = np.repeat(sums / np.add.reduceat(weight, begins), length)
    unknown = np.isnan(share)
    found.read[place] = np.where(unknown, usual, weight * share)
    alone = (length == 1) & ~np.isnan(sums)
    found.read[place, begins[alone]] = sums[alone]
    found.lost += np.where(unknown, variance, 0.0)
    inner = np.ones(usual.size + 1, bool)
    inner[bounds] = False
    inner[:-1] &= ~unknown
    places = np.flatnonzero(inner)
    one, other = variance[places - 1], variance[places]
    found.moved[places] += one * other / np.maximum(one + other, 1e-30)


def _expected(seen: Matrix) -> tuple[Matrix, Matrix]:
    """What is to be expected of each hour from the hour of the day and the hours around it, and its variance."""
    known = ~np.isnan(seen)
    usual = profile(seen)
    off = np.where(known, seen / np.maximum(usual, 1e-9) - 1, np.nan)
    places = np.arange(seen.size)
    around = np.interp(places, places[known], off[known])
    middle = np.full(seen.size, np.nan)
    middle[1:-1] = (off[:-2] + off[2:]) / 2
    both = known & ~np.isnan(middle)
    square = float((middle[both] ** 2).sum())
    like = min(max(float((middle[both] * off[both]).sum()) / square, 0.0), 1.0) if square > 0 else 0.0
    left = seen - usual * (1 + like * np.where(both, middle, around))
    relative = float(np.mean(left[known] ** 2) / max(np.mean(usual[known] ** 2), 1e-30))
    return usual * np.maximum(1 + like * around, 0.0), relative * usual**2


def profile(seen: Matrix) -> Matrix:
    """The usual energy at each hour's hour of the day; NaN is not seen."""
    hour, known = np.arange(seen.size) % _DAY, ~np.isnan(seen)
    sums = np.bincount(hour[known], seen[known], _DAY)
    count = np.bincount(hour[known], minlength=_DAY)
    mean = sums.sum() / max(1, count.sum())
    usual: Matrix = ((sums + _PRIOR * mean) / (count + _PRIOR))[hour]
    return usual
