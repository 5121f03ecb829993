"""Ways to hide energy in a part of the time only, found by scanning what the model leaves unexplained.

A meter that is bypassed at night, since a certain day, or at hours of its owner's choice shows less just then: over
all hours its energy and the gap may even run against each other. So the likeliest part of the time is looked for,
and the energy of these hours alone stands as a column of its own beside the meter's whole energy. Having looked costs
evidence, the more the more ways were tried.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log

import numpy as np

from gateway.second.filling import Matrix

__all__ = ["Pattern", "patterns"]

_DAY = 24
_SPANS = (6, 9, 12, 15)
"""Hours a day."""
_STEPS = 16
"""So many days are tried as the first or the last one."""
_EDGE = 4
"""Days that a part must have at least."""
_BEST = 8
"""So many customers of each kind are looked at closely."""
_LOW = (0.5, 0.8)
"""Parts of the usual energy of an hour of the day below which a meter may have been bypassed."""
_UNLIKELY = 2.0
"""Log odds against each kind before anything is seen."""
_CAPPED = (0.03, 0.9)
"""Share of hours that show the meter's highest energy, where that is no accident."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Energy by hour in kWh of which a customer may hide a multiple; `cost` is to be taken from its log odds."""

    owner: int
    column: Matrix
    cost: float


def patterns(read: Matrix, rows: Matrix, basis: Matrix, residual: Matrix, left: Matrix) -> list[Pattern]:
    """Of `left` customers, those worth a closer look.

    `rows` are customers' energies by hour, whitened; `basis` what every area has, `residual` what the model leaves.
    """
    scan = _Scan(rows, basis, residual)
    found: list[Pattern] = []
    for masks, by_day in ((_hours(), False), (_days(rows.shape[1]), True)):
        if len(masks):
            best, certainty = scan.best(masks, by_day=by_day)
            cost = _UNLIKELY + log(len(masks) / 2)
            bins = np.arange(rows.shape[1])
            bins = bins // _DAY if by_day else bins % _DAY
            found += [
                Pattern(owner, np.where(masks[best[owner]][bins], read[owner], 0.0), cost)
                for owner in _first(certainty, left)
            ]
    together = read.sum(axis=0)
    scale = np.divide(rows.sum(axis=0), together, out=np.zeros_like(together), where=together > 0)
    found += _low(read, residual, scale, left)
    found += _capped(read, left)
    return found


def _first(certainty: Matrix, left: Matrix) -> Iterator[int]:
    for owner in np.argsort(-np.where(left, certainty, -np.inf))[:_BEST]:
        if left[owner]:
            yield int(owner)


def _hours() -> Matrix:
    clock = np.arange(_DAY)
    return np.array([(clock - begin) % _DAY < span for span in _SPANS for begin in range(_DAY)])


def _days(hours: int) -> Matrix:
    """Parts of the days."""
    day = np.arange(-(-hours // _DAY))
    turns = range(_EDGE, hours // _DAY - _EDGE + 1, max(1, hours // _DAY // _STEPS))
    return np.array([mask for turn in turns for mask in (day < turn, day >= turn)])


class _Scan:
    """The certainty of a part of the time, nearly: other customers' likeness is left aside."""

    def __init__(self, rows: Matrix, basis: Matrix, residual: Matrix) -> None:
        self._sums = [_by_day_and_hour(rows * one) for one in (residual, *basis)]
        self._squares = _by_day_and_hour(rows**2)

    def best(self, masks: Matrix, *, by_day: bool) -> tuple[Matrix, Matrix]:
        """The best mask of each customer and its certainty; masks are of the days or of the hours of a day."""
        weights = masks.T.astype(float)
        along, *common = (sums[by_day] @ weights for sums in self._sums)
        size = self._squares[by_day] @ weights - sum(part**2 for part in common)
        certainty = along / np.sqrt(np.maximum(size, 1e-9))
        return certainty.argmax(axis=1), certainty.max(axis=1)


def _by_day_and_hour(rows: Matrix) -> tuple[Matrix, Matrix]:
    """Sums of each row by the hour of the day, and by day."""
    count, hours = rows.shape
    if hours % _DAY:
        rows = np.hstack([rows, np.zeros((count, -hours % _DAY))])
    rows = rows.reshape(count, -1, _DAY)
    return np.ones(rows.shape[1]) @ rows, rows @ np.ones(_DAY)


def _low(read: Matrix, residual: Matrix, scale: Matrix, left: Matrix) -> Iterator[Pattern]:
    """Hours in which a meter showed less than it usually does at that time of the day."""
    usual = _usual(read)
    square = scale @ scale
    even = residual - scale * (scale @ residual) / square
    both, kinds = np.stack([even, scale], axis=1), (*_LOW, None)
    for part in kinds:
        weighed = _lower(read, usual, part) * scale
        along = weighed @ both
        size = np.einsum("ij,ij->i", weighed, weighed) - along[:, 1] ** 2 / square
        for owner in _first(along[:, 0] / np.sqrt(np.maximum(size, 1e-9)), left):
            yield Pattern(owner, _lower(read[owner], usual[owner], part), _UNLIKELY + log(len(kinds)))


def _lower(read: Matrix, usual: Matrix, part: float | None) -> Matrix:
    """Energy of hours below a part of the usual; without a part, what is missing to the usual."""
    found: Matrix = np.maximum(usual - read, 0.0) if part is None else read * (read < part * usual)
    return found


def _usual(read: Matrix) -> Matrix:
    """Each meter's mean energy at the hour of the day."""
    hours = read.shape[1]
    whole = hours // _DAY * _DAY
    mean = read[:, :whole].reshape(len(read), -1, _DAY).mean(axis=1)
    found: Matrix = np.tile(mean, -(-hours // _DAY))[:, :hours]
    return found


def _capped(read: Matrix, left: Matrix) -> Iterator[Pattern]:
    """Hours in which a meter showed its highest energy, and many do."""
    most = read.max(axis=1)
    top = read >= most[:, None] * (1 - 1e-6)
    share = top.mean(axis=1)
    fewest, largest = _CAPPED
    for owner in np.flatnonzero(left & (most > 0) & (share > fewest) & (share < largest)):
        yield Pattern(int(owner), np.where(top[owner], read[owner], 0.0), _UNLIKELY)
