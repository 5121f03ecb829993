"""The two queues: readings that were doubted and results that were doubted, and what was decided of each."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from config.text import say
from gateway.clerks.chain import Entry
from gateway.clerks.errors import Unknown
from gateway.clerks.items import Item, Queue, item_name
from gateway.energy.period import Span
from gateway.master.rows import shift
from gateway.master.stores.base import Store
from gateway.second.runs import span_of

__all__ = ["entry_of", "find", "instant", "micros", "queue", "settled", "text"]

_MOST = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEVERITY = {"SUSPECT": 2, "REJECTED": 3}
_DONE = frozenset({"accept", "reject"})


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def text(at: datetime) -> str:
    """An instant as the tables of review keep it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def instant(found: Any) -> datetime:
    """An instant as either database gives it."""
    return datetime.fromisoformat(found) if isinstance(found, str) else found.astimezone(UTC)


def entry_of(row: tuple[Any, ...]) -> Entry:
    """An entry of the record from its row."""
    number, at, concerned, actor, login, action, item, subject, reason, detail, previous, digest = row
    return Entry(
        number=number,
        at=instant(at),
        instant=instant(concerned) if concerned else None,
        actor=actor,
        login=login,
        action=action,
        item=item,
        subject=subject,
        reason=reason,
        detail=detail,
        previous=previous,
        hash=digest,
    )


def _doubted(row: tuple[Any, ...]) -> Item:
    meter, point, at, origin, value, scale, unit, state, reason, version = row
    when = shift(at)
    return Item(
        name=item_name("raw", meter, point, when.isoformat()),
        queue=Queue.RAW,
        subject=meter,
        at=when,
        severity=_SEVERITY[state],
        rule=reason,
        value=None if value is None else format(Decimal(value).scaleb(-scale), "f"),
        point=point,
        origin=origin,
        unit=unit,
        version=version,
    )


def _result(row: tuple[Any, ...]) -> Item:
    rule, subject, began, ended, severity, value, limit, check, key = row
    at = instant(began)
    span = span_of(key)
    return Item(
        name=item_name("result", rule, subject, at.isoformat(), *(() if span is Span.DAY else (span,))),
        queue=Queue.RESULT,
        subject=subject,
        at=at,
        severity=severity,
        rule=rule,
        value=value,
        limit=limit,
        check=check,
        last=instant(ended) if ended else None,
    )


def queue(
    store: Store, since: datetime, until: datetime, *, only: Queue | None = None, decided: bool = False
) -> list[Item]:
    """What waits for a person, the heaviest first; with `decided` also what a person has dealt with.

    Raises StoreProblem.
    """
    found: dict[str, Item] = {}
    if only is not Queue.RESULT:
        rows = store.ask("review_doubted", [micros(since), micros(until), _MOST])
        found |= {item.name: item for item in map(_doubted, rows)}
    if only is not Queue.RAW:
        rows = store.ask("review_results", [text(since), text(until), _MOST])
        found |= {item.name: item for item in map(_result, rows)}
    history = _history(store, found)
    items = [_with_proposal(item, history.get(item.name, [])) for item in found.values()]
    kept = [item for item in items if decided or not _settled(history.get(item.name, []))]
    return sorted(kept, key=lambda item: (-item.severity, item.queue, item.at, item.subject, item.name))


def _history(store: Store, names: Iterable[str]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    wanted = sorted(names)
    for row in store.ask("review_of", wanted) if wanted else []:
        entry = entry_of(row)
        found.setdefault(entry.item, []).append(entry)
    return found


def settled(store: Store, names: Iterable[str]) -> set[str]:
    """Of these items, those that a person has accepted or refused; raises StoreProblem."""
    return {name for name, history in _history(store, names).items() if _settled(history)}


def _settled(history: list[Entry]) -> bool:
    last = [entry.action for entry in history if entry.action in _DONE | {"return", "edit"}]
    return bool(last) and last[-1] in _DONE


def _with_proposal(item: Item, history: list[Entry]) -> Item:
    edits = [entry for entry in history if entry.action in _DONE | {"edit"}]
    if not edits or edits[-1].action != "edit":
        return item
    return replace(item, pending=Decimal(_value(edits[-1])), proposer=edits[-1].actor)


def _value(entry: Entry) -> str:
    return str(json.loads(entry.detail)["value"])


def find(items: Iterable[Item], names: Iterable[str]) -> list[Item]:
    """Items by their names, in the order asked for; raises Unknown."""
    known = {item.name: item for item in items}
    found = []
    for name in names:
        item = known.get(name.upper())
        if item is None:
            raise Unknown(
                say(
                    f"{name}: no such item waits; see `meterd review list`, and --from for older ones",
                    f"{name}：没有这个待审项；见 `meterd review list`，更早的用 --from",
                )
            )
        found.append(item)
    return found
