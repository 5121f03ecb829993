"""What a simulated meter remembers of its own past: outages, opened covers, clearings."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.load import EPOCH

__all__ = ["Happening", "Past"]


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, from `began` to `ended` (naive local)."""

    began: datetime
    ended: datetime


class Past:
    """Events of one meter, the same for the same seed: one of a kind in each stretch of `every` days."""

    def __init__(self, seed: int, address: str, kind: str, every: int, longest_minutes: int) -> None:
        self._name = f"past {seed} {address} {kind}"
        self._every = every
        self._longest = longest_minutes

    def _one(self, stretch: int) -> Happening:
        rng = random.Random(f"{self._name} {stretch}")
        began = EPOCH + timedelta(
            days=stretch * self._every, seconds=rng.randrange(self._every * 86_400 - 14_400)
        )
        return Happening(began, began + timedelta(seconds=rng.randint(20, self._longest * 60)))

    def count(self, now: datetime) -> int:
        """How many events lie behind `now`."""
        stretch = (now - EPOCH).days // self._every
        return stretch + (self._one(stretch).ended <= now)

    def last(self, k: int, now: datetime) -> Happening | None:
        """The k-th last event, from 1; None if there were not so many."""
        index = self.count(now) - k
        return self._one(index) if index >= 0 else None
