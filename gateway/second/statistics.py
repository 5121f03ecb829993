"""Statistics of one series, cheap enough for every value (domain 9.2). Numbers are floats: they judge, none is billed.

A series runs from old to new, one value a day unless said otherwise.
"""

from collections.abc import Sequence
from math import log, sqrt
from statistics import fmean, median

__all__ = [
    "change",
    "correlation",
    "cusum",
    "ewma",
    "hampel",
    "mad",
    "peer_ratio",
    "robust_z",
    "seasonal",
    "spike",
]

_NORMAL = 1.4826
"""The median absolute deviation times this estimates the standard deviation of a normal series."""
_FLOOR = 0.05
_WEEK = 7


def mad(values: Sequence[float]) -> float:
    """Median absolute deviation from the median."""
    middle = median(values)
    return median(abs(value - middle) for value in values)


def robust_z(value: float, history: Sequence[float]) -> float:
    """How many robust deviations a value lies from the median of its history; 0 where history is all zero."""
    middle = median(history)
    width = max(_NORMAL * mad(history), _FLOOR * abs(middle))
    return (value - middle) / width if width else 0.0


def change(value: float, before: float) -> float | None:
    """Relative change; None after a value that is not positive."""
    return (value - before) / before if before > 0 else None


def seasonal(series: Sequence[float]) -> float | None:
    """Median over up to four weeks of ln(E_d / E_d-7); None with less than a week of pairs."""
    pairs = zip(series[-4 * _WEEK :], series[-5 * _WEEK : -_WEEK], strict=False)
    if len(series) < 5 * _WEEK:
        pairs = zip(series[_WEEK:], series[:-_WEEK], strict=True)
    ratios = [log(new / old) for new, old in pairs if new > 0 and old > 0]
    return median(ratios) if len(ratios) >= _WEEK else None


def peer_ratio(own: Sequence[float], group: Sequence[float], window: int = 28) -> float | None:
    """Change of a meter over two windows of days beside that of its group: what weather explains is gone.

    None where one of the four sums is not positive or days lack.
    """
    if min(len(own), len(group)) < 2 * window:
        return None
    sums = [sum(part) for part in (own[-window:], own[-2 * window : -window])]
    sums += [sum(part) for part in (group[-window:], group[-2 * window : -window])]
    if min(sums) <= 0:
        return None
    return log(sums[0] / sums[1]) - log(sums[2] / sums[3])


def spike(intervals: Sequence[float]) -> float | None:
    """(h1 - h3) / h3 of the highest and third highest interval; None where h3 is below a tenth of the mean."""
    if len(intervals) < 3:
        return None
    top = sorted(intervals, reverse=True)
    if top[2] <= 0 or top[2] < 0.1 * fmean(intervals):
        return None
    return (top[0] - top[2]) / top[2]


def correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Pearson's; None where one of them does not vary."""
    a, b = fmean(one), fmean(other)
    top = sum((x - a) * (y - b) for x, y in zip(one, other, strict=True))
    under = sqrt(sum((x - a) ** 2 for x in one) * sum((y - b) ** 2 for y in other))
    return top / under if under else None


def ewma(series: Sequence[float], mean: float, deviation: float, *, weight: float = 0.2) -> float:
    """The last exponentially weighted mean in units of its own limit's deviation (beyond 3: out of control)."""
    level = mean
    for value in series:
        level = weight * value + (1 - weight) * level
    width = deviation * sqrt(weight / (2 - weight))
    return (level - mean) / width if width else 0.0


def cusum(series: Sequence[float], mean: float, deviation: float, *, slack: float = 0.5) -> float:
    """The last downward cumulated sum in deviations (8 and more: the level has fallen)."""
    total = 0.0
    for value in series:
        total = max(0.0, total + (mean - value) / deviation - slack) if deviation else 0.0
    return total


def hampel(series: Sequence[float], *, half: int = 3, width: float = 3.0) -> list[int]:
    """Places of values that lie more than `width` robust deviations from the median of their neighbourhood."""
    found = []
    for place, value in enumerate(series):
        near = series[max(0, place - half) : place + half + 1]
        middle, spread = median(near), _NORMAL * mad(near)
        if abs(value - middle) > width * spread and value != middle:
            found.append(place)
    return found
