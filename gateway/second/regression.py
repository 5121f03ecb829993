"""The regression behind `gateway.second.culprit`: generalised least squares with a model of what honest areas do.

The gap of an hour is, beside what thieves hide: a constant, a share of the whole, ohmic loss; loads without a meter
that follow the hour of the day (street lamps); each meter's error within its class; each meter's clock, so that a part
of its energy shows in the hour before or after; the error of the supply's meter, a share of what it measures; and what
filled hours have wrong. The first three are fitted freely. The others are random, with variances estimated from the
gap itself, so that an area without them pays nothing for them.

What a customer explains beside all that is weighed as evidence: how much likelier the gap is if the customer hides a
part between a tenth and nine tenths than if it hides nothing. A multiple of the evidence's logarithm is told on the
scale of a t-statistic: t of a plain regression, less what it costs that the hidden part is not known.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from gateway.second.filling import Filled, Matrix
from gateway.second.noise import Noise, noise_of
from gateway.second.patterns import patterns

__all__ = ["Fit", "fit"]

_DAY = 24
_CLASS = 0.01
"""Standard deviation of honest meters' errors: within 2 %."""
_SEEN = 0.1
"""A meter whose error is below this part of the noise is left out of the model: it changes nothing."""
_LEAST_NOISE = 1e-3
"""Variance of an hour, of what was taken for it."""
_ENTER = 4.0
"""Customers of this t and more are taken as explained before the others are judged."""
_MOST = 8
_LEFT = 1e-6
"""A customer of whom less than this is left beside those that entered is none of its own."""
_COMMON = 3
_HIDDEN = np.arange(2, 19) / 20
_BETAS = (_HIDDEN / (1 - _HIDDEN))[:, None]
"""What the meter shows, times this, is hidden."""
_FOUND = 2.0
"""Log odds that a pattern must have to go before the whole."""
_DRIFT = 0.15
"""An autocorrelation of the residuals beyond this is taken out."""
_MOST_DRIFT = 0.95
_PASSES = 4
"""Of the fit, each without the hours that the one before found odd."""
_FEW, _LEAST_FEW = 0.005, 3
"""Of the hours: nobody is taken for a thief for so few of them."""
_FAR = 6.0
"""Times the median of the residuals, 4 standard deviations."""
_SPREAD = 0.5
"""A thief's t is still this part of it without them."""
_ONE_HOUR = 0.5
"""A part of the squares."""
_ODD = 9.0
"""Times the median of the residuals, 6 standard deviations: an hour beyond this is no noise."""


@dataclass(frozen=True, slots=True)
class Fit:
    """t and beta of each customer."""

    t: Matrix
    beta: Matrix


def fit(total: Matrix, filled: Filled) -> Fit:
    """The supply by hour in kWh, NaN where unknown, and the customers.

    Hours that nobody explains are left out, a slow drift of what is left is taken out; then all is fitted again.
    """
    drift = 0.0
    for _ in range(_PASSES):
        model = _Model(total, filled, drift)
        found = model.fit()
        residual = model.residual()
        usual = float(np.median(np.abs(residual[~np.isnan(total)])))
        odd = model.odd | (np.abs(residual) > max(_ODD * usual, 1.0))
        residual[odd] = 0.0
        before, drift = drift, drift or _drift(residual)
        if drift == before and not odd.any():
            break
        total = np.where(odd, np.nan, total)
    return found


def _drift(residual: Matrix) -> float:
    found = float(residual[1:] @ residual[:-1] / max(residual @ residual, 1e-30))
    return min(found, _MOST_DRIFT) if found > _DRIFT else 0.0


@dataclass(frozen=True, slots=True)
class _Random:
    """What honest areas do by chance: variance of the noise, and rows (`columns`) times their standard deviations."""

    noise: float
    columns: Matrix
    scales: Matrix


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Of each column: log odds that a part of it is hidden, t of a plain regression, and beta."""

    odds: Matrix
    t: Matrix
    beta: Matrix


class _Model:
    """Whitened rows of hours: the gap, customers, their rises to both sides, hours of the day; their products."""

    def __init__(self, total: Matrix, filled: Filled, drift: float = 0.0) -> None:
        self._read = read = filled.read
        count, hours = read.shape
        together = read.sum(axis=0)
        known = ~np.isnan(total)
        gap = np.where(known, total - together, 0.0)
        common = np.vstack([np.ones(hours), together, together**2 / together.mean()])
        cover = noise_of(gap, common, filled, known)
        self._noise = Noise(cover.own, cover.between, drift)
        rows = self._noise.whitened(_stacked(common, gap, read))
        self._basis = np.ascontiguousarray(np.linalg.qr(rows[:_COMMON].T)[0].T)
        self._rows = rows[_COMMON:]
        self._along = self._rows @ self._basis.T
        self._products = self._rows @ self._rows.T - self._along @ self._along.T
        self._own = slice(1, count + 1)
        self._blocks = slice(count + 1, 3 * count + 1), slice(3 * count + 1, None)
        self._owners, self._costs = np.empty(0, int), np.empty(0)
        self._patterns = np.empty((0, rows.shape[1]))
        self._crossed, self._squares = np.empty((len(self._products), 0)), np.empty(0)
        self._gone = list(self._basis)
        self._first = np.diag(self._products)[self._own].copy()
        self._left = (read.sum(axis=1) > 0) & (self._first > 0) & _of_many_hours(self._rows[self._own])
        self._freedom = int(known.sum()) - _COMMON
        self.odd = np.zeros(hours, bool)
        self._chance: _Random | None = None
        self._explained: Matrix | None = None

    def fit(self) -> Fit:
        """Customers enter one after the other, the one that explains most first, until none explains much."""
        count = len(self._read)
        t, beta = np.zeros(count), np.zeros(count)
        self._search()
        for _ in range(_MOST):
            certainty, share, column = self._judged()
            t, beta = np.where(self._left, certainty, t), np.where(self._left, share, beta)
            best = int(np.argmax(np.where(self._left, np.abs(t), -1.0)))
            if abs(t[best]) < _ENTER:
                break
            row = self._beside(self._row(best, int(column[best])))
            if (few := self._few(row)).any():
                self.odd = few
                break
            self._enter(best, row)
        return Fit(t, beta)

    def residual(self) -> Matrix:
        """By hour, what neither the customers that entered nor the random columns explain."""
        random = self._random()
        if self._explained is None:
            along = self._products[random.columns, 0] * random.scales
            self._explained = np.linalg.solve(self._inner(random), along)
        shares = np.zeros(len(self._rows))
        shares[random.columns] = self._explained * random.scales
        return self._beside(self._rows[0] - shares @ self._rows)

    def _random(self) -> _Random:
        if self._chance is None:
            self._chance = self._variances()
        return self._chance

    def _variances(self) -> _Random:
        """By the method of moments; a block whose variance would be negative is left out."""
        products, blocks = self._products, list(self._blocks)
        square = np.diag(products)
        class_error = _CLASS**2 * square[self._own].sum()
        while True:
            size = len(blocks) + 1
            matrix, right = np.empty((size, size)), np.empty(size)
            matrix[0, 0], right[0] = self._freedom, products[0, 0] - class_error
            for row, one in enumerate(blocks, 1):
                matrix[0, row] = matrix[row, 0] = square[one].sum()
                meters = _CLASS**2 * (products[one, self._own] ** 2).sum()
                right[row] = (products[0, one] ** 2).sum() - meters
                matrix[row, 1:] = [(products[one, other] ** 2).sum() for other in blocks]
            noise, *variances = np.linalg.solve(matrix, right)
            if min(variances, default=0.0) >= 0:
                break
            blocks.pop(int(np.argmin(variances)))
        noise = max(float(noise), _LEAST_NOISE)
        places = np.arange(len(products))
        large = 1 + np.flatnonzero(_CLASS**2 * square[self._own] > _SEEN * noise)
        columns = [large, *(places[one] for one in blocks)]
        scales = [_CLASS, *(sqrt(variance) for variance in variances)]
        return _Random(noise, np.concatenate(columns), np.repeat(scales, [part.size for part in columns]))

    def _inner(self, random: _Random) -> Matrix:
        found: Matrix = self._products[np.ix_(random.columns, random.columns)]
        found = found * random.scales * random.scales[:, None]
        found[np.diag_indices_from(found)] += random.noise
        return found

    def _search(self) -> None:
        """Patterns, whose hours are chosen once, before anybody entered."""
        noise = self._random().noise
        found = patterns(
            self._read, self._rows[self._own], self._basis, self.residual() / sqrt(noise), self._left
        )
        hidden = np.array([one.column for one in found]).reshape(len(found), self._rows.shape[1])
        hidden = self._noise.whitened(hidden)
        many = _of_many_hours(hidden)
        self._patterns = hidden[many]
        self._owners = np.array([one.owner for one in found], int)[many]
        self._costs = np.array([one.cost for one in found])[many]
        along = self._patterns @ self._basis.T
        self._crossed = self._rows @ self._patterns.T - self._along @ along.T
        self._squares = (self._patterns**2).sum(axis=1) - (along**2).sum(axis=1)
        self._first_squares = np.maximum(self._squares, 1e-9)

    def _judged(self) -> tuple[Matrix, Matrix, Matrix]:
        """t, beta and pattern (-1: the whole energy) of each customer, beside those that entered."""
        count = len(self._read)
        square = np.concatenate([np.diag(self._products)[self._own], self._squares])
        left = self._left & (square[:count] > _LEFT * self._first)
        patterned = left[self._owners] & (self._squares > _LEFT * self._first_squares)
        found = self._weighed(square, np.concatenate([left, patterned]))
        odds, t, beta, column = (
            found.odds[:count].copy(),
            found.t[:count],
            found.beta[:count].copy(),
            np.full(count, -1),
        )
        for place, owner in enumerate(self._owners):
            own = found.odds[count + place] - self._costs[place]
            if own > max(_FOUND, odds[owner], t[owner] ** 2 / 2 if t[owner] < 0 else 0.0):
                odds[owner], beta[owner], column[owner] = own, found.beta[count + place], place
        certainty = np.where(odds > 0, np.sqrt(2 * np.maximum(odds, 0.0)), odds / (1 + np.abs(odds)))
        certainty = np.where((column < 0) & (t < 0), t, certainty)
        return np.where(left, certainty, 0.0), np.where(left, beta, 0.0), column

    def _weighed(self, square: Matrix, usable: Matrix) -> _Weighed:
        """Of customers and patterns, with their squares: the evidence of each alone beside the random columns."""
        random, products = self._random(), self._products
        near = products[random.columns, : len(self._read) + 1], self._crossed[random.columns]
        crossed = np.hstack(near) * random.scales[:, None]
        solved = np.linalg.solve(self._inner(random), crossed)
        self._explained = solved[:, 0]
        taken, size = solved.T @ crossed[:, 0], (solved * crossed).sum(axis=0)
        whole = (products[0, 0] - size[0]) / random.noise
        size = square - size[1:]
        usable &= size > _LEFT * square
        gap = np.concatenate([products[0, self._own], self._crossed[0]])
        along = np.where(usable, gap - taken[1:], 0.0) / random.noise
        size = np.where(usable, size, 1.0) / random.noise
        spread = np.maximum(whole - along**2 / size, 1e-9) / max(1, self._freedom - 1)
        likely = (_BETAS * along - _BETAS**2 * size / 2) / spread
        most = likely.max(axis=0)
        odds = most + np.log(np.exp(likely - most).mean(axis=0))
        return _Weighed(np.where(usable, odds, -1.0), along / np.sqrt(size * spread), along / size)

    def _row(self, customer: int, pattern: int) -> Matrix:
        found: Matrix = self._rows[customer + 1] if pattern < 0 else self._patterns[pattern]
        return found

    def _few(self, row: Matrix) -> Matrix:
        """The hours far off that this row explains best, where without them it explains hardly anything."""
        residual = self.residual()
        parts = row * residual
        few = np.zeros(row.size, bool)
        few[np.argsort(-parts * np.sign(parts.sum()))[: max(_LEAST_FEW, int(_FEW * row.size))]] = True
        few &= np.abs(residual) > _FAR * np.median(np.abs(residual))
        whole, rest = parts.sum() / sqrt(row @ row), parts[~few].sum() / sqrt(row[~few] @ row[~few])
        return few if rest / whole < _SPREAD else np.zeros_like(few)

    def _enter(self, customer: int, row: Matrix) -> None:
        self._take_out(row / sqrt(row @ row))
        self._left[customer] = False
        self._freedom -= 1
        self._chance = self._explained = None

    def _take_out(self, row: Matrix) -> None:
        """What this row explains is taken out of all products; rows stay as they are."""
        along, patterns = self._rows @ row, self._patterns @ row
        self._products -= np.outer(along, along)
        self._crossed -= np.outer(along, patterns)
        self._squares -= patterns**2
        self._gone.append(row)

    def _beside(self, row: Matrix) -> Matrix:
        for one in self._gone:
            row = row - one * (one @ row)
        return row


def _of_many_hours(rows: Matrix) -> Matrix:
    """What is nearly all in one hour explains whatever is wrong with that hour."""
    square = rows**2
    found: Matrix = square.max(axis=1) <= _ONE_HOUR * square.sum(axis=1)
    return found


def _stacked(common: Matrix, gap: Matrix, read: Matrix) -> Matrix:
    """What is common, the gap, customers, their rises to the next hour and the last, and the hours of the day."""
    count, hours = read.shape
    found = np.zeros((_COMMON + 1 + 3 * count + _DAY, hours))
    parts = np.split(found, np.cumsum([_COMMON, 1, count, count, count]))
    parts[0][:], parts[1][0], parts[2][:] = common, gap, read
    np.subtract(read[:, 1:], read[:, :-1], out=parts[3][:, :-1])
    np.negative(parts[3][:, :-1], out=parts[4][:, 1:])
    parts[5][np.arange(hours) % _DAY, np.arange(hours)] = common[1].mean()
    return found
