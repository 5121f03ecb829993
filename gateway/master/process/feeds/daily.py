"""Energies of a customer's last thirty days, and how they came about; of some, of eight weeks."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from gateway.energy.record import Computed
from gateway.master.process.feeds.feed import Around, Customers, Fields
from gateway.master.process.feeds.weeks import weeks
from gateway.master.process.history import daily

__all__ = ["DailyEnergies"]

_Past = Mapping[int, tuple[Decimal | None, str]]


class DailyEnergies:
    """Energies by day, how many were estimated in a row, and whether energy may flow at all."""

    def customers(self, around: Around, part: Customers) -> dict[int, Fields]:
        """Of meters with energies, and of those that should have some."""
        past = daily(around.store, around.days, part.numbers, part.point) if around.days else {}
        found = {}
        for number in part.numbers:
            entry, energy, known = part.roll.entries[number], part.energies[number], past.get(number, {})
            if known or (energy is not None and (entry.cells[15] is not None or not entry.active)):
                found[number] = _fields(around.days, known, energy)
        for number, longer in weeks(around, part, past).items() if past else ():
            found[number] |= longer
        return found


def _fields(days: Sequence[int], past: _Past, energy: Decimal | None) -> Fields:
    series = [_float(past[start][0]) if start in past else None for start in days]
    how = [past[start][1] if start in past else "" for start in days]
    known = [value for value in series if value is not None]
    return {
        "daily": (*series, _float(energy)),
        "estimates_in_row": _in_row(how) if energy is None else 0,
        "usual": sum(known) / len(known) if known else None,
    }


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _in_row(how: Sequence[str]) -> int:
    """So many days up to the one that is judged, which was not read, were not read either but estimated."""
    count = 1
    for said in reversed(how):
        if said != Computed.ESTIMATED:
            break
        count += 1
    return count
