"""Energies of hours from registers at their ends."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from gateway.master.process.registers import At
from gateway.master.process.roll import Entry

__all__ = ["HOUR", "hourly"]

HOUR = timedelta(hours=1) // timedelta(microseconds=1)
"""In microseconds."""


def hourly(
    ats: Sequence[At], entry: Entry, point: int | None, scales: Mapping[int, int]
) -> list[float | None]:
    """Energy of a meter's register between instants in kWh, None where one is missing or fell.

    `scales` are decimal places by number of the quality; `point` None is a register that nobody has.
    """
    multiplier = float(entry.multiplier)
    values = [
        None
        if point is None or (held := at.get((entry.id, point))) is None
        else held[0] / 10 ** scales[held[1]]
        for at in ats
    ]
    return [None if a is None or b is None or b < a else (b - a) * multiplier for a, b in pairwise(values)]
