"""Losses in a customer's own transformer that is metered on its low side (高供低计): sold, but not counted."""

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources

from config.archive import Meter

__all__ = ["Losses", "losses_of", "low_side", "transformer_loss"]

_POWER_FACTOR = Decimal("0.9")
_FORM = Decimal("1.05")
_LOW = frozenset({"low", "lv", "低计", "低压侧", "高供低计"})


@dataclass(frozen=True, slots=True)
class Losses:
    """Rated capacity in kVA, no-load and load loss in kW."""

    capacity: Decimal
    no_load: Decimal
    load: Decimal


def low_side(meter: Meter) -> bool:
    """Whether the customer is supplied at high voltage and metered at low."""
    return meter.metering_side.strip().lower() in _LOW


def losses_of(capacity: Decimal) -> Losses:
    """Losses of the smallest usual transformer of at least this capacity in kVA; beyond the largest in proportion."""
    sizes = _table()
    for one in sizes:
        if one.capacity >= capacity:
            return one
    top = sizes[-1]
    ratio = capacity / top.capacity
    return Losses(capacity, top.no_load * ratio, top.load * ratio)


def transformer_loss(
    losses: Losses,
    energy: Decimal,
    hours: Decimal,
    power_factor: Decimal = _POWER_FACTOR,
    form: Decimal = _FORM,
) -> Decimal:
    """Energy in kWh lost in a transformer that passed `energy` kWh in so many hours.

    `P0 T + Pk (S/Sn)^2 K T`: S is the mean apparent power by the power factor, K the square of the load's form
    factor (1 for a flat load).
    """
    mean = energy / hours / power_factor
    share = mean / losses.capacity
    return (losses.no_load + losses.load * share * share * form) * hours


@cache
def _table() -> tuple[Losses, ...]:
    text = resources.files("gateway.energy").joinpath("transformer.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text, parse_float=Decimal)["losses"]
    return tuple(
        sorted((Losses(Decimal(size), *pair) for size, pair in rows.items()), key=lambda one: one.capacity)
    )
