"""The sums of one node in one period, of the registers that are here."""

from collections.abc import Iterator

from gateway.aggregates.boundaries import Boundaries
from gateway.aggregates.roster import NodeKey, Roster
from gateway.energy.aggregate import balance
from gateway.energy.members import SALE, SUPPLY, Member
from gateway.energy.period import Period
from gateway.energy.record import REVERSE, Aggregate, MeterEnergy
from gateway.energy.registers import energy_of

__all__ = ["sums"]


def sums(
    roster: Roster, boundaries: Boundaries, node: NodeKey, period: Period, source: str
) -> Iterator[Aggregate]:
    """Both sides, as far as they have members or energy here; each is version 1."""
    sides = roster.sides(node, period)

    def find(member: Member, point: str) -> MeterEnergy | None:
        part = Period(member.begin, member.end, period.span)
        place = roster.place(member.meter, part.end)
        if point == REVERSE and not any(boundaries.has(one.asset, point) for one in place):
            return None
        registers = {
            one.asset: boundaries.registers(one.asset, point, part.start, part.end, one.decimals)
            for one in place
        }
        return energy_of(place, point, part, registers)

    keys = ((*node, SUPPLY), (*node, SALE))
    tallies = balance(sides.get(keys[0], ()), sides.get(keys[1], ()), find)
    for key, tally in zip(keys, tallies, strict=True):
        if tally.due or tally.energy:
            yield tally.aggregate(key, period, source)
