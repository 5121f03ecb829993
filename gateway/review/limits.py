"""What a value of one kind of meter may be: limits as plain numbers, shared by all meters that look alike.

Registers are counted in units of 0.0001 here, so that a comparison costs an integer's time.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from config.archive import Meter
from config.schema import Review
from gateway.energy.arithmetic import plausible_power

__all__ = ["SCALE", "Kind", "Limits", "kind_of", "limits_of", "shown"]

SCALE = 10_000
"""Units of one kWh."""


class Kind(StrEnum):
    """What a point measures, as far as a rule cares."""

    FORWARD = "forward"
    TARIFF = "tariff"
    REVERSE = "reverse"
    REGISTER = "register"
    VOLTAGE = "voltage"
    CURRENT = "current"
    FACTOR = "factor"
    FREQUENCY = "frequency"
    POWER = "power"
    CLOCK = "clock"
    OTHER = "other"


_REGISTER = re.compile(r"1-0:(\d+)\.8\.(\d+)")
_INSTANT = re.compile(r"1-0:(\d+)\.7\.0")
_INSTANT_KINDS = (
    ({"12", "32", "52", "72"}, Kind.VOLTAGE),
    ({"11", "31", "51", "71", "91"}, Kind.CURRENT),
    ({"13", "33", "53", "73"}, Kind.FACTOR),
    ({"14"}, Kind.FREQUENCY),
    ({"1", "16"}, Kind.POWER),
)


@lru_cache(maxsize=2048)
def kind_of(point: str) -> Kind:
    """What a point measures; OTHER where no rule knows it."""
    if point == "0-0:1.0.0":
        return Kind.CLOCK
    if found := _REGISTER.fullmatch(point):
        quantity, tariff = found.groups()
        if quantity == "1":
            return Kind.FORWARD if tariff == "0" else Kind.TARIFF
        return Kind.REVERSE if (quantity, tariff) == ("2", "0") else Kind.REGISTER
    if found := _INSTANT.fullmatch(point):
        return next((kind for codes, kind in _INSTANT_KINDS if found[1] in codes), Kind.OTHER)
    return Kind.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one kind of meter in units (0.0001 kWh), units per second, V, A; None: not known."""

    wrap: int
    step: int
    rate: float | None
    voltage: float | None
    current: float | None
    tariffs: int
    generates: bool
    review: Review


def limits_of(meter: Meter, review: Review) -> Limits:
    """The limits that hold for this meter under its class's settings."""
    return _limits(
        (meter.digits, meter.decimals, meter.tariffs, meter.wiring, meter.customer_class),
        (meter.rated_voltage, meter.max_current),
        meter.ct * meter.pt if meter.register_is_primary else Decimal(1),
        review,
    )


@lru_cache(maxsize=4096)
def _limits(
    shape: tuple[int, int, int, str, str],
    electrical: tuple[Decimal | None, Decimal | None],
    primary: Decimal,
    review: Review,
) -> Limits:
    digits, decimals, tariffs, wiring, customer_class = shape
    voltage, current = electrical
    rate = None
    if voltage and current:
        power = plausible_power(wiring, voltage, current) * primary
        rate = float(power) * review.runaway_factor * SCALE / 3600
    return Limits(
        wrap=SCALE * 10**digits,
        step=SCALE // 10**decimals if decimals <= 4 else 1,
        rate=rate,
        voltage=1.5 * float(voltage) if voltage else None,
        current=1.5 * float(current) if current else None,
        tariffs=tariffs,
        generates="generation" in customer_class or "gateway" in customer_class,
        review=review,
    )


def shown(units: float) -> str:
    """Units as a text in kWh."""
    return f"{Decimal(round(units)).scaleb(-4).normalize():f}"
