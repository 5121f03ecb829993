"""Orders for the field, periods that become final, and supplements to what is final."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.text import say
from gateway.clerks.chain import Entry, broken
from gateway.clerks.errors import NotAllowed, Unknown
from gateway.clerks.items import Item, Queue
from gateway.clerks.reasons import CHECKS, RESULTS
from gateway.master.clerks.desk import Desk
from gateway.master.clerks.queue import entry_of, queue, text
from gateway.master.clerks.wires import Explanation, explanation
from gateway.master.stores.base import Store

__all__ = [
    "Claim",
    "Order",
    "Supplement",
    "approve",
    "close_order",
    "make_final",
    "open_order",
    "orders",
    "record",
    "supplement",
    "supplements",
    "verify",
    "wires_of",
]

_PAGE = 1_000
_HALF_DAY = timedelta(hours=12)
_SUSPICIOUS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order for the field: what to look at where and, when closed, what was found by whom."""

    number: str
    opened: str
    closed: str | None
    item: str
    subject: str
    opened_by: str
    told: dict[str, Any]
    result: str = ""
    checker: str = ""
    remark: str = ""
    closed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """A correction of what is final: `kwh` is added to the meter's figure of the days; negative is a refund."""

    number: str
    at: str
    start: str
    ending: str
    meter: str
    kwh: Decimal
    reason: str
    applicant: str
    checker: str
    checked: str
    state: str


def _next(desk: Desk, letters: str) -> str:
    """The next number of the day: FO20260520-003."""
    head = f"{letters}{desk.now.astimezone(desk.store.zone):%Y%m%d}-"
    counted = sum(row[0] for row in desk.store.ask("count_of_day", [f"{head}%"]))
    return f"{head}{counted + 1:03}"


def open_order(desk: Desk, item: Item, remark: str = "") -> Order:
    """Send somebody to look, with the check list and what else is known of the object; raises StoreProblem."""
    with desk.store.transaction():
        number = _next(desk, "FO")
        found = desk.store.ask("review_findings", [item.subject])
        wires = wires_of(desk, item, found)
        told = {
            "rule": item.rule,
            "value": item.value,
            "limit": item.limit,
            "look": item.check,
            "remark": remark,
            "findings": [[row[0], str(row[2]), row[4], row[6], row[7]] for row in found],
            "checks": [check.code for check in CHECKS],
            "wiring": None if wires is None else wires.plain() | {"text": wires.lines(desk.store.zone)},
        }
        body = json.dumps(told, ensure_ascii=False)
        desk.store.ask("orders_new", [(number, text(desk.now), item.name, item.subject, desk.actor, body)])
        desk.note("order", item.name, item.subject, item.at, "", {"number": number})
    return orders(desk.store, number)[0]


def wires_of(desk: Desk, item: Item, findings: Iterable[Sequence[Any]]) -> Explanation | None:
    """Wiring errors that explain an item, or a finding of its object that lasts; raises StoreProblem."""
    rules = [*item.rule.split(","), *(row[0] for row in findings if row[3] is None)]
    return explanation(desk.store, item.subject, rules, [desk.now, item.at + _HALF_DAY])


def close_order(desk: Desk, number: str, result: str, checker: str, remark: str = "") -> Order:
    """Write down what was found on site; raises Unknown for a number or result that is none."""
    if result not in RESULTS:
        names = ", ".join(RESULTS)
        raise Unknown(say(f"result {result!r}: expected one of {names}", f"结果 {result!r}：应为 {names}"))
    if not checker:
        raise NotAllowed(say("say who looked: --checker", "请注明现场检查人：--checker"))
    with desk.store.transaction():
        cells = [number, text(desk.now), result, checker, remark, desk.actor]
        if not desk.store.ask("orders_close", cells):
            raise Unknown(say(f"{number}: no such open order", f"{number}：没有这个未结工单"))
        found = orders(desk.store, number)[0]
        desk.note("close", found.item, found.subject, None, result, {"number": number, "checker": checker})
    return found


def orders(store: Store, number: str = "") -> list[Order]:
    """Orders, the newest first, or one; raises StoreProblem."""
    found = []
    for row in store.ask("orders", [number]):
        name, opened, closed, item, subject, by, told, result, checker, remark, closed_by = row
        found.append(
            Order(
                number=name,
                opened=opened,
                closed=closed,
                item=item,
                subject=subject,
                opened_by=by,
                told=json.loads(told),
                result=result,
                checker=checker,
                remark=remark,
                closed_by=closed_by,
            )
        )
    return found


def make_final(desk: Desk, start: datetime, ending: datetime) -> None:
    """Lock a period: from then on it changes only by supplements.

    Raises NotAllowed while something suspicious waits in it.
    """
    with desk.store.transaction():
        open_ = [item.name for item in _within(desk.store, start, ending) if item.severity >= _SUSPICIOUS]
        if open_:
            more = f" (+{len(open_) - 5})" if len(open_) > 5 else ""
            raise NotAllowed(
                say(
                    f"not yet: {', '.join(open_[:5])}{more} wait in this period; see `meterd review list`",
                    f"尚不能定稿：{', '.join(open_[:5])}{more} 待审；见 `meterd review list`",
                )
            )
        if not desk.store.ask("finals_new", [(text(start), text(ending), text(desk.now), desk.actor)]):
            raise NotAllowed(say("this period is final already", "该周期已定稿"))
        desk.note("final", "*", "", start, "", {"from": text(start), "to": text(ending)})


def _within(store: Store, start: datetime, ending: datetime) -> list[Item]:
    """What waits in a period; a reading of its last midnight belongs to it, one of its first does not."""
    moment = timedelta(microseconds=1)
    raw = queue(store, start + moment, ending + moment, only=Queue.RAW)
    return [*raw, *queue(store, start, ending, only=Queue.RESULT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is to be corrected: `kwh` more (or less) of a meter in a period, why, and who found what on site."""

    meter: str
    start: datetime
    ending: datetime
    kwh: Decimal
    reason: str
    checker: str
    checked: str


def supplement(desk: Desk, claim: Claim) -> Supplement:
    """Apply for a correction of a final period; it holds when another person approves it."""
    if claim.checked not in RESULTS:
        names = ", ".join(RESULTS)
        raise Unknown(
            say(
                f"--checked {claim.checked!r}: expected {names}", f"--checked {claim.checked!r}：应为 {names}"
            )
        )
    kwh = format(claim.kwh, "f")
    with desk.store.transaction():
        number = _next(desk, "SU")
        cells = (
            number,
            text(desk.now),
            text(claim.start),
            text(claim.ending),
            claim.meter,
            kwh,
            claim.reason,
        )
        desk.store.ask("supplements_new", [(*cells, desk.actor, claim.checker, claim.checked)])
        about = {"kwh": kwh, "checked": claim.checked}
        desk.note("supplement", number, claim.meter, claim.start, claim.reason, about)
    return supplements(desk.store, number)[0]


def approve(desk: Desk, number: str) -> Supplement:
    """Approve a supplement; raises NotAllowed for its own applicant."""
    with desk.store.transaction():
        found = supplements(desk.store, number)
        if not found:
            raise Unknown(say(f"{number}: no such supplement", f"{number}：没有这个补退单"))
        if found[0].applicant == desk.actor:
            raise NotAllowed(say(f"{number}: another person approves it", f"{number}：须由他人批准"))
        if not desk.store.ask("supplements_approve", [number]):
            raise NotAllowed(say(f"{number}: approved already", f"{number}：已批准"))
        desk.note("approve", number, found[0].meter, None, "", {})
    return supplements(desk.store, number)[0]


def supplements(store: Store, number: str = "") -> list[Supplement]:
    """Supplements, the newest first, or one; raises StoreProblem."""
    names = (
        "number",
        "at",
        "start",
        "ending",
        "meter",
        "kwh",
        "reason",
        "applicant",
        "checker",
        "checked",
        "state",
    )
    rows = [dict(zip(names, row, strict=True)) for row in store.ask("supplements", [number])]
    return [Supplement(**{**row, "kwh": Decimal(row["kwh"])}) for row in rows]


def record(store: Store, first: int = 1) -> list[Entry]:
    """The record from an entry on, up to a thousand; raises StoreProblem."""
    return [entry_of(row) for row in store.ask("review_log", [first, _PAGE])]


def verify(store: Store) -> tuple[int, str, int | None]:
    """Entries, the last hash, and the first entry that is not as it was written; raises StoreProblem."""

    def whole() -> Any:
        first = 1
        while page := record(store, first):
            yield from page
            first = page[-1].number + 1

    count, last = 0, ""

    def counted() -> Any:
        nonlocal count, last
        for entry in whole():
            count, last = count + 1, entry.hash
            yield entry

    bad = broken(counted())
    return count, last, bad
