"""What the readings within a day say of its customers: intervals, load, demand, voltage, power beside, shape."""

from collections.abc import Mapping, Sequence

from gateway.energy.curve import Curve
from gateway.master.process.feeds.beside import beside
from gateway.master.process.feeds.feed import Around, Customers, Fields
from gateway.master.process.feeds.profiles import Profiles
from gateway.master.process.feeds.voltages import voltages
from gateway.master.process.roll import Entry, Roll
from gateway.master.process.samples import CHUNK, Samples
from gateway.second.load import energies_of, load_of, means_of

__all__ = ["DayCurves", "samples_of"]


def samples_of(around: Around) -> Samples:
    """Of the period, looked up once."""
    found: Samples = around.once("curves", lambda around: Samples(around.store, around.period))
    return found


class DayCurves:
    """Fields of meters that were read within the day; the others cost nothing."""

    def customers(self, around: Around, part: Customers) -> dict[int, Fields]:
        """Of a part of the meters, some thousands at a time: their curves are much."""
        samples = samples_of(around)
        found: dict[int, Fields] = {}
        for first in range(0, len(part.numbers), CHUNK) if samples else ():
            found |= self._some(around, part.roll, part.numbers[first : first + CHUNK])
        return found

    def _some(self, around: Around, roll: Roll, numbers: Sequence[int]) -> dict[int, Fields]:
        samples = samples_of(around)
        curves = samples.of(numbers)
        found = {number: _fields(roll.entries[number], curve) for number, curve in curves.items()}
        for more in (beside(around, samples, roll, curves), Profiles(around).of(roll, curves)):
            _add(found, more)
        return {number: fields for number, fields in found.items() if fields}


def _add(found: dict[int, Fields], more: Mapping[int, Fields]) -> None:
    for number, fields in more.items():
        found[number] = found.get(number, {}) | fields


def _fields(entry: Entry, curve: Curve) -> Fields:
    """What one meter's own curve says, on the primary side."""
    multiplier = float(entry.multiplier)
    fields = voltages(entry, curve)
    means = means_of(curve)
    if means is not None and (energies := energies_of(means.times(multiplier), curve.step * multiplier)):
        fields["intervals"] = energies
    if curve.demand is not None:
        fields["demand"] = curve.demand * multiplier
    if entry.cells[15] is not None and (load := load_of(curve, means)) is not None:
        fields |= {"load": load.times(multiplier).values, "half_hour": load.half_hour}
    return fields
