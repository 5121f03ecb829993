"""P008: a meter's power times its multiplier, beside what else shows the power of the same customer.

That is the terminal's own word on the same meter and quarter hours, or another meter of the same metering point, as
a terminal's own measuring input is one. Where nothing stands beside, nothing is said.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations

from gateway.energy.curve import Curve
from gateway.energy.period import Period
from gateway.master.process.feeds.feed import Around, Fields
from gateway.master.process.roll import Entry, Roll
from gateway.master.process.samples import Samples
from gateway.second.load import beside_of, mean_of

__all__ = ["beside"]

_LEAST_KW = 0.005
"""A mean power below this, as the meter shows it, is too few of its last digits to be compared."""


def beside(around: Around, samples: Samples, roll: Roll, curves: Mapping[int, Curve]) -> dict[int, Fields]:
    """Of those of these meters that have something beside them."""
    found: dict[int, Fields] = {}
    for number, curve in curves.items():
        pair = beside_of(curve.powers, curve.sampled)
        if pair is not None and min(pair) >= _LEAST_KW:
            multiplier = float(roll.entries[number].multiplier)
            found[number] = {"power": pair[0] * multiplier, "power_beside": pair[1] * multiplier}
    alone = {n for n in curves if n not in found and n not in roll.gone and n not in roll.swapped}
    points = sorted({roll.entries[number].cells[0] for number in alone} - {""})
    for one, pair in _shared(around, samples, points):
        if one.id in alone:
            found[one.id] = {"power": pair[0], "power_beside": pair[1]}
    return found


def _shared(
    around: Around, samples: Samples, points: Sequence[str]
) -> Iterable[tuple[Entry, tuple[float, float]]]:
    """Pairs of meters of one of these metering points, with their powers on the primary side."""
    known = Roll()
    if points:
        known.add(around.store.ask("meters_beside", points))
    entries = [one for one in known.entries.values() if _stands(one, around.period)]
    curves = samples.of(sorted(one.id for one in entries), always=True)
    by_point: dict[str, list[Entry]] = {}
    for one in sorted(entries, key=lambda one: one.id):
        if one.id in curves:
            by_point.setdefault(one.cells[0], []).append(one)
    for group in by_point.values():
        for one, other in permutations(group, 2):
            if _is_judged(one, other, curves) and (pair := _powers(one, other, curves)) is not None:
                yield one, pair


def _stands(entry: Entry, period: Period) -> bool:
    return entry.active and entry.covers(period)


def _is_judged(one: Entry, other: Entry, curves: Mapping[int, Curve]) -> bool:
    """Of two that show the same, one is judged: the meter rather than the terminal, else the first."""
    ranks = [
        (curves[entry.id].powers is None and curves[entry.id].sampled is not None, entry.id)
        for entry in (one, other)
    ]
    return ranks[0] < ranks[1]


def _powers(one: Entry, other: Entry, curves: Mapping[int, Curve]) -> tuple[float, float] | None:
    a, b = curves[one.id], curves[other.id]
    pair = beside_of(a.powers or a.sampled, b.powers or b.sampled) or _means(a, b)
    if pair is None or min(pair) < _LEAST_KW:
        return None
    return pair[0] * float(one.multiplier), pair[1] * float(other.multiplier)


def _means(one: Curve, other: Curve) -> tuple[float, float] | None:
    """Mean powers of the day, from registers where they are there."""
    a, b = mean_of(one), mean_of(other)
    return None if a is None or b is None else (abs(a), abs(b))
