"""Quality of supply against the utility's limits: voltage by the type of supply, power factor, frequency."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from config.archive import Meter
from gateway.energy.arithmetic import power_factor

__all__ = [
    "SPREAD",
    "PowerFactor",
    "Supply",
    "Voltage",
    "band_of",
    "deviation",
    "frequency_band",
    "frequency_qualified",
    "judged_at_peak",
    "nominal_of",
    "power_factor_of",
    "standard_of",
    "supply_of",
    "unbalance_of_events",
    "unbalance_of_statistics",
    "voltage_of",
    "voltage_of_counts",
]

_HUNDRED = Decimal(100)
_PLACES = Decimal("0.000001")
_LOWEST, _HIGHEST = Decimal("0.7"), Decimal("1.2")
_NOMINAL_HZ = Decimal(50)
_SWING_LARGE, _SWING_SMALL = Decimal("0.2"), Decimal("0.5")
_PEAK_KVA, _PEAK_STANDARD = Decimal(100), Decimal("0.90")
_ROOT3 = Decimal("1.7320508")
SPREAD = Decimal(10)
"""Most that the largest positive and negative deviation at 35 kV and above may be together, in per cent."""


class Supply(StrEnum):
    """Type of supply (供电方式), which decides the limits of the voltage."""

    HIGH = "35kV"
    """35 kV and above: largest positive and negative deviation together at most 10 %."""
    THREE_PHASE = "three-phase"
    """10 kV and below, 380 V included: +7 % to -7 %."""
    SINGLE_PHASE = "single-phase"
    """220 V: +7 % to -10 %."""


_BANDS = {
    Supply.THREE_PHASE: (Decimal(-7), Decimal(7)),
    Supply.SINGLE_PHASE: (Decimal(-10), Decimal(7)),
}
_NAMES = {
    **{str(one): one for one in Supply},
    "35kv及以上": Supply.HIGH,
    "高压35kv": Supply.HIGH,
    "三相": Supply.THREE_PHASE,
    "三相供电": Supply.THREE_PHASE,
    "380v": Supply.THREE_PHASE,
    "10kv": Supply.THREE_PHASE,
    "单相": Supply.SINGLE_PHASE,
    "单相供电": Supply.SINGLE_PHASE,
    "220v": Supply.SINGLE_PHASE,
}
_NAMES_FOLDED = {name.casefold(): one for name, one in _NAMES.items()}
_BY_WIRING = {"1P": Supply.SINGLE_PHASE, "3P4W": Supply.THREE_PHASE, "3P3W": Supply.THREE_PHASE}
_HIGH_VOLTS = Decimal(34_500)
"""35 kV with a margin: plates round, and 57.7 V x 350 x root 3 is a little less."""


@dataclass(frozen=True, slots=True)
class Voltage:
    """Samples of a period: `counted` of them lie in the assessment limits, `qualified` in those of the supply.

    `highest` and `lowest` are deviations in per cent. At 35 kV and above the two together are judged, so that a
    single sample is neither: there `qualified` is all or none.
    """

    counted: int
    qualified: int
    highest: Decimal
    lowest: Decimal

    @property
    def spread(self) -> Decimal:
        """Sizes of the largest positive and the largest negative deviation together, in per cent."""
        return max(self.highest, Decimal(0)) - min(self.lowest, Decimal(0))

    @property
    def rate(self) -> Decimal:
        """Qualified share of the counted time, 0 to 1."""
        return (Decimal(self.qualified) / self.counted).quantize(_PLACES)


def supply_of(meter: Meter) -> Supply | None:
    """The type of supply by the archive: its own column, else voltage and wiring; None where it does not say."""
    named = _NAMES_FOLDED.get(meter.supply_type.strip().casefold())
    if named is not None:
        return named
    if meter.rated_voltage:
        between_phases = _ROOT3 if meter.wiring == "3P4W" else Decimal(1)
        if meter.rated_voltage * meter.pt * between_phases >= _HIGH_VOLTS:
            return Supply.HIGH
    return _BY_WIRING.get(meter.wiring)


def nominal_of(meter: Meter) -> Decimal | None:
    """Nominal volts of what the meter shows: of a phase in four wires, between phases in three.

    A meter that shows primary values has that of the primary side. None where the archive has no rated voltage.
    """
    if not meter.rated_voltage:
        return None
    return meter.rated_voltage * meter.pt if meter.register_is_primary else meter.rated_voltage


def deviation(voltage: Decimal, nominal: Decimal) -> Decimal:
    """Deviation from the nominal voltage in per cent."""
    return (voltage - nominal) / nominal * _HUNDRED


def band_of(supply: Supply) -> tuple[Decimal, Decimal] | None:
    """Smallest and largest deviation in per cent; None where the largest of both signs together are judged."""
    return _BANDS.get(supply)


def voltage_of(samples: Iterable[Decimal], nominal: Decimal, supply: Supply) -> Voltage | None:
    """What samples of equal weight say; None where none can be counted.

    Below 0.7 and above 1.2 of the nominal voltage is an outage or a fault, and no matter of quality.
    """
    return voltage_of_counts(Counter(samples), nominal, supply)


def voltage_of_counts(counts: Mapping[Decimal, int], nominal: Decimal, supply: Supply) -> Voltage | None:
    """The same of different values and how often each of them came."""
    found = {
        deviation(one, nominal): count
        for one, count in counts.items()
        if _LOWEST <= one / nominal <= _HIGHEST
    }
    if not found:
        return None
    highest, lowest, counted = max(found), min(found), sum(found.values())
    if supply is Supply.HIGH:
        whole = Voltage(counted, counted, highest, lowest)
        return whole if whole.spread <= SPREAD else Voltage(counted, 0, highest, lowest)
    low, high = _BANDS[supply]
    qualified = sum(count for one, count in found.items() if low <= one <= high)
    return Voltage(counted, qualified, highest, lowest)


@dataclass(frozen=True, slots=True)
class PowerFactor:
    """Power factor of a period and its standard (None: the archive names none, so nothing is judged)."""

    value: Decimal
    standard: Decimal | None

    @property
    def qualified(self) -> bool | None:
        """Whether it reaches the standard; None: not judged."""
        return None if self.standard is None else self.value >= self.standard


def standard_of(meter: Meter, *, peak: bool = False) -> Decimal | None:
    """Standard of a customer (0.90, 0.85 or 0.80 by the archive); at peak 0.90 from 100 kVA on."""
    return _PEAK_STANDARD if peak and judged_at_peak(meter) else meter.pf_standard


def judged_at_peak(meter: Meter) -> bool:
    """Whether a customer has a standard at peak of its own: from 100 kVA on."""
    return meter.capacity_kva is not None and meter.capacity_kva >= _PEAK_KVA


def power_factor_of(
    meter: Meter, active: Decimal, *reactive: Decimal, peak: bool = False
) -> PowerFactor | None:
    """Power factor from kWh and kvarh of a period, to four places; None without any energy."""
    if not active and not any(reactive):
        return None
    value = power_factor(active, *reactive).quantize(Decimal("0.0001"))
    return PowerFactor(value, standard_of(meter, peak=peak))


def frequency_band(*, large: bool = True) -> Decimal:
    """How far the frequency may be off 50 Hz: 0.2 Hz, in a system below 3,000 MW 0.5 Hz."""
    return _SWING_LARGE if large else _SWING_SMALL


def frequency_qualified(frequency: Decimal, *, large: bool = True) -> bool:
    """Whether a frequency in Hz lies within the band around 50."""
    return abs(frequency - _NOMINAL_HZ) <= frequency_band(large=large)


def unbalance_of_events(phases: Sequence[Decimal]) -> Decimal | None:
    """Unbalance as meters and terminals judge events, in per cent: (max - min) / max; None where all are zero.

    Leave phase B out of a three-wire connection. Never compare it with a limit for statistics.
    """
    top = max(phases, default=Decimal(0))
    return (top - min(phases)) / top * _HUNDRED if top else None


def unbalance_of_statistics(phases: Sequence[Decimal]) -> Decimal | None:
    """Unbalance as statistics have it, in per cent: the largest |x - mean| / mean; None where all are zero."""
    mean = sum(phases, Decimal(0)) / len(phases) if phases else Decimal(0)
    return max(abs(one - mean) for one in phases) / mean * _HUNDRED if mean else None
