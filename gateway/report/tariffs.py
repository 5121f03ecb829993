"""How the energy of each customer splits into tariffs (尖峰平谷), and whether the parts make the whole."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

from config.archive import Meter
from config.schema import Tariffs
from config.tariffs import tariff_name
from config.text import say
from gateway.energy.period import Period
from gateway.energy.place import multiplier_of
from gateway.energy.record import FORWARD, Computed, MeterEnergy
from gateway.energy.tariff import split, tariff_points
from gateway.report.places import Place
from gateway.report.table import Column, Table

__all__ = ["MOST_TARIFFS", "peak_numbers", "tariff_table"]

MOST_TARIFFS = 8
"""So many tariffs of a register are looked for."""

_SHARE = Decimal("0.000001")
_Energy = Mapping[str, Decimal | None]


def peak_numbers(tariffs: Sequence[Tariffs], names: Iterable[str], day: date) -> tuple[int, ...]:
    """Numbers of the tariffs that have one of these names on a day."""
    wanted = set(names)
    return tuple(n for n in range(1, MOST_TARIFFS + 1) if tariff_name(tariffs, n, day) in wanted)


def tariff_table(
    found: Iterable[tuple[Meter, Place, _Energy]], period: Period, tariffs: Sequence[Tariffs]
) -> Table:
    """A row for each meter with an energy of a tariff, a column for each tariff that one of them has."""
    names = tariff_points(FORWARD, MOST_TARIFFS)
    known = sorted(
        (one for one in found if any(one[2].get(name) is not None for name in names)),
        key=lambda one: (one[1].line, one[1].transformer, one[0].asset_no),
    )
    numbers = [n for n, name in enumerate(names, 1) if any(name in one[2] for one in known)]
    rows = [_row(meter, place, energy, numbers, period) for meter, place, energy in known]
    columns = (
        Column("meter", "meter", "电表"),
        Column("transformer", "transformer", "台区"),
        Column("line", "line", "线路", spare=9),
        Column("total_kwh", "total kWh", "总电量 kWh", places=2),
        *(column for n in numbers for column in _columns(n, tariff_name(tariffs, n, period.day))),
        Column("difference_kwh", "difference kWh", "差值 kWh", places=2),
        Column("balanced", "balanced", "平衡"),
    )
    return Table(say("energy by tariff", "分时电量"), columns, rows)


def _columns(number: int, name: str) -> tuple[Column, Column]:
    title = f"{number} {name}".strip()
    return (
        Column(f"tariff_{number}_kwh", f"{title} kWh", f"{title} kWh", places=2),
        Column(f"tariff_{number}_share", f"{title} %", f"{title} %", percent=True, spare=number),
    )


def _row(
    meter: Meter, place: Place, energy: _Energy, numbers: Sequence[int], period: Period
) -> SimpleNamespace:
    """The tariffs of the meter itself make its total, not those that others have."""
    own = max((n for n in numbers if tariff_points(FORWARD, n)[-1] in energy), default=0)
    records = {
        name: _record(meter, name, energy[name], period)
        for name in (FORWARD, *tariff_points(FORWARD, own))
        if name in energy
    }
    parts = split(records, own, meter.decimals)
    return SimpleNamespace(
        meter=meter.asset_no,
        transformer=place.transformer,
        line=place.line,
        total_kwh=parts.total,
        difference_kwh=parts.difference,
        balanced=parts.balanced,
        **{f"tariff_{n}_kwh": parts.tariffs.get(n) for n in numbers},
        **{f"tariff_{n}_share": _rounded(parts.share(n)) for n in numbers},
    )


def _rounded(share: Decimal | None) -> Decimal | None:
    return None if share is None else share.quantize(_SHARE)


def _record(meter: Meter, point: str, energy: Decimal | None, period: Period) -> MeterEnergy:
    return MeterEnergy(
        meter=meter.asset_no,
        point=point,
        span=period.span,
        start=period.start,
        end=period.end,
        energy=energy,
        computed=Computed.MISSING if energy is None else Computed.READ,
        multiplier=multiplier_of(meter),
    )
