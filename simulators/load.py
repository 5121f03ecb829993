"""Load curves: what a home, a shop, a factory or a roof draws, the same for the same seed.

Power is constant within a quarter of an hour and repeats after 28 days, so energy at any instant is an exact
integer and can be computed without stepping through time.
"""

import random
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import accumulate

__all__ = ["EPOCH", "KINDS", "SLOT", "Curve", "seconds", "tariff_at"]

EPOCH = datetime(2020, 1, 6)  # noqa: DTZ001 - meters keep naive local time; a Monday
SLOT = 900
_DAY = 86_400
_DAYS = 28
_CYCLE = _DAYS * _DAY
KINDS = ("home", "shop", "factory", "solar")

# Tariffs by the hour: 1 sharp, 2 peak, 3 flat, 4 valley.
_TARIFFS = (4, 4, 4, 4, 4, 4, 4, 3, 2, 2, 2, 3, 3, 3, 3, 3, 2, 2, 2, 1, 1, 2, 3, 4)

# Per mille of the largest power by the hour; Monday to Friday, then the weekend.
_SHAPES: dict[str, tuple[str, str]] = {
    "home": (
        "90 75 70 65 65 80 190 330 220 150 140 210 260 180 140 150 210 380 620 760 720 560 330 160",
        "110 85 75 70 65 75 120 240 340 360 380 460 500 420 360 350 390 480 650 780 740 600 400 220",
    ),
    "shop": (
        "60 55 55 55 55 60 80 160 420 640 720 760 780 760 740 740 760 800 860 880 820 520 160 80",
        "60 55 55 55 55 60 70 120 380 660 780 840 860 850 840 840 850 880 900 900 860 600 200 90",
    ),
    "factory": (
        "220 210 210 210 220 240 420 760 880 900 910 860 600 820 900 910 900 840 620 560 540 500 360 260",
        "120 115 115 115 115 120 130 150 180 190 190 180 170 180 180 180 170 150 140 130 130 125 120 120",
    ),
    "solar": (
        "0 0 0 0 0 5 60 190 380 570 730 840 880 850 760 610 420 210 70 5 0 0 0 0",
        "0 0 0 0 0 5 60 190 380 570 730 840 880 850 760 610 420 210 70 5 0 0 0 0",
    ),
}


def seconds(at: datetime) -> int:
    """Whole seconds of a naive local time since EPOCH."""
    delta = at - EPOCH
    return delta.days * _DAY + delta.seconds


def tariff_at(second: int) -> int:
    """The tariff in force, 1 to 4, at so many seconds since EPOCH."""
    return _TARIFFS[second % _DAY // 3600]


@dataclass(frozen=True, slots=True)
class _Table:
    """Weights of one kind over the cycle and their running sums, per tariff and in all (index 0)."""

    weights: tuple[int, ...]
    sums: tuple[tuple[int, ...], ...]
    peaks: tuple[tuple[int, int], ...]


@lru_cache(maxsize=len(KINDS))
def _table(kind: str) -> _Table:
    rng = random.Random(f"load {kind}")
    shapes = [[int(word) for word in shape.split()] for shape in _SHAPES[kind]]
    weights: list[int] = []
    for day in range(_DAYS):
        shape = shapes[day % 7 >= 5]
        factor = rng.randint(450, 1000) if kind == "solar" else rng.randint(850, 1050)
        for slot in range(96):
            hour, quarter = divmod(slot, 4)
            base = shape[hour] * (4 - quarter) + shape[(hour + 1) % 24] * quarter
            wobble = rng.randint(930, 1070) if base else 1000
            weights.append(min(1000, base * factor * wobble // 4_000_000))
    tariffs = [tariff_at(slot * SLOT) for slot in range(len(weights))]
    areas = [weight * SLOT for weight in weights]
    sums = [tuple(accumulate(areas, initial=0))]
    for tariff in range(1, 5):
        own = (area if t == tariff else 0 for area, t in zip(areas, tariffs, strict=True))
        sums.append(tuple(accumulate(own, initial=0)))
    days = [weights[day * 96 : day * 96 + 96] for day in range(_DAYS)]
    return _Table(tuple(weights), tuple(sums), tuple((max(day), day.index(max(day))) for day in days))


class Curve:
    """Power and energy of one meter: a kind's shape, a largest power in W, a shift in days."""

    def __init__(self, kind: str, watts: int, shift_days: int = 0) -> None:
        self.watts = watts
        self._table = _table(kind)
        self._shift = shift_days * _DAY

    def _sum(self, tariff: int, second: int) -> int:
        cycles, rest = divmod(second + self._shift, _CYCLE)
        slot, part = divmod(rest, SLOT)
        table = self._table
        total = cycles * table.sums[tariff][-1] + table.sums[tariff][slot]
        if tariff in (0, tariff_at(rest)):
            total += table.weights[slot] * part
        return total

    def power(self, second: int) -> int:
        """Power in mW."""
        return self.watts * self._table.weights[(second + self._shift) % _CYCLE // SLOT]

    def energy(self, second: int, tariff: int = 0) -> int:
        """Energy since EPOCH in mWs: tariff 1 to 4, or 0 for all."""
        return self.watts * (self._sum(tariff, second) - self._sum(tariff, 0))

    def peak(self, start: int, end: int) -> tuple[int, int]:
        """The largest power (mW) of the quarters finished from `start`, a midnight, to `end`, and its end."""
        best, when = 0, start
        day = start
        while day < end:
            cycle_day = (day + self._shift) % _CYCLE // _DAY
            if day + _DAY <= end:
                weight, slot = self._table.peaks[cycle_day]
            else:
                done = (end - day) // SLOT
                today = self._table.weights[cycle_day * 96 : cycle_day * 96 + done]
                weight = max(today, default=0)
                slot = today.index(weight) if today else 0
            if weight > best:
                best, when = weight, day + (slot + 1) * SLOT
            day += _DAY
        return self.watts * best, when
