"""Times without supply as the master knows them, of meters and of what reads them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from gateway.energy.outages import Spell, spells
from gateway.energy.period import Period
from gateway.master.events import told
from gateway.master.process.codes import micros
from gateway.master.rows import shift
from gateway.master.stores.base import Store

__all__ = ["Told", "outages"]

_OUT = "outage"
_POWERED = frozenset({"power_on", "restart"})
_LOOK_BACK = timedelta(days=31)
"""So long before a period an outage may have begun that lasts into it."""

Told = dict[tuple[int, str], list[Spell]]
"""Spells by gateway and by asset number or target."""
_Key = tuple[int, str]


def outages(store: Store, period: Period) -> Told:
    """Every spell that reaches into a period; the end that nobody told is the first reading after it began.

    An answer of a meter shows that it had power, an answer of a terminal that this had. Raises StoreProblem.
    """
    begun: dict[_Key, list[Spell]] = defaultdict(list)
    powered: dict[_Key, list[datetime]] = defaultdict(list)
    for one in told(store, _POWERED | {_OUT}, period.start - _LOOK_BACK, period.end):
        key = one.gateway, one.meter
        if one.kind == _OUT:
            begun[key].append(Spell(one.began, one.ended))
        else:
            powered[key].append(one.began)
    if not begun:
        return {}
    for key, at in _seen(store, _open(begun), period.end):
        powered[key].append(at)
    whole = {key: spells(those, powered.get(key, ())) for key, those in begun.items()}
    return {
        key: kept
        for key, those in whole.items()
        if (kept := [one for one in those if one.ended is None or one.ended > period.start])
    }


def _open(begun: dict[_Key, list[Spell]]) -> list[tuple[_Key, int]]:
    ended = {(key, one.began) for key, those in begun.items() for one in those if one.ended is not None}
    found = {(key, one.began) for key, those in begun.items() for one in those} - ended
    return sorted((key, micros(began)) for key, began in found)


def _seen(
    store: Store, wanted: Sequence[tuple[_Key, int]], before: datetime
) -> Iterable[tuple[_Key, datetime]]:
    """When each was heard of after its spell began; nothing is asked where every spell has an end."""
    if not wanted:
        return
    bounds = {"first": min(began for _, began in wanted), "before": micros(before)}
    owners: dict[str, list[_Key]] = defaultdict(list)
    for key, _ in wanted:
        owners[key[1]].append(key)
    rows = [(name, began) for (_, name), began in wanted]
    for name, _, at in store.ask("report_power_of_meters", rows, **bounds):
        for key in dict.fromkeys(owners[name]):
            yield key, shift(at)
    rows_of_targets = [(gateway, name, began) for (gateway, name), began in wanted]
    for gateway, name, _, at in store.ask("report_power_of_targets", rows_of_targets, **bounds):
        yield (gateway, name), shift(at)
