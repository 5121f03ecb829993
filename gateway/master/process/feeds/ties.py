"""The two ends of a tie: a line that nobody draws from, between two gateway meters."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from gateway.energy.accuracy import accuracy_of
from gateway.energy.loss import Part
from gateway.energy.members import SALE, SUPPLY
from gateway.master.process.feeds.feed import Around, Fields
from gateway.master.process.nodes import Balance
from gateway.master.process.roll import Entry

__all__ = ["Ties"]

_GATEWAY = "gateway"
_STEPS = 2
"""Steps of the registers by which two energies may differ and be the same: one at each end of the period."""


class Ties:
    """P038: what flowed in at one end and out at the other.

    A tie is a line with exactly one meter of its supply and one of its sale, both of class `gateway`: what flows in
    is the supply, forward of the one and reverse of the other, and what flows out the sale. Both must have been
    read. The accuracy is that of the worse meter with its transformers. A tie so idle that the steps of its
    registers are more than that accuracy is not judged.
    """

    def nodes(self, around: Around, balances: Sequence[Balance]) -> dict[int, Fields]:
        """Of ties."""
        found: dict[int, Fields] = {}
        for one in balances:
            ends = _ends(one)
            if ends is not None:
                found[one.node] = {"ends": ends}
        return found


def _ends(one: Balance) -> tuple[float, float, float] | None:
    if one.name[0] != "line" or [part.side for part in one.parts] != [SUPPLY, SALE]:
        return None
    meters = [_gateway(part, one.entries) for part in one.parts]
    known = [entry for entry in meters if entry is not None]
    if len(known) < len(meters):
        return None
    flowed = [side.energy for side in one.sides]
    accuracy = max(accuracy_of(entry.meter()) for entry in known)
    step = max(_step(entry) for entry in known)
    if min(flowed) <= 0 or _STEPS * step > accuracy * min(flowed):
        return None
    return float(flowed[0]), float(flowed[1]), float(accuracy)


def _gateway(part: Part, entries: Mapping[str, Entry]) -> Entry | None:
    entry = entries.get(part.meter)
    fit = entry is not None and _GATEWAY in entry.cells[2] and part.read and part.sign > 0
    return entry if fit else None


def _step(entry: Entry) -> Decimal:
    """What one step of a register is in kWh, primary side."""
    return entry.multiplier.scaleb(-int(entry.cells[5]))
