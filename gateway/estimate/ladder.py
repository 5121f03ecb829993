"""The estimation ladder E0 to E10 (domain 3.3): the first step whose conditions hold gives the energy of a period.

Energies are primary `Decimal`s in kWh. An estimate carries its method and is never for billing without that mark.
E0 (read again) belongs to the collection, E10 (agreed) to a person; neither is computed here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from protocols.reading import Method

__all__ = ["LADDER", "Estimate", "Gap", "estimate", "scaled"]

_ZERO = Decimal(0)
_STEP = Decimal("0.0001")
_SHORT = timedelta(hours=2)
_LOW, _HIGH = Decimal("0.3"), Decimal(3)
_LEAST_LIKE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What is known around the missing energy of a meter in a period of `days` days; None: not known.

    `advance` is the energy between the registers that enclose the gap, `known` what of it is known, `shape` the
    like-day energies of the whole enclosed time and `place` which of them is the period asked for. `alternate` is
    the energy by a redundant source. `like` are energies of like days, nearest first. `last_year` and `own` are
    mean daily energies: of the same month a year ago, and of the last accepted period; `trend` is this year over
    last. `supply`, `loss_rate` and `others` balance a node where this is the only unknown. `class_daily` is the
    mean of the customer's class, `cut_off` says that it is disconnected under seal.
    """

    length: timedelta
    alternate: Decimal | None = None
    advance: Decimal | None = None
    known: Decimal = _ZERO
    shape: Sequence[Decimal] = ()
    place: int = 0
    like: Sequence[Decimal] = ()
    last_year: Decimal | None = None
    trend: Decimal = Decimal(1)
    own: Decimal | None = None
    supply: Decimal | None = None
    loss_rate: Decimal | None = None
    others: Decimal | None = None
    class_daily: Decimal | None = None
    cut_off: bool = False

    @property
    def days(self) -> Decimal:
        """Length in days."""
        return Decimal(round(self.length.total_seconds())) / 86_400


@dataclass(frozen=True, slots=True)
class Estimate:
    """An energy in kWh and the step that gave it."""

    energy: Decimal
    method: Method


def scaled(shape: Sequence[Decimal], energy: Decimal) -> list[Decimal] | None:
    """A like-day profile brought to an energy, to 0.0001 kWh; the parts sum to it exactly.

    None where the factor lies outside of 0.3 to 3: then the profile is of another life.
    """
    total = sum(shape, _ZERO)
    if total <= 0 or not _LOW <= energy / total <= _HIGH:
        return None
    parts, given, done = [], _ZERO, _ZERO
    for part in shape:
        done += part
        upto = (energy * done / total).quantize(_STEP, ROUND_HALF_EVEN)
        parts.append(upto - given)
        given = upto
    return parts


def _alternate(gap: Gap) -> Decimal | None:
    """E1: a check meter, the terminal's own sampling, a hand-held reading of a day beside."""
    return gap.alternate


def _line(gap: Gap) -> Decimal | None:
    """E2: a short gap between real neighbours on the straight line."""
    if gap.advance is None or gap.length > _SHORT or not gap.shape:
        return None
    return (gap.advance - gap.known) / len(gap.shape)


def _shape(gap: Gap) -> Decimal | None:
    """E3: what the registers around the gap say, in the shape of like days; where they stood still, nothing."""
    if gap.advance is None or not gap.shape or gap.length <= _SHORT:
        return None
    if gap.advance == gap.known:
        return _ZERO
    parts = scaled(gap.shape, gap.advance - gap.known)
    return None if parts is None else parts[gap.place]


def _like(gap: Gap) -> Decimal | None:
    """E4: the mean of up to three like days."""
    near = gap.like[:3]
    return sum(near, _ZERO) / len(near) if len(near) >= _LEAST_LIKE else None


def _year(gap: Gap) -> Decimal | None:
    """E5: the same month a year ago, with the trend."""
    return None if gap.last_year is None else gap.last_year * gap.days * gap.trend


def _own(gap: Gap) -> Decimal | None:
    """E6: the mean day of the last accepted period."""
    return None if gap.own is None else gap.own * gap.days


def _balance(gap: Gap) -> Decimal | None:
    """E7: what the node lacks, where everybody else is known."""
    if gap.supply is None or gap.loss_rate is None or gap.others is None:
        return None
    rest = gap.supply * (1 - gap.loss_rate) - gap.others
    return rest if rest >= 0 else None


def _class(gap: Gap) -> Decimal | None:
    """E8: the mean of the class, for a new customer."""
    return None if gap.class_daily is None else gap.class_daily * gap.days


def _zero(gap: Gap) -> Decimal | None:
    """E9: disconnected, the seal confirmed."""
    return _ZERO if gap.cut_off else None


LADDER: tuple[tuple[Method, Callable[[Gap], Decimal | None]], ...] = (
    (Method.ALT, _alternate),
    (Method.LIN, _line),
    (Method.SHAPE, _shape),
    (Method.LIKE, _like),
    (Method.PYEAR, _year),
    (Method.ADL, _own),
    (Method.BAL, _balance),
    (Method.CLASS, _class),
    (Method.ZERO, _zero),
)
"""The steps in their order; E9 comes first of all for a point that is cut off."""


def estimate(gap: Gap) -> Estimate | None:
    """The energy by the first step that can give one, to 0.0001 kWh; None where none can."""
    steps = LADDER[-1:] if gap.cut_off else LADDER
    for method, step in steps:
        energy = step(gap)
        if energy is not None and energy >= 0:
            return Estimate(energy.quantize(_STEP, ROUND_HALF_EVEN), method)
    return None
