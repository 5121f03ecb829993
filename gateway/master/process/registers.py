"""Registers of many meters at an instant, one effective for each meter and point."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from gateway.energy.effective import USABLE, rank
from gateway.energy.series import ALIGN_LIMIT, Register
from gateway.master.process.codes import decimal_of
from gateway.master.rows import ORIGINS, shift
from gateway.master.stores.base import Store
from protocols.reading import Method, State

__all__ = ["At", "Facts", "Held", "Registers"]

_POINT = re.compile(r"1-\d:[1-8]\.8\.\d{1,2}", re.ASCII)
_LIMIT = ALIGN_LIMIT // timedelta(microseconds=1)
_DENSE = 3
"""A range of meters is read as a whole where at least one in so many is wanted."""

Held = tuple[int, int, int, int]
"""Value, quality, variant and lag of the effective reading."""
At = dict[tuple[int, int], Held]
"""By meter and point."""


@dataclass(frozen=True, slots=True)
class _Quality:
    unit: str
    scale: int
    state: State
    method: Method
    flags: int
    source: str


@dataclass(slots=True)
class Facts:
    """What numbers stand for: registers' points by number, qualities as they are met."""

    points: dict[int, str] = field(default_factory=dict)
    qualities: dict[int, _Quality] = field(default_factory=dict)

    def number(self, point: str) -> int | None:
        """The number of a point, None where no reading has it."""
        return next((number for number, code in self.points.items() if code == point), None)


class Registers:
    """Asks a store for registers; one for a run."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.facts = Facts()
        rows = store.ask("point_ids", [])
        self.facts.points = {number: code for number, code in rows if _POINT.fullmatch(code)}

    def at(self, instant: int, meters: Sequence[int]) -> At:
        """Effective registers exactly at an instant (microseconds) of meters in ascending order."""
        if not meters:
            return {}
        low, high = meters[0], meters[-1]
        if high - low < _DENSE * len(meters):
            rows = self._store.ask("registers_range", [], at=instant, low=low, high=high)
            if high - low + 1 != len(meters):
                wanted = set(meters)
                rows = [row for row in rows if row[0] in wanted]
        else:
            rows = self._store.ask("registers_listed", meters, at=instant)
        self._learn(rows)
        return self._effective(rows)

    def around(self, instants: Iterable[int], meters: Sequence[int]) -> dict[tuple[int, int], list[Register]]:
        """Effective registers at instants and up to the limit of alignment around them, by meter and point."""
        found: dict[tuple[int, int], list[Register]] = {}
        for instant in instants:
            exact = self.at(instant, meters)
            for key, held in exact.items():
                found.setdefault(key, []).append(self.register(instant, held))
            lacking = sorted(set(meters) - {meter for meter, _ in exact})
            if lacking:
                self._near(instant, lacking, found)
        return found

    def _near(
        self, instant: int, meters: Sequence[int], found: dict[tuple[int, int], list[Register]]
    ) -> None:
        for first, last in ((instant - _LIMIT - 1, instant), (instant, instant + _LIMIT + 1)):
            by_instant: dict[int, list[tuple[Any, ...]]] = {}
            rows = self._store.ask("registers_near", meters, first=first, last=last)
            self._learn(rows)
            for row in rows:
                by_instant.setdefault(row[6], []).append(row[:6])
            for at, those in by_instant.items():
                for key, held in self._effective(those).items():
                    found.setdefault(key, []).append(self.register(at, held))

    def register(self, at: int, held: Held) -> Register:
        """As the careful arithmetic takes it."""
        quality = self.facts.qualities[held[1]]
        value = decimal_of(held[0], quality.scale)
        return Register(shift(at), value, quality.state, quality.method, quality.flags)

    def _learn(self, rows: Iterable[Sequence[Any]]) -> None:
        known = self.facts.qualities
        missing = sorted({row[3] for row in rows} - known.keys())
        if missing:
            for number, unit, scale, state, method, flags, source in self._store.ask(
                "quality_facts", missing
            ):
                known[number] = _Quality(unit, scale, State(state), Method(method), flags, source)

    def _effective(self, rows: Iterable[Sequence[Any]]) -> At:
        points, qualities = self.facts.points, self.facts.qualities
        usable = {number for number, one in qualities.items() if one.state in USABLE}
        found: At = {}
        twice: dict[tuple[int, int], list[Sequence[Any]]] = {}
        for row in rows:
            if row[1] not in points or row[3] not in usable:
                continue
            key = (row[0], row[1])
            if key in found:
                twice.setdefault(key, [(*key, *found[key])]).append(row)
            else:
                found[key] = (row[2], row[3], row[4], row[5])
        for key, those in twice.items():
            best = min(those, key=self._precedence)
            found[key] = (best[2], best[3], best[4], best[5])
        return found

    def _precedence(self, row: Sequence[Any]) -> tuple[int, int, int, int, str, int]:
        """As `gateway.energy.effective` orders readings."""
        quality = self.facts.qualities[row[3]]
        place = rank(ORIGINS[row[4] & 15], quality.method, quality.state)
        return place, -(row[4] >> 4), -quality.scale, row[5], quality.source, row[2]
