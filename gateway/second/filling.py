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
    """Of instants between two hours of equal energy, those where that is no accident; nothing is often nothing."""
    others = row[1:][~same & (row[1:] > 0)]
    accident = 2 * same.sum() >= row.size or np.unique(others).size < _DISTINCT * others.size
    return np.zeros_like(same) if accident else same


def _filled(read: Matrix, gaps: Mapping[int, _Gaps]) -> Filled:
    """Rows in `gaps` have instants at which something is known and the energies between them, NaN where unknown."""
    hours = read.shape[1]
    found = Filled(read, np.zeros(hours + 1), np.zeros(hours))
    some: list[int] = []
    others: list[int] = []
    for place, (bounds, sums) in gaps.items():
        gone, length = np.isnan(sums), np.diff(bounds)
        found.unknown += length[gone].sum() / read.size
        (some if ((length == 1) & ~gone).any() else others).append(place)
    if some:
        rows = _Rows.of([gaps[place] for place in some])
        _fill(found, some, rows, _expected(rows.seen(hours)))
    if others:
        rest = np.delete(read, others, axis=0)
        whole = rest.sum(axis=0) if len(rest) else np.ones(hours)
        usual = np.array([_likened(gaps[place], whole, len(rest)) for place in others])
        _fill(found, others, _Rows.of([gaps[place] for place in others]), (usual, usual**2))
    return found


def _likened(row: _Gaps, whole: Matrix, meters: int) -> Matrix:
    """Of a meter of which no hour is known: the shape of the others, of its own size where that is known."""
    bounds, sums = row
    known = ~np.isnan(sums)
    mean = whole.mean() / max(1, meters)
    size = sums[known].sum() / np.diff(bounds)[known].sum() if known.any() else mean
    usual: Matrix = size * whole / max(whole.mean(), 1e-30)
    return usual


@dataclass(frozen=True, slots=True)
class _Rows:
    """Gaps of meters, one after the other: where each begins, counted over all of them, its hours and its energy."""

    begins: Matrix
    length: Matrix
    sums: Matrix

    @classmethod
    def of(cls, gaps: Sequence[_Gaps]) -> "_Rows":
        begins = [place * bounds[-1] + bounds[:-1] for place, (bounds, _) in enumerate(gaps)]
        length = [np.diff(bounds) for bounds, _ in gaps]
        return cls(*(np.concatenate(part) for part in (begins, length, [sums for _, sums in gaps])))

    def alone(self) -> Matrix:
        """Those that are an hour of known energy, so no gap at all."""
        found: Matrix = (self.length == 1) & ~np.isnan(self.sums)
        return found

    def seen(self, hours: int) -> Matrix:
        """Energies by meter and hour, NaN where they are not known one by one."""
        alone, seen = self.alone(), np.full(self.length.sum(), np.nan)
        seen[self.begins[alone]] = self.sums[alone]
        return seen.reshape(-1, hours)


def _fill(found: Filled, places: list[int], rows: _Rows, expected: tuple[Matrix, Matrix]) -> None:
    usual, variance = expected
    weight = np.maximum(usual, 1e-9).ravel()
    share = np.repeat(rows.sums / np.add.reduceat(weight, rows.begins), rows.length)
    unknown = np.isnan(share)
    read = np.where(unknown, usual.ravel(), weight * share)
    alone = rows.alone()
    read[rows.begins[alone]] = rows.sums[alone]
    found.read[places] = read.reshape(usual.shape)
    unknown = unknown.reshape(usual.shape)
    found.lost += np.where(unknown, variance, 0.0).sum(axis=0)
    inner = ~unknown
    inner.ravel()[rows.begins] = False
    one, other = variance[:, :-1], variance[:, 1:]
    moved = one * other / np.maximum(one + other, 1e-30)
    found.moved[1:-1] += np.where(inner[:, 1:], moved, 0.0).sum(axis=0)


def _expected(seen: Matrix) -> tuple[Matrix, Matrix]:
    """What is to be expected of each hour from the hour of the day and the hours around it, and its variance."""
    known = ~np.isnan(seen)
    usual = profile(seen)
    off = np.where(known, seen / np.maximum(usual, 1e-9) - 1, np.nan)
    near = np.full(seen.shape, np.nan)
    near[:, 1:-1] = (off[:, :-2] + off[:, 2:]) / 2
    both = known & ~np.isnan(near)
    far = _half_a_day(np.where(known, off, 0.0), known)
    like, follow = _likeness(*(np.where(both, one, 0.0) for one in (near, far, off)))
    near[~both] = 0.0
    left = np.where(known, off - np.where(both, like * near + follow * far, 0.0), 0.0) * usual
    near[~known] = _between(off, known)
    whole = np.maximum((np.where(known, usual, 0.0) ** 2).sum(axis=1), 1e-30)
    relative = np.einsum("ij,ij->i", left, left) / whole
    return usual * np.maximum(1 + like * near + follow * far, 0.0), relative[:, None] * usual**2


def _half_a_day(off: Matrix, known: Matrix) -> Matrix:
    """The mean of the hours of half a day before and after each, without itself, of few hours less than that."""
    rows, hours = off.shape
    low, high = (
        np.maximum(np.arange(hours) - _DAY // 2, 0),
        np.minimum(np.arange(hours) + _DAY // 2 + 1, hours),
    )
    sums, count = (
        np.hstack([np.zeros((rows, 1)), np.cumsum(one, axis=1)])[:, [high, low]] for one in (off, known)
    )
    found: Matrix = (sums[:, 0] - sums[:, 1] - off) / (count[:, 0] - count[:, 1] - known + _PRIOR)
    return found


def _likeness(near: Matrix, far: Matrix, off: Matrix) -> tuple[Matrix, Matrix]:
    """By row, the shares of both that are to be expected, by least squares, none below 0."""
    one, other, both = (np.einsum("ij,ij->i", *pair) for pair in ((near, near), (far, far), (near, far)))
    along, beyond = (np.einsum("ij,ij->i", part, off) for part in (near, far))
    one, other = np.maximum(one, 1e-30), np.maximum(other, 1e-30)
    apart = np.maximum(one * other - both**2, 1e-9 * one * other)
    like, follow = (along * other - beyond * both) / apart, (beyond * one - along * both) / apart
    like, follow = np.where(follow < 0, along / one, like), np.where(like < 0, beyond / other, follow)
    return np.clip(like, 0.0, 1.0)[:, None], np.clip(follow, 0.0, 1.0)[:, None]


def _between(values: Matrix, known: Matrix) -> Matrix:
    """What is not known, on straight lines between what is, level before the first and after the last of a row."""
    there, gone = np.flatnonzero(known), np.flatnonzero(~known)
    hours = values.shape[1]
    place = np.searchsorted(there, gone)
    before, after = there[place - 1], there[np.minimum(place, there.size - 1)]
    first, last = before // hours != gone // hours, after // hours != gone // hours
    before, after = np.where(first, after, before), np.where(last, before, after)
    low, high = values.ravel()[before], values.ravel()[after]
    found: Matrix = low + (high - low) * (gone - before) / np.maximum(after - before, 1)
    return found


def profile(seen: Matrix) -> Matrix:
    """The usual energy of each row's hours at their hour of the day; NaN is not seen."""
    rows, hours = seen.shape
    days = -(-hours // _DAY)
    padded = np.full((rows, days * _DAY), np.nan)
    padded[:, :hours] = seen
    by_hour = padded.reshape(rows, days, _DAY)
    count = (~np.isnan(by_hour)).sum(axis=1)
    sums = np.where(np.isnan(by_hour), 0.0, by_hour).sum(axis=1)
    mean = sums.sum(axis=1, keepdims=True) / np.maximum(count.sum(axis=1, keepdims=True), 1)
    usual: Matrix = np.tile((sums + _PRIOR * mean) / (count + _PRIOR), days)[:, :hours]
    return usual
