"""What the hours of an area's gap have wrong: as far as each hour, its neighbour and a drift tell."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from gateway.second.filling import Filled, Matrix

__all__ = ["Noise", "noise_of"]

_LEAST_LOAD = 0.05
"""Hours of less than this part of the mean load weigh no more than this one."""
_LEAST = 0.001
"""Of the supply's meter, as a share: none is better."""
_BLOCK = 32
_NOTHING = 1e6
"""Times the square of the mean load: the variance of an hour that says nothing."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Covariance of the gap's hours in kWh2, and the correlation of what is left with the hour before."""

    own: Matrix
    between: Matrix
    """Of each hour with the next."""
    drift: float = 0.0

    def whitened(self, rows: Matrix) -> Matrix:
        """Rows of hours in units in which all hours have variance 1 and nothing in common."""
        found = rows / np.sqrt(self.own) if not self.between.any() else self._solved(rows)
        if self.drift:
            later = (found[:, 1:] - self.drift * found[:, :-1]) / sqrt(1 - self.drift**2)
            found = np.hstack([found[:, :1], later])
        return found

    def _solved(self, rows: Matrix) -> Matrix:
        """By the Cholesky factor of a covariance that joins neighbours only, some hours at a time."""
        roots, under = self._factor()
        found = rows / roots
        passed = -under / roots
        for place, passing in enumerate(_passing(passed)):
            begin = _BLOCK * place
            block = slice(begin, begin + _BLOCK)
            if begin:
                found[:, begin] += passed[begin] * found[:, begin - 1]
            size = found[:, block].shape[1]
            found[:, block] = found[:, block] @ passing[:size, :size].T
        return found

    def _factor(self) -> tuple[Matrix, Matrix]:
        """Of each hour: the root of what is its own, and what it takes of the hour before."""
        own, between = self.own.tolist(), self.between.tolist()
        roots, under = [sqrt(own[0])], [0.0]
        for hour in range(1, len(own)):
            under.append(between[hour - 1] / roots[-1])
            roots.append(sqrt(max(own[hour] - under[-1] ** 2, 1e-9 * own[hour])))
        return np.array(roots), np.array(under)


def _passing(passed: Matrix) -> Matrix:
    """By block, what each hour has of those before, where each takes a share of the hour before."""
    blocks = np.append(passed, np.zeros(-passed.size % _BLOCK)).reshape(-1, _BLOCK)
    found = np.tile(np.eye(_BLOCK), (len(blocks), 1, 1))
    for hour in range(1, _BLOCK):
        found[:, hour, :hour] = blocks[:, hour, None] * found[:, hour - 1, :hour]
    return found


def noise_of(gap: Matrix, common: Matrix, filled: Filled, known: Matrix) -> Noise:
    """From what the area's common terms leave of the gap, and from what was filled; supply is `known` or not."""
    load = filled.read.sum(axis=0)
    mean = load.mean()
    load = np.maximum(load, _LEAST_LOAD * mean)
    doubt = filled.moved[:-1] + filled.moved[1:] + filled.lost
    weight = 1 / load[known]
    basis, _ = np.linalg.qr((common[:, known] * weight).T)
    left = gap[known] * weight
    left -= basis @ (basis.T @ left)
    square = left**2
    share = max(float(np.mean(square - doubt[known] * weight**2)), _LEAST**2, 0.1 * float(np.mean(square)))
    own = np.where(known, share * load**2 + doubt, _NOTHING * mean**2)
    return Noise(own, -filled.moved[1:-1])
