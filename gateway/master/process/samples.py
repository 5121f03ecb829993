"""Readings of a day between its midnights, meter by meter as curves.

A run asks once which quarter hours have any: instants on their grid, as memories give them, and gaps between, where
live values lie (they carry the time of the answer). Only of these the meters of a part are read, in the order of the
key. Where nothing was read within the day nothing is asked.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from gateway.energy.curve import COUNTING, CURVE_POINTS, QUARTER, SLOTS, Curve, order_of
from gateway.energy.period import Period
from gateway.energy.record import FORWARD
from gateway.master.process.codes import micros
from gateway.master.rows import ORIGINS
from gateway.master.stores.base import Store
from protocols.reading import Method, State

__all__ = ["CHUNK", "Samples"]

CHUNK = 10_000
"""So many meters with whole curves are 60 MiB."""
_SECOND = timedelta(seconds=1) // timedelta(microseconds=1)
_STEP = QUARTER * _SECOND
_DENSE = 3
"""A range of meters is read as a whole where at least one in so many is wanted."""
_EDGE = 2
"""Quarters at either end of a day in which live registers are those of midnight."""
_COUNTED = frozenset({"1-0:1.29.0", FORWARD})
"""What is counted in steps of its last digit."""
_ENDED = frozenset({"1-0:1.29.0", "1-0:1.6.0"})
"""What is of the day that ends at midnight; all else at midnight is of the day that begins."""

Weight = tuple[float, int] | None
"""What a value is multiplied with for its decimals, and its order; None: it does not count."""


@dataclass(slots=True)
class Samples:
    """Curves of one day."""

    store: Store
    period: Period
    _start: int = field(init=False)
    _points: dict[int, str] = field(init=False)
    _asked: list[tuple[str, int, str]] = field(init=False, default_factory=list)
    """Statement, instant (microseconds) and points, in the order of time."""
    _weights: dict[tuple[int, int], Weight] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look where there is anything."""
        self._start = micros(self.period.start)
        self._points = {n: code for n, code in self.store.ask("point_ids", []) if code in CURVE_POINTS}
        every = set(self._points.values())
        at = [self._start + n * _STEP for n in range(SLOTS + 1)]
        registers = {FORWARD} & every
        asks = [
            ("curve_instants", "curve_at", at[1:-1], every),
            ("curve_instants", "curve_at", at[:1], every - _ENDED - registers),
            ("curve_instants", "curve_at", at[-1:], every & _ENDED),
            ("curve_gaps", "curve_in", at[_EDGE : -_EDGE - 1], every),
            ("curve_gaps", "curve_in", at[:_EDGE] + at[-_EDGE - 1 : -1], every - registers),
        ]
        for probe, statement, instants, codes in asks:
            self._asked += self._probed(probe, statement, instants, codes)
        self._asked.sort(key=lambda one: (one[1], one[0]))

    def _probed(
        self, probe: str, statement: str, instants: Sequence[int], codes: set[str]
    ) -> list[tuple[str, int, str]]:
        if not codes:
            return []
        points = json.dumps(sorted(number for number, code in self._points.items() if code in codes))
        more = {"length": _STEP} if probe == "curve_gaps" else {}
        found = self.store.ask(probe, instants, points=points, **more)
        return [(statement, at, points) for (at,) in found]

    def __bool__(self) -> bool:
        """Whether anything was read within the day."""
        return bool(self._asked)

    def of(self, meters: Sequence[int], *, always: bool = False) -> dict[int, Curve]:
        """Curves of those of these meters, in ascending order, that were read within the day.

        A register read within the day has those of both midnights beside it. `always`: these of every meter.
        """
        found: dict[int, Curve] = {}
        if not meters or not self:
            return found
        wanted = set(meters)
        dense = meters[-1] - meters[0] < _DENSE * len(meters)
        which: dict[str, int | str] = {"low": meters[0], "high": meters[-1]} if dense else {}
        for statement, at, points in self._asked:
            more = which | ({"after": at + _STEP} if statement == "curve_in" else {})
            name = f"{statement}_{'range' if dense else 'listed'}"
            rows = self.store.ask(name, [] if dense else meters, at=at, points=points, **more)
            self._take([row for row in rows if row[1] in wanted], found)
        counted = meters if always else sorted(n for n, one in found.items() if one.registers is not None)
        self._midnights(counted, found)
        return found

    def _midnights(self, meters: Sequence[int], found: dict[int, Curve]) -> None:
        points = json.dumps([number for number, code in self._points.items() if code == FORWARD])
        if meters and points != "[]":
            for at in (self._start, micros(self.period.end)):
                self._take(self.store.ask("curve_at_listed", meters, at=at, points=points), found)

    def _take(self, rows: Iterable[Sequence[Any]], found: dict[int, Curve]) -> None:
        weights = self._weighed(rows)
        puts = {number: CURVE_POINTS[code] for number, code in self._points.items()}
        steps = {number for number, code in self._points.items() if code in _COUNTED}
        for at, meter, point, value, quality, variant in rows:
            weight = weights[quality, variant]
            if weight is None:
                continue
            curve = found.get(meter)
            if curve is None:
                curve = found[meter] = Curve()
            puts[point](curve, (at - self._start) // _SECOND, value * weight[0], weight[1])
            if point in steps and weight[0] > curve.step:
                curve.step = weight[0]

    def _weighed(self, rows: Iterable[Sequence[Any]]) -> dict[tuple[int, int], Weight]:
        """What the qualities and variants of these rows say, of those not met before as well."""
        missing = {(row[4], row[5]) for row in rows} - self._weights.keys()
        if missing:
            facts = {
                row[0]: row for row in self.store.ask("quality_facts", sorted({one for one, _ in missing}))
            }
            for quality, variant in missing:
                _, _, scale, state, method, _, _ = facts[quality]
                order = order_of(ORIGINS[variant & 15], Method(method), State(state), variant >> 4)
                self._weights[quality, variant] = (10.0**-scale, order) if State(state) in COUNTING else None
        return self._weights
