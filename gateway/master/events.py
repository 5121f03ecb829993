"""Events of some kinds as the master has them, whatever protocol told them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from config.events import kinds_of, may_be, void
from gateway.master.stores.base import Store

__all__ = ["Told", "told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event of one kind; `meter` is an asset number or a target's name, `gateway` the number of who told it."""

    meter: str
    kind: str
    began: datetime
    ended: datetime | None
    gateway: int


def told(store: Store, kinds: Collection[str], since: datetime, before: datetime) -> list[Told]:
    """Events of these kinds that began from `since` up to `before`, by when they began; raises StoreProblem.

    Where no event can be of these kinds this asks for the ids that there are, and no more.
    """
    ids = [(event, void(event, kinds)) for (event,) in store.ask("event_ids", []) if may_be(event, kinds)]
    if not ids:
        return []
    rows = store.ask("events_between", ids, since=_text(since), before=_text(before))
    return list(_sorted_out(rows, kinds))


def _sorted_out(rows: Iterable[Sequence[Any]], kinds: Collection[str]) -> Iterable[Told]:
    for meter, event, name, began, ended, detail, gateway in rows:
        for kind in kinds_of(event, name, detail):
            if kind in kinds:
                yield Told(meter=meter, kind=kind, began=_time(began), ended=_maybe(ended), gateway=gateway)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _time(cell: datetime | str) -> datetime:
    return datetime.fromisoformat(cell) if isinstance(cell, str) else cell


def _maybe(cell: datetime | str | None) -> datetime | None:
    return None if cell is None else _time(cell)
