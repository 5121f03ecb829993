"""From a day's curve to what rules look at: powers and energies of equal intervals, and the shape of a day. Pure.

Figures are as the meter shows them; the caller multiplies. `nan` stands for what is not known.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isnan, nan
from statistics import fmean, median

from gateway.energy.curve import QUARTER, SLOTS, Curve, Registers, Slots

__all__ = [
    "Load",
    "added",
    "beside_of",
    "energies_of",
    "load_of",
    "mean_of",
    "means_of",
    "profile_of",
    "sampled_of",
]

_DAY = SLOTS * QUARTER
_HOUR = 4 * QUARTER
_LENGTHS = (QUARTER, 2 * QUARTER, _HOUR)
_LOOSE = 1.25
"""So much longer than an interval the time between its readings may be."""
_CLOSE = QUARTER // 3
"""Seconds: registers nearer to each other than this say nothing of a power."""
_MOST_GONE = 0.25
_ALMOST = 0.9
"""So much of a day is almost all of it."""
_STEPS = 10
"""The third highest interval must be so many last digits of the register, or the digit makes the peak."""
_LONGEST_GAP = 2
_LEAST_PAIRS = 8
_HALF_HOUR = 2 * QUARTER


@dataclass(frozen=True, slots=True)
class Load:
    """Powers in kW of equal intervals of a day, `seconds` long.

    `mean`: of the whole interval, from energies; else of one instant in it.
    """

    seconds: int
    values: Sequence[float]
    mean: bool

    @property
    def covered(self) -> float:
        """The part of the day that is known."""
        return (len(self.values) - sum(map(isnan, self.values))) * self.seconds / _DAY

    @property
    def half_hour(self) -> int:
        """So many values in a row hold for half an hour at least; two instants wherever they lie."""
        least = 1 if self.mean else 2
        return max(-(-_HALF_HOUR // self.seconds), least)

    def longer(self, seconds: int) -> "Load":
        """By longer intervals; a mean is known where all its parts are, an instant where one of them is."""
        count = seconds // self.seconds
        if count <= 1:
            return self
        groups = (self.values[first : first + count] for first in range(0, len(self.values), count))
        join = _whole if self.mean else _first
        return Load(seconds, array("f", map(join, groups)), self.mean)

    def times(self, factor: float) -> "Load":
        """The same multiplied."""
        return Load(self.seconds, array("f", [value * factor for value in self.values]), self.mean)


def _whole(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _first(values: Sequence[float]) -> float:
    return next((value for value in values if not isnan(value)), nan)


def _length(gaps: Sequence[float]) -> int | None:
    """The usual length of intervals with such times between readings; None where they lie too far apart."""
    if not gaps:
        return None
    usual = median(gaps)
    return next((length for length in _LENGTHS if usual <= _LOOSE * length), None)


def sampled_of(slots: Slots | None) -> Load | None:
    """Powers of instants."""
    if slots is None:
        return None
    places = [place for place, value in enumerate(slots.values) if not isnan(value)]
    seconds = _length([QUARTER * (b - a) for a, b in pairwise(places)])
    return None if seconds is None else Load(QUARTER, slots.values, mean=False).longer(seconds)


def _intervals(slots: Slots | None) -> Load | None:
    """Mean powers from the energies of intervals, which stand at the quarter in which each ends."""
    if slots is None:
        return None
    places = [place for place, value in enumerate(slots.values) if not isnan(value)]
    seconds = _length([QUARTER * (b - a) for a, b in pairwise(places)])
    if seconds is None:
        return None
    count = seconds // QUARTER
    powers = array("f", [value * 3600 / seconds for value in slots.values[count - 1 :: count]])
    return Load(seconds, powers, mean=True)


def _advances(registers: Registers | None) -> Load | None:
    """Mean powers from what a register advanced between readings that lie about an interval apart."""
    if registers is None:
        return None
    kept: list[tuple[int, float]] = []
    for at, register in registers.sorted():
        if not kept or at - kept[-1][0] >= _CLOSE:
            kept.append((at, register))
    seconds = _length([b[0] - a[0] for a, b in pairwise(kept)])
    if seconds is None:
        return None
    values = array("f", [nan]) * (_DAY // seconds)
    for (begin, before), (end, after) in pairwise(kept):
        place = (begin + end) // 2 // seconds
        if end - begin <= _LOOSE * seconds and after >= before and 0 <= place < len(values):
            values[place] = (after - before) * 3600 / (end - begin)
    return Load(seconds, values, mean=True)


def _best(found: Iterable[Load | None]) -> Load | None:
    """What covers most of the day; of two that cover as much the first."""
    there = [one for one in found if one is not None]
    return max(there, key=lambda one: one.covered) if len(there) > 1 else next(iter(there), None)


def means_of(curve: Curve) -> Load | None:
    """Mean powers: of interval energies or of a register, whichever covers more."""
    return _best((_intervals(curve.energies), _advances(curve.registers)))


def load_of(curve: Curve, means: Load | None) -> Load | None:
    """Powers: the meter's own or those its terminal samples, else the means; what covers most of the day."""
    return _best((sampled_of(curve.powers), sampled_of(curve.sampled), means))


def energies_of(load: Load | None, step: float) -> Sequence[float]:
    """Energies (kWh) of the day's intervals, by the hour where a quarter is too little for the last digit `step`.

    Empty where more than a quarter of the day is missing, or where even an hour is too little.
    """
    if load is None or not load.mean:
        return ()
    for one in (load, load.longer(_HOUR)):
        known = [value * one.seconds / 3600 for value in one.values if not isnan(value)]
        if len(known) < max(3, (1 - _MOST_GONE) * len(one.values)):
            return ()
        if sorted(known)[-3] >= _STEPS * step:
            return array("f", known)
    return ()


def profile_of(curve: Curve) -> list[float] | None:
    """Mean powers of the day's 24 hours, gaps of up to two hours filled with their neighbours' mean; else None."""
    load = _best((means_of(curve), sampled_of(curve.powers), sampled_of(curve.sampled)))
    if load is None:
        return None
    hours = list(_hourly(load))
    place = 0
    while place < len(hours):
        end = place
        while end < len(hours) and isnan(hours[end]):
            end += 1
        if end > place:
            around = hours[max(place - 1, 0) : place] + hours[end : end + 1]
            if end - place > _LONGEST_GAP or not around:
                return None
            hours[place:end] = [fmean(around)] * (end - place)
        place = end + 1
    return hours


def _hourly(load: Load) -> Iterable[float]:
    count = _HOUR // load.seconds
    for first in range(0, len(load.values), count):
        known = [value for value in load.values[first : first + count] if not isnan(value)]
        yield fmean(known) if 2 * len(known) >= count else nan


def mean_of(curve: Curve) -> float | None:
    """Mean power of a day that is known almost whole."""
    if curve.registers is not None:
        found = curve.registers.sorted()
        (begin, before), (end, after) = found[0], found[-1]
        if end - begin >= _ALMOST * _DAY and after >= before:
            return (after - before) * 3600 / (end - begin)
    load = load_of(curve, means_of(curve))
    if load is None or load.covered < _ALMOST:
        return None
    return fmean(value for value in load.values if not isnan(value))


def beside_of(one: Slots | None, other: Slots | None) -> tuple[float, float] | None:
    """Mean sizes of two powers in the quarters that both know; None where these are few."""
    if one is None or other is None:
        return None
    pairs = [(abs(a), abs(b)) for a, b in zip(one.values, other.values, strict=True) if not isnan(a + b)]
    if len(pairs) < _LEAST_PAIRS:
        return None
    return fmean(a for a, _ in pairs), fmean(b for _, b in pairs)


def added(parts: Sequence[tuple[int, Load]]) -> Load | None:
    """The sum of loads with their signs, known where all are; None without any."""
    if not parts:
        return None
    seconds = max(load.seconds for _, load in parts)
    longer = [(sign, load.longer(seconds)) for sign, load in parts]
    values = [sum(sign * load.values[n] for sign, load in longer) for n in range(_DAY // seconds)]
    return Load(seconds, array("f", values), all(load.mean for _, load in parts))
