"""Which areas were searched on later days, and see something else there now."""

import json
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from datetime import date

from gateway.energy.period import Period, Span
from gateway.master.process.codes import number_of
from gateway.master.process.feeds.feed import Again, Change
from gateway.master.process.marks import Work
from gateway.master.stores.base import Store

__all__ = ["hit_on", "searched"]


def searched(store: Store, opens: AbstractSet[str], nodes: Collection[int], change: Change) -> Again:
    """Of these nodes, those that one of the rules which open a search hit on a later day."""
    names = {f"{kind}:{code}": node for node, kind, code in store.ask("node_names", sorted(nodes))}
    for what, period in hit_on(store, opens, names, change.after):
        yield period, Work(nodes={names[what]})


def hit_on(
    store: Store, rules: AbstractSet[str], objects: Collection[str], days: Collection[Period]
) -> list[tuple[str, Period]]:
    """Objects and the days on which one of the rules hit them."""
    if not objects or not days:
        return []
    by_day = {period.day: period for period in days}
    rows = store.ask(
        "hits_between",
        sorted(objects),
        rules=json.dumps(sorted(rules)),
        span=number_of(Span.DAY),
        first=min(by_day).isoformat(),
        last=max(by_day).isoformat(),
    )
    found = ((what, by_day.get(date.fromisoformat(day))) for what, day in rows)
    return [(what, period) for what, period in found if period is not None]
