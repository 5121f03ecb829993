"""Whose meter explains the gap of an area with an abnormal loss: hourly registers of members, and the regression.

Of an area that is not read by the hour, daily energies give a hint.
"""

from collections.abc import Sequence
from itertools import dropwhile, pairwise
from math import ceil
from operator import not_

from gateway.energy.members import SALE, SUPPLY
from gateway.energy.period import Period
from gateway.energy.record import FORWARD, REVERSE
from gateway.master.process.codes import micros
from gateway.master.process.feeds.feed import Again, Around, Change, Fields
from gateway.master.process.feeds.looking import searched
from gateway.master.process.history import History, daily
from gateway.master.process.hourly import HOUR, shown
from gateway.master.process.nodes import Balance
from gateway.master.process.registers import Registers
from gateway.master.stores.base import Store
from gateway.second.culprit import HINT_METERS, Suspect, hints, suspects_by_registers

__all__ = ["Culprits", "hints_of", "suspects_of"]

_LEAST_DAYS, _MOST_DAYS = 14, 56
_KNOWN_DAYS = 10
"""Days that must have been read by the hour: of a new area fewer tell a thief from chance badly."""
_HOURS_A_METER = 13
_PROBES = (7, 31, 55, 79)
"""Hours back from the end at which registers must be there, or the area is not read by the hour."""
_THERE = 0.5
"""Part of them that is enough, all probes together: of a daily area none is there, of an hourly one some lack."""
_HINTS = 3
"""Customers of an area that daily energies may point at."""

Series = list[float | None]


class Culprits:
    """P040: customers whose consumption explains the gap of their area."""

    rule = "P040"
    opens = frozenset({"P031", "P034"})

    def again(self, store: Store, change: Change) -> Again:
        """Areas that were searched on later days: hours may be known now that no day's energy tells of."""
        return searched(store, self.opens, change.touched, change)

    def among(self, around: Around, one: Balance) -> dict[str, Fields]:
        """Suspects of one area."""
        found = suspects_of(around.store, around.period, one)
        if found is None:
            return {
                hint.meter: {"culprit_hint": hint.t, "area_abnormal": True}
                for hint in hints_of(around.store, around.period, one)[:_HINTS]
            }
        return {suspect.meter: {"culprit": suspect.t, "area_abnormal": True} for suspect in found}


def suspects_of(store: Store, period: Period, one: Balance) -> list[Suspect] | None:
    """Customers of an area, the most suspicious first; None where it is not read by the hour, or not enough of it.

    It takes registers of all hours of 14 to 56 days before the end of the period, 13 for each meter where possible.
    What customers who generate feed in counts as supply.
    """
    registers = Registers(store)
    forward, reverse = (registers.facts.number(point) for point in (FORWARD, REVERSE))
    entries = {part.meter: one.entries[part.meter] for part in one.parts if part.meter in one.entries}
    meters = sorted(entry.id for entry in entries.values())
    end = micros(period.end)
    if len(meters) < len(one.parts) or not _hourly(registers, end, meters):
        return None
    hours = min(max(ceil(_HOURS_A_METER * len(meters) / 24), _LEAST_DAYS), _MOST_DAYS) * 24
    ats = [registers.at(end - back * HOUR, meters) for back in range(hours, -1, -1)]
    ats = [*dropwhile(not_, ats)]
    if len(ats) <= _KNOWN_DAYS * 24:
        return None
    scales = {number: quality.scale for number, quality in registers.facts.qualities.items()}
    given = {asset: shown(ats, entry, forward, scales) for asset, entry in entries.items()}
    supply = [given[part.meter] for part in one.parts if part.side == SUPPLY]
    customers = {part.meter: given[part.meter] for part in one.parts if part.side == SALE}
    backward = {asset: shown(ats, entries[asset], reverse, scales) for asset in customers}
    if not supply:
        return None
    supply += [back for asset, back in backward.items() if entries[asset].both and _ran(back)]
    doubted = {asset: _ran(back) for asset, back in backward.items() if not entries[asset].both}
    found = suspects_by_registers(supply, customers, doubted)
    return found if isinstance(found, list) else None


def hints_of(store: Store, period: Period, one: Balance) -> list[Suspect]:
    """Customers of an area by what their daily energies of up to 56 days have in common with the gap; none if large.

    Raises StoreProblem.
    """
    entries = {part.meter: one.entries[part.meter] for part in one.parts if part.meter in one.entries}
    if len(entries) < len(one.parts) or sum(part.side == SALE for part in one.parts) > HINT_METERS:
        return []
    points = store.known("points", [FORWARD, REVERSE])
    history = History(store, period)
    days = [*history.before(_MOST_DAYS - 1), micros(period.start)]
    days = [start for (start,) in store.ask("energy_days", days)]
    numbers = sorted(entry.id for entry in entries.values())
    known = {point: daily(store, days, numbers, number) for point, number in points.items()}

    def energies(asset: str, point: str) -> Series:
        of_meter = known[point].get(entries[asset].id, {})
        return [
            None if (held := of_meter.get(day)) is None or held[0] is None else float(held[0]) for day in days
        ]

    customers = {part.meter: energies(part.meter, FORWARD) for part in one.parts if part.side == SALE}
    supply = [energies(part.meter, FORWARD) for part in one.parts if part.side == SUPPLY]
    supply += [energies(asset, REVERSE) for asset in customers if entries[asset].both]
    found = hints(_sum(supply), customers) if supply else []
    return found if isinstance(found, list) else []


def _hourly(registers: Registers, end: int, meters: Sequence[int]) -> bool:
    found = [len({meter for meter, _ in registers.at(end - back * HOUR, meters)}) for back in _PROBES]
    return sum(found) >= _THERE * len(meters) * len(_PROBES)


def _ran(back: Series) -> set[int]:
    """Hours in which energy ran back, or may have: what the area lost then has its reason.

    None where nobody reads the reverse register.
    """
    known = [place for place, value in enumerate(back) if value is not None]
    if not known:
        return set()
    found = {*range(known[0]), *range(known[-1], len(back) - 1)}
    for before, after in pairwise(known):
        if back[before] != back[after]:
            found |= {*range(before, after)}
    return found


def _sum(parts: Sequence[Series]) -> Series:
    return [
        None if any(value is None for value in row) else sum(value for value in row if value is not None)
        for row in zip(*parts, strict=True)
    ]
