"""Whose meter explains the gap of an area with an abnormal loss: hourly registers of members, and the regression."""

from collections.abc import Sequence
from math import ceil

from gateway.energy.members import SALE, SUPPLY
from gateway.energy.period import Period
from gateway.energy.record import FORWARD, REVERSE
from gateway.master.process.codes import micros
from gateway.master.process.feeds.feed import Around, Fields
from gateway.master.process.hourly import HOUR, hourly
from gateway.master.process.nodes import Balance
from gateway.master.process.registers import Registers
from gateway.master.stores.base import Store
from gateway.second.culprit import Suspect, suspects

__all__ = ["Culprits", "suspects_of"]

_LEAST_DAYS, _MOST_DAYS = 14, 56
_HOURS_A_METER = 13
_PROBES = (7, 31, 55, 79)
"""Hours back from the end at which registers must be there, or the area is not read by the hour."""
_THERE = 0.8

Series = list[float | None]


class Culprits:
    """P040: customers whose consumption explains the gap of their area."""

    rule = "P040"
    opens = frozenset({"P031", "P034"})

    def among(self, around: Around, one: Balance) -> dict[str, Fields]:
        """Suspects of one area."""
        return {
            suspect.meter: {"culprit": suspect.t, "area_abnormal": True}
            for suspect in suspects_of(around.store, around.period, one)
        }


def suspects_of(store: Store, period: Period, one: Balance) -> list[Suspect]:
    """Customers of an area, the most suspicious first; none where it is not read by the hour or too little is there.

    It takes registers of all hours of 14 to 56 days before the end of the period, 13 for each meter where possible.
    What customers who generate feed in counts as supply.
    """
    registers = Registers(store)
    forward, reverse = (registers.facts.number(point) for point in (FORWARD, REVERSE))
    entries = {part.meter: one.entries[part.meter] for part in one.parts if part.meter in one.entries}
    meters = sorted(entry.id for entry in entries.values())
    end = micros(period.end)
    if len(meters) < len(one.parts) or not _hourly(registers, end, meters):
        return []
    hours = min(max(ceil(_HOURS_A_METER * len(meters) / 24), _LEAST_DAYS), _MOST_DAYS) * 24
    ats = [registers.at(end - back * HOUR, meters) for back in range(hours, -1, -1)]
    scales = {number: quality.scale for number, quality in registers.facts.qualities.items()}
    series = {asset: hourly(ats, entry, forward, scales) for asset, entry in entries.items()}
    supply = [series[part.meter] for part in one.parts if part.side == SUPPLY]
    if not supply:
        return []
    customers = {part.meter: series[part.meter] for part in one.parts if part.side == SALE}
    for asset, ahead in customers.items():
        back = hourly(ats, entries[asset], reverse, scales)
        if entries[asset].both:
            supply.append([value or 0.0 for value in back])
        else:
            customers[asset] = _ahead(ahead, back)
    found = suspects(_sum(supply), customers)
    return found if isinstance(found, list) else []


def _hourly(registers: Registers, end: int, meters: Sequence[int]) -> bool:
    found = [len({meter for meter, _ in registers.at(end - back * HOUR, meters)}) for back in _PROBES]
    return min(found) >= _THERE * len(meters)


def _ahead(energies: Series, back: Series) -> Series:
    """Without the hours in which energy ran back, or may have, where nobody generates.

    What the area lost then has its reason. Where nobody reads the reverse register all hours stay.
    """
    if all(value is None for value in back):
        return energies
    return [value if behind == 0 else None for value, behind in zip(energies, back, strict=True)]


def _sum(parts: Sequence[Series]) -> Series:
    return [
        None if any(value is None for value in row) else sum(value for value in row if value is not None)
        for row in zip(*parts, strict=True)
    ]
