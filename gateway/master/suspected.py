"""Suspects of one area on demand, whether its loss is abnormal or not."""

from datetime import date

from gateway.master.balanced import balanced
from gateway.master.process.culprits import suspects_of
from gateway.master.stores.base import Store
from gateway.second.culprit import Refusal, Suspect

__all__ = ["suspected"]


def suspected(
    store: Store, transformer: str, last: date | None = None
) -> list[tuple[Suspect, str]] | Refusal:
    """Customers of an area with their class, the most suspicious first, from the days up to `last`.

    That is the latest day that has a loss, unless given.

    Refuses with the reasons of `gateway.second.culprit`, `unknown` for an area that the day does not have, and
    `hourly` where registers of its hours are lacking. Raises StoreProblem.
    """
    found = balanced(store, "transformer", transformer, last)
    if found is None:
        return Refusal("unknown")
    period, balance = found
    suspects = suspects_of(store, period, balance)
    if not suspects:
        return Refusal("hourly")
    return [(one, balance.entries[one.meter].meter().customer_class) for one in suspects]
