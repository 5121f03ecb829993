"""Energies of very many meters at once, as columns of integers; what is not plain is named for the careful way.

A register is counted in units of 0.0001 kWh, so that a day of a million meters costs no Decimal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["SCALE", "Plain", "plain", "units"]

SCALE = 10_000
"""Units of one kWh."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Primary energies in units, None where `careful` holds the row's place: `energy_of` decides there."""

    energies: list[int | None]
    careful: list[int]


def units(value: Decimal) -> int:
    """A register or an energy in units; raises ValueError where it is finer than one."""
    scaled = value.scaleb(4)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{value} is finer than 0.0001")
    return whole


def plain(
    before: Sequence[int | None],
    begin: Sequence[int | None],
    finish: Sequence[int | None],
    multiplier: Sequence[int],
) -> Plain:
    """The energy of rows whose registers only rose; all four columns are as long as each other.

    `begin` and `finish` are usable registers read exactly at the period's ends, `before` the one of the instant
    before (None: there is none). A multiplier is whole, and 0 where it is not, or where it or the meter changed
    inside the period: such a row is not plain.
    """
    energies = [
        (f - b) * m if b and f is not None and m and b <= f and (a is None or a <= b) else None
        for a, b, f, m in zip(before, begin, finish, multiplier, strict=True)
    ]
    return Plain(energies, [place for place, energy in enumerate(energies) if energy is None])
