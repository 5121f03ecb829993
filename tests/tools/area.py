"""Synthetic transformer areas by seed: homes, the supply before them, and meters that show too little."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tests.tools.homes import Homes, weekly

__all__ = ["THEFTS", "Area", "Condition"]

_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What an area is like. Shares are of 1, minutes the most that a meter's clock is off either way."""

    meters: int
    days: int
    thieves: int = 1
    theft: str = "share"
    """One of THEFTS."""
    part: str = "all"
    """When: all, `hours` (every second hour by chance), `window` (12 hours of a day), `first` (half of the days)."""
    missing: float = 0.0
    """Registers of customers that are not there."""
    minutes: float = 0.0
    errors: float = 0.0
    noise: float = 0.005
    """Of the supply's meter, relative, of each hour."""
    lamps: float = 0.0
    """Street lamps without a meter, as a share of the mean supply, at night."""
    wrong: int = 0
    """Hours in which the supply is a fifth too much or too little."""
    drift: float = 0.0
    """What else is lost, in a share that wanders from hour to hour: its standard deviation."""

    def honest(self) -> "Condition":
        """The same area without a thief."""
        return replace(self, thieves=0, theft="share", part="all")


@dataclass(slots=True)
class Area:
    """Hourly energies in kWh, and the registers behind them; who hides a part."""

    total: Any
    registers: Any
    """Of each meter at the beginning and the end of every hour; NaN where missing."""
    thieves: set[str] = field(default_factory=set)

    @classmethod
    def made(
        cls, seed: int, what: Condition, homes: Homes = weekly, *, hidden: float | None = None
    ) -> "Area":
        """An area by its seed; `hidden` is the share that thieves of a share hide (below 0: they show too much)."""
        rng = np.random.default_rng(seed)
        hours = what.days * _DAY
        true = homes(rng, what.meters, hours + 2 * _DAY)
        read = true.copy()
        who = rng.choice(what.meters, what.thieves, replace=False)
        for place in who:
            read[place] = _stolen(rng, true[place], what, hidden)
        read = read * (1 + what.errors * rng.uniform(-1, 1, (what.meters, 1)))
        registers = np.hstack([np.zeros((what.meters, 1)), np.cumsum(read, axis=1)])
        total = true.sum(axis=0)[_DAY : _DAY + hours]
        asked = _DAY + np.arange(hours + 1.0)
        late = what.minutes / 60 * rng.uniform(-1, 1, what.meters)
        places = np.arange(registers.shape[1])
        registers = np.array(
            [np.interp(asked + off, places, row) for off, row in zip(late, registers, strict=True)]
        )
        registers[rng.random(registers.shape) < what.missing] = np.nan
        return cls(_supplied(rng, total, what), registers, {f"M{place:03}" for place in who})

    @property
    def thief(self) -> str:
        """The only one."""
        (one,) = self.thieves
        return one

    @property
    def supply(self) -> list[float | None]:
        """Hourly energies of the supply."""
        found: list[float | None] = self.total.tolist()
        return found

    @property
    def meters(self) -> dict[str, list[float | None]]:
        """Hourly energies of each meter, None beside a missing register."""
        return dict(self._named(_plain(np.diff(self.registers))))

    def filled(self) -> dict[str, list[float | None]]:
        """The same where missing registers were put on the straight line between their neighbours."""
        found: dict[str, list[float | None]] = {}
        for name, row in self._named(self.registers):
            places, there = np.arange(row.size), ~np.isnan(row)
            found[name] = np.diff(np.interp(places, places[there], row[there])).tolist()
        return found

    def read(self) -> tuple[list[list[float | None]], dict[str, list[float | None]]]:
        """Registers of the supply and of each meter, None where missing."""
        return [[0.0, *np.cumsum(self.total).tolist()]], dict(self._named(_plain(self.registers)))

    def daily(self) -> tuple[list[float | None], dict[str, list[float | None]]]:
        """Energies by day of the supply and of each meter, as straight lines fill them."""
        meters = {
            name: np.reshape(row, (-1, _DAY)).sum(axis=1).tolist() for name, row in self.filled().items()
        }
        return np.reshape(self.total, (-1, _DAY)).sum(axis=1).tolist(), meters

    def _named(self, rows) -> Any:
        return zip((f"M{place:03}" for place in range(len(rows))), rows, strict=True)


def _plain(table):
    """Rows of a matrix as lists, None for NaN."""
    return np.where(np.isnan(table), None, table).tolist()


def _supplied(rng, total, what):
    mean, hour = total.mean(), np.arange(total.size) % _DAY
    found = total + 0.01 * total**2 / mean + 0.01 * mean
    found += what.lamps * mean * ((hour < 6) | (hour > 18))
    wander = np.zeros(total.size)
    for place in range(1, total.size):
        wander[place] = 0.9 * wander[place - 1] + rng.normal(0, 0.436)
    found += what.drift * total * wander
    found = found * (1 + rng.normal(0, what.noise, total.size))
    found[rng.choice(total.size, what.wrong, replace=False)] *= 1 + rng.choice([-0.2, 0.2], what.wrong)
    return found


def _share(rng, true, hidden=None):
    drawn = rng.uniform(0.2, 0.7)
    return (1 - (drawn if hidden is None else hidden)) * true


def _chance(rng, true):
    return rng.uniform(0.2, 0.8, true.size) * true


def _window(rng, true):
    begin, length = int(rng.integers(24)), int(rng.integers(6, 12))
    return np.where((np.arange(true.size) - begin) % _DAY < length, 0.0, true)


def _flat(rng, true):
    return np.full(true.size, (1 - rng.uniform(0.2, 0.7)) * true.mean())


def _capped(rng, true):
    return np.minimum(true, rng.uniform(0.4, 0.9) * true.mean())


THEFTS = {"share": _share, "chance": _chance, "window": _window, "flat": _flat, "capped": _capped}
"""From the true energies to what is read: the five of the domain notes."""


def _stolen(rng, true, what, hidden):
    hours = np.arange(true.size)
    read = _share(rng, true, hidden) if what.theft == "share" else THEFTS[what.theft](rng, true)
    when = {
        "all": lambda: hours >= 0,
        "hours": lambda: rng.random(true.size) < 0.5,
        "window": lambda: (hours - int(rng.integers(24))) % _DAY < 12,
        "first": lambda: hours < true.size / 2,
    }[what.part]()
    return np.where(when, read, true)
