"""Who answers in an area, beside whom the archive has there."""

import json
from collections.abc import Iterable, Sequence

from gateway.master.process.codes import micros
from gateway.master.process.feeds.feed import Again, Around, Change, Fields
from gateway.master.process.history import History
from gateway.master.process.marks import Work
from gateway.master.process.nodes import Balance
from gateway.master.stores.base import Store
from gateway.second.view import Subject

__all__ = ["Members"]

_DAYS = 3
"""So many days without a register are no lateness any more; a day or two is for P030."""
_MOST_SILENT = 0.5
"""Where a larger part is silent the way to them is broken, and the archive may be right."""


class Members:
    """P042: meters that the archive has at a node, and those that answer there.

    Expected are the members of the day that are in service. Seen are those of them of which any register came at the
    end of this day or of one of the two before, and strangers: meters that gave one at the end of this day, have no
    relation to any line or transformer, took nobody's place by an exchange, and are read through a target whose other
    meters all belong to this transformer. So a target without a name, or one that reads several transformers, tells
    of no stranger. A meter of which no archive is known is no stranger either: whoever read it did not say through
    what; and what only a carrier module's or concentrator's own list names, finding T001 of its gateway tells.
    """

    def again(self, store: Store, change: Change) -> Again:
        """The two days after one on which somebody answered, with a value that may be no energy's."""
        return [(period, Work(nodes=set(change.touched))) for period in change.after[: _DAYS - 1]]

    def nodes(self, around: Around, balances: Sequence[Balance]) -> dict[int, Fields]:
        """Of nodes with members."""
        silent = self._silent(around, balances)
        strange = self._strange(around, balances)
        found: dict[int, Fields] = {}
        for one in balances:
            expected = {part.meter for part in one.parts}
            gone, more = sorted(expected & silent), strange.get(one.node, [])
            if len(gone) <= _MOST_SILENT * len(expected):
                found[one.node] = {
                    "expected_members": len(expected),
                    "seen_members": len(expected) - len(gone) + len(more),
                    "silent": gone,
                    "strangers": more,
                }
        return found

    def _silent(self, around: Around, balances: Sequence[Balance]) -> set[str]:
        """Members that gave no register on any of the days; none where one of the days was not computed."""
        assets = {
            one.entries[part.meter].id: part.meter
            for one in balances
            for part in one.parts
            if not part.read and part.meter in one.entries
        }
        days = [*History(around.store, around.period).before(_DAYS - 1), micros(around.period.start)]
        rows = _heard(around, assets, days)
        quiet = sorted(meter for meter, count, heard in rows if count == _DAYS and not heard)
        answered = _answered(around, quiet, [*days[1:], micros(around.period.end)])
        return {assets[meter] for meter in quiet if meter not in answered}

    def _strange(self, around: Around, balances: Sequence[Balance]) -> dict[int, list[str]]:
        """Strangers by node."""
        areas = sorted(one.node for one in balances if one.name[0] == Subject.TRANSFORMER)
        rows = around.store.ask("strangers_beside", areas) if areas else []
        meters = sorted({meter for _, meter, _ in rows})
        seen = {meter for meter, _, heard in _heard(around, meters, [micros(around.period.start)]) if heard}
        seen |= _answered(around, meters, [micros(around.period.end)])
        found: dict[int, list[str]] = {}
        for node, meter, asset in rows:
            if meter in seen:
                found.setdefault(node, []).append(asset)
        return found


def _heard(around: Around, meters: Iterable[int], days: Sequence[int]) -> list[tuple[int, int, int]]:
    """By meter how many of these days were computed, and whether any of them ended with a register."""
    wanted = sorted(meters)
    found = around.store.ask("energy_heard", wanted, days=json.dumps(days)) if wanted else []
    return [(meter, count, heard) for meter, count, heard in found]


def _answered(around: Around, meters: Sequence[int], ends: Sequence[int]) -> set[int]:
    """Those of which a value of any kind and state came at one of these instants."""
    if not meters:
        return set()
    return {row[0] for at in ends for row in around.store.ask("registers_listed", meters, at=at)}
