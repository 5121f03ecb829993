"""The list of work for inspectors: customers by what speaks against them, and how often each rule was right."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gateway.clerks.errors import Unknown
from gateway.clerks.items import Item, Queue, item_name
from gateway.clerks.meaning import meaning
from gateway.clerks.reasons import RESULTS
from gateway.master.clerks.queue import instant, settled, text
from gateway.master.report import placed
from gateway.master.stores.base import Store
from gateway.second.score import HALF_LIFE_DAYS, WEIGHTS, Evidence, Precision, Ranked, precision, ranked

__all__ = ["Job", "as_item", "outcomes", "work"]

_BACK_DAYS = 4 * HALF_LIFE_DAYS
"""What ended before counts for less than a sixteenth."""
_AREA = "P034"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A customer to visit: where, the score with its reasons, and the order that is open already."""

    meter: str
    transformer: str
    line: str
    score: float
    reasons: tuple[Evidence, ...]
    order: str = ""


@dataclass(frozen=True, slots=True)
class _Orders:
    """Open orders by object, and when an object was last seen on site."""

    open: dict[str, str]
    seen: dict[str, date]


def work(
    store: Store,
    now: datetime,
    *,
    transformers: Sequence[str] = (),
    lines: Sequence[str] = (),
    whole_areas: bool = False,
) -> list[Job]:
    """Customers by score, of these transformers and lines or of all; raises StoreProblem.

    A finding counts while it lasts and fades when it has ended; one that a person accepted, or that began before an
    inspector was last there, counts no more. `whole_areas` adds customers against whom only their area speaks.
    """
    today = now.astimezone(store.zone).date()
    found, areas = _evidence(store, now)
    found += _shared(store, areas, today, None if whole_areas else {one.meter for one in found})
    orders = _orders(store, now - timedelta(days=_BACK_DAYS))
    rows = ranked((one for one in found if one.began > orders.seen.get(one.meter, date.min)), today)
    places = placed(store.ask("review_places", sorted(row.meter for row in rows), day=today.isoformat()))
    jobs = (_job(row, *places.get(row.meter, ("", "")), orders) for row in rows)
    wanted = bool(transformers or lines)
    return [job for job in jobs if not wanted or job.transformer in transformers or job.line in lines]


def _job(row: Ranked, line: str, transformer: str, orders: _Orders) -> Job:
    return Job(
        meter=row.meter,
        transformer=transformer,
        line=line,
        score=row.score,
        reasons=row.reasons,
        order=orders.open.get(row.meter, ""),
    )


def _evidence(store: Store, now: datetime) -> tuple[list[Evidence], dict[str, Evidence]]:
    """Findings that speak against meters, and those that speak against areas by the transformer's code."""
    since = text(now - timedelta(days=_BACK_DAYS))
    rows = store.ask("review_work", [since, sorted(WEIGHTS)])
    names = [item_name("result", row[0], row[1], instant(row[2]).isoformat()) for row in rows]
    done = settled(store, names)
    found: list[Evidence] = []
    areas: dict[str, Evidence] = {}
    for row, name in zip(rows, names, strict=True):
        if name in done:
            continue
        one = _one(row, now, store)
        kind, _, code = one.meter.partition(":")
        if one.rule != _AREA:
            found.append(one)
        elif kind == "transformer" and (code not in areas or areas[code].last < one.last):
            areas[code] = one
    return found, areas


def _one(row: tuple[Any, ...], now: datetime, store: Store) -> Evidence:
    rule, meter, began, ended, value, limit = row
    last = min(now, instant(ended)) if ended else now
    return Evidence(
        meter=meter,
        rule=rule,
        began=instant(began).astimezone(store.zone).date(),
        last=last.astimezone(store.zone).date(),
        value=value,
        limit=limit,
    )


def _shared(
    store: Store, areas: dict[str, Evidence], today: date, only: set[str] | None
) -> Iterable[Evidence]:
    """What speaks against an area, for each of its customers."""
    members = store.ask("review_areas", sorted(areas), day=today.isoformat()) if areas else []
    for meter, code in members:
        if only is None or meter in only:
            one = areas[code]
            yield Evidence(
                meter=meter,
                rule=one.rule,
                began=one.began,
                last=one.last,
                value=one.value,
                limit=one.limit,
                place=one.meter,
            )


def _orders(store: Store, since: datetime) -> _Orders:
    found = _Orders({}, {})
    for number, closed, subject, _, result in store.ask("orders_since", [text(since)]):
        if closed is None:
            found.open[subject] = number
        elif result in RESULTS and RESULTS[result].outcome is not None:
            found.seen[subject] = max(_day(closed, store), found.seen.get(subject, date.min))
    return found


def _day(at: str, store: Store) -> date:
    return instant(at).astimezone(store.zone).date()


def as_item(jobs: Iterable[Job], meter: str, now: datetime) -> Item:
    """A customer of the list as something that an order is written for; raises Unknown."""
    for job in jobs:
        if job.meter == meter:
            rules = [one.rule for one in job.reasons]
            return Item(
                name=item_name("work", meter, now.date().isoformat()),
                queue=Queue.RESULT,
                subject=meter,
                at=now,
                severity=0,
                rule=",".join(rules),
                value=f"{job.score:g}",
                check=" ".join(meaning(rule) for rule in rules),
            )
    raise Unknown(meter)


def outcomes(store: Store, since: datetime) -> list[Precision]:
    """By rule, what visits found that it had led to, of orders closed since then; raises StoreProblem."""
    found = []
    for _, closed, _, told, result in store.ask("orders_since", [text(since)]):
        outcome = RESULTS[result].outcome if closed and result in RESULTS else None
        if outcome is not None:
            found += [(rule, outcome) for rule in json.loads(told)["rule"].split(",") if rule]
    return precision(found)
