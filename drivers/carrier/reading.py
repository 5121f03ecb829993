"""One order through a carrier network: a DL/T 645 session as on a wire, its frames carried to the node and back."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from config.schema import Target
from drivers import memory
from drivers.asking import Refusals
from drivers.carrier.ways import MeterSilent, ModuleSilent
from drivers.errors import NoAnswer
from drivers.inquiry import Inquiry, NoValue
from drivers.order import Order, Result
from drivers.pump import Timing
from drivers.refusals import KnownBlocks
from drivers.surroundings import Surroundings
from protocols import PROTOCOLS
from protocols.reading import Origin
from protocols.session import Answer, Question, Send

__all__ = ["Carry", "Reader"]

Carry = Callable[[str, str, bytes], Awaitable[bytes]]


class Reader:
    """Carries out orders, several at a time; `carry(node, protocol, frame)` gives the node's answer."""

    def __init__(self, around: Surroundings, carry: Carry) -> None:
        self.counters: Counter[str] = Counter()
        self._around, self._carry = around, carry
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
        known = self._blocks.of(meter.asset_no, self._around.now())
        try:
            await memory.READ[order.want](inquiry, _Heard(known, carried))
        except NoValue as error:
            inquiry.fail(order.points, error.failure, error.detail)
        finally:
            self.counters["retries"] += inquiry.retried
            self.counters.update(session.counters)
        if carried.module_silent:
            raise ModuleSilent("the module is silent")
        return inquiry.result()


class _Carried:
    """Stands in the pump's place."""

    def __init__(self, carry: Carry, node: str, protocol: str) -> None:
        self._carry, self._node, self._protocol = carry, node, protocol
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
        if self.module_silent:
            raise NoAnswer("the module is silent")
        try:
            raw = await self._carry(self._node, self._protocol, send.frame)
        except MeterSilent:
            self.meter_silent = True
            raise
        except ModuleSilent:
            self.module_silent = True
            raise
        step: Send | Answer | None = session.feed(raw)
        if step is None:
            step = session.feed(b"")
        return step if step is not None else session.settle()


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
