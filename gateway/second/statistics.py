"""Statistics of one series, cheap enough for every value (domain 9.2). Numbers are floats: they judge, none is billed.

A series runs from old to new, one value a day unless said otherwise.
"""

from collections.abc import Sequence
from math import log, sqrt
from statistics import fmean, median

__all__ = [
    "beside",
    "change",
    "cleaned",
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
_ENOUGH = 0.75
_ROUNDING = 1e-9

Series = Sequence[float | None]


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


def seasonal(series: Series, season: int = 28) -> float | None:
    """Median over the last four weeks of ln(E_d / E_d-28): each day beside the same weekday four weeks before.

    A step stays in it until it is all of both sides, where one week's distance forgets it after a week. None where
    more than a quarter of the pairs lack a positive value.
    """
    pairs = zip(series[-season:], series[-2 * season : -season], strict=False)
    ratios = [log(new / old) for new, old in pairs if new and old and new > 0 and old > 0]
    enough = len(series) >= 2 * season and len(ratios) >= _ENOUGH * season
    return median(ratios) if enough else None


def peer_ratio(own: Series, group: Series, window: int = 28) -> float | None:
    """Change of a meter over two windows of days beside that of its group: what weather explains is gone.

    Days that lack one of the two are left out. None where one of the four sums is not positive, or more than a
    quarter of a window's days is left out.
    """
    if min(len(own), len(group)) < 2 * window:
        return None
    sums: list[float] = []
    for part in (slice(-window, None), slice(-2 * window, -window)):
        days = [
            (mine, all_)
            for mine, all_ in zip(own[part], group[part], strict=True)
            if mine is not None and all_ is not None
        ]
        if len(days) < _ENOUGH * window:
            return None
        sums += [sum(mine for mine, _ in days), sum(all_ for _, all_ in days)]
    if min(sums) <= 0:
        return None
    new, group_new, old, group_old = sums
    return log(new / old) - log(group_new / group_old)


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


def beside(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """What a straight line over the other leaves of a series; all zero where nothing but rounding is left."""
    a, b = fmean(one), fmean(other)
    under = sum((y - b) ** 2 for y in other)
    slope = sum((x - a) * (y - b) for x, y in zip(one, other, strict=True)) / under if under else 0.0
    left = [x - a - slope * (y - b) for x, y in zip(one, other, strict=True)]
    return left if max(map(abs, left)) > _ROUNDING * max(map(abs, one)) else [0.0] * len(left)


def ewma(series: Sequence[float], mean: float, deviation: float, *, weight: float = 0.2) -> float:
    """The last exponentially weighted mean in units of its own limit's deviation (beyond 3: out of control)."""
    level = mean
    for value in series:
        level = weight * value + (1 - weight) * level
    width = deviation * sqrt(weight / (2 - weight))
    return (level - mean) / width if width else 0.0


def cusum(
    series: Sequence[float], mean: float, deviation: float, *, slack: float = 0.5, upward: bool = False
) -> float:
    """The last cumulated sum in deviations, downward unless said otherwise (8 and more: the level has moved)."""
    total, sign = 0.0, 1 if upward else -1
    for value in series:
        total = max(0.0, total + sign * (value - mean) / deviation - slack) if deviation else 0.0
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


def cleaned(series: Sequence[float]) -> list[float]:
    """A day's curve without bad points: those that `hampel` finds alone. Two of them side by side are a load."""
    off = set(hampel(series))
    return [value for place, value in enumerate(series) if place not in off or {place - 1, place + 1} & off]
