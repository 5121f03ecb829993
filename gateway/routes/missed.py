"""Meters that automatic collection missed: step 4 of the re-read ladder is a person with a reader."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from config.archive import Archive, Meter
from gateway.ledger import PRESENT

__all__ = ["Missed", "Slot", "missed"]

Slot = tuple[datetime, Mapping[str, str]]
"""An instant and the outcome of each meter that was due."""
_SERVED = "in service"


@dataclass(frozen=True, slots=True)
class Missed:
    """A meter without any value, the day (local) of its last one as far as the ledger goes, and the days without."""

    meter: Meter
    last: date | None
    days: int


def missed(slots: Iterable[Slot], archive: Archive, now: datetime, tz: ZoneInfo, days: int) -> list[Missed]:
    """Meters in service that were due on each of the last `days` whole days and today or before gave nothing.

    `slots` are those of the tasks that count. Ordered as somebody walks: by route, place on it, and number.
    """
    due: dict[str, set[date]] = defaultdict(set)
    came: dict[str, date] = {}
    for at, outcomes in slots:
        day = _day_of(at, tz)
        for asset, outcome in outcomes.items():
            due[asset].add(day)
            if outcome in PRESENT and day > came.get(asset, date.min):
                came[asset] = day
    today = now.astimezone(tz).date()
    wanted = {today - timedelta(days=back) for back in range(1, days + 1)}
    found = []
    for asset, when in due.items():
        meter, last = archive.by_asset.get(asset), came.get(asset)
        if meter is None or meter.status != _SERVED or not wanted <= when:
            continue
        if last is None or last < min(wanted):
            without = sum(day < today and (last is None or day > last) for day in when)
            found.append(Missed(meter, last, without))
    return sorted(found, key=lambda one: _walk(one.meter))


def _day_of(at: datetime, tz: ZoneInfo) -> date:
    """The data day of a slot: what is due at midnight belongs to the day that ends."""
    return (at - timedelta(microseconds=1)).astimezone(tz).date()


def _walk(meter: Meter) -> tuple[str, float, str]:
    return meter.route, float("inf") if meter.sequence is None else meter.sequence, meter.asset_no
