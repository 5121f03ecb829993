"""P012: a day's voltages against what the type of supply allows, by the archive and never by the reading."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from math import isnan

from config.archive import Meter
from gateway.energy.curve import Curve
from gateway.energy.quality import Supply, band_of, nominal_of, supply_of, voltage_of
from gateway.master.process.feeds.feed import Fields
from gateway.master.process.roll import Entry

__all__ = ["voltages"]

_PHASES = {"1P": (0,), "3P3W": (0, 2)}
_NARROW = 1e-6

_Nominal = tuple[Decimal, Supply]


def voltages(entry: Entry, curve: Curve) -> Fields:
    """Of the phase that is the worst; nothing where the archive names no supply or no rated voltage."""
    cells = entry.cells
    known = _nominal(cells[3], cells[7], bool(cells[8]), cells[13], cells[16]) if curve.voltages else None
    if known is None:
        return {}
    phases = _PHASES.get(cells[3], (0, 1, 2))
    samples = [
        [v for v in curve.voltages[one].values if not isnan(v)] for one in phases if one in curve.voltages
    ]
    if known[1] is Supply.HIGH:
        samples = [
            [v for values in samples for v in values]
        ]  # the deviations of all phases are judged together
    shares = [share for values in samples if (share := _share(values, *known)) is not None]
    return {"voltage_qualified": min(shares) == 1, "voltage_share": min(shares)} if shares else {}


@lru_cache(4_096)
def _nominal(wiring: str, pt: str, primary: bool, rated: str | None, supply_type: str) -> _Nominal | None:
    """Nominal voltage as the meter shows it, and the type of supply."""
    meter = Meter(
        asset_no="",
        address="",
        protocol="",
        target="",
        wiring=wiring,
        pt=Decimal(pt),
        register_is_primary=primary,
        rated_voltage=None if rated is None else Decimal(rated),
        supply_type=supply_type,
    )
    supply, nominal = supply_of(meter), nominal_of(meter)
    return None if supply is None or nominal is None else (nominal, supply)


def _share(values: Sequence[float], nominal: Decimal, supply: Supply) -> float | None:
    """Qualified part of the samples that count; None without any. Near a limit the decimals decide."""
    band, middle = band_of(supply), float(nominal)
    if values and band is not None:
        low, high = (1 + float(limit) / 100 for limit in band)
        if min(values) > (low + _NARROW) * middle and max(values) < (high - _NARROW) * middle:
            return 1.0
    found = voltage_of((Decimal(f"{value:.6g}") for value in values), nominal, supply)
    return None if found is None else float(found.rate)
