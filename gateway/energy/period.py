"""Periods of consolidation: quarter hours, hours, days and months of a zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

__all__ = ["Period", "Span", "days", "period_of"]


class Span(StrEnum):
    """Length of a period, written as the slots of a task are."""

    QUARTER = "15m"
    HOUR = "1h"
    DAY = "1d"
    MONTH = "1mo"


_STEPS = {Span.QUARTER: timedelta(minutes=15), Span.HOUR: timedelta(hours=1)}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From `start` up to `end`; both aware, in the zone whose days and months count."""

    start: datetime
    end: datetime
    span: Span

    @property
    def day(self) -> date:
        """The data day: the one in which the period begins."""
        return self.start.date()

    @property
    def hours(self) -> float:
        """Length in hours."""
        return (self.end - self.start) / timedelta(hours=1)

    def next(self) -> "Period":
        """The period that follows."""
        return period_of(self.end, self.span)

    def previous(self) -> "Period":
        """The period before."""
        return period_of(self.start - timedelta(microseconds=1), self.span)


def period_of(at: datetime, span: Span, tz: tzinfo | None = None) -> Period:
    """The period that an instant lies in; its start belongs to it, its end to the next.

    Days and months are those of `tz`, by default of the instant's own zone.
    """
    local = at if tz is None else at.astimezone(tz)
    zone = local.tzinfo
    if span in _STEPS:
        step = _STEPS[span]
        midnight = datetime.combine(local.date(), time(), zone)
        start = midnight + (local - midnight) // step * step
        return Period(start, start + step, span)
    first = local.date() if span is Span.DAY else local.date().replace(day=1)
    after = first + timedelta(days=1) if span is Span.DAY else (first + timedelta(days=32)).replace(day=1)
    return Period(datetime.combine(first, time(), zone), datetime.combine(after, time(), zone), span)


def days(first: date, last: date, tz: tzinfo) -> Iterator[Period]:
    """Every day from `first` to `last`, both included."""
    day = first
    while day <= last:
        yield period_of(datetime.combine(day, time(), tz), Span.DAY)
        day += timedelta(days=1)
