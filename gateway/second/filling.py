"""Hourly energies of meters without gaps, and how far each hour may be wrong.

A missing register does not lose energy: what passed between its neighbours is known, only not in which hour. The sum
is shared out by what the meter usually shows at these hours of the day. So an error of one hour is the opposite of
its neighbour's, and who fits a model must know: the variance of each instant's register is told. Where even the sum
is unknown (an energy is missing, a register fell) the hour itself has a variance.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Filled", "Matrix", "of_energies", "of_registers", "profile"]

Matrix = NDArray[Any]
_Gaps = tuple[Matrix, Matrix]

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
    table = np.array(rows, float)
    later = table[:, 1:]
    same: Matrix = (np.abs(np.diff(table)) <= _SAME * np.abs(later)) & (later > 0)
    gaps = {}
    for place in np.flatnonzero(np.isnan(table).any(axis=1) | same.any(axis=1)):
        row, inner = table[place], _straight(table[place], same[place])
        bounds = np.flatnonzero(np.concatenate([[True], ~inner, [True]]))
        gaps[int(place)] = bounds, np.add.reduceat(row, bounds[:-1])
    return _filled(table, gaps)


def of_registers(
    rows: Sequence[Sequence[float | None]], doubted: Sequence[Collection[int]] | None = None
) -> Filled:
    """From registers in kWh at the beginning and the end of every hour, None where missing.

    `doubted` hours of each row are taken as unknown, whatever its registers say.
    """
    table = np.array(rows, float)
    energies = np.diff(table)
    odd = set(np.flatnonzero((np.isnan(energies) | (energies < 0)).any(axis=1)).tolist())
    gaps = {}
    for place, row in enumerate(table):
        unknown = sorted(doubted[place]) if doubted else []
        if place in odd or unknown:
            there = ~np.isnan(row)
            there[[0, -1]] = True
            bounds = np.flatnonzero(there)
            sums = np.diff(row[bounds])
            sums[sums < 0] = np.nan
            sums[np.searchsorted(bounds, unknown, "right") - 1] = np.nan
            gaps[place] = bounds, sums
    return _filled(energies, gaps)


def _straight(row: Matrix, same: Matrix) -> Matrix:
    """Of instants between two hours of equal energy, those where that is no accident."""
    others = row[1:][~same]
    accident = 2 * same.sum() >= row.size or np.unique(others).size < _DISTINCT * others.size
    return np.zeros_like(same) if accident else same


def _filled(read: Matrix, gaps: Mapping[int, _Gaps]) -> Filled:
    """Rows in `gaps` have instants at which something is known and the energies between them, NaN where unknown."""
    meters, hours = read.shape
    found = Filled(read, np.zeros(hours + 1), np.zeros(hours))
    others = []
    for place, (bounds, sums) in gaps.items():
        gone, length = np.isnan(sums), np.diff(bounds)
        alone = (length == 1) & ~gone
        found.unknown += length[gone].sum() / read.size
        if alone.any():
            seen = np.full(hours, np.nan)
            seen[bounds[:-1][alone]] = sums[alone]
            _fill(found, place, gaps[place], _expected(seen))
        else:
            others.append(place)
    if others:
        whole = np.delete(read, others, axis=0).sum(axis=0) if len(others) < meters else np.ones(hours)
        for place in others:
            _fill(found, place, gaps[place], _likened(gaps[place], whole, meters - len(others)))
    return found


def _likened(row: _Gaps, whole: Matrix, meters: int) -> tuple[Matrix, Matrix]:
    """Of a meter of which no hour is known: the shape of the others, of its own size where that is known."""
    bounds, sums = row
    known = ~np.isnan(sums)
    mean = whole.mean() / max(1, meters)
    size = sums[known].sum() / np.diff(bounds)[known].sum() if known.any() else mean
    usual = size * whole / max(whole.mean(), 1e-30)
    return usual, usual**2


def _fill(found: Filled, place: int, row: _Gaps, expected: tuple[Matrix, Matrix]) -> None:
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
