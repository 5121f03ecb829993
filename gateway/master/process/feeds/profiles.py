"""P018: the shapes of a large customer's days. A day's is kept; later days are held against those before.

A shape that changes later, because readings came late, has the days that were judged by it judged again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.energy.curve import Curve
from gateway.master.process.codes import micros
from gateway.master.process.feeds.feed import Around, Fields
from gateway.master.process.history import History
from gateway.master.process.roll import Entry, Roll
from gateway.second.judge import limits_for
from gateway.second.load import profile_of

__all__ = ["Profiles"]

_WEEK = 7
_DAYS = 27
"""Days before the one judged that are looked at."""
_KEPT = 93
_PLACES = 4

_Shapes = dict[int, str]
"""Shapes of a meter's days, as they are kept, by the day's start (microseconds)."""


@dataclass(slots=True)
class Profiles:
    """Shapes of one day and of those before."""

    around: Around

    def of(self, roll: Roll, curves: Mapping[int, Curve]) -> dict[int, Fields]:
        """Of large customers among these meters whose last seven days have a shape each."""
        large = sorted(number for number in curves if self._is_large(roll.entries[number]))
        own = {number: shape for number in large if (shape := profile_of(curves[number]))}
        texts = {
            number: json.dumps([round(power, _PLACES) for power in shape], separators=(",", ":"))
            for number, shape in own.items()
        }
        past = self._around(large)
        self._keep(texts, past)
        days = History(self.around.store, self.around.period).before(_DAYS)
        found: dict[int, Fields] = {}
        for number, text in texts.items():
            known = past.get(number, {})
            if all(day in known for day in days[1 - _WEEK :]):
                before = [json.loads(known[day]) for day in days if day in known]
                found[number] = {"profiles": (*before, json.loads(text))}
        return found

    def _is_large(self, entry: Entry) -> bool:
        least = limits_for(self.around.limits, entry.cells[2]).large_kva
        return entry.cells[15] is not None and float(entry.cells[15]) >= least > 0

    def _around(self, meters: Sequence[int]) -> dict[int, _Shapes]:
        """What is kept of the days before, of the day and of those after it."""
        first = self.around.period.day
        history = History(self.around.store, self.around.period)
        days = history.before(_DAYS) + history.days(first, first + timedelta(days=_DAYS + 1))
        found: dict[int, _Shapes] = {}
        if meters:
            for meter, day, text in self.around.store.ask("profiles_of", meters, days=json.dumps(days)):
                found.setdefault(meter, {})[day] = text
        return found

    def _keep(self, texts: Mapping[int, str], past: Mapping[int, _Shapes]) -> None:
        store, start = self.around.store, micros(self.around.period.start)
        new = {number: text for number, text in texts.items() if past.get(number, {}).get(start) != text}
        gone = sorted(number for number, known in past.items() if start in known and number not in texts)
        for number in {*new, *gone}:
            for day in past.get(number, {}):
                if day > start:
                    self.around.later.setdefault(day, set()).add(number)
        if not new and not gone:
            return
        with store.transaction():
            if new:
                store.ask("profiles_new", sorted(new.items()), start=start)
            if gone:
                store.ask("profiles_gone", gone, start=start)
            (oldest, *_) = History(store, self.around.period).before(_KEPT)
            store.ask("profiles_old", [], start=oldest)
