"""A metering point over time: which meter hung there with which multiplier, from the archive's rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise

from config.archive import Exchange, Meter
from gateway.energy.arithmetic import plausible_power
from gateway.energy.period import Period

__all__ = ["Interval", "intervals", "multiplier_of", "pieces", "power_of"]

_CAPACITY_FACTOR = Decimal("1.2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One meter with one multiplier, from `begin` up to `end` (None: open); both aware.

    `power` is the largest plausible power in kW as the register counts it, None where the archive does not say.
    `initial` and `final` are registers by point that an exchange record gives for the ends; `lost_begin` and
    `lost_end` say that another meter hung there before or after, and no record of the exchange is there.
    """

    asset: str
    begin: datetime | None = None
    end: datetime | None = None
    multiplier: Decimal = Decimal(1)
    digits: int = 6
    decimals: int = 2
    power: Decimal | None = None
    initial: dict[str, Decimal] = field(default_factory=dict)
    final: dict[str, Decimal] = field(default_factory=dict)
    lost_begin: bool = False
    lost_end: bool = False

    @property
    def ends(self) -> tuple[datetime, datetime]:
        """Both ends; raises ValueError where one is open."""
        if self.begin is None or self.end is None:
            raise ValueError("an open interval has no ends")
        return self.begin, self.end


def multiplier_of(meter: Meter) -> Decimal:
    """What a register of this meter is multiplied with: 1 where it counts primary energy itself."""
    return Decimal(1) if meter.register_is_primary else meter.ct * meter.pt


def power_of(meter: Meter) -> Decimal | None:
    """Largest plausible power in kW as the register counts it: by the meter's plate and the contract capacity."""
    multiplier = multiplier_of(meter)
    bounds = []
    if meter.rated_voltage and meter.max_current:
        secondary = plausible_power(meter.wiring, meter.rated_voltage, meter.max_current)
        bounds.append(secondary * meter.ct * meter.pt / multiplier)
    if meter.capacity_kva:
        bounds.append(_CAPACITY_FACTOR * meter.capacity_kva / multiplier)
    return min(bounds, default=None)


def intervals(rows: Iterable[Meter], exchanges: Sequence[Exchange], tz: tzinfo) -> tuple[Interval, ...]:
    """The rows of one metering point in their order, cut where exchange records say so.

    `valid_from` is a row's first day and `valid_to` its last, days of `tz`. An exchange record between two rows
    sets the instant and the registers; records of other meters are passed over.
    """
    ordered = sorted(rows, key=lambda row: _since(row, exchanges, tz))
    found = [_interval(row, tz) for row in ordered]
    for place, (old, new) in enumerate(pairwise(found)):
        begin = new.begin or old.end
        record = _record(old.asset, new.asset, begin, exchanges)
        if record is not None:
            found[place] = replace(found[place], end=record.at, final=record.old_finals)
            found[place + 1] = replace(new, begin=record.at, initial=record.new_initials)
        elif begin is not None:
            lost = old.asset != new.asset
            found[place] = replace(found[place], end=min(old.end or begin, begin), lost_end=lost)
            found[place + 1] = replace(new, begin=begin, lost_begin=lost)
    return tuple(found)


def pieces(found: Sequence[Interval], period: Period) -> Iterator[Interval]:
    """The intervals inside a period, clipped to it; registers of the record go with an end that is not clipped."""
    for one in found:
        begin, end = one.begin or period.start, one.end or period.end
        if begin < period.end and end > period.start and begin < end:
            yield replace(
                one,
                begin=max(begin, period.start),
                end=min(end, period.end),
                initial=one.initial if begin >= period.start else {},
                final=one.final if end <= period.end else {},
                lost_begin=one.lost_begin and begin >= period.start,
                lost_end=one.lost_end and end <= period.end,
            )


def _interval(row: Meter, tz: tzinfo) -> Interval:
    return Interval(
        asset=row.asset_no,
        begin=_midnight(row.valid_from, tz),
        end=_midnight(row.valid_to + timedelta(days=1), tz) if row.valid_to else None,
        multiplier=multiplier_of(row),
        digits=row.digits,
        decimals=row.decimals,
        power=power_of(row),
    )


def _midnight(day: date | None, tz: tzinfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), tz)


def _since(row: Meter, exchanges: Sequence[Exchange], tz: tzinfo) -> tuple[date, date]:
    begun = [one.at.astimezone(tz).date() for one in exchanges if one.new_asset == row.asset_no]
    first = row.valid_from or max(begun, default=date.min)
    return first, row.valid_to or date.max


def _record(old: str, new: str, begin: datetime | None, exchanges: Sequence[Exchange]) -> Exchange | None:
    fitting = [one for one in exchanges if (one.old_asset, one.new_asset) == (old, new)]
    if begin is None:
        return max(fitting, key=lambda one: one.at, default=None)
    return min(fitting, key=lambda one: abs(one.at - begin), default=None)
