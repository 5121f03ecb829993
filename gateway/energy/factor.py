"""Which registers make the power factor of a period: of all its hours, and of those of some tariffs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gateway.energy.record import FORWARD

__all__ = ["Flows", "flows", "flows_of_tariffs", "registers"]

_BOTH = ("1-0:3.8.0", "1-0:4.8.0")
_CONSUMED = ("1-0:5.8.0", "1-0:8.8.0")
_FED = ("1-0:6.8.0", "1-0:7.8.0")

Energy = Callable[[str], Decimal | None]
"""Energy of a register that was read, by its OBIS code; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Flows:
    """Active energy in kWh and reactive energy in kvarh, inductive and capacitive by their sizes together."""

    active: Decimal
    reactive: Decimal


def registers(tariff: int = 0) -> tuple[str, ...]:
    """Points of all registers that may be asked for, of all hours (0) or of one tariff."""
    return tuple(_of(point, tariff) for point in (FORWARD, *_BOTH, *_CONSUMED, *_FED))


def flows(energy: Energy, tariff: int = 0) -> Flows | None:
    """Of all hours (0) or of one tariff; None where a register of it is not known."""
    active, reactive = energy(_of(FORWARD, tariff)), _reactive(energy, tariff)
    return None if active is None or reactive is None else Flows(active, reactive)


def flows_of_tariffs(energy: Energy, tariffs: Sequence[int]) -> Flows | None:
    """Of some tariffs together; a tariff without active register is none of the contract.

    None where there is no such tariff, or where one lacks its reactive energy.
    """
    found = [flows(energy, one) for one in tariffs if energy(_of(FORWARD, one)) is not None]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        return None
    return Flows(
        sum((one.active for one in known), Decimal(0)), sum((one.reactive for one in known), Decimal(0))
    )


def _reactive(energy: Energy, tariff: int) -> Decimal | None:
    """By the forward and the reverse register, else by quadrants: those of consumption, and what others show."""
    both = [energy(_of(point, tariff)) for point in _BOTH]
    if None not in both:
        return _sizes(both)
    consumed = [energy(_of(point, tariff)) for point in _CONSUMED]
    if None in consumed:
        return None
    return _sizes([*consumed, *(energy(_of(point, tariff)) for point in _FED)])


def _sizes(parts: Sequence[Decimal | None]) -> Decimal:
    return sum((abs(one) for one in parts if one is not None), Decimal(0))


def _of(point: str, tariff: int) -> str:
    return f"{point.rpartition('.')[0]}.{tariff}"
