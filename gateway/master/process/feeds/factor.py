"""Power factor of a customer's month, from the energies of its active and reactive registers."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from config.archive import Meter
from gateway.energy.quality import PowerFactor, judged_at_peak, power_factor_of
from gateway.energy.record import FORWARD, Computed
from gateway.energy.tariff import tariff_points
from gateway.master.process.feeds.feed import Around, Customers, Fields

__all__ = ["PowerFactors"]

_PEAK = 2
"""Tariffs up to this number are peak ones (尖 sharp, 峰 peak)."""
_BOTH = ("1-0:3.8.0", "1-0:4.8.0")
_QUADRANTS = ("1-0:5.8.0", "1-0:8.8.0")
_FEEDING = ("1-0:6.8.0", "1-0:7.8.0")

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
    active, reactive = energy(FORWARD), _reactive(energy, 0)
    if active is not None and reactive is not None:
        yield False, power_factor_of(meter, active, reactive)
    if judged_at_peak(meter):
        active, reactive = _peak(energy)
        if active is not None and reactive is not None:
            yield True, power_factor_of(meter, active, reactive, peak=True)


def _peak(energy: _Energy) -> tuple[Decimal | None, Decimal | None]:
    """Energies of the peak tariffs; None where one that counts lacks its reactive register."""
    active, reactive = Decimal(0), Decimal(0)
    for number, point in enumerate(tariff_points(FORWARD, _PEAK), 1):
        own, beside = energy(point), _reactive(energy, number)
        if own is None and number < _PEAK:
            continue  # a contract without a sharp tariff
        if own is None or beside is None:
            return None, None
        active, reactive = active + own, reactive + beside
    return active, reactive


def _reactive(energy: _Energy, tariff: int) -> Decimal | None:
    """Inductive and capacitive together, in kvarh: forward and reverse register, else the quadrants of consumption."""
    both = [energy(_of_tariff(point, tariff)) for point in _BOTH]
    if None not in both:
        return _sum(both)
    own = [energy(_of_tariff(point, tariff)) for point in _QUADRANTS]
    if None in own:
        return None
    return _sum([*own, *(energy(_of_tariff(point, tariff)) for point in _FEEDING)])


def _sum(parts: list[Decimal | None]) -> Decimal:
    return sum((abs(one) for one in parts if one is not None), Decimal(0))


def _of_tariff(point: str, tariff: int) -> str:
    return f"{point.rpartition('.')[0]}.{tariff}"
