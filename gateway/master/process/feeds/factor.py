"""Power factor of a customer's month, from the energies of its active and reactive registers."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from config.archive import Meter
from gateway.energy.factor import flows, flows_of_tariffs
from gateway.energy.quality import PowerFactor, judged_at_peak, power_factor_of
from gateway.energy.record import Computed
from gateway.master.process.feeds.feed import Around, Customers, Fields

__all__ = ["PowerFactors"]

_PEAK = (1, 2)
"""Numbers of the tariffs that are peak ones (尖 sharp, 峰 peak)."""

_Energy = Callable[[str], Decimal | None]
"""Energy of a register that was read, by its OBIS code."""


class PowerFactors:
    """The month's power factor against the archive's standard, and that of its peak tariffs from 100 kVA on."""

    def customers(self, around: Around, part: Customers) -> dict[int, Fields]:
        """Of customers with a standard whose active and reactive registers were read at both ends of the month."""
        points = {code: number for number, code in around.store.ask("point_ids", [])}
        found = {}
        for number in part.numbers:
            entry = part.roll.entries[number]
            if not entry.active or (entry.cells[17] is None and entry.cells[15] is None):
                continue
            meter = entry.meter()
            if meter.pf_standard is not None or judged_at_peak(meter):
                fields = _fields(meter, _energies(part, number, points))
                if fields:
                    found[number] = fields
        return found


def _energies(part: Customers, number: int, points: Mapping[str, int]) -> _Energy:
    def energy(code: str) -> Decimal | None:
        one = part.kept.get((number, points.get(code, -1)))
        return None if one is None or one.computed != Computed.READ else one.value

    return energy


def _fields(meter: Meter, energy: _Energy) -> Fields:
    """Of the whole month and of its peak the one that lies further below its standard."""
    found = [
        (one.value - one.standard, peak, one)
        for peak, one in _factors(meter, energy)
        if one is not None and one.standard is not None
    ]
    if not found:
        return {}
    _, peak, worst = min(found, key=lambda one: one[:2])
    return {
        "factor": float(worst.value),
        "factor_standard": None if worst.standard is None else float(worst.standard),
        "factor_at_peak": peak,
    }


def _factors(meter: Meter, energy: _Energy) -> Iterator[tuple[bool, PowerFactor | None]]:
    whole = flows(energy)
    if whole is not None:
        yield False, power_factor_of(meter, whole.active, whole.reactive)
    peak = flows_of_tariffs(energy, _PEAK) if judged_at_peak(meter) else None
    if peak is not None:
        yield True, power_factor_of(meter, peak.active, peak.reactive, peak=True)
