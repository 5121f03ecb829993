"""What stands in for members of a node that were not read, where so few are missing that the loss is still a figure.

A month is estimated by the days in it that were not read; what was read counts as it is. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from config.holidays import Holidays, holidays
from gateway.energy.loss import Part
from gateway.energy.members import SALE
from gateway.energy.period import Period, Span
from gateway.energy.record import Computed, MeterEnergy
from gateway.estimate.ladder import LADDER, Estimate, Gap, estimate
from gateway.estimate.likeday import like_days
from protocols.reading import Method, State

__all__ = ["Days", "Known", "estimates", "usual"]

Days = Mapping[date, Decimal]
"""Energies of days that were read."""
_STEP = Decimal("0.0001")
_CALENDAR = "cn"
_DAY = timedelta(days=1)
_LIKE, _LEAST_LIKE = 3, 2
_ORDER = [method for method, _ in LADDER]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a member beside the energy that is missing; energies in kWh, primary side.

    `days` were read, before the period or within it. `registers` are those at the beginning (00:00) of a day, times
    the multiplier, where nothing but the register lies between them. `last_year`, `trend`, `supply`, `loss_rate`,
    `others` and `class_daily` are those of a `Gap`.
    """

    days: Days = field(default_factory=dict)
    registers: Mapping[date, Decimal] = field(default_factory=dict)
    last_year: Decimal | None = None
    trend: Decimal = Decimal(1)
    supply: Decimal | None = None
    loss_rate: Decimal | None = None
    others: Decimal | None = None
    class_daily: Decimal | None = None


def usual(days: Days, period: Period) -> Decimal | None:
    """Mean energy of such a period over the days before it; None without any."""
    mean = _mean(days)
    if mean is None:
        return None
    length = Decimal(1) if period.span is Span.DAY else Decimal(period.hours) / 24
    return (mean * length).quantize(_STEP)


def estimates(
    parts: Iterable[Part], missing: Mapping[str, MeterEnergy], known: Mapping[str, Known], period: Period
) -> list[MeterEnergy]:
    """Energies for members of the sale that have none, by the ladder; what nothing is known of stays missing.

    `missing` are the records that say so, `known` by asset. An energy that is not computable is for a person and
    stays as well.
    """
    found = []
    for part in parts:
        one, beside = missing.get(part.meter), known.get(part.meter)
        if part.side != SALE or one is None or beside is None or one.computed is not Computed.MISSING:
            continue
        got = _of_days(beside, period) or _of_others(beside, period)
        if got is not None:
            found.append(_estimated(one, got.energy, got.method))
    return found


def _of_days(known: Known, period: Period) -> Estimate | None:
    """The days of the period, those that were not read by the ladder; the method is the lowest step among them."""
    whole, methods = Decimal(0), []
    for day in _days(period.day, period.end.date()):
        if day in known.days:
            whole += known.days[day]
            continue
        got = estimate(_gap(known, day))
        if got is None:
            return None
        whole += got.energy
        methods.append(got.method)
    return Estimate(whole, max(methods, key=_ORDER.index)) if methods else None


def _of_others(known: Known, period: Period) -> Estimate | None:
    """From the others of its node or class, of a member of which nothing is known itself."""
    return estimate(
        Gap(
            length=period.end - period.start,
            supply=known.supply,
            loss_rate=known.loss_rate,
            others=known.others,
            class_daily=known.class_daily,
        )
    )


def _gap(known: Known, day: date) -> Gap:
    """One day that was not read."""
    bare = Gap(
        length=_DAY,
        like=_like(known.days, day),
        last_year=known.last_year,
        trend=known.trend,
        own=_mean(known.days),
    )
    return _enclosed(bare, known, day)


def _enclosed(gap: Gap, known: Known, day: date) -> Gap:
    """With what the registers around a day say of it and of the days beside it that were not read either."""
    begin = max((at for at in known.registers if at <= day), default=None)
    end = min((at for at in known.registers if at > day), default=None)
    if begin is None or end is None or known.registers[end] < known.registers[begin]:
        return gap
    there = list(_days(begin, end))
    unread = [one for one in there if one not in known.days]
    read = sum((known.days[one] for one in there if one in known.days), Decimal(0))
    advance = known.registers[end] - known.registers[begin]
    if advance < read:
        return gap
    shape = _shape(known.days, unread, (advance - read) / len(unread))
    return replace(gap, advance=advance, known=read, shape=shape, place=unread.index(day))


def _shape(days: Days, unread: Sequence[date], flat: Decimal) -> list[Decimal]:
    """Like days of each; where one has none, what flowed is spread evenly."""
    found = []
    for day in unread:
        like = _like(days, day)
        if len(like) < _LEAST_LIKE:
            return [flat] * len(unread)
        found.append(sum(like, Decimal(0)) / len(like))
    return found


def _like(days: Days, day: date) -> list[Decimal]:
    return [days[one] for one in like_days(day, _calendar(), days.__contains__, _LIKE)]


@cache
def _calendar() -> Holidays:
    return holidays(_CALENDAR)


def _mean(days: Days) -> Decimal | None:
    return sum(days.values(), Decimal(0)) / len(days) if days else None


def _days(first: date, after: date) -> Iterable[date]:
    return (first + n * _DAY for n in range((after - first).days))


def _estimated(one: MeterEnergy, energy: Decimal, method: Method) -> MeterEnergy:
    # Without registers: by that an estimate of the ladder is known from an energy between estimated registers.
    return replace(
        one,
        energy=energy,
        computed=Computed.ESTIMATED,
        method=method,
        worst=State.ESTIMATED,
        begin=None,
        finish=None,
    )
