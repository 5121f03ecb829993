"""Reads the meters of one target, slot by slot; in idle time it fetches from their memories what was missed.

A slot that is not finished when the next one is due is closed: its rest is counted as late, left to backfill.
So no work ever queues up, however much is asked of the machine.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from config.archive import Meter
from drivers.order import Failure, Order, Priority, Result
from gateway.clock import SteadyClock
from gateway.finding import Finding, SlotReport
from gateway.ledger import BACKFILLED, PRESENT, SETTLED
from gateway.outbox.entry import Entry, Mark
from gateway.review.reviewer import Reviewer
from gateway.review.stamp import stamped
from gateway.round import Plan, Round, outcome_of
from gateway.sink import Sink
from protocols.reading import Flag

__all__ = ["Asker", "PollStats", "Poller"]

_SHARE = 0.30
_SILENT = frozenset({Failure.TIMEOUT, Failure.CHECKSUM, Failure.PROTOCOL})
_NAP = 1.0
_LINK_PAUSE = timedelta(seconds=30)
_MOMENT = timedelta(seconds=1)
_SAVE_EVERY = 900.0
"""Seconds between two saves of a target's bases."""


class Asker(Protocol):
    """What a poller needs of a bus. `batch` is how many orders are worth having in its queue at once."""

    @property
    def batch(self) -> int:
        """At least 1."""
        ...

    async def ask(self, order: Order, priority: Priority) -> Result:
        """Carry out an order; failures stand in the result."""
        ...

    def circuit_open(self, meter: str) -> bool:
        """Whether this meter counts as dead."""
        ...


@dataclass(slots=True)
class PollStats:
    """Plain figures of one target."""

    slots_closed: int = 0
    slots_missed: int = 0
    """Meters whose turn in a slot never came."""
    backfilled: int = 0
    backfill_seconds: float = 0.0
    missing: int = 0
    lag_seconds: float = 0.0
    due: dict[str, int] = field(default_factory=dict)
    present: dict[str, int] = field(default_factory=dict)
    last_slot: dict[str, datetime] = field(default_factory=dict)
    steps: int = 0
    """Rises while the poller lives."""


class Poller:
    """The live and the backfill loop of one target."""

    def __init__(
        self, plans: Sequence[Plan], bus: Asker, reviewer: Reviewer, sink: Sink, clock: SteadyClock
    ) -> None:
        self.plans = tuple(plans)
        self.stats = PollStats(due={p.task.name: len(p.meters) for p in plans})
        self._bus, self._reviewer, self._sink, self._clock = bus, reviewer, sink, clock
        self._rounds: dict[str, Round] = {}
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._flying = 0
        self._landed = asyncio.Event()
        self._saved = clock.monotonic()
        self._meters: Mapping[str, Meter] = {m.asset_no: m for p in plans for m in p.meters}

    @property
    def assets(self) -> Collection[str]:
        """The meters read here."""
        return self._meters.keys()

    async def ask(self, order: Order, priority: Priority) -> Result:
        """Ask the bus for something beside the slots."""
        return await self._bus.ask(order, priority)

    async def run(self) -> None:
        """Poll until cancelled."""
        for plan in self.plans:
            await self._resume(plan)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._live(), name="live")
            group.create_task(self._backfill(), name="backfill")

    # -- start ---------------------------------------------------------------------------------------------

    async def _resume(self, plan: Plan) -> None:
        """Take up the ledger: a slot in force is finished, what is missing goes to backfill."""
        now = self._clock.now()
        current = plan.grid.at(now)
        done = plan.cursor.done
        if done is None:
            plan.since = current
            return
        marks = (await self._sink.marks(plan.task.name, plan.target, done, done + _MOMENT)).get(done, {})
        self.stats.present[plan.task.name] = sum(
            marks.get(meter.asset_no) in PRESENT for meter in plan.meters
        )
        self.stats.last_slot[plan.task.name] = done
        if done == current:
            settled = {a: o for a, o in marks.items() if o in SETTLED}
            if len(settled) < len(plan.meters):
                self._open(plan, current, settled)
        await self._load_gaps(plan, max(plan.since or done, plan.gaps.horizon(now)), min(done, current))

    async def _load_gaps(self, plan: Plan, since: datetime, until: datetime) -> None:
        """Read the ledger from `since`, day by day, until memory holds enough."""
        plan.gaps.beyond = None
        open_slot = self._rounds[plan.task.name].slot if plan.task.name in self._rounds else None
        while since < until and plan.gaps.beyond is None:
            self.stats.steps += 1
            end = min(until, since + timedelta(days=32 if plan.grid.calendar else 1))
            marks = await self._sink.marks(plan.task.name, plan.target, since, end + _MOMENT)
            if open_slot is not None and end >= open_slot:
                marks = {**marks, open_slot: dict.fromkeys(self._meters, BACKFILLED)}
            plan.gaps.refill(since, end, marks, self._clock.now())
            since = end

    # -- live ----------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                self.stats.steps += 1
                self._open_due()
                await self._close_over()
                step = self._next() if self._flying < self._bus.batch else None
                if step is None:
                    await self._rest()
                    continue
                await self._sink.room()
                self._flying += 1
                if self._bus.batch == 1:
                    await self._ask_for(*step)
                else:
                    group.create_task(self._ask_for(*step))

    async def _ask_for(self, work: Round, meter: Meter) -> None:
        try:
            result = await self._bus.ask(work.plan.order(meter, work.slot), Priority.SCHEDULED)
        finally:
            self._flying -= 1
            self._landed.set()
        self._take(work, meter, result)
        if not result.seconds:
            await asyncio.sleep(0)

    async def _rest(self) -> None:
        """Until something may be due or an answer has come."""
        self._landed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._nap()):
                await self._landed.wait()

    def _open_due(self) -> None:
        now = self._clock.now()
        for plan in self.plans:
            before = plan.cursor.done
            slot = plan.cursor.due(now - plan.delay)
            if slot is None:
                continue
            self._close(plan)
            for passed in plan.grid.between(max(before, plan.gaps.horizon(now)), now) if before else ():
                if passed < slot:
                    plan.gaps.add(passed, self._assets(plan), now)
                    self.stats.slots_missed += len(plan.meters)
            self._open(plan, slot, {})
            self.stats.lag_seconds = max(0.0, (now - plan.delay - slot).total_seconds())

    def _open(self, plan: Plan, slot: datetime, done: dict[str, str]) -> None:
        self._rounds[plan.task.name] = Round(plan, slot, plan.meters, done, opened=self._clock.now())
        self._quiet.clear()
        self._sink.remember(plan, slot)

    def _next(self) -> tuple[Round, Meter] | None:
        """The meter to ask next, of the slot that ends first."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        for work in sorted(self._rounds.values(), key=lambda work: work.deadline):
            if (meter := work.ask(now, monotonic)) is not None:
                return work, meter
        return None

    def _nap(self) -> float:
        """Seconds until something may be due; short, as the wall clock may be set meanwhile."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        waits = [
            (plan.cursor.next(now - plan.delay) - (now - plan.delay)).total_seconds() for plan in self.plans
        ]
        rests = (work.resting_until - monotonic for work in self._rounds.values())
        waits += [rest for rest in rests if rest > 0]
        return min([_NAP, *(max(wait / self._clock.pace, 0.001) for wait in waits)])

    def _take(self, work: Round, meter: Meter, result: Result) -> None:
        outcome = outcome_of(result)
        stands = work.take(
            meter, outcome, self._clock.monotonic(), open_circuit=self._bus.circuit_open(meter.asset_no)
        )
        if work.is_closed and outcome in SETTLED:
            work.plan.gaps.settled(work.slot, meter.asset_no)
        readings, findings = self._reviewer.review(result)
        self._sink.put(
            Entry(
                readings=tuple(readings),
                findings=tuple(findings),
                events=tuple(result.events),
                marks=(self._mark(work.plan, work.slot, meter.asset_no, outcome),) if stands else (),
            )
        )

    async def _close_over(self) -> None:
        now = self._clock.now()
        for work in list(self._rounds.values()):
            if work.over(now):
                await self._sink.room()
                self._close(work.plan)

    def _close(self, plan: Plan) -> None:
        """Close the slot in work: report, findings of absence, what is missing goes to backfill."""
        work = self._rounds.pop(plan.task.name, None)
        if not self._rounds:
            self._quiet.set()
        if work is None:
            return
        report, never = work.close()
        now = self._clock.now()
        self.stats.slots_closed += 1
        self.stats.slots_missed += never
        self.stats.due[plan.task.name] = report.due
        self.stats.present[plan.task.name] = report.present
        self.stats.last_slot[plan.task.name] = work.slot
        plan.gaps.add(work.slot, (a for a, o in work.outcomes.items() if o not in SETTLED), now)
        self._sink.put(
            Entry(
                slots=(report,),
                findings=tuple(self._absences(work)),
                marks=tuple(
                    self._mark(plan, work.slot, asset, outcome)
                    for asset, outcome in report.outcomes
                    if outcome not in PRESENT
                ),
                saves=self._saves(plan),
            )
        )

    def _absences(self, work: Round) -> list[Finding]:
        news: list[Finding | None] = []
        for asset, outcome in work.outcomes.items():
            meter = self._meters[asset]
            if outcome in PRESENT:
                news += self._reviewer.present(meter, work.slot)
            elif outcome != Failure.BUSY and outcome in set(Failure):
                news.append(self._reviewer.absent(meter, work.slot, surely=work.plan.grid.calendar))
                if outcome in _SILENT:
                    news.append(self._reviewer.failing(meter, work.slot))
        news += self._reviewer.book.sweep(work.plan.target, self._clock.now())
        return [finding for finding in news if finding is not None]

    def _saves(self, plan: Plan) -> tuple[tuple[str, bytes], ...]:
        now = self._clock.monotonic()
        if now - self._saved < _SAVE_EVERY:
            return ()
        self._saved = now
        return self.saves(plan.target)

    def saves(self, target: str) -> tuple[tuple[str, bytes], ...]:
        """Bases and findings of this target, to be kept over a restart."""
        return (
            (f"base:{target}", self._reviewer.pack(self._meters.values())),
            (f"finding:{target}", self._reviewer.book.pack(target)),
            (f"watch:{target}", self._reviewer.pack_watches(self._meters.values())),
        )

    # -- backfill ------------------------------------------------------------------------------------------

    async def _backfill(self) -> None:
        while True:
            await asyncio.sleep(_NAP / self._clock.pace)
            for plan in self.plans:
                if plan.gaps.wants_refill() and plan.gaps.beyond is not None:
                    before = plan.grid.at(plan.gaps.beyond - timedelta(seconds=1))
                    await self._load_gaps(plan, before, plan.cursor.done or before)
                if (gap := plan.gaps.take(self._clock.now())) is not None:
                    await self._fill(plan, gap.slot, gap.meters)
            self.stats.missing = sum(len(plan.gaps) for plan in self.plans)

    async def _fill(self, plan: Plan, slot: datetime, assets: Sequence[str]) -> None:
        """Ask for one past slot, as many meters at a time as go together, only while no live slot is in work."""
        came: list[tuple[str, str]] = []
        rest = [asset for asset in assets if plan.late_order(self._meters[asset], slot) is not None]
        while rest:
            some, rest = rest[: self._bus.batch], rest[self._bus.batch :]
            await self._quiet.wait()
            await self._sink.room()
            before = self.stats.backfill_seconds
            found = await self._ask_late(plan, slot, [a for a in some if not self._bus.circuit_open(a)])
            came += [(asset, outcome) for asset, outcome in found if outcome in PRESENT]
            if any(outcome == Failure.IO for _, outcome in found):
                plan.gaps.put_back(slot, self._clock.now() + _LINK_PAUSE)
                break
            await asyncio.sleep((self.stats.backfill_seconds - before) * (1 / _SHARE - 1))
        if came:
            self._report_late(plan, slot, came)

    async def _ask_late(self, plan: Plan, slot: datetime, assets: Sequence[str]) -> list[tuple[str, str]]:
        orders = [
            order for asset in assets if (order := plan.late_order(self._meters[asset], slot)) is not None
        ]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._bus.ask(order, Priority.BACKFILL)) for order in orders]
        found = []
        for order, task in zip(orders, tasks, strict=True):
            result = task.result()
            self.stats.backfill_seconds += result.seconds
            asset = order.meter.asset_no
            found.append((asset, self._take_late(plan, slot, asset, result)))
        return found

    def _take_late(self, plan: Plan, slot: datetime, asset: str, result: Result) -> str:
        outcome = outcome_of(result)
        if outcome in PRESENT:
            outcome = BACKFILLED
            self.stats.backfilled += len(result.readings)
        lost = outcome == Failure.NO_RECORD and self._clock.now() - slot > timedelta(days=1)
        if outcome in SETTLED or lost:
            plan.gaps.settled(slot, asset)
        readings, findings = self._reviewer.review(result)
        self._sink.put(
            Entry(
                readings=tuple(stamped(r, r.state, r.reason, int(Flag.LATE)) for r in readings),
                findings=tuple(findings),
                events=tuple(result.events),
                marks=(self._mark(plan, slot, asset, outcome),),
            )
        )
        return outcome

    def _report_late(self, plan: Plan, slot: datetime, came: Sequence[tuple[str, str]]) -> None:
        present = len(plan.meters) - plan.gaps.missing(slot)
        if self.stats.last_slot.get(plan.task.name) == slot:
            self.stats.present[plan.task.name] = present
        report = SlotReport(
            task=plan.task.name,
            target=plan.target,
            slot=slot,
            due=len(plan.meters),
            present=present,
            outcomes=tuple(came),
        )
        self._sink.put(Entry(slots=(report,)))

    # -- helpers -------------------------------------------------------------------------------------------

    def _mark(self, plan: Plan, slot: datetime, asset: str, outcome: str) -> Mark:
        return Mark(task=plan.task.name, target=plan.target, slot=slot, meter=asset, outcome=outcome)

    def _assets(self, plan: Plan) -> list[str]:
        return [meter.asset_no for meter in plan.meters]
