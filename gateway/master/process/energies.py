"""Energies of many meters in a period: the plain ones as columns of integers, the others one by one with care."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from gateway.energy.columns import plain
from gateway.energy.period import Period
from gateway.energy.record import FORWARD, REVERSE, Computed, MeterEnergy, worst
from gateway.energy.registers import energy_of
from gateway.energy.series import ALIGN_LIMIT, Register
from gateway.master.process.codes import decimal_of, micros, number_of, scaled
from gateway.master.process.registers import At, Held, Registers
from gateway.master.process.roll import Roll
from gateway.master.stores.base import Store
from protocols.reading import State

__all__ = ["Computing", "Kept", "energy_rows", "keep_corrections", "keep_energies", "kept_of"]

_DAY = timedelta(days=1) // timedelta(microseconds=1)
_BACK_DAYS = 40
"""A gateway remembers the registers of midnights for so long."""

Key = tuple[int, int]
"""Meter and point."""
Said = tuple[int, int, int, str, str, str, str, str]
"""scale, register_scale, flags, multiplier, computed, method, reason, worst."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An energy as the table has it, its quality in words."""

    energy: int | None
    begin: int | None
    finish: int | None
    said: Said
    skew: int = 0

    @property
    def value(self) -> Decimal | None:
        """In kWh."""
        return None if self.energy is None else decimal_of(self.energy, self.said[0])

    @property
    def computed(self) -> str:
        """How it stands."""
        return self.said[4]

    @property
    def reason(self) -> str:
        """Why it stands so."""
        return self.said[6]


@dataclass(slots=True)
class Computing:
    """What a period's energies are computed from."""

    registers: Registers
    period: Period
    zone: tzinfo
    forward: int
    reverse: int
    careful: int = 0
    """How many were computed one by one."""
    _none: dict[str, Said] = field(default_factory=dict)

    def all_of(self, roll: Roll) -> dict[Key, Kept]:
        """Energies of a roll: of every register that is due, and of every other that is there."""
        meters = sorted(number for number in roll.entries if number not in roll.gone)
        start, end = micros(self.period.start), micros(self.period.end)
        before, begin, finish = (self.registers.at(at, meters) for at in (start - _DAY, start, end))
        keys = sorted(self._due(roll, meters) | {key for at in (begin, finish) for key in at})
        whole = {number: self._whole(roll, number) for number in meters}
        found = self._plain(keys, (before, begin, finish), whole)
        rest = [key for key in keys if key not in found]
        self.careful += len(rest)
        return found | self._careful(roll, rest)

    def _due(self, roll: Roll, meters: Iterable[int]) -> set[Key]:
        due: set[Key] = set()
        for number in meters:
            entry = roll.entries[number]
            if entry.active and entry.touches(self.period):
                due.add((number, self.forward))
                if entry.both:
                    due.add((number, self.reverse))
        return due

    def _whole(self, roll: Roll, number: int) -> int:
        """The multiplier where it is whole and holds, with the meter, all the period long; else 0."""
        entry = roll.entries[number]
        if number in roll.swapped or not entry.covers(self.period):
            return 0
        multiplier = entry.multiplier
        return int(multiplier) if multiplier == multiplier.to_integral_value() else 0

    def _plain(self, keys: Sequence[Key], ats: tuple[At, At, At], whole: dict[int, int]) -> dict[Key, Kept]:
        """Those whose three registers have one scale and count by themselves, and only rose."""
        qualities = self.registers.facts.qualities
        before, begin, finish = ats
        fit: list[tuple[Key, Held, Held, int | None]] = []
        for key in keys:
            first, last, prior = begin.get(key), finish.get(key), before.get(key)
            if first is None or last is None or not whole[key[0]]:
                continue
            one, other = qualities[first[1]], qualities[last[1]]
            if one.scale != other.scale or State.ESTIMATED in (one.state, other.state):
                continue
            if prior is not None and qualities[prior[1]].scale != one.scale:
                continue
            fit.append((key, first, last, None if prior is None else prior[0]))
        energies = plain(
            [prior for _, _, _, prior in fit],
            [first[0] for _, first, _, _ in fit],
            [last[0] for _, _, last, _ in fit],
            [whole[key[0]] for key, _, _, _ in fit],
        ).energies
        said: dict[tuple[int, int, int], Said] = {}
        found: dict[Key, Kept] = {}
        for (key, first, last, _), energy in zip(fit, energies, strict=True):
            if energy is None:
                continue
            what = (first[1], last[1], whole[key[0]])
            if what not in said:
                said[what] = self._said(*what)
            found[key] = Kept(energy, first[0], last[0], said[what])
        return found

    def _said(self, first: int, last: int, multiplier: int) -> Said:
        one, other = self.registers.facts.qualities[first], self.registers.facts.qualities[last]
        state = str(worst((one.state, other.state)))
        flags = one.flags | other.flags
        head = (one.scale, one.scale, flags, str(multiplier), str(Computed.READ))
        return (*head, str(other.method), "", state)

    def _careful(self, roll: Roll, keys: Sequence[Key]) -> dict[Key, Kept]:
        if not keys:
            return {}
        start, end = micros(self.period.start), micros(self.period.end)
        wanted = {number for number, _ in keys}
        partners = {old for number in wanted for old in roll.swapped.get(number, ())}
        instants = sorted({start - _DAY, start, end, end + _DAY, end + 2 * _DAY})
        series = self.registers.around(instants, sorted(wanted | partners))
        self._look_back(series)
        return {key: self._one(roll, key, series) for key in keys}

    def _look_back(self, series: dict[Key, list[Register]]) -> None:
        """Where a register rises from zero and the day before has none, the last one before that is taken as well."""
        lacking = {key for key, known in series.items() if self._rises_from_zero(known)}
        for days in range(2, _BACK_DAYS + 1):
            if not lacking:
                return
            at = micros(self.period.start) - days * _DAY
            held = self.registers.at(at, sorted({meter for meter, _ in lacking}))
            for key in lacking & held.keys():
                series[key].append(self.registers.register(at, held[key]))
            lacking -= held.keys()

    def _rises_from_zero(self, known: Sequence[Register]) -> bool:
        first = min(known, key=lambda one: one.at)
        before = self.period.start - ALIGN_LIMIT
        return first.value == 0 and first.at >= before and any(one.value > 0 for one in known)

    def _one(self, roll: Roll, key: Key, series: dict[Key, list[Register]]) -> Kept:
        number, point = key
        assets = {roll.entries[number].asset: series.get(key, ())}
        for old in roll.swapped.get(number, ()):
            if old in roll.entries:
                assets[roll.entries[old].asset] = series.get((old, point), ())
        name = self._name(point)
        return kept_of(energy_of(roll.place(number, self.zone), name, self.period, assets))

    def _name(self, point: int) -> str:
        if point in self.registers.facts.points:
            return self.registers.facts.points[point]
        return FORWARD if point == self.forward else REVERSE


def kept_of(one: MeterEnergy) -> Kept:
    """An energy as the table has it."""
    energy, scale = (None, 0) if one.energy is None else scaled(one.energy)
    ends = [value for value in (one.begin, one.finish) if value is not None]
    places = max((scaled(value)[1] for value in ends), default=0)
    begin, finish = (None if v is None else int(v.scaleb(places)) for v in (one.begin, one.finish))
    multiplier = format(one.multiplier.normalize(), "f")
    head = (scale, places, int(one.flags), multiplier, str(one.computed), str(one.method))
    return Kept(energy, begin, finish, (*head, one.reason, str(one.worst)), one.skew_seconds)


def energy_rows(
    store: Store, period: Period, found: dict[Key, Kept], *, estimates_stay: bool = True
) -> list[tuple[Any, ...]]:
    """Rows for what is new or other than the latest version.

    With `estimates_stay` the estimate of what is missing as it was before stays, for lines and transformers to judge.
    """
    meters = sorted({meter for meter, _ in found})
    start, span = micros(period.start), number_of(period.span)
    latest = {(row[0], row[1]): row[2:] for row in store.ask("energy_latest", meters, start=start, span=span)}
    qualities = store.known("energy_qualities", {one.said for one in found.values()})
    held = {row[4] for row in latest.values()}
    estimated = _estimated(store, held) if estimates_stay and held else {}
    rows = []
    for (meter, point), one in found.items():
        before = latest.get((meter, point))
        cells = (one.energy, one.begin, one.finish, qualities[one.said], one.skew)
        version = 1
        if before is not None:
            stays = one.computed == Computed.MISSING and estimated.get(before[4]) == one.reason
            if before[1:] == cells or stays:
                continue
            version = (before[0] >> 2) + 1
        rows.append((start, *cells[:3], meter, cells[3], cells[4], point, version << 2 | span))
    return rows


def _estimated(store: Store, qualities: set[int]) -> dict[int, str]:
    """Of these, those of estimates, each with the reason for which one was needed."""
    rows = store.ask("energy_facts", sorted(qualities))
    return {row[0]: row[7] for row in rows if row[5] == Computed.ESTIMATED}


def keep_corrections(store: Store, rows: Iterable[tuple[Any, ...]], made: datetime) -> None:
    """What would be new versions of a final period, beside it: once for each different result."""
    cells = [
        (row[0], made.isoformat(), row[8] & 3, f"{row[4]}:{row[7]}", json.dumps([*row[1:4], *row[5:7]]))
        for row in rows
    ]
    if cells:
        store.ask("corrections_new", sorted(cells))


def keep_energies(store: Store, rows: list[tuple[Any, ...]]) -> None:
    """Write rows in the order of their key."""
    rows.sort(key=lambda row: (row[0], row[4], row[7], row[8]))
    store.put_energy(rows)
