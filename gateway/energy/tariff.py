"""How the energy of a period splits into tariffs, and whether the parts make the whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from gateway.energy.arithmetic import tariff_difference, tariff_tolerance
from gateway.energy.record import FORWARD, MeterEnergy

__all__ = ["Split", "split", "tariff_points"]


@dataclass(frozen=True, slots=True)
class Split:
    """Energies in kWh by number of the tariff (from 1); None where one is not known.

    `difference` is how far total and sum lie apart, None where a part or the total is missing; up to `tolerance`
    that is what truncated registers do.
    """

    total: Decimal | None
    tariffs: dict[int, Decimal | None]
    difference: Decimal | None
    tolerance: Decimal

    @property
    def balanced(self) -> bool | None:
        """Whether the tariffs make the total; None: not judged."""
        return None if self.difference is None else self.difference <= self.tolerance

    def share(self, tariff: int) -> Decimal | None:
        """The part of a tariff in the sum of all, 0 to 1; None where that is not known or nothing flowed."""
        energies = [one for one in self.tariffs.values() if one is not None]
        own = self.tariffs.get(tariff)
        whole = sum(energies, Decimal(0))
        if own is None or len(energies) < len(self.tariffs) or not whole:
            return None
        return own / whole


def tariff_points(point: str = FORWARD, tariffs: int = 4) -> tuple[str, ...]:
    """Points of the tariffs of a total: 1-0:1.8.1 to 1-0:1.8.4 of 1-0:1.8.0."""
    stem, dot, _ = point.rpartition(".")
    return tuple(f"{stem}{dot}{number}" for number in range(1, tariffs + 1))


def split(
    energies: Mapping[str, MeterEnergy], tariffs: int, decimals: int = 2, point: str = FORWARD
) -> Split:
    """The split of one meter's period, from its energies by point.

    Every register is truncated by itself, so (tariffs + 1) of their steps, multiplied, may be missing.
    """
    total = energies.get(point)
    names = tariff_points(point, tariffs)
    parts = {number: _energy(energies.get(name)) for number, name in enumerate(names, 1)}
    known = [one for one in parts.values() if one is not None]
    whole = _energy(total)
    multiplier = Decimal(1) if total is None else total.multiplier
    complete = whole is not None and len(known) == len(parts) and bool(parts)
    return Split(
        total=whole,
        tariffs=parts,
        difference=tariff_difference(whole, known) if complete and whole is not None else None,
        tolerance=tariff_tolerance(tariffs, decimals) * multiplier,
    )


def _energy(one: MeterEnergy | None) -> Decimal | None:
    return None if one is None else one.energy
