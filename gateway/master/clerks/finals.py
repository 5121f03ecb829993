"""Whether a period is final: then what later data would change in it is kept beside it and does not count."""

from datetime import datetime

from gateway.master.clerks.queue import text
from gateway.master.stores.base import Store

__all__ = ["is_final"]


def is_final(store: Store, start: datetime, ending: datetime) -> bool:
    """Whether a final period holds this one whole; raises StoreProblem."""
    return bool(store.ask("finals", [text(start), text(ending)]))
