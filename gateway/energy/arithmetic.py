"""The arithmetic of registers: what a pair of readings says about energy. Pure; both sides use it.

Registers are secondary-side `Decimal`s in kWh with `digits` integer digits; energy is never a float.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

__all__ = [
    "Delta",
    "Turn",
    "advance",
    "align",
    "exchange",
    "largest",
    "plausible_power",
    "power_factor",
    "ratio",
    "resolution",
    "tariff_difference",
    "tariff_tolerance",
    "wrap",
]

_ZERO = Decimal(0)
_ROOT3 = Decimal("1.7320508075688772935")
_PLAUSIBLE_FACTOR = Decimal("1.2")
_JITTER_STEPS = 5


class Turn(StrEnum):
    """How a register moved between two readings."""

    ADVANCE = "advance"
    ROLLOVER = "rollover"
    JITTER = "jitter"
    DECREASE = "decrease"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """Energy between two readings in kWh (None: not computable) and the base for the next one."""

    turn: Turn
    energy: Decimal | None
    base: Decimal


def resolution(decimals: int) -> Decimal:
    """The register's smallest step: 0.01 for two decimals."""
    return Decimal(1).scaleb(-decimals)


def wrap(digits: int) -> Decimal:
    """The value at which a register of so many integer digits begins again at zero."""
    return Decimal(1).scaleb(digits)


def ratio(ct: tuple[Decimal, Decimal], pt: tuple[Decimal, Decimal]) -> Decimal:
    """Multiplier from the plates: primary and secondary of the current and of the voltage transformer."""
    return ct[0] / ct[1] * pt[0] / pt[1]


def plausible_power(wiring: str, voltage: Decimal, current: Decimal) -> Decimal:
    """Largest secondary power in kW of a meter with rated voltage (V) and maximum current (A).

    3P4W counts three phases at phase voltage, 3P3W the root of three at line voltage, all else one phase.
    """
    phases = {"3P4W": Decimal(3), "3P3W": _ROOT3}.get(wiring, Decimal(1))
    return phases * voltage * current / 1000


def largest(power: Decimal, hours: Decimal, factor: Decimal = _PLAUSIBLE_FACTOR) -> Decimal:
    """Largest plausible secondary energy in kWh of `power` kW over so many hours."""
    return factor * power * hours


def advance(
    before: Decimal,
    after: Decimal,
    *,
    limit: Decimal,
    multiplier: Decimal = Decimal(1),
    digits: int = 6,
    decimals: int = 2,
) -> Delta:
    """What became of a register between two readings.

    `limit` is the largest plausible secondary energy of the time between (kWh, see `largest`). A register
    that fell by no more than five of its steps jitters and keeps its base; a lower value never becomes the base.
    """
    moved = after - before
    if moved >= 0:
        return Delta(turn=Turn.ADVANCE, energy=moved * multiplier, base=after)
    if moved + wrap(digits) <= limit:
        return Delta(turn=Turn.ROLLOVER, energy=(moved + wrap(digits)) * multiplier, base=after)
    if -moved <= _JITTER_STEPS * resolution(decimals):
        return Delta(turn=Turn.JITTER, energy=_ZERO, base=before)
    return Delta(turn=Turn.DECREASE, energy=None, base=before)


def exchange(old: tuple[Decimal, Decimal, Decimal], new: tuple[Decimal, Decimal, Decimal]) -> Decimal:
    """Energy over an exchange: (previous, final, multiplier) of the old and (initial, now, M) of the new."""
    return (old[1] - old[0]) * old[2] + (new[1] - new[0]) * new[2]


def tariff_tolerance(tariffs: int, decimals: int = 2) -> Decimal:
    """How far total and sum of the tariffs may differ, as each register is truncated by itself."""
    return (tariffs + 1) * resolution(decimals)


def tariff_difference(total: Decimal, tariffs: Iterable[Decimal]) -> Decimal:
    """Total minus the sum of its tariffs, without sign."""
    return abs(total - sum(tariffs, _ZERO))


def align(
    first: tuple[datetime, Decimal], second: tuple[datetime, Decimal], wanted: datetime, decimals: int = 2
) -> Decimal:
    """The register at an instant between two readings, on a flat load; raises ValueError outside of them."""
    (t1, r1), (t2, r2) = first, second
    if not t1 <= wanted <= t2 or t1 == t2:
        raise ValueError("the wanted instant does not lie between two readings")
    share = _seconds(wanted, t1) / _seconds(t2, t1)
    return (r1 + (r2 - r1) * share).quantize(resolution(decimals))


def power_factor(active: Decimal, *reactive: Decimal) -> Decimal:
    """Power factor of a period from kWh and kvarh (inductive and capacitive count by their size)."""
    q = sum((abs(part) for part in reactive), _ZERO)
    apparent = (active * active + q * q).sqrt()
    return active / apparent if apparent else _ZERO


def _seconds(later: datetime, earlier: datetime) -> Decimal:
    span = later - earlier
    return Decimal(span.days * 86_400 + span.seconds) + Decimal(span.microseconds).scaleb(-6)
