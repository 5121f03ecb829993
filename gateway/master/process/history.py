"""Energies of meters on the days and in the months before a period."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from gateway.energy.period import Period, Span, period_of
from gateway.energy.record import FORWARD, Computed
from gateway.master.process.codes import decimal_of, micros, number_of
from gateway.master.rows import shift
from gateway.master.stores.base import Store

__all__ = ["Daily", "History", "daily", "decreased", "month_before", "monthly"]

_DAYS = 28
_DENSE = 3
"""A range of meters is read as a whole where at least one in so many is wanted."""

Daily = dict[int, dict[int, tuple[Decimal | None, str]]]
"""Energy and how it stands by the start of the day or month (microseconds), by meter."""


class History:
    """Looks back from a period."""

    def __init__(self, store: Store, period: Period) -> None:
        self._store, self._period = store, period

    def days(self, first: date, after: date) -> list[int]:
        """Starts of the days from `first` up to `after`."""
        zone = self._period.start.tzinfo
        count = (after - first).days
        return [micros(datetime.combine(first + timedelta(days=n), time(), zone)) for n in range(count)]

    def before(self, count: int = _DAYS) -> list[int]:
        """Starts of so many days before the period."""
        first = self._period.start.date()
        return self.days(first - timedelta(days=count), first)

    def known(self, meters: Mapping[int, str]) -> dict[str, dict[date, Decimal]]:
        """Energies forward that were read on the 28 days before, by asset and day; `meters` are assets by number."""
        if not meters:
            return {}
        point = self._store.known("points", [FORWARD])[FORWARD]
        days = [start for (start,) in self._store.ask("energy_days", self.before())]
        names = {start: shift(start).astimezone(self._store.zone).date() for start in days}
        return {
            meters[meter]: {
                names[start]: energy
                for start, (energy, how) in found.items()
                if energy is not None and how == Computed.READ
            }
            for meter, found in daily(self._store, days, sorted(meters), point).items()
        }

    @staticmethod
    def sums(store: Store, days: Sequence[int], meters: Iterable[int], point: int) -> dict[int, Decimal]:
        """Sum over these days, for meters of which every day has an energy."""
        found: dict[int, Decimal] = {}
        for meter, known in daily(store, days, sorted(meters), point).items():
            parts = [energy for energy, _ in known.values() if energy is not None]
            if len(parts) == len(days):
                found[meter] = sum(parts, Decimal(0))
        return found


def daily(store: Store, days: Sequence[int], meters: Sequence[int], point: int) -> Daily:
    """Latest daily energies of these meters, which are in ascending order."""
    return _past(store, days, meters, point, number_of(Span.DAY))


def monthly(store: Store, months: Sequence[int], meters: Sequence[int], point: int) -> Daily:
    """The same by month."""
    return _past(store, months, meters, point, number_of(Span.MONTH))


def month_before(period: Period, count: int) -> Period:
    """The month so many before that in which a period begins; after it where `count` is negative."""
    month = 12 * period.day.year + period.day.month - 1 - count
    return period_of(period.start.replace(year=month // 12, month=month % 12 + 1, day=1), Span.MONTH)


def _past(store: Store, starts: Sequence[int], meters: Sequence[int], point: int, span: int) -> Daily:
    if meters and meters[-1] - meters[0] < _DENSE * len(meters):
        return _ranges(store, starts, meters, point, span)
    text = "[" + ",".join(map(str, starts)) + "]"
    found: Daily = {}
    for meter, start, energy, scale, how in store.ask(
        "energy_past", meters, days=text, point=point, span=span
    ):
        value = None if energy is None else decimal_of(energy, scale)
        found.setdefault(meter, {})[start] = (value, how)
    return found


def decreased(store: Store, start: int, meters: Sequence[int]) -> list[int]:
    """Of these meters, in ascending order, those whose register had fallen that day: later ones may confirm it."""
    if meters and meters[-1] - meters[0] < _DENSE * len(meters):
        rows = store.ask("decreased_range", [], start=start, low=meters[0], high=meters[-1])
        wanted = set(meters)
        return [meter for (meter,) in rows if meter in wanted]
    return [meter for (meter,) in store.ask("decreased_listed", meters, start=start)]


def _ranges(store: Store, starts: Sequence[int], meters: Sequence[int], point: int, span: int) -> Daily:
    """The same, read start by start as one range of meters."""
    found: Daily = {meter: {} for meter in meters}
    facts: dict[int, tuple[int, str]] = {}
    low, high = meters[0], meters[-1]
    for start in starts:
        rows = store.ask("energy_range", [], start=start, low=low, high=high, point=point, span=span)
        if unknown := {row[2] for row in rows} - facts.keys():
            facts |= {row[0]: (row[1], row[5]) for row in store.ask("energy_facts", sorted(unknown))}
        newest: dict[int, int] = {}
        for meter, energy, quality, variant in rows:
            if meter in found and variant > newest.get(meter, 0):
                newest[meter] = variant
                scale, how = facts[quality]
                found[meter][start] = (None if energy is None else decimal_of(energy, scale), how)
    return {meter: known for meter, known in found.items() if known}
