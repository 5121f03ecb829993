"""One bus per physical channel: orders by priority, one at a time, dead meters set apart, the link kept open.

A bus never grows without bound and never raises for what happens on the line: every order gets a Result.
"""

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from config.schema import Target
from drivers.driver import Attends, Driver, Leaves, TakesMany, Telephones
from drivers.errors import LinkLost
from drivers.link import Link
from drivers.order import Failure, Order, Priority, Result, Want
from gateway.breaker import Breaker, Permit
from gateway.busstats import BusStats
from gateway.clock import Clock

__all__ = ["Bus"]

# Back-off of reopening, seconds; jitter keeps many gateways from dialling in step.
_BACKOFF_FIRST, _BACKOFF_LAST, _JITTER = 0.5, 30.0, 0.25
# Orders wait so long for a lost link before they fail.
_PATIENCE_SECONDS = 5.0
_LEAVE_SECONDS = 2.0
_QUEUE_LIMIT = 4096


@dataclass(slots=True)
class _Job:
    order: Order
    priority: Priority
    done: asyncio.Future[Result]
    rank: tuple[int, int, int] = (0, 0, 0)
    cut: bool = False

    def __lt__(self, other: "_Job") -> bool:
        return self.rank < other.rank


class Bus:
    """The queue and the loop of one channel, which several targets may share."""

    def __init__(
        self,
        targets: Sequence[Target] | Target,
        link: Link,
        driver: Driver,
        *,
        clock: Clock,
        on_state: Callable[["Bus", bool], None] | None = None,
        queue_limit: int = _QUEUE_LIMIT,
    ) -> None:
        self.targets: Mapping[str, Target] = {
            target.name: target for target in ([targets] if isinstance(targets, Target) else targets)
        }
        self.name = next(iter(self.targets))
        self.link = link
        self.driver = driver
        self.up = False
        self.last_success: datetime | None = None
        self.down_reason = ""
        self._told_reason = ""
        self._stats = BusStats()
        self._clock = clock
        self._on_state = on_state
        self._limit = queue_limit
        self._queue: list[_Job] = []
        self._sequence = 0
        self._breakers: dict[str, Breaker] = {}
        self._wake = asyncio.Event()
        self._given_up = False
        self._broken = False
        self._many = driver if isinstance(driver, TakesMany) else None
        self._attends = driver if isinstance(driver, Attends) else None
        self._telephones = driver if isinstance(driver, Telephones) else None
        self._opens = 0
        self._opened = False
        self._pause = 0.0
        link.on_lost = self._link_lost

    # -- what the daemon sees -------------------------------------------------------------------------------

    @property
    def queue_length(self) -> int:
        """Orders waiting."""
        return len(self._queue)

    @property
    def stats(self) -> BusStats:
        """The figures as they stand now."""
        stats = self._stats
        counters = self.driver.counters
        stats.reopens = max(0, self._opens - 1)
        stats.frames, stats.retries = counters["frames"], counters["retries"]
        stats.gate_refusals = self.link.refused
        if self._telephones is not None:
            stats.calls = self._telephones.calls
        stats.frame_errors = Counter({name: n for name, n in counters.items() if name not in _NOT_ERRORS})
        stats.rx_bytes, stats.tx_bytes = self.link.received_bytes, self.link.sent_bytes
        stats.circuit_open = sum(breaker.open for breaker in self._breakers.values())
        return stats

    @property
    def batch(self) -> int:
        """How many orders are worth having in the queue at once."""
        return 2 * self._many.batch if self._many is not None else 1

    def why_not(self, target: str) -> str:
        """Why a target cannot be asked now: the link's reason, or the telephone's; empty if it can."""
        if not self.up:
            return self.down_reason
        return self._telephones.unreached.get(target, "") if self._telephones is not None else ""

    def circuit_open(self, meter: str) -> bool:
        """Whether this meter counts as dead."""
        breaker = self._breakers.get(meter)
        return breaker is not None and breaker.open

    def forget(self, meters: set[str]) -> None:
        """Drop what is remembered of meters that are no longer in the archive."""
        for meter in meters & self._breakers.keys():
            del self._breakers[meter]

    async def ask(self, order: Order, priority: Priority) -> Result:
        """Queue an order and wait for what becomes of it. Cancelling the caller takes it off the queue."""
        if refusal := self._refusal(order, priority):
            self._count_failures(refusal)
            return refusal
        job = _Job(order, priority, asyncio.get_running_loop().create_future())
        self._push(job)
        try:
            return await job.done
        finally:
            job.done.cancel()

    async def run(self) -> None:
        """Serve until cancelled; what is then still queued fails."""
        try:
            while True:
                if self._broken or not self.link.alive:
                    await self._reopen()
                job = self._pop()
                if job is None:
                    self._wake.clear()
                    if self.link.alive and not self._queue:
                        await self._idle()
                    continue
                await (self._serve(job) if self._many is None else self._serve_many(job, self._many))
        finally:
            self._set_up(up=False, reason=_CLOSED)
            self._given_up = True
            self._fail_queue(_CLOSED)
            try:
                await self._leave()
            finally:
                await self.link.close()

    async def _leave(self) -> None:
        """Let equipment that rests for our sake go on with its own work; a stop does not wait for it long."""
        if isinstance(self.driver, Leaves) and self.link.alive:
            with suppress(LinkLost, TimeoutError):
                async with asyncio.timeout(_LEAVE_SECONDS):
                    await self.driver.leave()

    # -- orders ----------------------------------------------------------------------------------------------

    def _refusal(self, order: Order, priority: Priority) -> Result | None:
        """Why an order is not even queued."""
        if order.meter.target not in self.targets:
            return _failed(order, Failure.IO, f"{order.meter.target} is not on this bus")
        if self._given_up:
            return _failed(order, Failure.IO, f"link down: {self.down_reason}")
        if len(self._queue) >= self._limit:
            self._stats.refused_full += 1
            return _failed(order, Failure.BUSY, f"{len(self._queue)} orders are waiting on this bus")
        if self._permit(order) is Permit.OPEN and priority > Priority.ON_DEMAND:
            self._stats.skipped_open += 1
            return _failed(order, Failure.TIMEOUT, _CIRCUIT_OPEN)
        return None

    def _permit(self, order: Order) -> Permit:
        breaker = self._breakers.get(order.meter.asset_no)
        if breaker is None or order.want is Want.TIME_SET:
            return Permit.NORMAL
        return breaker.permit(self._clock.monotonic())

    def _push(self, job: _Job) -> None:
        # Within a priority the meters that answer come first: a silent one delays nobody.
        self._sequence += 1
        silent = self._permit(job.order) is not Permit.NORMAL
        job.rank = (int(job.priority), int(silent), self._sequence)
        heapq.heappush(self._queue, job)
        self._wake.set()

    async def _idle(self) -> None:
        if self._attends is None:
            await self._wake.wait()
            return
        try:
            await self._attends.attend(self._wake)
        except LinkLost as error:
            self._broken = True
            self._set_up(up=False, reason=str(error))

    def _pop(self) -> _Job | None:
        if self._many is not None and self._many.holding:
            self._prefer(self._many.holding)
        while self._queue:
            job = heapq.heappop(self._queue)
            if not job.done.done():
                return job
        return None

    async def _serve(self, job: _Job) -> None:
        target = self.targets[job.order.meter.target]
        permit = self._permit(job.order)
        if permit is Permit.OPEN and job.priority > Priority.ON_DEMAND:
            self._stats.skipped_open += 1
            self._finish(job, _failed(job.order, Failure.TIMEOUT, _CIRCUIT_OPEN))
            return
        retries = min(target.retries, _RETRIES[permit]) if permit in _RETRIES else target.retries
        began = _seconds()
        self._stats.in_flight = 1
        try:
            result = await self.driver.run(job.order, target, retries)
        except LinkLost as error:
            self._cut(job, str(error))
            return
        except asyncio.CancelledError:
            self._finish(job, _failed(job.order, Failure.IO, _CLOSED))
            raise
        finally:
            self._stats.in_flight = 0
            self._stats.time(_seconds() - began)
        self._learn(job.order, target, result)
        self._finish(job, _timed(job, result, began))

    async def _serve_many(self, job: _Job, driver: TakesMany) -> None:
        """Hand over an order together with those that ask the same of other meters of its target."""
        if self._permit(job.order) is Permit.OPEN and job.priority > Priority.ON_DEMAND:
            self._stats.skipped_open += 1
            self._finish(job, _failed(job.order, Failure.TIMEOUT, _CIRCUIT_OPEN))
            return
        jobs = [job, *self._companions(job, driver.batch - 1)]
        waiting = {one.order.meter.asset_no: one for one in jobs}
        began = _seconds()
        self._stats.in_flight = len(jobs)
        try:
            await self._hand_over(job, waiting, driver)
        except LinkLost as error:
            for one in waiting.values():
                self._cut(one, str(error))
            return
        except asyncio.CancelledError:
            for one in waiting.values():
                self._finish(one, _failed(one.order, Failure.IO, _CLOSED))
            raise
        finally:
            self._stats.in_flight = 0
            self._stats.time(_seconds() - began)
        for one in waiting.values():
            heapq.heappush(self._queue, one)

    async def _hand_over(self, job: _Job, waiting: dict[str, _Job], driver: TakesMany) -> None:
        """What the driver finishes leaves `waiting`."""
        target = self.targets[job.order.meter.target]
        orders = [one.order for one in waiting.values()]
        before = _seconds()

        def done(order: Order, result: Result) -> None:
            nonlocal before
            if (one := waiting.pop(order.meter.asset_no, None)) is not None:
                self._learn(order, target, result)
                self._finish(one, _timed(one, result, before))
                before = _seconds()

        def hurry() -> bool:
            return bool(self._queue) and self._queue[0].priority < job.priority

        await driver.run_many(orders, target, target.retries, done, hurry)
        if len(waiting) == len(orders) and not hurry():
            for order in orders:
                done(order, _failed(order, Failure.PROTOCOL, "the driver did nothing"))

    def _companions(self, job: _Job, most: int) -> list[_Job]:
        """Takes from the queue, in its order, what asks the same of other meters of the same target."""
        wanted, seen = _kind(job), {job.order.meter.asset_no}
        found: list[_Job] = []
        for one in sorted(self._queue):
            asset = one.order.meter.asset_no
            if len(found) == most:
                break
            if _kind(one) == wanted and asset not in seen and self._permit(one.order) is not Permit.OPEN:
                seen.add(asset)
                found.append(one)
        taken = set(map(id, found))
        self._queue = [one for one in self._queue if id(one) not in taken]
        heapq.heapify(self._queue)
        return found

    def _prefer(self, target: str) -> None:
        """What is queued for the equipment on the line goes before what is no more urgent."""
        first = self._queue[0].priority if self._queue else None
        here = [one for one in self._queue if one.priority == first and one.order.meter.target == target]
        if here and (best := min(here)) is not self._queue[0]:
            best.rank = (best.rank[0], -1, best.rank[2])
            heapq.heapify(self._queue)

    def _cut(self, job: _Job, why: str) -> None:
        """The link broke under an order: once it may try again on the next link."""
        self._broken = True
        self._set_up(up=False, reason=why)
        if job.cut:
            self._finish(job, _failed(job.order, Failure.IO, why))
        elif not job.done.done():
            job.cut = True
            heapq.heappush(self._queue, job)

    def _learn(self, order: Order, target: Target, result: Result) -> None:
        if order.want is Want.TIME_SET:
            return
        breaker = self._breakers.get(order.meter.asset_no)
        if _answered(result):
            self._pause = 0.0
            self.last_success = self._clock.now()
            self._breakers.pop(order.meter.asset_no, None)
        elif _silent(result):
            if breaker is None:
                breaker = Breaker(target.breaker_failures, target.breaker_seconds)
                self._breakers[order.meter.asset_no] = breaker
            breaker.silent(self._clock.monotonic())

    def _finish(self, job: _Job, result: Result) -> None:
        self._stats.polls += 1
        self._count_failures(result)
        if not job.done.done():
            job.done.set_result(result)

    def _count_failures(self, result: Result) -> None:
        for reason in {reason for _, reason, _ in result.failures}:
            self._stats.failures[reason] += 1

    # -- the link --------------------------------------------------------------------------------------------

    def _link_lost(self) -> None:
        self._wake.set()

    async def _reopen(self) -> None:
        """Open the link, with back-off until an answer has come over it; orders fail after a while."""
        since = _seconds()
        self._set_up(up=False, reason=self.down_reason or "the channel is gone")
        while True:
            await self._back_off(since)
            self._opened = await self._try_open()
            if self._opened:
                break
            if _seconds() - since >= _PATIENCE_SECONDS:
                self._give_up()
        self._opens += 1
        self._given_up = self._broken = False
        self._set_up(up=True, reason="")

    async def _back_off(self, since: float) -> None:
        """Wait before opening: not after a link that served, longer and longer after one that did not.

        Who calls us has waited already.
        """
        if self.link.is_called and self._opened:
            return
        pause = self._pause * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - jitter, no secret
        if _seconds() + pause - since > _PATIENCE_SECONDS:
            self._give_up()
        await asyncio.sleep(pause)
        if self.down_reason != _WAITING:
            self._pause = min(2 * self._pause or _BACKOFF_FIRST, _BACKOFF_LAST)

    def _give_up(self) -> None:
        self._given_up = True
        self._fail_queue(f"link down: {self.down_reason}")

    async def _try_open(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS) as limit:
                await self.link.open()
        except LinkLost as error:
            self.down_reason = str(error)
        except TimeoutError:
            if not limit.expired():
                raise
            self.down_reason = _WAITING
        if not self.link.alive and self.down_reason != self._told_reason:
            self._tell()
        return self.link.alive

    def _set_up(self, *, up: bool, reason: str) -> None:
        self.down_reason = reason
        if up != self.up:
            self.up = up
            self._tell()

    def _tell(self) -> None:
        """Say what the link's state is; of one that is down, each new reason once."""
        self._told_reason = self.down_reason
        if self._on_state is not None:
            self._on_state(self, self.up)

    def _fail_queue(self, why: str) -> None:
        queue, self._queue = self._queue, []
        for job in sorted(queue):
            self._finish(job, _failed(job.order, Failure.IO, why))


_CLOSED = "the bus is closed"
_WAITING = "nobody has dialled in"
_CIRCUIT_OPEN = "circuit open: the meter has not answered for a while"
_RETRIES = {Permit.CAUTIOUS: 1, Permit.PROBE: 0, Permit.OPEN: 1}
_NOT_ERRORS = {"frames", "retries", "gate"}
_NO_ANSWER = {Failure.TIMEOUT, Failure.CHECKSUM}


def _seconds() -> float:
    """Real seconds, in which links and meters live also where the gateway's clock runs faster."""
    return asyncio.get_running_loop().time()


def _timed(job: _Job, result: Result, since: float) -> Result:
    """With the bus's time that it took, where that counts against a share of it."""
    return replace(result, seconds=_seconds() - since) if job.priority is Priority.BACKFILL else result


def _kind(job: _Job) -> tuple[object, ...]:
    order = job.order
    return job.priority, order.meter.target, order.want, order.points, order.at


def _failed(order: Order, reason: Failure, detail: str) -> Result:
    return Result(order=order, failures=tuple((point, reason, detail) for point in order.points or ("",)))


def _answered(result: Result) -> bool:
    return bool(result.address or result.readings or result.events or result.items)


def _silent(result: Result) -> bool:
    return bool(result.failures) and all(reason in _NO_ANSWER for _, reason, _ in result.failures)
