"""Who explains the gap between a transformer's supply and its customers (domain 9.3): a regression with guards.

The gap of an hour (supply less all customers) is explained by the customers' own consumption beside what every area
has. A customer whose meter shows too little explains the gap by a share beta of what it shows: true = (1 + beta) x
read. Customers enter one after the other, the one that explains most first, so that one thief does not hide behind
another; each is ranked by its t-statistic. `regression` has the model, `filling` what is done where values are missing,
`patterns` thieves of a part of the time; docs/decisions/0016 has what that finds.

numpy is needed, which the extra `master` brings; it is imported at the first use.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from gateway.second.statistics import beside, correlation

if TYPE_CHECKING:
    from gateway.second.filling import Filled, Matrix

__all__ = ["HINT_METERS", "Refusal", "Suspect", "hints", "suspects", "suspects_by_registers"]

_POINTS_A_METER = 2.0
"""Hours needed for each meter: with fewer, hardly any thief is among the first three."""
_UNKNOWN = 0.5
"""Where of more hours not even a sum is known, what is filled outweighs what was read."""
HINT_METERS = 60
"""Daily values say nothing of one among more customers than this."""
_HINT_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A customer whose consumption explains the gap by `beta` times what was read, with certainty `t`."""

    meter: str
    t: float
    beta: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was fitted: `meters`, `instants`, `missing`, `flat`."""

    reason: str


def suspects(
    supply: Sequence[float | None], meters: Mapping[str, Sequence[float | None]]
) -> list[Suspect] | Refusal:
    """All customers, the most suspicious first; energies in kWh of one hour after the other, None where missing.

    Refuses where the hours are too few for the meters, or too much of them is missing.
    """
    if len(meters) < 2:
        return Refusal("meters")
    import numpy as np

    from gateway.second.filling import of_energies

    return _ranked(meters, np.array(supply, float), of_energies(list(meters.values())))


def suspects_by_registers(
    supply: Sequence[Sequence[float | None]],
    meters: Mapping[str, Sequence[float | None]],
    doubted: Mapping[str, Collection[int]] | None = None,
) -> list[Suspect] | Refusal:
    """The same from registers in kWh at the beginning and the end of every hour, of one or more meters of the supply.

    What passed while a register was missing is known as a whole, so much less is lost than by missing energies. A
    register that fell tells nothing of the time since the one before. `doubted` hours of a customer, counted from 0,
    are taken as unknown.
    """
    if len(meters) < 2 or not supply:
        return Refusal("meters")
    from gateway.second.filling import of_registers

    into = of_registers(supply)
    filled = of_registers(list(meters.values()), [(doubted or {}).get(name, ()) for name in meters])
    if into.unknown > _UNKNOWN:
        return Refusal("missing")
    filled.moved += into.moved
    filled.lost += into.lost
    return _ranked(meters, into.read.sum(axis=0), filled)


def _ranked(names: Mapping[str, object], total: Matrix, filled: Filled) -> list[Suspect] | Refusal:
    import numpy as np

    from gateway.second.regression import fit

    if (~np.isnan(total)).sum() < _POINTS_A_METER * len(names):
        return Refusal("instants")
    if filled.unknown > _UNKNOWN:
        return Refusal("missing")
    if filled.read.sum() <= 0:
        return Refusal("flat")
    found = fit(total, filled)
    ranked = [
        Suspect(meter=m, t=float(t), beta=float(b))
        for m, t, b in zip(names, found.t, found.beta, strict=True)
    ]
    return sorted(ranked, key=lambda one: (-one.t, one.meter))


def hints(
    supply: Sequence[float | None], meters: Mapping[str, Sequence[float | None]]
) -> list[Suspect] | Refusal:
    """A weak hint from daily values: the t of each customer's correlation with the gap, beside all customers' sum.

    What customers have in common (weather, the week) is taken out of both: the area's own loss follows it as well.
    Only for up to 60 customers and never more than a note (domain 9.3).
    """
    if not 2 <= len(meters) <= HINT_METERS:
        return Refusal("meters")
    rows = [
        [value for value in row if value is not None] for row in zip(supply, *meters.values(), strict=True)
    ]
    rows = [row for row in rows if len(row) == len(meters) + 1]
    if len(rows) < _HINT_DAYS:
        return Refusal("instants")
    together = [sum(row[1:]) for row in rows]
    gap = beside([row[0] - whole for row, whole in zip(rows, together, strict=True)], together)
    found = []
    for place, name in enumerate(meters, 1):
        r = correlation(beside([row[place] for row in rows], together), gap)
        if r is not None:
            t = r * sqrt((len(rows) - 3) / max(1e-12, 1 - r * r))
            found.append(Suspect(meter=name, t=t, beta=0.0))
    return sorted(found, key=lambda one: (-one.t, one.meter)) or Refusal("flat")
