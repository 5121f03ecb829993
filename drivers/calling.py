"""A modem pool: the driver of a channel, with the telephone before it.

One call drains what is queued for one target, then hangs up. A number that could not be reached is left alone for a
while, and outside its window a target is not called at all: its orders fail at once and say why.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, time
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from config.schema import Target
from drivers.driver import Attends, Driver, TakesMany
from drivers.errors import CallFailed, LinkLost
from drivers.order import Failure, Order, Result, Want

__all__ = ["OUTCOMES", "Calling", "Dials", "is_open", "through_modem"]

OUTCOMES = (
    "connected",
    "answered",
    "busy",
    "no_answer",
    "no_carrier",
    "no_dialtone",
    "dropped",
    "missed",
    "error",
)
"""What becomes of a call: `answered` and `missed` are those of others, `dropped` one that had been connected."""

# A number that was busy or did not answer is called again after so many seconds.
_LEFT_ALONE = 60.0
# How long a caller may keep the line that nothing is asked of.
_VISIT_SECONDS = 120.0
# How long a caller has to say who it is.
_INTRODUCTION_SECONDS = 15
# Orders come one after another: a call is kept so long for the next one.
_LINGER_SECONDS = 2.0

_WHY = {"busy": Failure.BUSY, "error": Failure.IO, "no_dialtone": Failure.IO}


@runtime_checkable
class Dials(Protocol):
    """What this needs of a link; see `drivers.links.modem`."""

    called: asyncio.Event

    @property
    def connected(self) -> bool:
        """Whether a call stands."""
        ...

    async def dial(self, number: str) -> int:
        """Call; raises CallFailed, LinkLost, ValueError."""
        ...

    async def answer(self) -> int:
        """Pick up; raises CallFailed, LinkLost."""
        ...

    async def hang_up(self) -> None:
        """End the call; raises LinkLost."""
        ...


def is_open(window: str | None, local: time) -> bool:
    """Whether a time of day lies in a window such as 22:00-06:00; None is always open."""
    if window is None:
        return True
    begin, end = (time.fromisoformat(part) for part in window.split("-"))
    return begin <= local < end if begin < end else local >= begin or local < end


def through_modem(inner: Driver, link: Dials, tz: ZoneInfo, now: Callable[[], datetime]) -> "Calling":
    """The driver with the telephone before it."""
    return _Visited(inner, link, tz, now) if isinstance(inner, Attends) else Calling(inner, link, tz, now)


class Calling:
    """Carries out orders through `inner`, with a call to their target standing. `now` is the wall time, aware."""

    def __init__(self, inner: Driver, link: Dials, tz: ZoneInfo, now: Callable[[], datetime]) -> None:
        self.batch = inner.batch if isinstance(inner, TakesMany) else 1
        self._inner = inner
        self._link = link
        self._tz = tz
        self._now = now
        self._on = ""
        self._alone: dict[str, tuple[float, CallFailed]] = {}
        self.calls: Counter[str] = Counter()
        self.unreached: dict[str, str] = {}

    @property
    def holding(self) -> str:
        """The target on the line, empty if there is none."""
        return self._on if self._link.connected else ""

    @property
    def counters(self) -> Counter[str]:
        """Those of the driver behind."""
        return self._inner.counters

    async def run(self, order: Order, target: Target, retries: int) -> Result:
        """Carry out one order, calling first; raises LinkLost only."""
        if (refusal := await self._reach(target)) is not None:
            return _failed(order, *refusal)
        try:
            return await self._inner.run(order, target, retries)
        except LinkLost:
            self._lost()
            raise

    async def run_many(
        self,
        orders: Sequence[Order],
        target: Target,
        retries: int,
        done: Callable[[Order, Result], None],
        hurry: Callable[[], bool],
    ) -> None:
        """Carry out orders of one target in one call; raises LinkLost only."""
        if (refusal := await self._reach(target)) is not None:
            for order in orders:
                done(order, _failed(order, *refusal))
            return
        try:
            if isinstance(self._inner, TakesMany):
                await self._inner.run_many(orders, target, retries, done, hurry)
                return
            for order in orders:
                done(order, await self._inner.run(order, target, retries))
                if hurry():
                    return
        except LinkLost:
            self._lost()
            raise

    async def attend(self, wake: asyncio.Event) -> None:
        """Nothing is queued: hang up after a moment, and wait."""
        await self._linger(wake)
        if not wake.is_set():
            await self._hang_up()
            await wake.wait()

    async def _linger(self, wake: asyncio.Event) -> None:
        if self._link.connected:
            try:
                async with asyncio.timeout(_LINGER_SECONDS):
                    await wake.wait()
            except TimeoutError:
                return

    async def _reach(self, target: Target) -> tuple[Failure, str] | None:
        """Have the target on the line; else why it is not."""
        refusal = None if self.holding == target.name else await self._call(target)
        if refusal is None:
            self.unreached.pop(target.name, None)
        else:
            self.unreached[target.name] = refusal[1]
        return refusal

    async def _call(self, target: Target) -> tuple[Failure, str] | None:
        if target.number is None:
            return Failure.IO, f"{target.name} has no number"
        if (refusal := self._refusal(target)) is not None:
            return refusal
        await self._hang_up()
        try:
            await self._link.dial(target.number)
        except CallFailed as error:
            self.calls[error.reason] += 1
            self._alone[target.number] = asyncio.get_running_loop().time() + _LEFT_ALONE, error
            return _reason(error)
        except ValueError as error:
            return Failure.IO, str(error)
        self.calls["connected"] += 1
        self._alone.pop(target.number, None)
        self._on = target.name
        return None

    def _refusal(self, target: Target) -> tuple[Failure, str] | None:
        """Why a target is not called now."""
        if not is_open(target.call_window, self._now().astimezone(self._tz).time()):
            return Failure.BUSY, f"{target.name} is called {target.call_window} only"
        until, error = self._alone.get(target.number or "", (0.0, None))
        if error is not None and asyncio.get_running_loop().time() < until:
            return _reason(error)
        return None

    async def _hang_up(self) -> None:
        self._on = ""
        if self._link.connected:
            await self._link.hang_up()

    def _lost(self) -> None:
        self._on = ""
        self.calls["dropped"] += 1


class _Visited(Calling):
    """Takes calls too, for a driver whose equipment speaks unasked."""

    async def attend(self, wake: asyncio.Event) -> None:
        """Serve whoever is on the line, then hang up; pick up when somebody rings."""
        inner: Any = self._inner
        if self._link.connected:
            await self._serve(inner, wake, _LINGER_SECONDS)
            if wake.is_set():
                return
            await self._hang_up()
        if not await self._rung(wake):
            return
        try:
            await self._link.answer()
        except CallFailed:
            self.calls["missed"] += 1
            return
        self.calls["answered"] += 1
        try:
            # Who it is shows in what it says; its own orders then find it on the line.
            await self._meet(inner)
            await self._serve(inner, wake, _VISIT_SECONDS)
        except LinkLost:
            return  # the caller has hung up

    async def _meet(self, inner: Any) -> None:
        """Hear the caller out until it is known, whatever waits meanwhile."""
        never = asyncio.Event()
        for _ in range(_INTRODUCTION_SECONDS):
            await self._serve(inner, never, 1.0)
            if known := getattr(inner, "holding", ""):
                self._on = known
                self.unreached.pop(known, None)
                return

    async def _serve(self, inner: Attends, wake: asyncio.Event, seconds: float) -> None:
        """Let the equipment speak for so long, or until `wake`; a frame being sent then goes out whole."""
        enough = asyncio.Event()
        timer = asyncio.get_running_loop().call_later(seconds, enough.set)
        try:
            async with asyncio.TaskGroup() as group:
                follow = group.create_task(_follow(wake, enough))
                lost = await _attend(inner, enough)
                follow.cancel()
        finally:
            timer.cancel()
        if lost is not None:
            raise lost

    async def _rung(self, wake: asyncio.Event) -> bool:
        """Wait for a ring or an order; whether somebody rings."""
        async with asyncio.TaskGroup() as group:
            waits = [group.create_task(wake.wait()), group.create_task(self._link.called.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for one in waits:
                one.cancel()
        return self._link.called.is_set() and not wake.is_set()


async def _follow(wake: asyncio.Event, enough: asyncio.Event) -> None:
    await wake.wait()
    enough.set()


async def _attend(inner: Attends, enough: asyncio.Event) -> LinkLost | None:
    try:
        await inner.attend(enough)
    except LinkLost as lost:
        return lost  # a group of tasks would wrap it
    return None


def _reason(error: CallFailed) -> tuple[Failure, str]:
    return _WHY.get(error.reason, Failure.TIMEOUT), str(error)


def _failed(order: Order, failure: Failure, detail: str) -> Result:
    if order.want is Want.TIME_SET:
        return Result(order=order, failures=(("", failure, detail),))
    return Result(order=order, failures=tuple((point, failure, detail) for point in order.points))
