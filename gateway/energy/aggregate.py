"""The sums of a node's two sides over a period, and how sums of several gateways become one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isqrt

from gateway.energy.members import Member, Side
from gateway.energy.period import Period
from gateway.energy.record import FORWARD, REVERSE, Aggregate, Computed, MeterEnergy, worst
from protocols.reading import Flag, State

__all__ = ["Find", "Tally", "balance", "deviation", "due_energies", "merged"]

_SHARE = Decimal("0.000001")
_ZERO = Decimal(0)

Find = Callable[[Member, str], MeterEnergy | None]
"""Gives the energy of a member at a point, over the member's part of the period."""


@dataclass(slots=True)
class Tally:
    """A running sum of one side; tallies of parts add up to exactly the tally of the whole, in any order.

    `gross` is the sum of the sizes of the energies, `estimated_gross` the estimated part of it, `moment` the sum
    of sizes times squared offsets in seconds.
    """

    energy: Decimal = _ZERO
    gross: Decimal = _ZERO
    estimated_gross: Decimal = _ZERO
    moment: Decimal = _ZERO
    due: int = 0
    present: int = 0
    estimated: int = 0
    flags: int = 0
    worst: State = State.PASSED

    @property
    def skew_seconds(self) -> int:
        """Root mean square of the members' offsets, weighted by energy, to the nearest second."""
        return _root_mean(self.moment, self.gross)

    def count(self, parts: Sequence[MeterEnergy]) -> None:
        """Count a due member by its energies; none of them: it is missing."""
        self.due += 1
        if any(one.computed is Computed.ESTIMATED for one in parts):
            self.estimated += 1
        elif parts:
            self.present += 1

    def add(self, sign: int, one: MeterEnergy) -> None:
        """Add an energy; what has none adds nothing."""
        if one.energy is None:
            return
        size = abs(one.energy)
        self.energy += sign * one.energy
        self.gross += size
        self.moment += size * one.skew_seconds * one.skew_seconds
        if one.computed is Computed.ESTIMATED:
            self.estimated_gross += size
        self.flags |= one.flags
        self.worst = worst((self.worst, one.worst))

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            energy=self.energy + other.energy,
            gross=self.gross + other.gross,
            estimated_gross=self.estimated_gross + other.estimated_gross,
            moment=self.moment + other.moment,
            due=self.due + other.due,
            present=self.present + other.present,
            estimated=self.estimated + other.estimated,
            flags=self.flags | other.flags,
            worst=worst((self.worst, other.worst)),
        )

    def aggregate(self, side: Side, period: Period, source: str = "") -> Aggregate:
        """The record of this sum; where due members have no energy it says that it is incomplete."""
        short = self.present + self.estimated < self.due
        return Aggregate(
            node_kind=side[0],
            node=side[1],
            side=side[2],
            span=period.span,
            start=period.start,
            end=period.end,
            energy=self.energy,
            due=self.due,
            present=self.present,
            estimated=self.estimated,
            estimated_share=_share(self.estimated_gross, self.gross),
            worst=self.worst,
            skew_seconds=self.skew_seconds,
            flags=self.flags | (Flag.AGGREGATED_INCOMPLETE if short else 0),
            source=source,
        )


def balance(supply: Iterable[Member], sale: Iterable[Member], find: Find) -> tuple[Tally, Tally]:
    """Both sides of a node: supply is its meters forward and the customers' feed-in, sale the other two.

    A member of which a due register has no energy counts on neither side; it is missing. A reverse register
    that is not due counts where it moved.
    """
    sides = Tally(), Tally()
    for mine, theirs, group in ((sides[0], sides[1], supply), (sides[1], sides[0], sale)):
        for member in group:
            _enter(member, mine, theirs, find)
    return sides


def due_energies(member: Member, find: Find) -> list[MeterEnergy]:
    """Energies of the registers that are due of a member, forward first; none where one of them has none."""
    points = (FORWARD, REVERSE) if member.two_way else (FORWARD,)
    found = [find(member, point) for point in points]
    there = [one for one in found if one is not None and one.energy is not None]
    return there if len(there) == len(found) else []


def merged(parts: Iterable[Aggregate]) -> list[Aggregate]:
    """One aggregate for each side and period out of those of several gateways, each of which has other members.

    Energy, counts, state and flags are exactly those of all members at once. Estimated share and offset are
    weighted by the parts' energies: to a millionth and a second where no member counts negative.
    """
    groups: dict[tuple[object, ...], list[Aggregate]] = {}
    for one in parts:
        key = (one.node_kind, one.node, one.side, one.span, one.start, one.end, one.unit)
        groups.setdefault(key, []).append(one)
    return [_merge(group) for group in groups.values()]


def deviation(stored: Decimal, children: Iterable[Decimal]) -> Decimal:
    """How far a stored sum lies from that of its children, as a share of it (P037); 1 where it should be zero."""
    off = abs(sum(children, _ZERO) - stored)
    if not off:
        return _ZERO
    return off / abs(stored) if stored else Decimal(1)


def _enter(member: Member, mine: Tally, theirs: Tally, find: Find) -> None:
    there = due_energies(member, find)
    mine.count(there)
    if not there:
        return
    mine.add(member.sign, there[0])
    reverse = find(member, REVERSE)
    if reverse is not None and reverse.energy:
        theirs.add(member.sign, reverse)


def _merge(group: Sequence[Aggregate]) -> Aggregate:
    gross = sum((abs(one.energy) for one in group), _ZERO)
    estimated = sum((abs(one.energy) * one.estimated_share for one in group), _ZERO)
    moment = sum((abs(one.energy) * one.skew_seconds**2 for one in group), _ZERO)
    flags = 0
    for one in group:
        flags |= one.flags
    first = group[0]
    return Aggregate(
        node_kind=first.node_kind,
        node=first.node,
        side=first.side,
        span=first.span,
        start=first.start,
        end=first.end,
        energy=sum((one.energy for one in group), _ZERO),
        due=sum(one.due for one in group),
        present=sum(one.present for one in group),
        estimated=sum(one.estimated for one in group),
        estimated_share=_share(estimated, gross),
        worst=worst(one.worst for one in group),
        skew_seconds=_root_mean(moment, gross),
        flags=flags,
        unit=first.unit,
    )


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(_SHARE) if part and whole else _ZERO


def _root_mean(moment: Decimal, weight: Decimal) -> int:
    """Root of a weighted mean of squares, to the nearest second."""
    return (isqrt(int(moment * 4 / weight)) + 1) // 2 if moment and weight else 0
