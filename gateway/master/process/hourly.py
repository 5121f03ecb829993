"""Registers by the hour, and energies of hours from registers at their ends."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from gateway.master.process.registers import At
from gateway.master.process.roll import Entry

__all__ = ["HOUR", "hourly", "shown"]

HOUR = timedelta(hours=1) // timedelta(microseconds=1)
"""In microseconds."""


def shown(
    ats: Sequence[At], entry: Entry, point: int | None, scales: Mapping[int, int]
) -> list[float | None]:
    """A meter's register at instants in kWh of the primary side, None where it is missing.

    `scales` are decimal places by number of the quality; `point` None is a register that nobody has.
    """
    multiplier = float(entry.multiplier)
    held = [None if point is None else at.get((entry.id, point)) for at in ats]
    return [None if one is None else one[0] / 10 ** scales[one[1]] * multiplier for one in held]


def hourly(
    ats: Sequence[At], entry: Entry, point: int | None, scales: Mapping[int, int]
) -> list[float | None]:
    """Energy of the same between instants in kWh, None where a register is missing or fell."""
    values = shown(ats, entry, point, scales)
    return [None if a is None or b is None or b < a else b - a for a, b in pairwise(values)]
