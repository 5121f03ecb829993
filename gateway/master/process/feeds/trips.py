"""Energy of a customer since its meter was tripped and not closed again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from config.events import state_points, states_of
from gateway.energy.switch import Mark, open_since
from gateway.master.events import told
from gateway.master.process.codes import decimal_of, micros
from gateway.master.process.feeds.feed import Around, Customers, Fields
from gateway.master.process.history import daily
from gateway.master.rows import shift

__all__ = ["Trips"]

_OPENED, _CLOSED = "trip", "close"
_KINDS = frozenset({_OPENED, _CLOSED})
_REMEMBERED = timedelta(days=62)
"""An older trip of which nobody told the end is taken for over."""
_LOOKED_AT = timedelta(days=1)
"""So long before the day a status word counts: longer, and every day would read a month of readings."""
_NAME = "trips"

_Since = Mapping[str, datetime]


class Trips:
    """Meters whose switch is open at the end of the day, by events and by status words.

    Only whole days after the trip count: of the day itself nobody knows what flowed before.
    """

    def customers(self, around: Around, part: Customers) -> dict[int, Fields]:
        """Of meters that were tripped, with at least one day's energy since."""
        since: _Since = around.once(_NAME, self._since)
        if not since:
            return {}
        tripped = {
            number: micros(at)
            for number in part.numbers
            if (at := since.get(part.roll.entries[number].asset)) is not None
        }
        days = [start for start in around.days if start >= min(tripped.values(), default=start + 1)]
        past = daily(around.store, days, sorted(tripped), part.point) if days else {}
        today = micros(around.period.start)
        found: dict[int, Fields] = {}
        for number, opened in tripped.items():
            known = {start: energy for start, (energy, _) in past.get(number, {}).items()}
            known[today] = part.energies[number]
            flowed = [energy for start, energy in known.items() if start >= opened and energy is not None]
            if flowed:
                found[number] = {"after_trip": float(sum(flowed, Decimal(0)))}
        return found

    def _since(self, around: Around) -> _Since:
        """Since when switches are open, by the asset numbers of their meters."""
        marks: dict[str, list[Mark]] = {}
        end = around.period.end
        for one in told(around.store, _KINDS, end - _REMEMBERED, end):
            marks.setdefault(one.meter, []).append(Mark(at=one.began, is_open=one.kind == _OPENED))
        for meter, seen in _words(around).items():
            marks.setdefault(meter, []).extend(seen)
        return {what: at for what, found in marks.items() if (at := open_since(found)) is not None}


def _words(around: Around) -> dict[str, list[Mark]]:
    """What status words of the day and the one before show, by meter; nothing is asked where nobody reads them."""
    wanted = state_points(_KINDS)
    points = {number: code for number, code in around.store.ask("point_ids", []) if code in wanted}
    if not points:
        return {}
    since, before = micros(around.period.start - _LOOKED_AT), micros(around.period.end)
    rows = around.store.ask("words_between", sorted(points), since=since, before=before)
    found: dict[str, list[Mark]] = {}
    for meter, at, point, value, scale in rows:
        for kind in states_of(points[point], int(decimal_of(value, scale))):
            if kind in _KINDS:
                found.setdefault(meter, []).append(Mark(at=shift(at), is_open=kind == _OPENED, seen=True))
    return found
