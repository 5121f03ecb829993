"""One order through a carrier network: a DL/T 645 session as on a wire, its frames carried to the node and back."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from config.schema import Target
from drivers import memory
from drivers.asking import Refusals
from drivers.carrier.bundle import Ahead, Bundles, frames_of, questions_of
from drivers.carrier.ways import MeterSilent, ModuleSilent, TooManyFrames
from drivers.errors import NoAnswer, SendRefused
from drivers.inquiry import Inquiry, NoValue
from drivers.order import Failure, Order, Result
from drivers.pump import Timing
from drivers.refusals import KnownBlocks
from drivers.surroundings import Surroundings
from protocols import PROTOCOLS
from protocols.errors import CatalogueError
from protocols.reading import Origin
from protocols.session import Answer, Question, Send

__all__ = ["Carry", "Reader"]

Carry = Callable[[str, str, Sequence[bytes]], Awaitable[bytes]]


class Reader:
    """Carries out orders, several at a time; `carry(node, protocol, frames)` gives the node's answers.

    `room` tells how many bytes of answers may come at once, 0 where one frame is carried at a time.
    """

    def __init__(self, around: Surroundings, carry: Carry, room: Callable[[], int] = lambda: 0) -> None:
        self.counters: Counter[str] = Counter()
        self._around, self._carry = around, carry
        self._room = room
        self._bundles = Bundles()
        self._blocks = KnownBlocks()

    async def read(self, order: Order, target: Target, retries: int) -> Result:
        """What becomes of an order; raises ModuleSilent, LinkLost."""
        meter = order.meter
        kind = PROTOCOLS[meter.protocol]
        session = kind.session(0)
        carried = _Carried(self._carry, meter.address, meter.protocol)
        inquiry = Inquiry(
            order=order,
            source=target.name,
            address=meter.address,
            kind=kind,
            session=session,
            pump=carried,
            timing=Timing(),
            retries=retries,
            model=self._around.model(meter),
            tz=self._around.tz,
            now=self._around.now,
            origin=Origin.PLC,
        )
        now = self._around.now()
        known = self._blocks.of(meter.asset_no, now)
        singly = False
        try:
            singly = not await self._look_ahead(inquiry, known, carried)
            await memory.READ[order.want](inquiry, _Heard(known, carried))
        except NoValue as error:
            inquiry.fail(order.points, error.failure, error.detail)
        finally:
            if singly:
                self._bundles.read_singly(meter.asset_no, now, answered=bool(inquiry.answered_by))
            self.counters["retries"] += inquiry.retried
            self.counters.update(session.counters)
        if carried.module_silent:
            raise ModuleSilent("the module is silent")
        return inquiry.result()

    async def _look_ahead(self, inquiry: Inquiry, known: Refusals, carried: "_Carried") -> bool:
        """Whether all answers were fetched in one crossing.

        Raises NoValue where nothing comes of a node and that has worked elsewhere: single questions would be lost too.
        """
        meter = inquiry.order.meter.asset_no
        frames = self._frames(inquiry, known) if self._bundles.may(meter, self._around.now()) else []
        if not frames:
            return False
        failure = NoValue(Failure.TIMEOUT, "silence")
        for attempt in range(1 + inquiry.retries):
            inquiry.retried += attempt > 0
            try:
                if await carried.fetch(frames):
                    self._bundles.worked()
                    return True
            except TooManyFrames:
                self._bundles.refused()
                return False
            except SendRefused:
                return False  # the first single question will be refused likewise, and says so
            except NoAnswer as error:
                failure = NoValue(Failure.TIMEOUT, str(error))
                if carried.meter_silent or carried.module_silent:
                    return False
                if self._bundles.is_proven:
                    continue
            # Some answers came, or nobody knows yet whether the module can do it: single questions will tell.
            self._bundles.failed(meter)
            return False
        self._bundles.failed(meter)
        raise failure

    def _frames(self, inquiry: Inquiry, known: Refusals) -> list[bytes]:
        room = self._room()
        if not room:
            return []
        try:
            sends = [
                inquiry.session.ask(replace(one, address=inquiry.address))
                for one in questions_of(inquiry, known)
            ]
        except CatalogueError:
            return []  # asked singly, it costs the others nothing
        return frames_of(sends, room)


class _Carried:
    """Stands in the pump's place."""

    def __init__(self, carry: Carry, node: str, protocol: str) -> None:
        self._carry, self._node, self._protocol = carry, node, protocol
        self._ahead = Ahead()
        self.meter_silent = self.module_silent = False

    async def converse(self, session: Any, question: Question, timing: Timing) -> Answer:
        step: Send | Answer | None = session.ask(question)
        while isinstance(step, Send):
            try:
                step = await self._exchange(session, step)
            except NoAnswer:
                step = session.settle()
                if step is None:
                    raise
        if step is None:
            raise NoAnswer("what the node gave answers nothing")
        return step

    async def _exchange(self, session: Any, send: Send) -> Send | Answer | None:
        raw = self._ahead.pop(send.frame) or await self._carried([send.frame])
        step: Send | Answer | None = session.feed(raw)
        if step is None:
            step = session.feed(b"")
        return step if step is not None else session.settle()

    async def fetch(self, frames: Sequence[bytes]) -> bool:
        """Whether the answers to all these frames are here now, for when they are asked for."""
        return self._ahead.take(frames, await self._carried(frames))

    async def _carried(self, frames: Sequence[bytes]) -> bytes:
        if self.module_silent:
            raise NoAnswer("the module is silent")
        try:
            return await self._carry(self._node, self._protocol, frames)
        except MeterSilent:
            self.meter_silent = True
            raise
        except ModuleSilent:
            self.module_silent = True
            raise


class _Heard(Refusals):
    """What is known of a meter's blocks; silence on the network says nothing of them, a meter's own does."""

    def __init__(self, known: Refusals, carried: _Carried) -> None:
        self._known, self._carried = known, carried

    def __contains__(self, block: object) -> bool:
        return block in self._known

    def add(self, block: str) -> None:
        """Remember a refusal."""
        self._known.add(block)

    def answered(self, block: str) -> None:
        """Remember that it answers this one."""
        self._known.answered(block)

    def may_ignore(self, block: str) -> bool:
        """Whether the module heard the node, its meter said nothing, and never answered this block."""
        return self._carried.meter_silent and self._known.may_ignore(block)
