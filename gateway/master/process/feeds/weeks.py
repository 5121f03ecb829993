"""Eight weeks of a customer beside the other customers of its area, for what falls slowly (P003).

Looking back so far costs as much again as everything else of a meter, and a slow fall can wait: each meter has its
turn once a week, and every day while P003 hits it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from gateway.master.process.codes import decimal_of
from gateway.master.process.feeds.feed import Around, Customers, Fields
from gateway.master.process.history import Daily, History, daily
from gateway.second.judge import limits_for

__all__ = ["weeks"]

_RULE = "P003"
_DAYS = 56
_LEAST = 21
"""With fewer of the last or of the first 28 days nothing is compared."""
_TURN, _BLOCK = 7, 3_000
"""Meters take their turn in blocks of neighbouring numbers, which are read as ranges."""


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


def _chosen(around: Around, part: Customers, past: Daily) -> tuple[list[int], list[int]]:
    """Those whose turn it is, and of the others those that the rule goes on to hit."""
    lasting = around.once("weeks: hits", lambda _: _lasting(around))
    today = around.period.day.toordinal()
    turn: list[int] = []
    again: list[int] = []
    for number in part.numbers:
        entry = part.roll.entries[number]
        is_turn = (number // _BLOCK + today) % _TURN == 0
        wanted = (is_turn or entry.asset in lasting) and len(past.get(number, ())) >= _LEAST
        if wanted and limits_for(around.limits, entry.cells[2]).fall:
            (turn if is_turn else again).append(number)
    return turn, again


def _lasting(around: Around) -> frozenset[str]:
    """Meters that the rule hit the day before."""
    yesterday = around.period.day - timedelta(days=1)
    return frozenset(what for (what,) in around.store.ask("hits_of", [_RULE], day=yesterday.isoformat()))


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
