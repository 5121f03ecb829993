"""Quality of supply by metering point: voltage, power factor, frequency, each against what is allowed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from config.archive import Meter
from config.text import say
from gateway.energy.factor import flows, flows_of_tariffs
from gateway.energy.quality import (
    SPREAD,
    PowerFactor,
    Supply,
    Voltage,
    band_of,
    frequency_band,
    frequency_qualified,
    judged_at_peak,
    nominal_of,
    power_factor_of,
    supply_of,
    voltage_of_counts,
)
from gateway.report.places import Place
from gateway.report.quality_rows import FactorRow, FrequencyRow, VoltageRow

__all__ = ["FREQUENCY", "PHASES", "Sampled", "factors", "frequencies", "voltages"]

PHASES = {"1-0:32.7.0": "A", "1-0:52.7.0": "B", "1-0:72.7.0": "C", "1-0:12.7.0": "A"}
"""Points of voltages and their phases; the last one is of meters that have only one."""
FREQUENCY = "1-0:14.7.0"
_OF_WIRING = {"1P": "A", "3P3W": "AC"}
_ALL_PHASES = "ABC"
_PLACES, _RATE = Decimal("0.0001"), Decimal("0.000001")

_Counts = Mapping[Decimal, int]


@dataclass(frozen=True, slots=True)
class Sampled:
    """A meter, where it counts, and how often each value of each of its points came."""

    meter: Meter
    place: Place
    counts: Mapping[str, _Counts]


def voltages(found: Iterable[Sampled]) -> list[VoltageRow]:
    """A row for each meter with voltages; where the archive lacks what they are judged by, it says so."""
    rows = [_voltage(one, phases) for one in found if (phases := _phases(one))]
    return sorted(rows, key=lambda row: (row.line, row.transformer, row.meter))


def _phases(one: Sampled) -> dict[str, Counter[Decimal]]:
    """Voltages by phase; the middle one of three wires is none."""
    wanted = _OF_WIRING.get(one.meter.wiring, _ALL_PHASES)
    found: dict[str, Counter[Decimal]] = {}
    for point, phase in PHASES.items():
        if point in one.counts and phase in wanted:
            found.setdefault(phase, Counter()).update(one.counts[point])
    return found


def _voltage(one: Sampled, phases: Mapping[str, Counter[Decimal]]) -> VoltageRow:
    meter = one.meter
    supply, nominal = supply_of(meter), nominal_of(meter)
    if supply is None or nominal is None:
        reason = (
            say("supply unknown", "供电方式不明") if supply is None else say("no rated voltage", "缺额定电压")
        )
        return VoltageRow(meter=meter.asset_no, place=one.place, reason=reason)
    whole = voltage_of_counts(sum(phases.values(), Counter()), nominal, supply)
    if whole is None:
        return VoltageRow(
            meter=meter.asset_no,
            place=one.place,
            supply=str(supply),
            nominal_v=nominal,
            reason=say("no voltage", "无电压"),
        )
    worst, its = _worst(phases, nominal, supply)
    return VoltageRow(
        meter=meter.asset_no,
        place=one.place,
        supply=str(supply),
        nominal_v=nominal,
        allowed=_allowed(supply),
        samples=whole.counted,
        rate=whole.rate,
        highest=whole.highest.quantize(_PLACES),
        lowest=whole.lowest.quantize(_PLACES),
        worst_phase=worst,
        worst_rate=its.rate,
        qualified=its.rate == 1,
    )


def _worst(phases: Mapping[str, Counter[Decimal]], nominal: Decimal, supply: Supply) -> tuple[str, Voltage]:
    """The phase with the lowest rate; at 35 kV and above all are judged together."""
    together = {"": sum(phases.values(), Counter())} if supply is Supply.HIGH else phases
    judged = [
        (name, one)
        for name, counts in sorted(together.items())
        if (one := voltage_of_counts(counts, nominal, supply)) is not None
    ]
    return min(judged, key=lambda pair: pair[1].rate)


def _allowed(supply: Supply) -> str:
    band = band_of(supply)
    if band is None:
        return say(f"together <= {SPREAD} %", f"正负之和 ≤ {SPREAD} %")
    return f"{band[0]:+} .. {band[1]:+} %"


def frequencies(found: Iterable[Sampled], *, small: bool) -> list[FrequencyRow]:
    """A row for each meter whose frequency was read, against the band of a large or a `small` system."""
    rows = [
        _frequency(one, one.counts[FREQUENCY], large=not small) for one in found if one.counts.get(FREQUENCY)
    ]
    return sorted(rows, key=lambda row: (row.line, row.transformer, row.meter))


def _frequency(one: Sampled, counts: _Counts, *, large: bool) -> FrequencyRow:
    whole = sum(counts.values())
    good = sum(count for value, count in counts.items() if frequency_qualified(value, large=large))
    return FrequencyRow(
        meter=one.meter.asset_no,
        place=one.place,
        samples=whole,
        rate=(Decimal(good) / whole).quantize(_RATE),
        highest_hz=max(counts),
        lowest_hz=min(counts),
        allowed_hz=frequency_band(large=large),
        qualified=good == whole,
    )


def factors(
    found: Iterable[tuple[Meter, Place, Mapping[str, Decimal | None]]], peak: Sequence[int]
) -> list[FactorRow]:
    """A row for each meter whose active and reactive energy is known; `peak` are the numbers of tariffs at peak."""
    rows = [row for meter, place, energy in found for row in _factor(meter, place, energy, peak)]
    return sorted(rows, key=lambda row: (row.line, row.transformer, row.meter))


def _factor(
    meter: Meter, place: Place, energy: Mapping[str, Decimal | None], peak: Sequence[int]
) -> Iterator[FactorRow]:
    whole = flows(energy.get)
    one = None if whole is None else power_factor_of(meter, whole.active, whole.reactive)
    if whole is None or one is None:
        return
    at_peak = _at_peak(meter, energy, peak)
    judged = [each.qualified for each in (one, at_peak) if each is not None and each.qualified is not None]
    yield FactorRow(
        meter=meter.asset_no,
        place=place,
        capacity_kva=meter.capacity_kva,
        active_kwh=whole.active,
        reactive_kvarh=whole.reactive,
        factor=one.value,
        standard=one.standard,
        peak_factor=None if at_peak is None else at_peak.value,
        peak_standard=None if at_peak is None else at_peak.standard,
        qualified=all(judged) if judged else None,
    )


def _at_peak(meter: Meter, energy: Mapping[str, Decimal | None], peak: Sequence[int]) -> PowerFactor | None:
    """Of the peak tariffs where they have a standard of their own: customers from 100 kVA on."""
    if not judged_at_peak(meter):
        return None
    found = flows_of_tariffs(energy.get, peak)
    return None if found is None else power_factor_of(meter, found.active, found.reactive, peak=True)
