"""Decoded items as readings and events."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal

from protocols.dlt645.catalogue import Entry, lookup
from protocols.points import CLOCK, find, is_obis, without_period
from protocols.reading import Event, Method, Origin, Reading, State
from protocols.session import Item

__all__ = ["to_readings"]

_RAW = State.RAW
_DAY = timedelta(days=1)
_HALF_DAY = timedelta(hours=12)
_CLOCK_POINTS = frozenset({CLOCK, "1-0:0.9.1"})
# An absent text or time is not an absent reading.
_TEXT_UNITS = frozenset({"", "time", "date", "datetime", "table", "day", "day,hour"})
_BEGIN = ("start", "time", "before")
_END = ("end", "after")
_DI_2007 = 8


def to_readings(  # noqa: PLR0913 (who, where, how and when of a reading)
    items: Iterable[Item],
    *,
    meter: str,
    source: str,
    origin: Origin,
    method: Method,
    now: datetime,
    tz: tzinfo,
    at: datetime | None = None,
) -> tuple[list[Reading], list[Event]]:
    """The readings and events of one answer.

    `now` is when the answer came, aware. A value holds at the equipment's own stamp if it gave one, else at
    `at` (naive local in `tz`, the freeze's or settlement's instant), else at `now`. A declared absence is a
    reading without value in state MISSING; what could not be decoded is REJECTED with reason R001. Texts give
    no reading, a clock gives its offset in seconds. A record that begins with a time is an event.
    """
    readings: list[Reading] = []
    records: dict[str, list[Item]] = {}
    settled = None if at is None else at.replace(tzinfo=tz)
    for item in items:
        if item.part or (type(item.value) is str and _is_event(item)):
            records.setdefault(item.id, []).append(item)
            continue
        measured = _measured(item, now, tz)
        if measured is None or measured.point is None:
            continue
        # A value that carries its instant is the register itself, not "that of the last settlement".
        point = measured.point if settled is None else without_period(measured.point)
        stamp = measured.at.replace(tzinfo=tz) if measured.at is not None else settled or now
        value = measured.value if isinstance(measured.value, Decimal) else None
        reason = "R001" if measured.error else ""
        readings.append(
            Reading(
                meter=meter,
                point=point,
                value=value,
                unit=measured.unit,
                at=stamp,
                read_at=now,
                origin=origin,
                state=_state(measured),
                method=method,
                reason=reason,
                source=source,
            )
        )
    events = [_event(parts, meter, source, now, tz) for parts in records.values()]
    return readings, [event for event in events if event is not None]


def _state(item: Item) -> State:
    if item.error:
        return State.REJECTED
    return State.MISSING if item.value is None else _RAW


def _measured(item: Item, now: datetime, tz: tzinfo) -> Item | None:
    """The item with a number in place of a word or a clock's time; None for a text."""
    value = item.value
    if type(value) is Decimal:
        return item
    if item.point in _CLOCK_POINTS:
        return _clock(item, now, tz)
    if value is None:
        known = item.point is not None and is_obis(item.point) and find(item.point) is not None
        return item if known or item.unit not in _TEXT_UNITS else None
    if item.unit == "bits" and isinstance(value, str):
        return item._replace(value=Decimal(int(value, 16)))
    return None


def _clock(item: Item, now: datetime, tz: tzinfo) -> Item:
    """A clock's offset in whole seconds, its `at` what it showed.

    A time without a date is taken as the nearest.
    """
    item = item._replace(point=CLOCK, unit="s")
    if not isinstance(item.value, str):
        return item
    local = now.astimezone(tz).replace(tzinfo=None)
    try:
        if "T" in item.value:
            shown = datetime.fromisoformat(item.value)
        else:
            shown = datetime.combine(local.date(), time.fromisoformat(item.value))
            shown += _DAY * ((local - shown > _HALF_DAY) - (shown - local > _HALF_DAY))
    except ValueError:
        return item._replace(value=None, error="time")
    # Both as instants: the difference of local times would be an hour off when the zone's offset changes
    # between.
    offset = shown.replace(tzinfo=tz).timestamp() - now.timestamp()
    return item._replace(value=Decimal(round(offset)), at=shown)


def _is_event(item: Item) -> bool:
    entry = _entry(item.id)
    return entry is not None and entry.category == "event_record"


def _entry(di: str) -> Entry | None:
    return lookup("2007" if len(di) == _DI_2007 else "1997", di)


def _event(parts: Sequence[Item], meter: str, source: str, now: datetime, tz: tzinfo) -> Event | None:
    """The event that a record tells of; None for statistics and for an empty record."""
    entry = _entry(parts[0].id)
    if entry is None or entry.category != "event_record":
        return None
    began = _time(parts, _BEGIN if parts[0].part else ("",), tz)
    if began is None:
        return None
    detail = {item.part or "time": None if item.value is None else str(item.value) for item in parts}
    return Event(
        meter=meter,
        id=entry.id,
        name=entry.name,
        began=began,
        ended=_time(parts, _END, tz),
        detail=json.dumps(detail, ensure_ascii=False),
        read_at=now,
        source=source,
    )


def _time(parts: Sequence[Item], names: Sequence[str], tz: tzinfo) -> datetime | None:
    for item in parts:
        if item.part in names and isinstance(item.value, str):
            return datetime.fromisoformat(item.value).replace(tzinfo=tz)
    return None
