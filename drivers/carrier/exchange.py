"""Questions to a module, several at once, while it is listened to and what it begins is served."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from drivers.errors import DriverError, LinkLost, NoAnswer, SendRefused
from drivers.link import Link
from protocols.dialogue import Heard
from protocols.gdw1376_2.commands import Command
from protocols.gdw1376_2.session import CarrierDialogue, Reply, Started

__all__ = ["Anew", "Exchange"]

T = TypeVar("T")
# Longest pause between two bytes of a frame (s).
_GAP = 0.5


class Anew(NoAnswer):
    """The module began anew under a question: it has to be told everything again first."""


class Exchange:
    """One module on one link. `on_news` takes what it says unasked.

    It hears only within `during` and `attend`, one of them at a time.
    """

    def __init__(self, link: Link, dialogue: CarrierDialogue, on_news: Callable[[Any], None]) -> None:
        self._link, self._dialogue, self._on_news = link, dialogue, on_news
        self._open: dict[int, asyncio.Future[Reply]] = {}
        self._sending = asyncio.Lock()
        self._lost: LinkLost | None = None
        self._gone = asyncio.Event()
        self._is_hearing = self._is_stopping = False

    # -- asking --------------------------------------------------------------------------------------------------

    async def ask(self, command: Command, seconds: float) -> Reply:
        """Ask and wait up to so long; raises NoAnswer, Anew, LinkLost, SendRefused."""
        if self._lost is not None:
            raise LinkLost(str(self._lost))
        number, frame = self._dialogue.request(command)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._open[number] = future
        wire = self._link.wire
        try:
            await self._send(frame)
            async with asyncio.timeout(wire.seconds(2 * len(frame)) + wire.latency + seconds):
                return await future
        except TimeoutError:
            raise NoAnswer("silence") from None
        finally:
            if self._open.get(number) is future:
                del self._open[number]
                self._dialogue.drop(number)
            future.cancel()

    def may(self, command: Command) -> bool:
        """Whether the link's gate would let this pass."""
        return self._link.allows(self._dialogue.frame_of(command))

    async def _send(self, frame: bytes) -> None:
        """One frame at a time, whole."""
        async with self._sending:
            await self._link.send(frame)

    # -- hearing -------------------------------------------------------------------------------------------------

    async def during(self, work: Coroutine[Any, Any, T]) -> T:
        """Carry out work that asks, while the module is listened to; raises LinkLost and what the work raises."""
        self._lost, self._is_stopping = None, False
        self._gone.clear()
        async with asyncio.TaskGroup() as group:
            pump = group.create_task(self._pump())
            try:
                outcome = await _outcome(work)
            finally:
                # Only waiting is given up: a frame that is being sent goes out whole.
                self._is_stopping = True
                if self._is_hearing:
                    pump.cancel()
        if isinstance(outcome, LinkLost):
            self._dialogue.reset()
        if isinstance(outcome, DriverError):
            raise outcome
        return outcome

    async def wait(self, wake: asyncio.Event, seconds: float | None = None) -> bool:
        """Within `during`: whether `wake` is set within so long; raises LinkLost."""
        async with asyncio.TaskGroup() as group:
            waiters = [group.create_task(event.wait()) for event in (wake, self._gone)]
            await asyncio.wait(waiters, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for waiter in waiters:
                waiter.cancel()
        if self._lost is not None:
            raise LinkLost(str(self._lost))
        return wake.is_set()

    async def _pump(self) -> None:
        try:
            while not self._is_stopping:
                data = await self._hear()
                await self._serve(self._dialogue.feed(data) if data else self._dialogue.flush())
        except LinkLost as lost:
            self._lost, why = lost, str(lost)
            self._gone.set()
            self._fail(lambda: LinkLost(why))

    async def _hear(self) -> bytes:
        """The next bytes; none where the rest of a frame does not come."""
        self._is_hearing = True
        try:
            async with asyncio.timeout(_GAP if self._dialogue.waiting else None):
                return await self._link.receive()
        except TimeoutError:
            return b""
        finally:
            self._is_hearing = False

    async def _serve(self, heard: Heard) -> None:
        for frame in heard.replies:
            try:
                await self._send(frame)
            except SendRefused:
                self._dialogue.counters["gate"] += 1
        for reply in heard.answers:
            future = self._open.pop(reply.number, None)
            if future is not None and not future.done():
                future.set_result(reply)
        for news in heard.news:
            if isinstance(news, Started):
                self._fail(lambda: Anew("the module began anew"))
            self._on_news(news)

    def _fail(self, why: Callable[[], Exception]) -> None:
        """All open questions end without an answer."""
        for number, future in list(self._open.items()):
            self._dialogue.drop(number)
            if not future.done():
                future.set_exception(why())
        self._open.clear()


async def _outcome(work: Coroutine[Any, Any, T]) -> T | DriverError:
    """A group of tasks would wrap an error that passes it."""
    try:
        return await work
    except DriverError as error:
        return error
