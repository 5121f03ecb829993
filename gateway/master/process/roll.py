"""The meters of a part of the run, as the archives have them: the master's own first, then that of who reads it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

from config.archive import Exchange, Meter
from gateway.energy.exchanged import Exchanged, hung
from gateway.energy.members import two_way
from gateway.energy.period import Period
from gateway.energy.place import Interval, intervals, multiplier_of
from gateway.master.process.codes import micros
from gateway.master.rows import shift
from gateway.master.stores.base import Store

__all__ = ["Entry", "Roll", "concerned", "exchanges_in", "roll_of"]

_IN_SERVICE = "in service"


@dataclass(frozen=True, slots=True)
class Entry:
    """One meter: its number, asset, and the cells of its archive row from `mp_no` on."""

    id: int
    asset: str
    cells: Sequence[Any]

    @property
    def active(self) -> bool:
        """Whether its registers are due."""
        return bool(self.cells[1] == _IN_SERVICE)

    @property
    def both(self) -> bool:
        """Whether energy flows both ways, so that the reverse register is due."""
        return _both(self.cells[2])

    @property
    def multiplier(self) -> Decimal:
        """What its registers are multiplied with."""
        return _multiplier(self.cells[6], self.cells[7], bool(self.cells[8]))

    def covers(self, period: Period) -> bool:
        """Whether it was there all the period long."""
        first, last = self.cells[10], self.cells[11]
        if first is None and last is None:
            return True
        after = (first is None) or date.fromisoformat(first) <= period.start.date()
        return after and (last is None or date.fromisoformat(last) >= period.end.date())

    def touches(self, period: Period) -> bool:
        """Whether it was there for a part of the period."""
        first, last = self.cells[10], self.cells[11]
        begun = first is None or date.fromisoformat(first) < period.end.date()
        return begun and (last is None or date.fromisoformat(last) >= period.start.date())

    def meter(self) -> Meter:
        """As a record; what the master does not need of a meter has its default."""
        cells = self.cells
        return Meter(
            asset_no=self.asset,
            address="",
            protocol="",
            target="",
            mp_no=cells[0],
            status=cells[1],
            customer_class=cells[2],
            wiring=cells[3],
            digits=cells[4],
            decimals=cells[5],
            ct=Decimal(cells[6]),
            pt=Decimal(cells[7]),
            register_is_primary=bool(cells[8]),
            metering_side=cells[9],
            valid_from=_day(cells[10]),
            valid_to=_day(cells[11]),
            accuracy=cells[12],
            rated_voltage=_number(cells[13]),
            max_current=_number(cells[14]),
            capacity_kva=_number(cells[15]),
            supply_type=cells[16],
            pf_standard=_number(cells[17]),
        )


@lru_cache(256)
def _both(customer_class: str) -> bool:
    return bool(two_way([_bare(customer_class=customer_class)]))


@lru_cache(4_096)
def _multiplier(ct: str, pt: str, primary: bool) -> Decimal:
    return multiplier_of(_bare(ct=Decimal(ct), pt=Decimal(pt), register_is_primary=primary))


def _bare(**known: Any) -> Meter:
    return Meter(asset_no="", address="", protocol="", target="", **known)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@dataclass(slots=True)
class Roll:
    """Meters by number, exchanges of the period, and the meters that an exchange put in the place of others."""

    entries: dict[int, Entry] = field(default_factory=dict)
    behind: dict[int, list[Exchange]] = field(default_factory=dict)
    """The period's exchanges that led to a meter where it hangs at the end, the latest first."""
    swapped: dict[int, list[int]] = field(default_factory=dict)
    """The same meters, each with those before it."""
    gone: set[int] = field(default_factory=set)
    """Old meters of the period's exchanges, unless they hang elsewhere: their energy is counted under the new one."""

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Rows of `meters_chunk` or `meters_listed`; of several archives the first in order counts."""
        chosen: dict[int, tuple[tuple[bool, bool, int], Sequence[Any]]] = {}
        for row in rows:
            number, _, owner, archive = row[:4]
            order = (archive != 0, archive != owner, archive)
            if number not in chosen or order < chosen[number][0]:
                chosen[number] = (order, row)
        for number, (_, row) in chosen.items():
            self.entries[number] = Entry(number, row[1], row[4:])

    def place(self, number: int, zone: tzinfo) -> tuple[Interval, ...]:
        """What hung, over the period, where this meter hangs at its end: itself, and those it took the place of."""
        own, behind = self.entries[number].meter(), self.behind.get(number, [])
        olds = [self.entries[old].meter() for old in self.swapped.get(number, ()) if old in self.entries]
        known = {one.asset_no: one for one in olds}
        return intervals(hung(own, behind, known.get, zone), behind, zone)

    def take_out(self, behind: Iterable[tuple[int, Exchange]], swaps: Exchanged, zone: tzinfo) -> None:
        """Old meters of these exchanges, with their numbers, are gone unless they came back in the period."""
        for old, record in behind:
            entry = self.entries.get(old)
            begun = _day(entry.cells[10]) if entry is not None else None
            day = record.at.astimezone(zone).date()
            if not swaps.behind(record.old_asset) and (begun is None or begun <= day):
                self.gone.add(old)


def exchanges_in(store: Store, period: Period) -> list[tuple[int, int, Exchange]]:
    """Exchanges inside a period: old and new meter's number, and the record; the master's own goes before."""
    first, last = micros(period.start), micros(period.end)
    found: dict[tuple[int, int, int], tuple[int, Exchange]] = {}
    for row in store.ask("exchanges_for", [], first=first, last=last):
        gateway, old, old_asset, new, new_asset, mp_no, at, ct, pt, finals, initials = row
        record = Exchange(
            mp_no=mp_no,
            old_asset=old_asset,
            new_asset=new_asset,
            at=shift(at),
            old_finals=_registers(finals),
            new_initials=_registers(initials),
            ct=Decimal(ct),
            pt=Decimal(pt),
        )
        key = (old, new, at)
        if key not in found or gateway < found[key][0]:
            found[key] = (gateway, record)
    return [
        (old, new, record) for (old, new, _), (_, record) in sorted(found.items(), key=lambda one: one[0])
    ]


def _registers(text: str) -> dict[str, Decimal]:
    return {point: Decimal(register) for point, register in json.loads(text) if register is not None}


def roll_of(store: Store, rows: Iterable[Sequence[Any]], swaps: Sequence[tuple[int, int, Exchange]]) -> Roll:
    """The roll of some meters with the period's exchanges; partners that the archive knows come with it."""
    roll = Roll()
    roll.add(rows)
    exchanged = Exchanged(record for _, _, record in swaps)
    numbers = {record.old_asset: old for old, _, record in swaps}
    for _, new, record in swaps:
        behind = exchanged.behind(record.new_asset)
        olds = [numbers[one.old_asset] for one in behind]
        if not roll.entries.keys().isdisjoint((new, *olds)):
            roll.behind[new], roll.swapped[new] = behind, olds
    missing = {number for new, olds in roll.swapped.items() for number in (new, *olds)} - roll.entries.keys()
    if missing:
        roll.add(store.ask("meters_listed", sorted(missing)))
    roll.take_out([(old, record) for old, _, record in swaps], exchanged, store.zone)
    return roll


def concerned(store: Store, meters: Sequence[int]) -> set[int]:
    """Nodes for which these count, or whose place they took; and where they are seen and count for none."""
    found: set[int] = set()
    seen: set[int] = set()
    strange, wanted = list[int](), [*meters]
    while wanted:
        seen.update(wanted)
        rows = store.ask("relations_of_meters", wanted)
        found |= {node for node, _ in rows if node is not None}
        alone = [meter for _, meter in rows if meter is not None]
        strange += alone
        before = store.ask("exchanges_before", alone) if alone else []
        wanted = sorted({old for (old,) in before} - seen)
    return found | {node for (node,) in (store.ask("nodes_visited", strange) if strange else ())}
