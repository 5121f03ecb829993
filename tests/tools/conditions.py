"""The table of domain 9.3 as areas, and how often the thief is among the first three of each."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from gateway.second.culprit import suspects_by_registers
from tests.tools.area import Area, Condition
from tests.tools.homes import HOMES, Homes

__all__ = ["CONDITIONS", "Measured", "Row", "measured"]

_FIRST = 3
_SUSPICIOUS = 8.0
_HONEST = 100_000


@dataclass(frozen=True, slots=True)
class Row:
    """A condition and the share that is to be reached; None where the domain notes give none."""

    what: Condition
    table: float | None = None
    trials: int = 60
    """More where sixty areas cannot tell the share from the table's."""


_LARGE = {"meters": 100, "days": 56}

CONDITIONS: dict[str, Row] = {
    "30 meters, 14 days": Row(Condition(meters=30, days=14), 1.0),
    "100 meters, 28 days": Row(Condition(meters=100, days=28), 0.93),
    "100 meters, 56 days": Row(Condition(**_LARGE), 1.0),
    "3 thieves": Row(Condition(**_LARGE, thieves=3), 0.97),
    "250 meters, 56 days": Row(Condition(meters=250, days=56), 0.78, 200),
    "500 meters, 56 days": Row(Condition(meters=500, days=56), 0.38),
    "5 % missing": Row(Condition(**_LARGE, missing=0.05), 0.70),
    "20 % missing": Row(Condition(**_LARGE, missing=0.2), 0.27),
    "clocks ±5 min": Row(Condition(**_LARGE, minutes=5), 0.97),
    "clocks ±15 min": Row(Condition(**_LARGE, minutes=15), 0.80),
    "meters ±2 %": Row(Condition(**_LARGE, errors=0.02), 1.0),
    "supply 2 %": Row(Condition(**_LARGE, noise=0.02), 0.77, 200),
    "half of the hours": Row(Condition(**_LARGE, part="hours"), 0.15),
    "12 hours a day": Row(Condition(**_LARGE, part="window"), 0.15),
    "first half": Row(Condition(**_LARGE, part="first"), 0.15),
    "random share": Row(Condition(**_LARGE, theft="chance")),
    "nothing for 6 to 11 h": Row(Condition(**_LARGE, theft="window")),
    "flat": Row(Condition(**_LARGE, theft="flat")),
    "capped": Row(Condition(**_LARGE, theft="capped")),
    "street lamps 2 %": Row(Condition(**_LARGE, lamps=0.02)),
    "supply wrong for 5 h": Row(Condition(**_LARGE, wrong=5)),
    "wandering loss 1 %": Row(Condition(**_LARGE, drift=0.01)),
}


@dataclass(slots=True)
class Measured:
    """What was found in so many areas with thieves and as many without."""

    name: str
    trials: int
    hits: float = 0.0
    thief: list[float] = field(default_factory=list)
    honest: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of thieves, those among the first three."""
        return self.hits / self.trials

    @property
    def false(self) -> int:
        """Honest areas with a suspicious finding."""
        return sum(t >= _SUSPICIOUS for t in self.honest)

    @property
    def false_per_hundred(self) -> float:
        """The same for a hundred areas."""
        return 100 * self.false / max(1, len(self.honest))


def measured(
    name: str,
    row: Row,
    *,
    homes: str | Homes = "weekly",
    trials: int,
    feed: Callable[[Area], Any] = Area.read,
    ask: Callable[..., Any] = suspects_by_registers,
) -> Measured:
    """Areas by the seeds 0, 1, ..., honest ones by others; `ask` gets what `feed` makes of an area."""
    made = HOMES[homes] if isinstance(homes, str) else homes
    found = Measured(name, trials)
    for seed in range(trials):
        area = Area.made(seed, row.what, made)
        read = feed(area)
        began = time.process_time()
        ranked = ask(*read)
        found.seconds.append(time.process_time() - began)
        if isinstance(ranked, list):
            first = {one.meter for one in ranked[:_FIRST]}
            found.hits += len(first & area.thieves) / len(area.thieves)
            found.thief += [one.t for one in ranked if one.meter in area.thieves]
        found.honest.append(_calm(seed, row.what.honest(), made, feed, ask))
    return found


@cache
def _calm(
    seed: int, what: Condition, homes: Homes, feed: Callable[[Area], Any], ask: Callable[..., Any]
) -> float:
    """The largest t of an honest area, which many conditions have in common."""
    ranked = ask(*feed(Area.made(_HONEST + seed, what, homes)))
    return ranked[0].t if isinstance(ranked, list) else np.inf
