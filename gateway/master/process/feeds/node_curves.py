"""What the readings within a day say of lines and transformers, from the meters of their supply side."""

from array import array
from collections.abc import Mapping, Sequence
from decimal import Decimal

from gateway.energy.curve import Curve
from gateway.energy.loss import Part
from gateway.energy.members import SUPPLY
from gateway.master.process.feeds.curves import samples_of
from gateway.master.process.feeds.feed import Around, Fields
from gateway.master.process.feeds.voltages import voltages
from gateway.master.process.nodes import Balance
from gateway.master.process.roll import Entry
from gateway.second.load import Load, added, energies_of, load_of, means_of

__all__ = ["NodeCurves"]

_Known = tuple[int, Entry, Curve]
"""A supply meter's sign, archive row and curve."""


class NodeCurves:
    """Fields of nodes whose supply was read within the day."""

    def nodes(self, around: Around, balances: Sequence[Balance]) -> dict[int, Fields]:
        """Intervals and load of the supply as a whole, the voltage of its worst meter, the transformer's capacity."""
        samples = samples_of(around)
        meters = (
            {one.entries[part.meter].id for one in balances for part in _supply(one)} if samples else set()
        )
        curves = samples.of(sorted(meters))
        found = {one.node: _fields(one, curves) for one in balances} if curves else {}
        loaded = [node for node, fields in found.items() if fields]
        for node, _, capacity in around.store.ask("node_capacities", loaded) if loaded else ():
            found[node]["capacity"] = float(Decimal(capacity))
        return {node: found[node] for node in loaded}


def _supply(one: Balance) -> list[Part]:
    return [part for part in one.parts if part.side == SUPPLY and part.meter in one.entries]


def _fields(one: Balance, curves: Mapping[int, Curve]) -> Fields:
    supply = [(part.sign, one.entries[part.meter]) for part in _supply(one)]
    known = [(sign, entry, curves[entry.id]) for sign, entry in supply if entry.id in curves]
    fields = _worst([voltages(entry, curve) for _, entry, curve in known])
    if not known or len(known) < sum(part.side == SUPPLY for part in one.parts):
        return fields
    own = [means_of(curve) for _, _, curve in known]
    loads = [load_of(curve, means) for (_, _, curve), means in zip(known, own, strict=True)]
    load = _added(known, loads)
    if load is not None:
        fields |= {"load": array("f", map(abs, load.values)), "half_hour": load.half_hour}
    means = _added(known, own)
    step = sum(curve.step * float(entry.multiplier) for _, entry, curve in known)
    if energies := energies_of(means, step):
        fields["intervals"] = energies
    return fields


def _added(known: Sequence[_Known], loads: Sequence[Load | None]) -> Load | None:
    """The sum on the primary side; None where one of the meters has none."""
    parts = [
        (sign, load.times(float(entry.multiplier)))
        for (sign, entry, _), load in zip(known, loads, strict=True)
        if load is not None
    ]
    return added(parts) if len(parts) == len(known) else None


def _worst(found: Sequence[Fields]) -> Fields:
    return min((one for one in found if one), key=lambda one: one["voltage_share"], default={})
