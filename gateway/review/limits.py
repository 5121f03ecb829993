"""What a value of one kind of meter may be: limits as plain numbers, shared by all meters that look alike.

Registers are counted in units of 0.0001 here, so that a comparison costs an integer's time.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from math import inf

from config.archive import Meter
from config.review import Review
from gateway.energy.arithmetic import plausible_power
from gateway.review.signals import covers, faults, parameters

__all__ = ["SCALE", "Kind", "Limits", "kind_of", "limits_of", "shown"]

SCALE = 10_000
"""Units of one kWh."""
_IMPOSSIBLE = 1.5
_PLAUSIBLE = 1.2


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
    PHASE_POWER = "phase power"
    DEMAND = "demand"
    INTERVAL = "interval"
    STATUS = "status"
    PARAMETER = "parameter"
    COVER = "cover"
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
    ({"36", "56", "76"}, Kind.PHASE_POWER),
)
_SINGLE = {"0-0:1.0.0": Kind.CLOCK, "1-0:1.29.0": Kind.INTERVAL}
_DEMAND = re.compile(r"1-0:1\.6\.\d+")
_PHASES: dict[str, tuple[int, ...]] = {"1P": (0,), "3P3W": (0, 2), "3P4W": (0, 1, 2)}


@lru_cache(maxsize=2048)
def kind_of(point: str) -> Kind:
    """What a point measures; OTHER where no rule knows it."""
    if (single := _SINGLE.get(point)) is not None:
        return single
    if found := _REGISTER.fullmatch(point):
        quantity, tariff = found.groups()
        if quantity == "1":
            return Kind.FORWARD if tariff == "0" else Kind.TARIFF
        return Kind.REVERSE if (quantity, tariff) == ("2", "0") else Kind.REGISTER
    if found := _INSTANT.fullmatch(point):
        return next((kind for codes, kind in _INSTANT_KINDS if found[1] in codes), Kind.OTHER)
    if _DEMAND.fullmatch(point):
        return Kind.DEMAND
    told = ((faults(), Kind.STATUS), (parameters(), Kind.PARAMETER), (covers(), Kind.COVER))
    return next((kind for points, kind in told if point in points), Kind.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limits:
    """Limits of one kind of meter in units (0.0001 kWh), units per second, V, A, kW; None: not known.

    Meters of one kind share one record, which is a key by itself: to hash what is in it takes longer than a rule.

    `voltage`, `current` and `power` are what a value can be at all. `un`, `ib`, `imax` are the rated values as the
    meter shows them, `base` is n Un Ib and `top` n Un Imax; `phases` are those that its wiring measures.
    """

    wrap: int
    step: int
    rate: float | None
    quiet_rate: float | None
    voltage: float | None
    current: float | None
    power: float | None
    un: float | None
    ib: float | None
    imax: float | None
    base: float | None
    top: float | None
    wiring: str
    phases: tuple[int, ...] | None
    tariffs: int
    generates: bool
    review: Review


def limits_of(meter: Meter, review: Review) -> Limits:
    """The limits that hold for this meter under its class's settings."""
    return _limits(
        (meter.digits, meter.decimals, meter.tariffs, meter.wiring, meter.customer_class),
        (meter.rated_voltage, meter.rated_current, meter.max_current),
        (meter.ct, meter.pt) if meter.register_is_primary else (Decimal(1), Decimal(1)),
        review,
    )


@lru_cache(maxsize=4096)
def _limits(
    shape: tuple[int, int, int, str, str],
    electrical: tuple[Decimal | None, Decimal | None, Decimal | None],
    ratios: tuple[Decimal, Decimal],
    review: Review,
) -> Limits:
    digits, decimals, tariffs, wiring, customer_class = shape
    ct, pt = ratios
    un = electrical[0] * pt if electrical[0] else None
    ib, imax = (current * ct if current else None for current in electrical[1:])
    top = plausible_power(wiring, un, imax) if un and imax else None
    return Limits(
        wrap=SCALE * 10**digits,
        step=SCALE // 10**decimals if decimals <= 4 else 1,
        rate=float(top) * (review.runaway_factor or _PLAUSIBLE) * SCALE / 3600 if top else None,
        quiet_rate=_quiet(float(top), review) if top else None,
        voltage=_IMPOSSIBLE * float(un) if un else None,
        current=_IMPOSSIBLE * float(imax) if imax else None,
        power=_IMPOSSIBLE * float(top) if top else None,
        un=float(un) if un else None,
        ib=float(ib) if ib else None,
        imax=float(imax) if imax else None,
        base=float(plausible_power(wiring, un, ib)) if un and ib else None,
        top=float(top) if top else None,
        wiring=wiring,
        phases=_PHASES.get(wiring),
        tariffs=tariffs,
        generates="generation" in customer_class or "gateway" in customer_class,
        review=review,
    )


def _quiet(top: float, review: Review) -> float:
    """Advance in units per second below which R022 says nothing; `top` in kW."""
    if not review.runaway_factor:
        return inf
    factor = min(review.runaway_factor, review.runaway_warn_factor or inf)
    return top * factor * SCALE / 3600


def shown(units: float) -> str:
    """Units as a text in kWh."""
    return f"{Decimal(round(units)).scaleb(-4).normalize():f}"
