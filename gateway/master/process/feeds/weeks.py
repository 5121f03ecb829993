"""Eight weeks of a customer beside the other customers of its area, for what falls slowly (P003).

Looking back so far costs as much again as everything else of a meter, and a slow fall can wait: each meter has its
turn once a week, and every day while P003 hits it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from zlib import crc32

from gateway.master.process.codes import decimal_of
from gateway.master.process.feeds.feed import Again, Around, Change, Customers, Fields
from gateway.master.process.feeds.looking import hit_on
from gateway.master.process.history import Daily, History, daily
from gateway.master.process.marks import Work
from gateway.master.stores.base import Store
from gateway.second.judge import limits_for

__all__ = ["RULE", "Weeks", "turn_of", "weeks"]

RULE = "P003"
_DAYS = 56
_LEAST = 21
"""With fewer of the last or of the first 28 days nothing is compared."""
_TURN = 7
_TAIL = 3
"""Meters whose asset numbers differ in the last places only take their turn together: they are read as a range."""
_GAP = 100
_MOST_RANGES = 16


class Weeks:
    """Who is compared with an area that has changed."""

    def again(self, store: Store, change: Change) -> Again:
        """Customers of areas that were sold something else, on days of their turn and on those after a hit."""
        rows = store.ask("area_members", sorted(change.changed)) if change.changed else []
        members = {asset: number for number, asset, owner in rows if owner not in change.awaited}
        turns: dict[int, set[int]] = {}
        for asset, number in members.items():
            turns.setdefault(turn_of(asset), set()).add(number)
        for period in change.after:
            yield period, Work(meters=set(turns.get(period.day.toordinal() % _TURN, ())))
        for asset, period in hit_on(store, {RULE}, members, change.after):
            for one in (period, period.next()):
                if one in change.after:
                    yield one, Work(meters={members[asset]})


def weeks(around: Around, part: Customers, past: Daily) -> dict[int, Fields]:
    """`daily` over eight weeks and `peers`, of the meters whose turn it is; `past` are their last thirty days."""
    if len(around.days) < _LEAST:
        return {}
    whole = History(around.store, around.period).before(_DAYS)
    earlier = around.once("weeks: days", lambda _: _earlier(around, whole))
    groups = _chosen(around, part, past) if len(earlier) >= _LEAST else ()
    chosen = [number for group in groups for number in group]
    if not chosen:
        return {}
    before: Daily = {}
    for group in groups:
        before |= daily(around.store, earlier, group, part.point) if group else {}
    sales = _sales(around, chosen, whole)
    found = {}
    for number in chosen:
        known = past[number] | before.get(number, {})
        own = [_float(known[start][0]) if start in known else None for start in whole]
        sale = sales.get(number, {})
        found[number] = {
            "daily": (*own, _float(part.energies[number])),
            "peers": (*(_less(sale.get(start), mine) for start, mine in zip(whole, own, strict=True)), None),
        }
    return found


def _earlier(around: Around, whole: Sequence[int]) -> list[int]:
    """Days of the eight weeks that the shorter look does not see, and that have energies."""
    wanted = [start for start in whole if start < around.days[0]]
    return [start for (start,) in around.store.ask("energy_days", wanted)]


def _chosen(around: Around, part: Customers, past: Daily) -> list[list[int]]:
    """Those whose turn it is, and of the others those that the rule goes on to hit; in groups to be read at once."""
    lasting = around.once("weeks: hits", lambda _: _lasting(around))
    today = around.period.day.toordinal() % _TURN
    turn: list[int] = []
    again: list[int] = []
    for number in part.numbers:
        entry = part.roll.entries[number]
        is_turn = turn_of(entry.asset) == today
        wanted = (is_turn or entry.asset in lasting) and len(past.get(number, ())) >= _LEAST
        if wanted and limits_for(around.limits, entry.cells[2]).fall:
            (turn if is_turn else again).append(number)
    return [*_ranges(turn), again]


def turn_of(asset: str) -> int:
    """The day of the week on which it is looked at so far back: a day's ordinal number modulo 7."""
    return crc32(asset[:-_TAIL].encode()) % _TURN


def _ranges(numbers: list[int]) -> list[list[int]]:
    """Cut where many numbers lie between; not at all into very many."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number - found[-1][-1] <= _GAP:
            found[-1].append(number)
        else:
            found.append([number])
    return found if len(found) <= _MOST_RANGES else [numbers]


def _lasting(around: Around) -> frozenset[str]:
    """Meters that the rule hit the day before."""
    yesterday = around.period.day - timedelta(days=1)
    return frozenset(what for (what,) in around.store.ask("hits_of", [RULE], day=yesterday.isoformat()))


def _sales(around: Around, meters: Sequence[int], whole: Sequence[int]) -> Mapping[int, Mapping[int, float]]:
    """What the area of each meter was sold, by the day's start."""
    nodes = dict(around.store.ask("sale_nodes", sorted(meters), day=around.period.day.isoformat()))
    sums: dict[int, dict[int, float]] = {}
    days = "[" + ",".join(map(str, whole)) + "]"
    for node, start, sale, scale in around.store.ask("sales_daily", sorted(set(nodes.values())), days=days):
        sums.setdefault(node, {})[start] = float(decimal_of(sale, scale))
    return {meter: sums.get(node, {}) for meter, node in nodes.items()}


def _less(sale: float | None, own: float | None) -> float | None:
    return None if sale is None or own is None else sale - own


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
