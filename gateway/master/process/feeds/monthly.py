"""A month beside the months before it: of customers, of lines and transformers, and what of it was estimated."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from gateway.energy.period import Period
from gateway.energy.record import FORWARD, Computed
from gateway.master.process.codes import decimal_of, micros
from gateway.master.process.feeds.feed import Around, Customers, Fields
from gateway.master.process.feeds.losses import figures
from gateway.master.process.history import Daily, History, daily, month_before, monthly
from gateway.master.process.nodes import Balance
from gateway.master.process.roll import Entry, exchanges_in
from gateway.master.stores.base import Store

__all__ = ["MonthEnergies", "MonthEstimates", "MonthLosses"]

_YEAR = 12
_RECENT = 3
_RATES = 17
_MILLION = 1_000_000
_DAY = timedelta(days=1)


class MonthEnergies:
    """Mean daily energy of the month, and the usual one: of the same month last year, else of the last three."""

    def customers(self, around: Around, part: Customers) -> dict[int, Fields]:
        """Of meters in service."""
        numbers = [number for number in part.numbers if part.roll.entries[number].active]
        months = [month_before(around.period, back) for back in (*range(1, _RECENT + 1), _YEAR)]
        olds = _predecessors(around.store, months[-1], around.period, numbers)
        past = _past(around.store, months, numbers, olds, part.point)
        found = {}
        for number in numbers:
            entry, kept = part.roll.entries[number], part.kept.get((number, part.point))
            read = kept is not None and kept.computed == Computed.READ
            whole = number in olds or number in part.roll.swapped
            means = [
                _mean(past.get(number, {}).get(micros(month.start)), month, entry, whole=whole)
                for month in months
            ]
            usual = _usual(means)
            now = kept.value if kept is not None and read else None
            month_daily = _mean((now, Computed.READ), around.period, entry, whole=whole)
            if usual is not None or month_daily is not None:
                found[number] = {"month_daily": month_daily, "usual": usual}
        return found


def _predecessors(
    store: Store, first: Period, period: Period, numbers: Iterable[int]
) -> dict[int, list[int]]:
    """Meters that hung where these hang, the latest first, since the first month that is looked at."""
    before = {new: old for old, new, _ in exchanges_in(store, Period(first.start, period.end, period.span))}
    found: dict[int, list[int]] = {}
    for number in numbers:
        old = before.get(number)
        while old is not None and old not in found.get(number, ()) and old != number:
            found.setdefault(number, []).append(old)
            old = before.get(old)
    return found


def _past(
    store: Store, months: Sequence[Period], numbers: Sequence[int], olds: Mapping[int, list[int]], point: int
) -> Daily:
    """Energies by month; where another meter hung there then, that one's."""
    starts = [micros(month.start) for month in months]
    found = monthly(store, starts, numbers, point)
    others = monthly(store, starts, sorted({old for chain in olds.values() for old in chain}), point)
    for number, chain in olds.items():
        for old in chain:
            found[number] = {**others.get(old, {}), **found.get(number, {})}
    return found


def _mean(
    energy: tuple[Decimal | None, str] | None, month: Period, entry: Entry, *, whole: bool
) -> float | None:
    """Mean daily energy of a month in which the meter was read; over its days there, where it came or went."""
    if energy is None or energy[0] is None or energy[1] != Computed.READ:
        return None
    begin, end = month.start.date(), month.end.date()
    if not whole:
        first, last = entry.cells[10], entry.cells[11]
        begin = begin if first is None else max(begin, date.fromisoformat(first))
        end = end if last is None else min(end, date.fromisoformat(last) + _DAY)
    days = (end - begin).days
    return float(energy[0]) / days if days > 0 else None


def _usual(means: Sequence[float | None]) -> float | None:
    """`means` are those of the last months, and last of all that of the same month a year ago."""
    *recent, last_year = means
    known = [mean for mean in recent if mean is not None]
    if last_year is not None:
        return last_year
    return sum(known) / len(known) if known else None


class MonthLosses:
    """What the balance of the month says, beside the months before."""

    def nodes(self, around: Around, balances: Sequence[Balance]) -> dict[int, Fields]:
        """Of every node."""
        months = [month_before(around.period, back) for back in range(_RATES, 0, -1)]
        starts = [micros(month.start) for month in months]
        past: dict[int, dict[int, Sequence[Any]]] = {}
        nodes = sorted(one.node for one in balances)
        for row in around.store.ask("losses_monthly", nodes, months=json.dumps(starts)):
            past.setdefault(row[0], {})[row[1]] = row
        return {one.node: _node(one, months, past.get(one.node, {}), around.period) for one in balances}


def _node(one: Balance, months: Sequence[Period], past: Mapping[int, Sequence[Any]], now: Period) -> Fields:
    rows = [past.get(micros(month.start)) for month in months]
    means = [_supply(row, month) for row, month in zip(rows, months, strict=True)]
    supply = one.loss.supply if one.loss.rate is not None else None
    return figures(one) | {
        "month_daily": None if supply is None else float(supply) / _days(now),
        "usual": _usual([*means[-_RECENT:], means[-_YEAR]]),
        "rates": (
            *(None if row is None or row[2] is None else row[2] / _MILLION for row in rows),
            None if one.loss.rate is None else float(one.loss.rate),
        ),
        "estimated_share": float(max(side.estimated_share for side in one.sides)),
    }


def _supply(row: Sequence[Any] | None, month: Period) -> float | None:
    """Mean daily supply; of a month without a loss it may lack members."""
    if row is None or row[2] is None or row[3] is None:
        return None
    return float(decimal_of(row[3], row[4])) / _days(month)


def _days(month: Period) -> int:
    return (month.end.date() - month.start.date()).days


class MonthEstimates:
    """P014: how much of a member's month was not read, where its energy was estimated."""

    rule = "P014"

    def members(self, around: Around, balances: Sequence[Balance]) -> dict[str, Fields]:
        """Of the members whose month was estimated."""
        energies: dict[str, Decimal] = {}
        numbers: dict[int, str] = {}
        for one in balances:
            for part in one.parts:
                entry = one.entries.get(part.meter)
                if part.computed is Computed.ESTIMATED and part.energy is not None and entry is not None:
                    energies[part.meter] = part.energy
                    numbers[entry.id] = part.meter
        if not numbers:
            return {}
        point = around.store.known("points", [FORWARD])[FORWARD]
        days = History(around.store, around.period).days(around.period.day, around.period.end.date())
        past = daily(around.store, days, sorted(numbers), point)
        return {
            asset: {"estimated_share": _unread(energies[asset], past.get(number, {}).values())}
            for number, asset in numbers.items()
        }


def _unread(energy: Decimal, days: Iterable[tuple[Decimal | None, str]]) -> float:
    """The part of a month's energy that does not come from days which were read."""
    read = sum((value for value, how in days if value is not None and how == Computed.READ), Decimal(0))
    return float(min(max(1 - read / energy, Decimal(0)), Decimal(1))) if energy > 0 else 1.0
