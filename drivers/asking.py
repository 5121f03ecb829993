"""From points to questions, from answers to readings: what all of a meter's memories have in common."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from drivers.inquiry import Inquiry, NoValue, unanswered, wanted
from drivers.order import Failure, Want
from protocols.convert import to_readings
from protocols.dlt645.plan import Planned
from protocols.errors import CatalogueError, MeterRefused
from protocols.reading import Method
from protocols.session import Answer

__all__ = ["Gathered", "Refusals", "gather", "plan", "take"]

Gathered = tuple[Planned, Answer, datetime]


class Refusals(Protocol):
    """Blocks that a meter is known to refuse, and those it is known to answer."""

    def __contains__(self, block: object) -> bool: ...

    def add(self, block: str) -> None:
        """Remember a refusal."""
        ...

    def answered(self, block: str) -> None:
        """Remember that it answers this one."""
        ...

    def may_ignore(self, block: str) -> bool:
        """Whether silence may mean that the meter has no such block: it never answered one."""
        ...


def plan(inquiry: Inquiry, points: Sequence[str], want: Want, **more: Any) -> list[Planned]:
    """The questions for these points; points that the protocol does not know fail here, one by one."""
    try:
        return _plan(inquiry, points, want, **more)
    except CatalogueError:
        known = [point for point in points if _is_known(inquiry, point, want, **more)]
        return _plan(inquiry, known, want, **more) if known else []


def _plan(inquiry: Inquiry, points: Sequence[str], want: Want, **more: Any) -> list[Planned]:
    options = {"at": None, "model": inquiry.model, "address": inquiry.address} | more
    return list(inquiry.kind.plan(points, want.value, **options))


def _is_known(inquiry: Inquiry, point: str, want: Want, **more: Any) -> bool:
    try:
        _plan(inquiry, [point], want, **more)
    except CatalogueError as error:
        inquiry.fail([point], Failure.UNKNOWN_POINT, str(error))
        return False
    return True


async def gather(
    inquiry: Inquiry, planned: Sequence[Planned], refusals: Refusals, want: Want, **more: Any
) -> list[Gathered]:
    """Ask every question. A block that the meter refuses is asked for member by member.

    Many meters say nothing to an identifier that they do not have: after silence a member is tried, and if that
    is answered, the block counts as refused.
    """
    gathered: list[Gathered] = []
    ignored: dict[str, str] = {}
    todo = list(planned)
    while todo:
        step = todo.pop(0)
        if step.question.id in refusals:
            todo[:0] = _singly(inquiry, step, want, **more)
            continue
        try:
            answer = await inquiry.ask(step.question)
        except MeterRefused as error:
            if members := _singly(inquiry, step, want, **more):
                refusals.add(step.question.id)
                todo[:0] = members
            else:
                inquiry.fail(step.points, _REFUSED.get(want, Failure.REFUSED), str(error))
        except NoValue as error:
            members = _instead(inquiry, step, refusals, error, want, **more)
            ignored.update((member.question.id, step.question.id) for member in members)
            todo[:0] = members
            if not members:
                inquiry.fail(step.points, error.failure, error.detail)
        else:
            if len(step.points) > 1:
                refusals.answered(step.question.id)
            if step.question.id in ignored:
                refusals.add(ignored[step.question.id])
            gathered.append((step, answer, inquiry.now()))
    return gathered


def _instead(
    inquiry: Inquiry, step: Planned, refusals: Refusals, error: NoValue, want: Want, **more: Any
) -> list[Planned]:
    """What to ask after a block met silence; nothing for a meter that is only probed (it has no retries)."""
    if (
        error.failure is not Failure.TIMEOUT
        or inquiry.retries == 0
        or not refusals.may_ignore(step.question.id)
    ):
        return []
    return _singly(inquiry, step, want, **more)


def _singly(inquiry: Inquiry, step: Planned, want: Want, **more: Any) -> list[Planned]:
    """A block's points as questions of their own; none if the question is no block."""
    if len(step.points) == 1:
        return []
    members = plan(inquiry, step.points, want, model={**inquiry.model, "blocks": False}, **more)
    return [] if any(member.question.id == step.question.id for member in members) else members


# A memory that refuses has no such record; a live register that refuses is not there.
_REFUSED = {
    Want.FREEZE: Failure.NO_RECORD,
    Want.LOAD_RECORD: Failure.NO_RECORD,
    Want.SETTLEMENT: Failure.NO_RECORD,
    Want.EVENTS: Failure.NO_RECORD,
}


def take(inquiry: Inquiry, gathered: Sequence[Gathered], method: Method, at: datetime | None = None) -> None:
    """Turn answers into readings and events. `at`, naive local, is the only stamp accepted, if any is."""
    for step, answer, now in gathered:
        items = wanted(answer.items, step.points, step.question)
        if at is not None and method is Method.CURVE:
            # Elsewhere an item's own time is when a maximum demand occurred.
            items = [item for item in items if item.at is None or item.at == at]
        lacking = unanswered(items, step.points, step.question)
        inquiry.fail(lacking, Failure.NO_RECORD, "cut short" if answer.partial else "not in the answer")
        readings, events = to_readings(
            items,
            meter=inquiry.order.meter.asset_no,
            source=inquiry.source,
            origin=inquiry.origin,
            method=method,
            now=now,
            tz=inquiry.tz,
            at=at,
        )
        inquiry.items.extend(items)
        inquiry.readings.extend(readings)
        inquiry.events.extend(events)
