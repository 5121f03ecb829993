"""What has to be computed: days that have closed and were not computed yet, and what became stale since."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from gateway.energy.period import Period, Span, period_of
from gateway.energy.series import ALIGN_LIMIT
from gateway.master.rows import shift
from gateway.master.stores.base import Store

__all__ = ["Work", "closed_day", "first_day", "marked", "open_days", "periods"]

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


def periods(work: dict[date, Work], first: date, last: date, zone: tzinfo) -> Iterable[tuple[Period, Work]]:
    """Each day, and then each month of them that begins with `first` or later and has closed by `last`."""
    months: dict[Period, Work] = {}
    for day in sorted(work):
        at = datetime.combine(day, time(), zone)
        yield period_of(at, Span.DAY), work[day]
        month = period_of(at, Span.MONTH)
        if month.start.date() >= first and month.end.date() <= last + _DAY:
            months.setdefault(month, Work()).take(work[day])
    yield from sorted(months.items(), key=lambda one: one[0].start)
