"""Hourly energies of homes by seed, in several manners of living: rows are homes, columns hours, values kWh."""

import csv
import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["HOMES", "Homes", "recorded"]

Homes = Callable[[Any, int, int], Any]
"""Random generator, count and hours to a matrix."""

_DAY = 24
_LEAST_DAYS = 90
_NOISE = 0.35


def _sizes(rng, count):
    return np.exp(rng.normal(0, 0.5, (count, 1)))


def _peaks(rng, count, hours):
    """Each home's own evening and morning, and another shape at the end of the week."""
    hour, day = np.arange(hours) % _DAY, np.arange(hours) // _DAY % 7
    weekend = (day > 4).astype(float)
    shape = np.full((count, hours), 0.4) + 0.4 * rng.random((count, 1))
    for middle, width, most in ((7, 1.5, 1.0), (12.5, 1.5, 0.5), (19.5, 2.2, 1.8)):
        own = middle + rng.normal(0, 1.2, (count, 1)) + rng.normal(0, 1, (count, 1)) * weekend
        away = np.abs(hour - own)
        away = np.minimum(away, _DAY - away)
        shape += most * rng.random((count, 1)) * np.exp(-((away / width) ** 2))
    return shape


def weekly(rng, count, hours):
    """Weekly shape, size and noise."""
    return _sizes(rng, count) * _peaks(rng, count, hours) * np.exp(rng.normal(0, _NOISE, (count, hours)))


def weather(rng, count, hours):
    """The same, with heating and cooling that follow one weather for all."""
    days = hours // _DAY + 2
    cold = np.zeros(days)
    for day in range(1, days):
        cold[day] = 0.8 * cold[day - 1] + rng.normal(0, 0.6)
    cold = np.interp(np.arange(hours) / _DAY, np.arange(days), np.abs(cold))
    cold = cold * (1 + 0.4 * np.cos(2 * np.pi * (np.arange(hours) - 5) / _DAY))
    return weekly(rng, count, hours) * (1 + rng.random((count, 1)) * cold)


def bursts(rng, count, hours):
    """A low base, and appliances that run for some hours, seldom."""
    found = 0.08 * np.exp(rng.normal(0, 0.5, (count, 1))) * np.exp(rng.normal(0, 0.2, (count, hours)))
    chance = _peaks(rng, count, hours)
    for _ in range(3):
        often = 0.08 * rng.random((count, 1)) * chance / chance.mean()
        begins = rng.random((count, hours)) < often
        power = np.where(begins, rng.gamma(2.0, 0.7, (count, hours)), 0.0)
        found += power
        found[:, 1:] += 0.6 * power[:, :-1]
        found[:, 2:] += 0.3 * power[:, :-2]
    return found


def vacant(rng, count, hours):
    """Homes that show nothing in some hours, and on some days nothing at all."""
    found = weekly(rng, count, hours)
    found[rng.random((count, hours)) < 0.5 * rng.random((count, 1))] = 0.0
    away = rng.random((count, hours // _DAY + 1)) < 0.15
    found[np.repeat(away, _DAY, axis=1)[:, :hours]] = 0.0
    return found


def windows(rng, count, hours):
    """Windows of one long series, each of another size, with noise."""
    long = weather(rng, 3, 400 * _DAY) * np.exp(_wander(rng, 3, 400 * _DAY))
    return cut(long, rng, count, hours)


def _wander(rng, count, hours):
    """What makes an hour resemble the one before."""
    found = np.zeros((count, hours))
    pushed = rng.normal(0, 0.25, (count, hours))
    for hour in range(1, hours):
        found[:, hour] = 0.8 * found[:, hour - 1] + pushed[:, hour]
    return found


def cut(long, rng, count, hours):
    """Windows as the domain notes describe them; their day begins with that of the series."""
    found = np.empty((count, hours))
    for row in found:
        series = long[int(rng.integers(len(long)))]
        begin = _DAY * int(rng.integers((len(series) - hours) // _DAY))
        row[:] = series[begin : begin + hours]
    return _sizes(rng, count) * found * np.exp(rng.normal(0, _NOISE, (count, hours)))


def mixed(rng, count, hours):
    """Some of each."""
    parts = np.array_split(np.arange(count), 4)
    found = [
        home(rng, len(part), hours)
        for home, part in zip((weekly, weather, bursts, vacant), parts, strict=True)
    ]
    return np.vstack(found)


HOMES: dict[str, Homes] = {one.__name__: one for one in (weekly, weather, bursts, vacant, windows, mixed)}


def recorded(folder: Path, *, neighbours: bool = False) -> Homes:
    """Homes from the hourly series of a folder: CSV, plain or gzip, time and kWh in the last column.

    Cut as the domain notes describe it, or `neighbours`: every home is another series of the same days as it is.
    """
    paths = [path for path in sorted(folder.iterdir()) if ".csv" in path.suffixes]
    series = [one for one in map(_days, paths) if len(one) >= _LEAST_DAYS]
    if not series:
        raise FileNotFoundError(f"no hourly series of {_LEAST_DAYS} days in {folder}")
    if neighbours:
        return _Neighbours(series)
    long = [np.concatenate(list(one.values())) for one in series]
    return lambda rng, count, hours: cut(long, rng, count, hours)


class _Neighbours:
    """Windows of days that are there of as many homes as are asked for."""

    def __init__(self, series: list[dict[str, list[float]]]) -> None:
        days = sorted({day for one in series for day in one})
        gap = [np.nan] * _DAY
        self._all = np.array([[one.get(day, gap) for day in days] for one in series])

    def __call__(self, rng, count, hours):
        length = hours // _DAY
        whole = ~np.isnan(self._all[:, :, 0])
        there = [whole[:, day : day + length].all(axis=1) for day in range(whole.shape[1] - length + 1)]
        day = int(rng.choice(np.flatnonzero([homes.sum() >= count for homes in there])))
        chosen = rng.choice(np.flatnonzero(there[day]), count, replace=False)
        return self._all[chosen, day : day + length].reshape(count, -1)


def _days(path) -> dict[str, list[float]]:
    """Values by day and hour; of half hours two make one, days with gaps are left out."""
    by_hour: dict[str, list[float]] = {}
    for time, value in _rows(path):
        by_hour.setdefault(time[:13], []).append(value)
    size = int(np.median([len(parts) for parts in by_hour.values()] or [0]))
    days: dict[str, list[float]] = {}
    for hour, parts in by_hour.items():
        if len(parts) == size:
            days.setdefault(hour[:10], []).append(sum(parts))
    return {day: values for day, values in days.items() if len(values) == _DAY}


def _rows(path) -> Iterator[tuple[str, float]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for cells in csv.reader(file):
            try:
                yield cells[0], float(cells[-1])
            except (ValueError, IndexError):
                continue
