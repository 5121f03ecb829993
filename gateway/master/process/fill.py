"""What stands in for members of a node that were not read, where so few are missing that the loss is still a figure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from config.holidays import holidays
from gateway.energy.loss import Part
from gateway.energy.members import SALE
from gateway.energy.period import Period, Span
from gateway.energy.record import Computed, MeterEnergy
from gateway.estimate.ladder import Gap, estimate
from gateway.estimate.likeday import like_days
from protocols.reading import Method, State

__all__ = ["estimates", "usual"]

Days = Mapping[date, Decimal]
"""Energies of the days before that were read."""
_STEP = Decimal("0.0001")
_CALENDAR = "cn"


def usual(days: Days, period: Period) -> Decimal | None:
    """Mean energy of such a period over the days before it; None without any."""
    if not days:
        return None
    length = Decimal(1) if period.span is Span.DAY else Decimal(period.hours) / 24
    return (sum(days.values(), Decimal(0)) / len(days) * length).quantize(_STEP)


def estimates(
    parts: Iterable[Part], missing: Mapping[str, MeterEnergy], past: Mapping[str, Days], period: Period
) -> list[MeterEnergy]:
    """Energies for members of the sale that have none, by the ladder; what nothing is known of stays missing.

    `missing` are the records that say so, `past` the days before by asset. An energy that is not computable is for a
    person and stays as well.
    """
    found = []
    for part in parts:
        one, days = missing.get(part.meter), past.get(part.meter)
        if part.side != SALE or one is None or not days or one.computed is not Computed.MISSING:
            continue
        like = (
            like_days(period.day, holidays(_CALENDAR), days.__contains__) if period.span is Span.DAY else []
        )
        own = sum(days.values(), Decimal(0)) / len(days)
        got = estimate(Gap(length=period.end - period.start, like=[days[day] for day in like], own=own))
        if got is not None:
            found.append(_estimated(one, got.energy, got.method))
    return found


def _estimated(one: MeterEnergy, energy: Decimal, method: Method) -> MeterEnergy:
    return replace(one, energy=energy, computed=Computed.ESTIMATED, method=method, worst=State.ESTIMATED)
