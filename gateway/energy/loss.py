"""Line loss of a node: supply minus sale, whether it can be computed, its range, and what it says.

`loss = supply - sale`, `rate = loss / supply`. Members that were not read make a range, then nothing at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gateway.energy.accuracy import bound
from gateway.energy.aggregate import Find, Tally, due_energies
from gateway.energy.members import SALE, SUPPLY, Member
from gateway.energy.period import Period
from gateway.energy.record import Aggregate, Computed, Loss, LossState

__all__ = ["LossLimits", "Part", "loss_of", "part_of", "rankable", "rate_of"]

_ZERO, _ONE = Decimal(0), Decimal(1)
_PLACES = Decimal("0.000001")
_DAY_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one member gives to a side: its energy in kWh (None: missing) and what it usually is.

    `reference` is the mean energy of such a period over 28 days, None for a member without history; `accuracy`
    the share its meter may be off; `flags` those of its energy.
    """

    meter: str
    side: str
    energy: Decimal | None
    sign: int = 1
    computed: Computed = Computed.READ
    reference: Decimal | None = None
    accuracy: Decimal = Decimal("0.02")
    flags: int = 0

    @property
    def read(self) -> bool:
        """Whether the energy was read, not estimated and not missing."""
        return self.energy is not None and self.computed is Computed.READ


def part_of(
    member: Member,
    side: str,
    find: Find,
    *,
    reference: Decimal | None = None,
    accuracy: Decimal = Decimal("0.02"),
) -> Part:
    """A member as `balance` counts it: missing where a due register is, estimated where one is."""
    there = due_energies(member, find)
    computed = Computed.READ if there else Computed.MISSING
    if any(one.computed is Computed.ESTIMATED for one in there):
        computed = Computed.ESTIMATED
    flags = 0
    for one in there:
        flags |= one.flags
    return Part(
        meter=member.meter,
        side=side,
        energy=there[0].energy if there else None,
        sign=member.sign,
        computed=computed,
        reference=reference,
        accuracy=accuracy,
        flags=flags,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LossLimits:
    """Limits as shares: a rate below `negative` or above `high`, coverage for a figure and for a range.

    `floor` is the supply in kWh a day below which a node is not ranked, because percentages explode.
    """

    negative: Decimal = Decimal("-0.01")
    high: Decimal = Decimal("0.12")
    figure: Decimal = Decimal("0.98")
    range: Decimal = Decimal("0.95")
    floor: Decimal = Decimal(20)


def loss_of(
    node: tuple[str, str],
    period: Period,
    sides: tuple[Tally | Aggregate, Tally | Aggregate],
    parts: Sequence[Part],
    *,
    limits: LossLimits | None = None,
    added: Decimal = _ZERO,
) -> Loss:
    """The loss of a node (kind, code) in a period.

    `sides` are supply and sale, `parts` their members by themselves. `added` is energy of
    the sale that no meter counts: losses in customers' transformers metered on their low side.
    """
    limits = limits or LossLimits()
    supply, sale = sides[0].energy, sides[1].energy + added
    covered = _coverage(parts)
    loss = supply - sale
    low, high = _range(parts, loss)
    rate = rate_of(loss, supply)
    reason = _reason(supply, parts, covered, limits)
    bounds = [_share(value, supply) for value in (low, high)] if rate is not None else [None, None]
    state = LossState.NOT_COMPUTABLE if reason else _state(bounds, limits)
    known = not reason
    return Loss(
        node_kind=node[0],
        node=node[1],
        span=period.span,
        start=period.start,
        end=period.end,
        supply=supply,
        sale=sale,
        loss=loss if known else None,
        rate=rate if known else None,
        state=state,
        rate_low=bounds[0] if known else None,
        rate_high=bounds[1] if known else None,
        bound=bound((one.accuracy, one.energy) for one in parts if one.energy is not None),
        coverage=covered,
        due=sum(side.due for side in sides),
        present=sum(side.present for side in sides),
        estimated=sum(side.estimated for side in sides),
        skew_seconds=max(side.skew_seconds for side in sides),
        reason=reason or ("range" if covered < limits.figure else ""),
    )


def rate_of(loss: Decimal, supply: Decimal) -> Decimal | None:
    """Loss as a share of the supply, to a millionth; None without supply."""
    return _share(loss, supply) if supply > 0 else None


def rankable(
    rate: Decimal | None, supply: Decimal | None, hours: float, limits: LossLimits | None = None
) -> bool:
    """Whether a node takes part in a ranking by rate: computed, and supplied with the floor of so many hours."""
    floor = (limits or LossLimits()).floor * Decimal(hours) / _DAY_HOURS
    return rate is not None and supply is not None and supply >= floor


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(_PLACES)


def _reason(supply: Decimal, parts: Sequence[Part], covered: Decimal, limits: LossLimits) -> str:
    if not parts:
        return "no_members"
    gateways = [one for one in parts if one.side == SUPPLY]
    if not gateways:
        return "no_gateway"
    if any(one.energy is None for one in gateways):
        return "gateway_missing"
    if not all(one.read for one in gateways):
        return "gateway_estimated"
    if not any(one.side == SALE for one in parts):
        return "no_members"
    if covered < limits.range:
        return "coverage"
    return "" if supply > 0 else "no_supply"


def _coverage(parts: Sequence[Part]) -> Decimal:
    """Energy weight of the sale's members that were read; one without history weighs as the mean of the others."""
    sales = [one for one in parts if one.side == SALE]
    usual = _usual(sales)
    weights = [(one, abs(usual if one.reference is None else one.reference)) for one in sales]
    whole = sum((weight for _, weight in weights), _ZERO)
    if not whole:
        return Decimal(sum(one.read for one in sales)) / len(sales) if sales else _ONE
    return _share(sum((weight for one, weight in weights if one.read), _ZERO), whole)


def _usual(parts: Sequence[Part]) -> Decimal:
    known = [abs(one.reference) for one in parts if one.reference is not None]
    return sum(known, _ZERO) / len(known) if known else _ONE


def _range(parts: Iterable[Part], loss: Decimal) -> tuple[Decimal, Decimal]:
    """The loss if every member that was not read had taken twice its usual energy, and if none of it."""
    low = high = loss
    for one in parts:
        if one.side != SALE or one.read:
            continue
        taken = one.energy or _ZERO
        usual = taken if one.reference is None else one.reference
        # What stands in the sum for it (an estimate, or nothing) is taken out again.
        ends = sorted((one.sign * (taken - 2 * usual), one.sign * taken))
        low, high = low + ends[0], high + ends[1]
    return low, high


def _state(bounds: Sequence[Decimal | None], limits: LossLimits) -> LossState:
    """A state holds where the whole range says it."""
    low, high = bounds
    if low is not None and low > limits.high:
        return LossState.HIGH
    if high is not None and high < limits.negative:
        return LossState.NEGATIVE
    return LossState.NORMAL
