"""What a terminal gave of a measuring point, as readings of the meter that hangs there."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from drivers.inquiry import unanswered
from drivers.order import Failure, Order, Result, Want
from drivers.terminal.batch import Gathered
from protocols.convert import to_readings
from protocols.gdw1376_1.body import Unit
from protocols.gdw1376_1.catalogue import where
from protocols.reading import Method, Origin, Reading, State
from protocols.session import Item, Question

__all__ = ["UNVERIFIED", "Binding", "result_of"]

UNVERIFIED = "archive_unverified"
_METHODS = {
    Want.LIVE: Method.LIVE,
    Want.FREEZE: Method.FREEZE,
    Want.SETTLEMENT: Method.SETTLEMENT,
    Want.LOAD_RECORD: Method.CURVE,
}
# A terminal's clock may be so far ahead of ours for its own times to be taken as they are.
_AHEAD = timedelta(minutes=10)
_NOBODY = Question(address="", id="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Whose point it is: `is_verified` tells that the terminal's archive named this meter there lately enough."""

    is_verified: bool
    source: str
    now: datetime
    tz: ZoneInfo


def result_of(order: Order, gathered: Gathered, binding: Binding) -> Result:
    """Readings and failures of one order; a value that belongs to another instant or another meter is left out."""
    if (why := _foreign(order, binding)) is not None:
        return Result(order=order, failures=tuple((p, Failure.NO_RECORD, why) for p in order.points))
    items: list[Item] = []
    readings: list[Reading] = []
    for unit in gathered.units:
        own = [item for item in unit.items if item.point in order.points or item.id in _ids(order)]
        items += own
        readings += _readings(order, unit, own, binding)
    reason, detail = gathered.failure or (Failure.NO_RECORD, "the terminal has none")
    lacking = unanswered(items, order.points, _NOBODY)
    return Result(
        order=order,
        address=order.meter.address if binding.is_verified and items else "",
        readings=tuple(readings),
        items=tuple(items),
        failures=tuple(_failure(point, order, reason, detail) for point in lacking),
        attempts=1,
    )


def _failure(point: str, order: Order, reason: Failure, detail: str) -> tuple[str, Failure, str]:
    memory = "reading_day" if order.want is Want.SETTLEMENT else order.want.value
    if where(point, order.want.value) or where(point, memory):
        return point, reason, detail
    return point, Failure.UNKNOWN_POINT, f"no Fn of Q/GDW 1376.1 gives {point} as {order.want}"


def _foreign(order: Order, binding: Binding) -> str | None:
    """A point is given to another meter after an exchange: what lies before is not this one's."""
    since = order.meter.valid_from
    if order.at is None or since is None or order.at.astimezone(binding.tz).date() >= since:
        return None
    return f"the point belonged to another meter before {since}"


def _ids(order: Order) -> set[str]:
    return {point.rpartition(":")[2].upper() for point in order.points}


def _readings(order: Order, unit: Unit, items: list[Item], binding: Binding) -> list[Reading]:
    read_at, at = _times(order, unit, binding)
    found, _ = to_readings(
        items,
        meter=order.meter.asset_no,
        source=binding.source,
        origin=Origin.TERMINAL,
        method=_METHODS.get(order.want, Method.LIVE),
        now=read_at,
        tz=binding.tz,
        at=at,
    )
    if binding.is_verified:
        return found
    return [
        replace(reading, state=State.SUSPECT, reason=UNVERIFIED) if reading.state is State.RAW else reading
        for reading in found
    ]


def _times(order: Order, unit: Unit, binding: Binding) -> tuple[datetime, datetime | None]:
    """When the value was read, aware, and the naive local instant it holds where the items do not say it."""
    read: Any = unit.data.get("read_time")
    local = datetime.fromisoformat(read) if isinstance(read, str) else None
    read_at = binding.now
    if local is not None and local.replace(tzinfo=binding.tz) <= binding.now + _AHEAD:
        read_at = local.replace(tzinfo=binding.tz)
    if order.want is Want.LIVE:
        return binding.now, local
    return read_at, None
