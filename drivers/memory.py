"""How each of a meter's memories is read: live registers, freezes, load records, settlements, events.

A value from a memory is taken only if the meter's own stamp names the instant that was asked for.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from drivers.asking import Refusals, gather, plan, take
from drivers.inquiry import Inquiry, NoValue
from drivers.order import Failure, Want
from protocols.errors import MeterRefused
from protocols.reading import Method

__all__ = ["READ"]

# The daily freeze is looked for by its stamp, beginning where the calendar says; a meter that was without
# power at some midnights has fewer of them.
_SEARCHES = 9
# If midnight passes while a freeze is read, it is read again, so often.
_ROUNDS = 3
# How far the meter's clock and ours may be from a settlement that decides which period is the last one.
_SETTLEMENT_MARGIN = timedelta(minutes=2)


async def _live(inquiry: Inquiry, refusals: Refusals) -> None:
    steps = plan(inquiry, inquiry.order.points, Want.LIVE)
    take(inquiry, await gather(inquiry, steps, refusals, Want.LIVE), Method.LIVE)


async def _events(inquiry: Inquiry, refusals: Refusals) -> None:
    steps = plan(inquiry, inquiry.order.points, Want.EVENTS)
    take(inquiry, await gather(inquiry, steps, refusals, Want.EVENTS), Method.LIVE)


async def _load_record(inquiry: Inquiry, refusals: Refusals) -> None:
    at = inquiry.local_at
    steps = plan(inquiry, inquiry.order.points, Want.LOAD_RECORD, at=at)
    take(inquiry, await gather(inquiry, steps, refusals, Want.LOAD_RECORD, at=at), Method.CURVE, at)


async def _freeze(inquiry: Inquiry, refusals: Refusals) -> None:
    """Daily freeze: find it by its stamp, read, and look at the stamp again."""
    at = inquiry.local_at
    for _ in range(_ROUNDS):
        inquiry.failures.clear()
        k = await _find_freeze(inquiry, at)
        steps = plan(inquiry, inquiry.order.points, Want.FREEZE, at=at, k=k)
        gathered = await gather(inquiry, steps, refusals, Want.FREEZE, at=at, k=k)
        if not gathered or await _stamp(inquiry, k) == at:
            take(inquiry, gathered, Method.FREEZE, at)
            return
    raise NoValue(Failure.NO_RECORD, "the freezes moved on while they were read")


async def _find_freeze(inquiry: Inquiry, at: datetime) -> int:
    """Which of the meter's freezes is the one of `at`: at most one a day was taken, some may be missing."""
    low, high = 1, inquiry.kind.freezes
    k = (inquiry.local_now.date() - at.date()).days + 1
    for search in range(_SEARCHES):
        if not low <= k <= high:
            break
        stamp = await _stamp(inquiry, k)
        if stamp == at:
            return k
        days = (stamp.date() - at.date()).days if stamp is not None else -high
        if days > 0:
            low, high = k + 1, min(high, k + days)
        else:
            low, high = max(low, k + days), k - 1
        # Without missing days the stamp tells how far to go; with many the middle is nearer.
        k = min(max(k + days, low), high) if search == 0 and stamp is not None else (low + high) // 2
    raise NoValue(Failure.NO_RECORD, f"the meter keeps no freeze of {at:%Y-%m-%d %H:%M}")


async def _stamp(inquiry: Inquiry, k: int) -> datetime | None:
    """The time stamp of the k-th last daily freeze, None where the meter has none."""
    try:
        answer = await inquiry.ask(inquiry.kind.freeze_stamp(inquiry.address, k))
    except MeterRefused:
        return None
    for item in answer.items:
        if isinstance(item.value, str) and item.error is None:
            return datetime.fromisoformat(item.value)
    return None


async def _settlement(inquiry: Inquiry, refusals: Refusals) -> None:
    """Registers of a settlement day: the meter counts them backwards from its present period."""
    at = inquiry.local_at
    k = _settlements_since(at, inquiry.local_now - _SETTLEMENT_MARGIN)
    if k != _settlements_since(at, inquiry.local_now + _SETTLEMENT_MARGIN):
        raise NoValue(Failure.NO_RECORD, "too near to a settlement to tell which period is the last")
    if not 1 <= k <= inquiry.kind.settlements:
        raise NoValue(Failure.NO_RECORD, f"the meter keeps {inquiry.kind.settlements} settlements")
    steps = plan(inquiry, inquiry.order.points, Want.SETTLEMENT, at=at, k=k)
    gathered = await gather(inquiry, steps, refusals, Want.SETTLEMENT, at=at, k=k)
    take(inquiry, gathered, Method.SETTLEMENT, at)


def _settlements_since(at: datetime, now: datetime) -> int:
    """How many monthly settlements at this day and hour have passed; the one at `at` is the first of them."""
    months = (now.year - at.year) * 12 + now.month - at.month
    passed = (now.day, now.hour, now.minute) >= (at.day, at.hour, at.minute)
    return months + 1 if passed else months


READ: Mapping[Want, Callable[[Inquiry, Refusals], Awaitable[None]]] = {
    Want.LIVE: _live,
    Want.FREEZE: _freeze,
    Want.LOAD_RECORD: _load_record,
    Want.SETTLEMENT: _settlement,
    Want.EVENTS: _events,
}
