"""Gathers what is known around energies of members that were not read, for their estimates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import median

from gateway.energy.loss import Part
from gateway.energy.members import SALE
from gateway.energy.period import Period, Span
from gateway.energy.record import Computed, Loss
from gateway.master.process.codes import decimal_of, micros
from gateway.master.process.fill import Days, Known
from gateway.master.process.history import History, daily, month_before, monthly
from gateway.master.process.registers import Registers
from gateway.master.process.roll import Entry
from gateway.master.stores.base import Store
from protocols.reading import State

__all__ = ["Gaps", "balanced", "beside", "returned"]

_REACH = 10
"""So many days before and after a day may its enclosing registers lie."""
_YEAR = 12
_DAY = timedelta(days=1)
_NORM_DAYS = 28
_LEAST = 5
_LOW, _HIGH = Decimal("0.3"), Decimal(3)
_MILLION = 1_000_000


class Gaps:
    """Asks a store around one period."""

    def __init__(self, store: Store, period: Period, point: int) -> None:
        self._store, self._period, self._point = store, period, point
        self._history = History(store, period)

    def known(self, entries: Iterable[Entry], past: Mapping[str, Days]) -> dict[str, Known]:
        """What is known of these meters; `past` are energies of the days before that were read, by asset."""
        found = {entry.id: entry for entry in entries}
        numbers = sorted(found)
        if not numbers:
            return {}
        within, registers, years = self._within(numbers), self._registers(numbers), self._years(numbers)
        return {
            entry.asset: Known(
                days={**past.get(entry.asset, {}), **within.get(number, {})},
                registers={at: value * entry.multiplier for at, value in registers.get(number, {}).items()}
                if entry.covers(self._around())
                else {},
                last_year=years[number][0],
                trend=years[number][1],
            )
            for number, entry in found.items()
        }

    def norm(self, node: int) -> Decimal | None:
        """The usual loss rate of a node: the median of 28 days; None with fewer than five."""
        first, last = micros(self._period.start - _NORM_DAYS * _DAY), micros(self._period.start) - 1
        rows = self._store.ask("losses_daily", [node], first=first, last=last)
        rates = [row[2] for row in rows if row[2] is not None]
        return Decimal(round(median(rates))) / _MILLION if len(rates) >= _LEAST else None

    def _around(self) -> Period:
        return Period(self._period.start - _REACH * _DAY, self._period.end + _REACH * _DAY, Span.DAY)

    def _within(self, numbers: Sequence[int]) -> dict[int, dict[date, Decimal]]:
        """Days of a month that were read."""
        if self._period.span is not Span.MONTH:
            return {}
        days = self._dates(self._period.day, self._period.end.date())
        found = daily(self._store, sorted(days), numbers, self._point)
        return {
            number: {
                days[start]: value
                for start, (value, how) in known.items()
                if value is not None and how == Computed.READ
            }
            for number, known in found.items()
        }

    def _registers(self, numbers: Sequence[int]) -> dict[int, dict[date, Decimal]]:
        """Registers at midnights in and around the period, secondary side; none that was estimated."""
        registers = Registers(self._store)
        around = self._around()
        found: dict[int, dict[date, Decimal]] = {}
        for start, day in self._dates(around.day, around.end.date() + _DAY).items():
            for (number, point), held in registers.at(start, numbers).items():
                quality = registers.facts.qualities[held[1]]
                if point == self._point and quality.state is not State.ESTIMATED:
                    found.setdefault(number, {})[day] = decimal_of(held[0], quality.scale)
        return found

    def _years(self, numbers: Sequence[int]) -> dict[int, tuple[Decimal | None, Decimal]]:
        """Mean day of the same month last year, and how much more last month was than a year before it."""
        months = [month_before(self._period, back) for back in (_YEAR, _YEAR + 1, 1)]
        found = monthly(self._store, [micros(month.start) for month in months], numbers, self._point)
        return {number: _year(found.get(number, {}), months) for number in numbers}

    def _dates(self, first: date, after: date) -> dict[int, date]:
        zone = self._period.start.tzinfo
        days = (first + n * _DAY for n in range((after - first).days))
        return {micros(datetime.combine(day, time(), zone)): day for day in days}


def _year(
    known: Mapping[int, tuple[Decimal | None, str]], months: Sequence[Period]
) -> tuple[Decimal | None, Decimal]:
    means: list[Decimal | None] = []
    for month in months:
        value, how = known.get(micros(month.start), (None, ""))
        days = (month.end.date() - month.start.date()).days
        means.append(None if value is None or how != Computed.READ else value / days)
    same, before, last = means
    trend = last / before if before and last is not None else Decimal(1)
    return same, trend if _LOW <= trend <= _HIGH else Decimal(1)


def beside(
    known: Known, one: Part, parts: Sequence[Part], entries: Mapping[str, Entry], period: Period
) -> Known:
    """With the mean day of the members of its class that were read, where there are at least five."""
    entry = entries.get(one.meter)
    alike = [
        part.energy
        for part in parts
        if part.side == SALE and part.read and part.energy is not None and part.sign > 0
        if entry is not None and (other := entries.get(part.meter)) is not None
        if other.cells[2] == entry.cells[2]
    ]
    if len(alike) < _LEAST:
        return known
    days = (period.end.date() - period.day).days
    return replace(known, class_daily=sum(alike, Decimal(0)) / len(alike) / days)


def balanced(known: Known, one: Part, parts: Sequence[Part], loss: Loss, norm: Decimal | None) -> Known:
    """With what its node lacks at its usual loss rate, where it is the only member that was not read."""
    unread = [part.meter for part in parts if not part.read]
    if unread != [one.meter] or one.sign < 0 or norm is None or loss.supply is None or loss.sale is None:
        return known
    return replace(known, supply=loss.supply, loss_rate=norm, others=loss.sale)


def returned(store: Store, period: Period, meters: Sequence[int], point: int) -> list[tuple[date, int]]:
    """Days before this one that were estimated until these meters were read again, of each its unbroken row."""
    days = History(store, period).before(_REACH)
    found = []
    for meter, known in daily(store, days, meters, point).items():
        for back, start in enumerate(reversed(days), 1):
            if known.get(start, (None, ""))[1] != Computed.ESTIMATED:
                break
            found.append((period.day - back * _DAY, meter))
    return found
