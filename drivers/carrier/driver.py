"""The driver of a carrier module: many orders in flight as far as the module takes them, and what failed asked again.

Its ladder within one call: every question is asked again at once, as often as the target says; meters that failed are
asked again when all others have been, three times with longer and longer pauses. Hours and days are the poller's.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from config.schema import Target
from drivers.carrier.exchange import Exchange
from drivers.carrier.module import Module
from drivers.carrier.reading import Reader
from drivers.carrier.reports import Reports
from drivers.carrier.routed import Routed
from drivers.carrier.ways import ModuleSilent, Ways
from drivers.errors import LinkLost, NoAnswer, SendRefused
from drivers.link import Link
from drivers.order import Failure, Order, Result, Want
from drivers.surroundings import Surroundings
from protocols import PROTOCOLS
from protocols.gdw1376_2.session import CarrierDialogue, NodeReport, Started
from protocols.outer import OUTERS

__all__ = ["CarrierDriver"]

_PAUSES = (2.0, 10.0, 30.0)
_SLICE = 0.5
# Of a meter that has said nothing yet, a later round asks so often again.
_PROBE_RETRIES = 1
# The module goes on with its own work when we have asked nothing for so long (s).
_RESUME_SECONDS = 30.0
_MISSED = frozenset({Failure.TIMEOUT, Failure.CHECKSUM})


class CarrierDriver:
    """Reads the meters behind one module; see `drivers.driver` for what a bus expects."""

    # As many nodes as a transformer has: the ladder waits once for all of them.
    batch = 512

    def __init__(self, link: Link, around: Surroundings) -> None:
        self.holding = ""
        target = around.targets[0]
        meters = [meter for one in around.targets for meter in around.meters.get(one.name, ())]
        self._own: Counter[str] = Counter()
        address = OUTERS[target.driver].address(target.address) if target.address else ""
        self._dialogue = CarrierDialogue(address, to_read=self._to_read)
        self._exchange = Exchange(link, self._dialogue, self._hear)
        self._reports = Reports(target.name, around, meters)
        observe = self._reports.phase
        self._module = Module(self._exchange, self._dialogue, target, around, meters, observe)
        self._routed = Routed(self._module)
        ways = Ways(self._exchange, self._dialogue, self._module, self._routed, observe)
        self._reader = Reader(around, ways.carry, ways.room)

    @property
    def counters(self) -> Counter[str]:
        """Frames, retries, and what was dropped, by reason."""
        return self._dialogue.counters + self._reader.counters

    @property
    def doings(self) -> Counter[str]:
        """What was done with the module and what it reported: no frame was dropped for it."""
        return self._own + self._module.counters + self._reports.counters

    # -- orders --------------------------------------------------------------------------------------------------

    async def run(self, order: Order, target: Target, retries: int) -> Result:
        """Carry out one order; raises LinkLost only."""
        results: list[Result] = []
        await self.run_many([order], target, retries, lambda _, result: results.append(result), lambda: False)
        return results[0]

    async def run_many(
        self,
        orders: Sequence[Order],
        target: Target,
        retries: int,
        done: Callable[[Order, Result], None],
        hurry: Callable[[], bool],
    ) -> None:
        """Carry out orders that ask the same of many meters; raises LinkLost only."""
        self._module.surveys |= len(orders) > 1
        asked = [order for order in orders if _may_be_asked(order, done)]
        if asked:
            await self._exchange.during(
                _Work(self._reader, self._module, target, retries, done, hurry).run(asked)
            )

    async def attend(self, wake: asyncio.Event) -> None:
        """Make the module ready, serve it, and let it work by itself while nothing is asked; raises LinkLost only."""
        self._module.surveys = True
        await self._exchange.during(self._idle(wake))

    async def leave(self) -> None:
        """Let the module go on with its own work, before its link is closed; raises LinkLost."""
        if self._module.is_paused:
            with suppress(NoAnswer, SendRefused):
                await self._exchange.during(self._module.resume())

    async def _idle(self, wake: asyncio.Event) -> None:
        try:
            await self._module.ready(leads_itself=True)
            if await self._exchange.wait(wake, _RESUME_SECONDS):
                return
            await self._module.resume()
        except (NoAnswer, SendRefused):
            self._own["module_silent"] += 1
        # A module that was silent is looked for again, one that began anew is made ready.
        while not await self._exchange.wait(wake, _RESUME_SECONDS):
            if not self._module.is_ready:
                return

    # -- what the module begins ----------------------------------------------------------------------------------

    def _to_read(self, node: str) -> bytes | None:
        return self._routed.to_read(node)

    def _hear(self, news: Any) -> None:
        if isinstance(news, Started):
            self._own["restarts"] += 1
            self._module.forget()
            self._routed.ended()
        elif isinstance(news, NodeReport):
            self._routed.hear(news)
            self._reports.hear(news)


class _Work:
    """One call of `run_many`."""

    def __init__(
        self,
        reader: Reader,
        module: Module,
        target: Target,
        retries: int,
        done: Callable[[Order, Result], None],
        hurry: Callable[[], bool],
    ) -> None:
        self._reader, self._module, self._target, self._retries = reader, module, target, retries
        self._done, self._hurry = done, hurry
        self._failed: list[tuple[Order, Result]] = []
        self._heard: set[str] = set()
        self._silent = ""

    async def run(self, orders: Sequence[Order]) -> None:
        pauses = _PAUSES if len(orders) > 1 else _PAUSES[:1]
        await self._round(orders, first=True)
        for pause in pauses:
            if not self._failed or self._silent or not await self._rested(pause):
                break
            again, self._failed = self._failed, []
            await self._round([order for order, _ in again], first=False)
        if not self._hurry() or self._silent:
            for order, result in self._failed:
                self._done(order, result)

    async def _rested(self, seconds: float) -> bool:
        """A pause, unless something more urgent waits."""
        for _ in range(round(seconds / _SLICE)):
            if self._hurry():
                return False
            await asyncio.sleep(_SLICE)
        return not self._hurry()

    async def _round(self, orders: Sequence[Order], *, first: bool) -> None:
        """Every order once, as many at a time as the module takes; what has not begun stays where something hurries."""
        waiting = deque(orders)
        try:
            running = await self._module.ready()
        except (NoAnswer, SendRefused) as error:
            self._give_up(str(error))
        else:
            at_once = 1
            if running.route_leads:
                at_once = len(orders)
            elif running.is_concurrent:
                at_once = self._target.concurrent
            workers = (self._worker(waiting, first=first) for _ in range(min(at_once, len(orders))))
            await _together(workers)
        if self._silent:
            self._failed += [(order, _failed(order, Failure.TIMEOUT, self._silent)) for order in waiting]

    async def _worker(self, waiting: "deque[Order]", *, first: bool) -> None:
        while waiting and not self._silent and not self._hurry():
            order = waiting.popleft()
            name = order.meter.asset_no
            is_silent = not first and name not in self._heard
            retries = min(_PROBE_RETRIES, self._retries) if is_silent else self._retries
            try:
                result = await self._reader.read(order, self._target, retries)
            except ModuleSilent as error:
                self._give_up(str(error))
                self._failed.append((order, _failed(order, Failure.TIMEOUT, str(error))))
                return
            if result.address:
                self._heard.add(name)
            if any(reason in _MISSED for _, reason, _ in result.failures):
                self._failed.append((order, result))
            else:
                self._done(order, result)

    def _give_up(self, why: str) -> None:
        self._silent = why


async def _together(workers: Any) -> None:
    """Run them all; the first LinkLost ends them and is raised as itself."""
    lost = None
    try:
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(worker)
    except* LinkLost as errors:
        lost = errors
    if lost is not None:
        raise LinkLost(str(_first(lost)))


def _first(group: BaseExceptionGroup[LinkLost]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _may_be_asked(order: Order, done: Callable[[Order, Result], None]) -> bool:
    """Tells at once of orders that no carrier module can serve."""
    if order.want is Want.TIME_SET:
        done(order, _failed(order, Failure.UNKNOWN_POINT, "clocks are not set through a carrier module"))
    elif order.meter.protocol not in PROTOCOLS or PROTOCOLS[order.meter.protocol].driver != "meter":
        done(order, _failed(order, Failure.UNKNOWN_POINT, f"{order.meter.protocol} is not carried"))
    else:
        return True
    return False


def _failed(order: Order, reason: Failure, detail: str) -> Result:
    return Result(order=order, failures=tuple((point, reason, detail) for point in order.points or ("",)))
