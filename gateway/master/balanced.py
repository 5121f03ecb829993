"""The balance of one node on one day on demand, and why its loss is what it is (domain 7.5)."""

from dataclasses import replace
from datetime import date, datetime, time

from gateway.energy.explain import explain
from gateway.energy.members import SUPPLY
from gateway.energy.period import Period, Span, period_of
from gateway.master.process.fill import usual
from gateway.master.process.history import History
from gateway.master.process.nodes import Balance, Nodes
from gateway.master.report import losses
from gateway.master.stores.base import Store
from gateway.report.rows import CauseRow

__all__ = ["balanced", "causes"]


def balanced(store: Store, kind: str, code: str, day: date | None = None) -> tuple[Period, Balance] | None:
    """A day, by default the latest that has a loss, and the balance of a node on it; None for a node it has not.

    Raises StoreProblem.
    """
    if day is None:
        rows = losses(store, Span.DAY, date(2000, 1, 1), date(2199, 12, 30), kind=kind, codes=[code])
        if not rows:
            return None
        day = max(row.day for row in rows)
    period = period_of(datetime.combine(day, time(), store.zone), Span.DAY)
    numbers = [number for _, _, number in store.ask("nodes", [(kind, code)])]
    found = Nodes(store, period, {}).balances(numbers) if numbers else []
    return (period, found[0]) if found and found[0].parts else None


def causes(store: Store, kind: str, code: str, day: date | None = None) -> tuple[date, list[CauseRow]] | None:
    """Members by how much they changed on a day against their 28 days before; None for a node that the day has not.

    Raises StoreProblem.
    """
    found = balanced(store, kind, code, day)
    if found is None:
        return None
    period, one = found
    past = History(store, period).known({entry.id: asset for asset, entry in one.entries.items()})
    known = [replace(part, reference=usual(past.get(part.meter, {}), period)) for part in one.parts]
    parts = {(part.meter, part.side): part for part in known}
    rows = []
    for cause in explain(known):
        part = parts[cause.meter, cause.side]
        rows.append(
            CauseRow(
                meter=cause.meter,
                side=cause.side,
                kind=cause.kind,
                energy_kwh=part.energy,
                usual_kwh=part.reference,
                change_kwh=cause.change,
                loss_kwh=cause.change if cause.side == SUPPLY else -cause.change,
            )
        )
    return period.day, rows
