"""What has to be computed: days that have closed and were not computed yet, and what became stale since."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from gateway.energy.period import Period, Span, period_of
from gateway.energy.series import ALIGN_LIMIT
from gateway.master.rows import shift
from gateway.master.stores.base import Store

__all__ = [
    "Work",
    "closed_day",
    "days_of",
    "first_day",
    "last_month",
    "marked",
    "open_days",
]

_MOST_DAYS = 62
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Work:
    """What is to be computed of one period: all meters of gateways, single meters, single nodes."""

    gateways: set[int] = field(default_factory=set)
    meters: set[int] = field(default_factory=set)
    nodes: set[int] = field(default_factory=set)

    def take(self, other: "Work") -> None:
        """The same as well."""
        self.gateways |= other.gateways
        self.meters |= other.meters
        self.nodes |= other.nodes


def closed_day(now: datetime, zone: tzinfo, settle: timedelta) -> date:
    """The last day that ended at least `settle` ago."""
    return (now - settle).astimezone(zone).date() - _DAY


def open_days(store: Store, first: date, last: date) -> int:
    """Mark every day up to `last` that has closed since the run before, of every gateway; how many.

    A gateway that was never computed begins with `first`, at most 62 days back.
    """
    rows: list[tuple[str, int, int, int]] = []
    opened: list[tuple[int, str]] = []
    for gateway, upto in store.ask("gateways_due", []):
        begin = max(first, last - _MOST_DAYS * _DAY) if upto is None else date.fromisoformat(upto) + _DAY
        if begin > last:
            continue
        rows += [((begin + n * _DAY).isoformat(), gateway, 0, 0) for n in range((last - begin).days + 1)]
        opened.append((gateway, last.isoformat()))
    if rows:
        with store.transaction():
            store.ask("stale_new", rows)
            store.ask("open_days", opened)
    return len(rows)


def first_day(store: Store) -> date | None:
    """The first day that can be computed: it begins with a reading, or after one. None without readings."""
    ((found,),) = store.ask("first_reading", [])
    if found is None:
        return None
    begin = shift(found) - ALIGN_LIMIT + _DAY - timedelta(microseconds=1)
    return begin.astimezone(store.zone).date()


def marked(
    store: Store, first: date, last: date, only: date | None = None
) -> tuple[dict[date, Work], list[int]]:
    """Work by day from `first` to `last`, and the numbers of the marks that it answers, those of days before too.

    With `only` what is marked of other days stays.
    """
    found: dict[date, Work] = {}
    numbers = []
    for number, day, gateway, meter, node in store.ask("stale_upto", [], day=last.isoformat()):
        if only is not None and day != only.isoformat():
            continue
        numbers.append(number)
        if date.fromisoformat(day) < first:
            continue
        work = found.setdefault(date.fromisoformat(day), Work())
        if node:
            work.nodes.add(node)
        elif meter:
            work.meters.add(meter)
        else:
            work.gateways.add(gateway)
    return found, numbers


def days_of(work: dict[date, Work], zone: tzinfo) -> dict[Period, Work]:
    """Work by day as periods."""
    return {_period(day, Span.DAY, zone): found for day, found in work.items()}


def last_month(last: date, zone: tzinfo) -> date:
    """The first day of the last month that has closed by `last`."""
    month = _period(last, Span.MONTH, zone)
    return (month if month.end.date() <= last + _DAY else month.previous()).day


def _period(day: date, span: Span, zone: tzinfo) -> Period:
    return period_of(datetime.combine(day, time(), zone), span)
