"""The last step of the ladder: the meter itself, asked through its terminal, within a share of the channel's time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from config.schema import Target
from drivers.asking import Refusals
from drivers.errors import NoAnswer
from drivers.inquiry import Inquiry, NoValue
from drivers.memory import READ
from drivers.order import Order, Result, Want
from drivers.pump import Timing
from drivers.surroundings import Surroundings
from protocols import PROTOCOLS
from protocols.errors import FrameError
from protocols.gdw1376_1.commands import LineSetting, forward, forwarded
from protocols.gdw1376_1.session import Ask, Reply
from protocols.reading import Origin
from protocols.session import Answer, Question, Send, Session

__all__ = ["Through"]

_CARRIER = 31
_SLACK = 10.0
# Seconds of forwarding that may be saved up, and granted at the start.
_MOST, _FIRST = 600.0, 120.0
_WANTS = frozenset({Want.LIVE, Want.FREEZE, Want.SETTLEMENT})

Carry = Callable[[Ask, float], Awaitable[Reply | None]]


class Through:
    """The meters behind one terminal."""

    def __init__(self, target: Target, around: Surroundings) -> None:
        self._target, self._around = target, around
        self._sessions: dict[str, Session] = {}
        self._budget, self._at = _FIRST, float("-inf")

    def may(self, order: Order) -> bool:
        """Whether the meter speaks for itself and there is time left for it."""
        if (
            order.meter.protocol not in PROTOCOLS
            or order.want not in _WANTS
            or not self._target.forward_share
        ):
            return False
        model = self._around.model(order.meter)
        if order.want is Want.FREEZE and not model.get("daily_freeze"):
            return False
        if order.want is Want.SETTLEMENT and not self._is_first(order):
            # A meter counts its settlements; on which day they are only the terminal's reading day tells.
            return False
        now = asyncio.get_running_loop().time()
        if self._at > float("-inf"):
            self._budget = min(_MOST, self._budget + (now - self._at) * self._target.forward_share)
        self._at = now
        return self._budget > 0

    def _is_first(self, order: Order) -> bool:
        return order.at is not None and order.at.astimezone(self._around.tz).day == 1

    async def read(self, order: Order, carry: Carry, retries: int) -> Result | None:
        """Ask the meter; None where it gave nothing. Raises LinkLost."""
        began = asyncio.get_running_loop().time()
        inquiry = self._inquiry(order, carry, retries)
        try:
            await READ[order.want](inquiry, _NoBlocks())
        except NoValue as error:
            inquiry.fail(order.points, error.failure, error.detail)
        finally:
            self._budget -= asyncio.get_running_loop().time() - began
        result = inquiry.result()
        return result if result.readings else None

    def _inquiry(self, order: Order, carry: Carry, retries: int) -> Inquiry:
        meter = order.meter
        kind = PROTOCOLS[meter.protocol]
        if meter.protocol not in self._sessions:
            self._sessions[meter.protocol] = kind.session(0)
        port = meter.port or _CARRIER
        line = LineSetting(
            port=port, baud=meter.baud or 2400, frame_seconds=float(self._target.forward_seconds)
        )
        return Inquiry(
            order=order,
            source=self._target.name,
            address=meter.address,
            kind=kind,
            session=self._sessions[meter.protocol],
            pump=_Forwarding(carry, line),
            timing=Timing(),
            retries=min(retries, 1),
            model=self._around.model(meter),
            tz=self._around.tz,
            now=self._around.now,
            origin=Origin.PLC if port == _CARRIER else Origin.WIRED,
        )


class _Forwarding:
    """Stands in the pump's place."""

    def __init__(self, carry: Carry, line: LineSetting) -> None:
        self._carry, self._line = carry, line

    async def converse(self, session: Any, question: Question, timing: Timing) -> Answer:
        step: Send | Answer | None = session.ask(question)
        while isinstance(step, Send):
            reply = await self._carry(forward(self._line, step.frame), self._line.frame_seconds + _SLACK)
            step = self._heard(session, reply)
            if step is None:
                step = session.settle()
        if step is None:
            raise NoAnswer("nothing came back through the terminal")
        return step

    def _heard(self, session: Any, reply: Reply | None) -> Send | Answer | None:
        for unit in reply.units if reply is not None else ():
            try:
                step: Send | Answer | None = session.feed(forwarded(unit.raw))
            except FrameError:
                continue
            if step is not None:
                return step
        return None


class _NoBlocks(Refusals):
    """Through a terminal nothing is learned of a meter's blocks."""

    def __contains__(self, block: object) -> bool:
        return False

    def add(self, block: str) -> None:
        """Not kept."""

    def answered(self, block: str) -> None:
        """Not kept."""

    def may_ignore(self, block: str) -> bool:
        """Silence through a terminal says nothing of a block."""
        return False
