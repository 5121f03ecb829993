"""Suspects of one area on demand, whether its loss is abnormal or not."""

from datetime import date, datetime, time

from gateway.energy.period import Span, period_of
from gateway.master.process.culprits import suspects_of
from gateway.master.process.nodes import Nodes
from gateway.master.process.roll import exchanges_in
from gateway.master.report import losses
from gateway.master.stores.base import Store
from gateway.second.culprit import Refusal, Suspect

__all__ = ["suspected"]


def suspected(store: Store, transformer: str, last: date | None = None) -> list[Suspect] | Refusal:
    """Customers of an area, the most suspicious first, from the days up to `last` (the latest that has a loss).

    Refuses with the reasons of `gateway.second.culprit`, `unknown` for an area that the day does not have, and
    `hourly` where registers of its hours are lacking. Raises StoreProblem.
    """
    if last is None:
        rows = losses(
            store, Span.DAY, date(2000, 1, 1), date(2199, 12, 30), kind="transformer", codes=[transformer]
        )
        if not rows:
            return Refusal("unknown")
        last = max(row.day for row in rows)
    period = period_of(datetime.combine(last, time(), store.zone), Span.DAY)
    numbers = [number for _, _, number in store.ask("nodes", [("transformer", transformer)])]
    found = Nodes(store, period, exchanges_in(store, period), {}).balances(numbers) if numbers else []
    if not found:
        return Refusal("unknown")
    return suspects_of(store, period, found[0]) or Refusal("hourly")
