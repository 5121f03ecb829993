"""Which days of which meters have to be computed again after readings or events came. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone

from config.events import kinds_of
from gateway.energy.curve import CURVE_POINTS
from gateway.master.rows import Columns, Small
from protocols.reading import Method

__all__ = ["Days", "Touched", "marks_of", "touched", "touched_by_events"]

_EDGE = 30 * 60 * 1_000_000
_DEMAND = "1-0:1.6.0"
_NEWS = 2 * 86_400
_MARGIN = timedelta(minutes=5)
_DAY = 86_400_000_000
_ENERGY = frozenset({"kWh", "kvarh"})
_FEW = 32
"""So many meters of a gateway and a day are marked one by one; of more the gateway is marked as a whole."""
_FIRST = datetime(1970, 1, 1, tzinfo=UTC).date()
_SWITCHED = frozenset({"trip", "close"})
_MOST = timedelta(days=62)

Days = Mapping[tuple[int, date], set[int]]
"""Meters by gateway and day."""
Touched = dict[date, set[str]]
"""Meters by day."""


def touched(columns: Columns, zone: timezone, now: datetime) -> Touched:
    """Days whose registers at an end may be among these readings: those at midnight, and up to 30 minutes off.

    What is read within a day marks it only where it comes after the day's end: until then the day is due anyway.
    """
    offset = zone.utcoffset(None) // timedelta(microseconds=1)
    edges: dict[int, tuple[date, ...]] = {}
    late: dict[int, tuple[date, ...]] = {}
    today = ((now + _MARGIN).astimezone(zone).date() - _FIRST).days
    for at in set(columns.at):
        day, rest = divmod(at + offset + _EDGE, _DAY)
        if rest <= 2 * _EDGE:
            edges[at] = _date(day - 1), _date(day)
        begun, ended = (at + offset) // _DAY, (at + offset - 1) // _DAY
        if ended < today:
            late[at] = tuple(_date(one) for one in sorted({ended, begun}) if one < today)
    return _marked(columns, edges, late) if edges or late else {}


def _date(days: int) -> date:
    return _FIRST + timedelta(days=days)


def _marked(
    columns: Columns, edges: Mapping[int, tuple[date, ...]], late: Mapping[int, tuple[date, ...]]
) -> Touched:
    counted = [quality[0] in _ENERGY for quality in columns.qualities]
    settled = [quality[3] == Method.SETTLEMENT for quality in columns.qualities]
    found: Touched = {}
    for at, meter, quality, point, lag in zip(
        columns.at, columns.meter, columns.quality, columns.point, columns.lag, strict=True
    ):
        if counted[quality] and at in edges:
            days = edges[at]
        elif at in late and point in CURVE_POINTS:
            # A demand is read every day with the time at which it occurred: that is news once.
            if point == _DEMAND and lag > _NEWS and not settled[quality]:
                continue
            days = late[at]
        else:
            continue
        for day in days:
            found.setdefault(day, set()).add(meter)
    return found


def touched_by_events(rows: Iterable[Small], zone: timezone) -> Touched:
    """Days from a trip or a close until it was read: what was judged of them knew nothing of it."""
    found: Touched = {}
    for _, _, meter, event, name, began, _, detail, read_at, _ in rows:
        if began is None or _SWITCHED.isdisjoint(kinds_of(event, name, detail)):
            continue
        last = _day(read_at, zone)
        day = max(_day(began, zone), last - _MOST)
        while day <= last:
            found.setdefault(day, set()).add(meter)
            day += timedelta(days=1)
    return found


def _day(text: str, zone: timezone) -> date:
    return datetime.fromisoformat(text).astimezone(zone).date()


def marks_of(days: Days) -> list[tuple[str, int, int, int]]:
    """Rows of `stale`: day, gateway, meter or 0 for all, node 0."""
    rows: list[tuple[str, int, int, int]] = []
    for (gateway, day), meters in sorted(days.items()):
        chosen: Iterable[int] = sorted(meters) if len(meters) <= _FEW else (0,)
        rows += [(day.isoformat(), gateway, meter, 0) for meter in chosen]
    return rows
