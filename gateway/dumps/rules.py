"""Rules on what stands in a dump, before any value becomes a reading. They compare; they take nothing over.

A rule is a function and a line in ENTRY_RULES, with a good and a bad example that are its test.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Any

from config.archive import Meter
from config.schema import Dumps
from gateway.review.base import Base
from gateway.review.limits import SCALE, shown
from gateway.review.view import Hit
from protocols.dumps.record import Mode, Row

__all__ = ["ENTRY_RULES", "Entry", "EntryRule", "Spot", "hits", "metres", "transposed"]

_EARTH = 6_371_000.0
_DAY = 86_400
_HAND = frozenset({Mode.KEYED, Mode.BARCODE})


@dataclass(frozen=True, slots=True)
class Spot:
    """Where and when somebody stood: degrees, aware."""

    lat: Decimal
    lon: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One read row with what is known beside it; `meter` None without an archive.

    `rate` is the largest plausible advance in kWh per second. `before` is the place of the reading before.
    `base` is the last accepted register, `by_hand` if somebody brought it too.
    """

    row: Row
    now: datetime
    settings: Dumps
    meter: Meter | None = None
    rate: float | None = None
    before: Spot | None = None
    base: Base | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRule:
    """One rule: what to look at, its two examples, and whether the first review judges the same by itself.

    An example holds the fields of row, meter and entry that differ from a plain good reading.
    """

    id: str
    judge: Callable[[Entry], Hit | None]
    en: str
    zh: str
    good: dict[str, Any]
    bad: dict[str, Any]
    reviewed: bool = False


def metres(one: tuple[Decimal, Decimal], other: tuple[Decimal, Decimal]) -> float:
    """Distance over the ground between two (latitude, longitude) in degrees."""
    lat1, lon1, lat2, lon2 = (radians(float(angle)) for angle in (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH * asin(min(1.0, sqrt(half)))


def transposed(value: Decimal, reference: Decimal) -> bool:
    """Whether two values may be one with digits exchanged: their difference in last digits is divisible by 9."""
    exponents = [number.as_tuple().exponent for number in (value, reference)]
    places = -min(0, *(exponent for exponent in exponents if isinstance(exponent, int)))
    difference = int((value - reference).scaleb(places))
    return difference != 0 and difference % 9 == 0


def _future(entry: Entry) -> Hit | None:
    """R005 without an archive: the reading lies in the future."""
    at = entry.row.read_time
    if at is not None and at > entry.now + timedelta(seconds=600):
        return Hit(3, at.isoformat(), f"<= {entry.now.isoformat(timespec='seconds')}")
    return None


def _range(entry: Entry) -> Hit | None:
    """R008 without an archive: more digits than the register has."""
    value, digits = entry.row.this_read, entry.row.digits
    if value is None or entry.row.interval is not None:
        return None
    if value < 0 or (digits is not None and 0 < digits <= 12 and value >= 10**digits):
        return Hit(3, str(value), f"0..{10**digits if digits else ''}")
    return None


def _multiplier(entry: Entry) -> Hit | None:
    """R011: the multiplier in the file is not that of the archive."""
    meter, given = entry.meter, entry.row.multiplier
    if meter is None or given is None:
        return None
    own = Decimal(1) if meter.register_is_primary else meter.ct * meter.pt
    return Hit(2, str(given), f"{own.normalize():f}", sure=True) if given != own else None


def _before(entry: Entry) -> Hit | None:
    """H001: below the last reading that the file itself gives, and no rollover was noted."""
    row = entry.row
    if row.this_read is None or row.last_read is None or row.this_read >= row.last_read:
        return None
    if row.swap is not None:
        return None
    return Hit(0 if row.rolled else 2, str(row.this_read), f">= {row.last_read}")


def _capacity(entry: Entry) -> Hit | None:
    """H002: more than the meter can carry since the last reading of the file; keyed values get no reserve."""
    row = entry.row
    if row.this_read is None or row.last_read is None or row.read_time is None or row.last_time is None:
        return None
    if entry.rate is None or row.rolled or row.swap is not None:
        return None
    seconds = (row.read_time - row.last_time).total_seconds()
    factor = 1.0 if row.mode in _HAND else 1.2
    largest = entry.rate * factor * max(0.0, seconds) + 1.0
    moved = row.this_read - row.last_read
    return Hit(2, str(moved), f"<= {largest:.2f}") if moved > largest else None


def _band(entry: Entry) -> Hit | None:
    """P001 at entry: half or double of the usual energy that the file gives."""
    row = entry.row
    if row.this_read is None or row.last_read is None or not row.usual or row.usual <= 0:
        return None
    if row.this_read < row.last_read or row.swap is not None:
        return None
    ratio = (row.this_read - row.last_read) * (row.multiplier or 1) / row.usual
    low, high = entry.settings.usual_low, entry.settings.usual_high
    return None if low <= ratio <= high else Hit(2, f"{ratio:.2f}", f"{low:g}..{high:g}")


def _last(entry: Entry) -> Hit | None:
    """H010: the last reading of the file is not what was accepted then.

    Of the same day they may differ by what the meter can carry between; without a time in the file only the last
    hand-held value can be the one that is meant.
    """
    row, base = entry.row, entry.base
    if base is None or row.last_read is None or row.swap is not None:
        return None
    if row.read_time is not None and base.at >= row.read_time.timestamp():
        return None
    off = abs(row.last_read - Decimal(base.value) / SCALE)
    if row.last_time is None:
        return Hit(1, str(row.last_read), shown(base.value)) if entry.by_hand and off > 1 else None
    seconds = abs(row.last_time.timestamp() - base.at)
    if seconds >= _DAY:
        return None
    allowed = max(1.0, 0.02 * seconds * entry.rate) + seconds * entry.rate if entry.rate else 1.0
    return Hit(2, str(row.last_read), shown(base.value)) if off > Decimal(allowed) else None


def _digits(entry: Entry) -> Hit | None:
    """H003: a doubtful keyed value whose distance from the last reading is divisible by nine."""
    row = entry.row
    if row.mode not in _HAND or row.this_read is None or row.last_read is None:
        return None
    if not any(rule(entry) for rule in (_before, _capacity, _band)):
        return None
    if not transposed(row.this_read, row.last_read):
        return None
    return Hit(1, str(row.this_read), str(row.last_read))


def _clock(entry: Entry) -> Hit | None:
    """H004: the reader's clock: read before the last reading."""
    row = entry.row
    if row.read_time is None or row.last_time is None or row.read_time >= row.last_time:
        return None
    return Hit(2, row.read_time.isoformat(), f">= {row.last_time.isoformat()}")


def _place(entry: Entry) -> Hit | None:
    """H005: read far from where the archive has the meter."""
    row, meter = entry.row, entry.meter
    if meter is None or row.lat is None or row.lon is None or meter.lat is None or meter.lon is None:
        return None
    distance = metres((row.lat, row.lon), (meter.lat, meter.lon))
    limit = entry.settings.gps_metres
    return Hit(0, f"{distance:.0f} m", f"{limit:g} m") if limit and distance > limit else None


def _desk(entry: Entry) -> Hit | None:
    """H006: two readings in a moment far from each other: taken at a desk."""
    row, before = entry.row, entry.before
    if before is None or row.lat is None or row.lon is None or row.read_time is None:
        return None
    seconds = abs((row.read_time - before.at).total_seconds())
    if seconds >= entry.settings.desk_seconds:
        return None
    distance = metres((row.lat, row.lon), (before.lat, before.lon))
    if distance <= entry.settings.desk_metres:
        return None
    return Hit(0, f"{distance:.0f} m / {seconds:.0f} s", f"{entry.settings.desk_metres:g} m")


def _service(entry: Entry) -> Hit | None:
    """H007: the archive says that this meter is not in service."""
    meter = entry.meter
    if meter is None or meter.status == "in service":
        return None
    return Hit(1, meter.status, "in service")


def _doubted(entry: Entry) -> Hit | None:
    """H009: the system that wrote the file doubts the value itself."""
    return Hit(2, entry.row.quality or "?", "-") if entry.row.doubted else None


def _swapped(entry: Entry) -> Hit | None:
    """H008: a meter exchange without all that makes the period computable."""
    swap = entry.row.swap
    if swap is None:
        return None
    lacking = [
        name for name in ("at", "old_final", "new_initial", "new_asset") if getattr(swap, name) in (None, "")
    ]
    return Hit(2, ", ".join(lacking), "-", sure=True) if lacking else None


ENTRY_RULES: tuple[EntryRule, ...] = (
    EntryRule(
        id="R005",
        judge=_future,
        en="The reading lies in the future: set the reader's clock.",
        zh="抄表时间晚于当前时间：校对掌机时钟。",
        good={},
        bad={"now": datetime(2024, 4, 30).astimezone()},
        reviewed=True,
    ),
    EntryRule(
        id="R008",
        judge=_range,
        en="The value has more digits than the register, or is negative.",
        zh="示数超出表位数或为负。",
        good={"digits": 6},
        bad={"digits": 2},
        reviewed=True,
    ),
    EntryRule(
        id="R011",
        judge=_multiplier,
        en="The multiplier differs from the archive: look at the CT and PT plates. The archive's is used.",
        zh="倍率与档案不一致：核对互感器铭牌。计算以档案为准。",
        good={"multiplier": Decimal(40), "ct": Decimal(40)},
        bad={"multiplier": Decimal(30), "ct": Decimal(40)},
    ),
    EntryRule(
        id="H001",
        judge=_before,
        en="Below the last reading of the file: misread, wrong meter, exchange or rollover; look at the display.",
        zh="本次示数小于上次示数：核对是否抄错、错表、换表或翻转。",
        good={"last_read": Decimal("150.33")},
        bad={"last_read": Decimal("150.34")},
    ),
    EntryRule(
        id="H002",
        judge=_capacity,
        en="More energy since the last reading than the meter can carry: misread or wrong meter.",
        zh="自上次抄表以来电量超出表计能力：疑抄错或错表。",
        good={"last_time": datetime(2024, 4, 1).astimezone(), "rate": 0.01},
        bad={"last_time": datetime(2024, 5, 1, 8).astimezone(), "rate": 0.0001},
    ),
    EntryRule(
        id="H010",
        judge=_last,
        en="The last reading of the file is not what was accepted then: wrong meter, or the office has another value.",
        zh="文件中的上次示数与当时接收的不一致：错表，或营销系统中的值不同。",
        good={"last_time": datetime(2024, 4, 1).astimezone(), "known": "100.50"},
        bad={"last_time": datetime(2024, 4, 1).astimezone(), "known": "102.50"},
    ),
    EntryRule(
        id="P001",
        judge=_band,
        en="Far from the usual energy: look at the display again.",
        zh="电量突增或突减：复核示数。",
        good={"usual": Decimal(60)},
        bad={"usual": Decimal(10)},
    ),
    EntryRule(
        id="H003",
        judge=_digits,
        en="Two digits may have been exchanged when the value was keyed in.",
        zh="录入时可能有两位数字颠倒。",
        good={"last_read": Decimal("150.34")},
        bad={"last_read": Decimal("153.03")},
    ),
    EntryRule(
        id="H004",
        judge=_clock,
        en="Read before the last reading: the reader's clock is wrong.",
        zh="抄表时间早于上次抄表时间：掌机时钟有误。",
        good={"last_time": datetime(2024, 4, 1).astimezone()},
        bad={"last_time": datetime(2024, 6, 1).astimezone()},
    ),
    EntryRule(
        id="H005",
        judge=_place,
        en="Read far from the meter's place in the archive.",
        zh="抄表位置与档案位置相距过远。",
        good={"lat": Decimal("22.5123"), "lon": Decimal("113.1234"), "at_lat": Decimal("22.5124"),
              "at_lon": Decimal("113.1234")},
        bad={"lat": Decimal("22.5123"), "lon": Decimal("113.1234"), "at_lat": Decimal("22.5223"),
             "at_lon": Decimal("113.1234")},
    ),
    EntryRule(
        id="H006",
        judge=_desk,
        en="Two places in one moment: taken at a desk?",
        zh="瞬间在两处抄表：是否未到现场？",
        good={"lat": Decimal("22.5123"), "lon": Decimal("113.1234"),
              "before": (Decimal("22.5123"), Decimal("113.1234"), 1)},
        bad={"lat": Decimal("22.5123"), "lon": Decimal("113.1234"),
             "before": (Decimal("22.5223"), Decimal("113.1234"), 1)},
    ),
    EntryRule(
        id="H007",
        judge=_service,
        en="The archive has this meter out of service: check meter and archive.",
        zh="档案中该表未投运：核对表计与档案。",
        good={"meter_status": "in service"},
        bad={"meter_status": "removed"},
    ),
    EntryRule(
        id="H008",
        judge=_swapped,
        en="The exchange record is not complete: without finals, initials and time the period cannot be computed.",
        zh="换表记录不完整：缺少旧表止码、新表起码或换表时间，该周期无法计算电量。",
        good={"swap": ("2024-04-20", "100.00", "0.00", "N1")},
        bad={"swap": ("2024-04-20", None, "0.00", "N1")},
    ),
    EntryRule(
        id="H009",
        judge=_doubted,
        en="The file itself calls the value suspicious.",
        zh="文件自身将该值标为可疑。",
        good={},
        bad={"doubted": True},
    ),
)  # fmt: skip


def hits(entry: Entry, *, reviewed: bool) -> Iterator[tuple[EntryRule, Hit]]:
    """Rules that this entry breaks; those that the first review judges are left to it when there is one."""
    for rule in ENTRY_RULES:
        if rule.reviewed and reviewed:
            continue
        if (hit := rule.judge(entry)) is not None:
            yield rule, hit
