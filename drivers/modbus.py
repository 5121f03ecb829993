"""Modbus meters: the one module that knows pymodbus.

pymodbus builds the requests and reads the replies. Its own transports are not used: bytes go through a `Link`
like everybody's, past the send gate, and which reply belongs to a request is told by `ModbusSession`.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerBase, FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadCoilsResponse,
    ReadDiscreteInputsRequest,
    ReadDiscreteInputsResponse,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    ReadInputRegistersRequest,
    ReadInputRegistersResponse,
)

from config.archive import Meter
from config.schema import Target
from drivers.asking import Refusals
from drivers.errors import NoAnswer, SendRefused
from drivers.inquiry import Inquiry, NoValue
from drivers.link import Link
from drivers.meter import MeterDriver, timing_of
from drivers.order import Failure, Order, Want
from drivers.pump import Timing
from protocols.convert import to_readings
from protocols.errors import MeterRefused
from protocols.modbus.doubt import Doubts
from protocols.modbus.frame import Frame
from protocols.modbus.pdu import BITS, REFUSED
from protocols.modbus.plan import Request, halves, map_of, prepare, question_of
from protocols.modbus.registers import Register, RegisterMap
from protocols.modbus.session import ModbusSession, refusal_of
from protocols.modbus.sunspec import discover
from protocols.reading import Method
from protocols.session import Answer, Item, Question

__all__ = ["Exchange", "ModbusDriver"]

_REQUESTS: Mapping[int, type[ModbusPDU]] = {
    1: ReadCoilsRequest,
    2: ReadDiscreteInputsRequest,
    3: ReadHoldingRegistersRequest,
    4: ReadInputRegistersRequest,
}
_RESPONSES: Mapping[int, type[ModbusPDU]] = {
    1: ReadCoilsResponse,
    2: ReadDiscreteInputsResponse,
    3: ReadHoldingRegistersResponse,
    4: ReadInputRegistersResponse,
}
# Exception codes that say "not now" or "nobody there": the question may be asked again.
_AGAIN = {5: "acknowledge", 6: "busy", 10: "gateway path unavailable", 11: "gateway target did not respond"}
# Codes that may mean one register among many.
_PARTLY = frozenset({2, 3, 4})
# Two frames on a serial line are at least so many characters apart (serial line V1.02, 2.5.1.1).
_SILENT_CHARACTERS = 3.5
_LONGEST_ADU = 260
# An answer that has not come within its time may still come for so many times the rest (`late_ms`).
_VERY_LATE = 4
# A line that never falls quiet is asked anyway, after so many times the pause.
_PATIENCE = 5


class Exchange:
    """Asks one question at a time over a link."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._framers: Mapping[bool, FramerBase] = {
            True: FramerRTU(DecodePDU(is_server=False)),
            False: FramerSocket(DecodePDU(is_server=False)),
        }
        self._quiet_until = float("-inf")
        self._last: dict[str, Request] = {}
        self._doubts = Doubts()
        self.questions = 0

    def before(self, address: str) -> Request | None:
        """What the unit was asked last."""
        return self._last.get(address)

    async def converse(self, session: ModbusSession, question: Question, timing: Timing) -> Answer:
        """Ask and wait; the registers go into the session's image.

        Raises NoAnswer, LinkLost, SendRefused, MeterRefused, CatalogueError.
        """
        reply = await self._ask(session, question, timing)
        if session.is_rtu and self._doubts.is_anothers(session.unit, session.request, reply):
            # The same bytes as the answer to another question: a double of that one, or a device that says the same
            # of both. Asked again it is only this question's.
            session.counters["late"] += 1
            reply = await self._ask(session, question, timing)
        if session.is_rtu:
            self._doubts.said(session.unit, session.request, reply)
        session.keep(_words(reply, session.request))
        return Answer(question.address, ())

    async def _ask(self, session: ModbusSession, question: Question, timing: Timing) -> Frame:
        transaction = session.open(question)
        request = session.request
        await self._be_quiet(session, timing)
        pdu = _REQUESTS[request.function](
            dev_id=session.unit, transaction_id=transaction, address=request.start, count=request.count
        )
        data = self._framers[session.is_rtu].buildFrame(pdu)
        self.questions += 1
        self._last[question.address] = request
        pause = timing.late
        try:
            await self._send(session, data, timing)
            reply = await self._listen(session, timing, len(data))
            # On a serial line the pause has passed while nothing else came.
            pause = 0.0 if session.is_rtu else timing.turnaround
        except SendRefused:
            pause = 0.0
            raise
        finally:
            # Without an answer, also after a cancellation, one may still come: nothing is asked meanwhile.
            self._quiet_until = _now() + pause
        return reply

    async def _send(self, session: ModbusSession, data: bytes, timing: Timing) -> None:
        if not session.is_rtu:
            await self._link.send(data)
            return
        until = _now() + self._link.wire.latency + timing.reply + _VERY_LATE * timing.late
        self._doubts.asked(session.unit, session.request, until)
        try:
            await self._link.send(data)
        except SendRefused:
            self._doubts.paid(session.unit, session.request, 1)
            raise

    async def _be_quiet(self, session: ModbusSession, timing: Timing) -> None:
        """Wait until the line has been quiet for long enough; what comes meanwhile answers nothing."""
        if session.is_rtu:
            owed = self._doubts.owed_until(session.unit, session.request)
            self._quiet_until = max(self._quiet_until, owed)
        for _ in range(_PATIENCE):
            if (wait := self._quiet_until - _now()) > 0:
                await asyncio.sleep(wait)
            if not self._link.pending():
                return
            session.counters["late"] += 1
            self._quiet_until = _now() + timing.turnaround

    async def _listen(self, session: ModbusSession, timing: Timing, sent: int) -> Frame:
        wire = self._link.wire
        first_byte = deadline = _now() + wire.seconds(sent) + wire.latency + timing.reply
        last = first_byte + timing.gap + wire.seconds(_LONGEST_ADU)
        noise = False
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    data = await self._link.receive()
            except TimeoutError:
                raise NoAnswer("bytes, but no answer" if noise else "silence", noise=noise) from None
            noise = True
            if replies := session.take(data):
                return await self._alone(session, timing, replies) if session.is_rtu else replies[0]
            deadline = min(max(first_byte, _now() + timing.gap + wire.latency), last)

    async def _alone(self, session: ModbusSession, timing: Timing, replies: list[Frame]) -> Frame:
        """The reply, if no other one that also fits is on the line: nobody could tell which is the right one.

        The pause that this takes is the one that a serial line needs between two frames anyway.
        """
        end = _now() + timing.turnaround
        last = end + timing.gap
        while True:
            try:
                async with asyncio.timeout_at(min(end, last)):
                    data = await self._link.receive()
            except TimeoutError:
                break
            replies += session.take(data)
            end = _now() + timing.turnaround
        if any(reply != replies[0] for reply in replies):
            session.counters["foreign"] += len(replies)
            raise NoAnswer("two answers that differ", noise=True)
        session.counters["late"] += len(replies) - 1
        self._doubts.paid(session.unit, session.request, len(replies))
        return replies[0]


def _words(reply: Frame, request: Request) -> list[int]:
    """The registers of a reply as pymodbus reads them; raises NoAnswer, MeterRefused."""
    if reply.function & REFUSED:
        if (code := reply.body[0]) in _AGAIN:
            raise NoAnswer(_AGAIN[code])
        raise refusal_of(reply)
    response = _RESPONSES[reply.function]()
    try:
        response.decode(reply.body)
    except ModbusException as error:
        raise NoAnswer(str(error), noise=True) from error
    if request.function in BITS:
        return [int(bit) for bit in response.bits[: request.count]]
    return list(response.registers)


def _now() -> float:
    return asyncio.get_running_loop().time()


class ModbusDriver(MeterDriver):
    """Carries out orders on one link, one at a time; what it shares with other meters is `MeterDriver`."""

    def __init__(
        self,
        link: Link,
        *,
        tz: ZoneInfo,
        now: Callable[[], datetime],
        model: Callable[[Meter], Mapping[str, Any]],
    ) -> None:
        super().__init__(link, tz=tz, now=now, model=model)
        self._exchange = Exchange(link)
        self._found: dict[str, tuple[RegisterMap, RegisterMap]] = {}

    def _inquiry(self, order: Order, target: Target, retries: int) -> Inquiry:
        inquiry = super()._inquiry(order, target, retries)
        session = inquiry.session
        assert isinstance(session, ModbusSession)  # noqa: S101 - narrows: the protocol's own sessions
        timing = _timing(target, self._link, is_rtu=session.is_rtu)
        return replace(inquiry, pump=self._exchange, timing=timing)

    async def _read(self, inquiry: Inquiry, refusals: Refusals) -> None:
        if inquiry.order.want is not Want.LIVE:
            raise NoValue(Failure.NO_RECORD, "Modbus meters are read live")
        task = _Task(inquiry, refusals, self._exchange.before(inquiry.address))
        found = await self._located(inquiry, task)
        await task.read(found)
        if any(task.session.image.get(place, number) != number for place, number in found.heads.items()):
            del self._found[inquiry.order.meter.asset_no]
            raise NoValue(Failure.PROTOCOL, "the device's models have moved; they are looked for again")
        task.deliver(found)

    async def _located(self, inquiry: Inquiry, task: "_Task") -> RegisterMap:
        """The map of the meter's model; where a model's place is to be discovered, as found the first time."""
        found = map_of(inquiry.model)
        if not found.discovery:
            return found
        asset = inquiry.order.meter.asset_no
        kept = self._found.get(asset)
        if kept is None or kept[0] is not found:
            starts = await task.discover(found)
            if not starts:
                wanted = ", ".join(map(str, found.blocks))
                raise NoValue(Failure.PROTOCOL, f"no SunSpec map with one of the models {wanted}")
            kept = self._found[asset] = (found, found.located(starts))
        return kept[1]


def _timing(target: Target, link: Link, *, is_rtu: bool) -> Timing:
    """A target's limits. Modbus TCP numbers its frames and needs no pauses between them, unless one is set."""
    timing = timing_of(target)
    if is_rtu:
        silent = link.wire.seconds(1) * _SILENT_CHARACTERS
        return replace(timing, turnaround=max(timing.turnaround, silent), late=target.late_ms / 1000)
    pause = timing.turnaround if "turnaround_ms" in target.model_fields_set else 0.0
    return replace(timing, turnaround=pause, late=pause)


class _Task:
    """The registers of one order: asked for, and turned into readings."""

    def __init__(self, inquiry: Inquiry, refusals: Refusals, before: Request | None) -> None:
        session = inquiry.session
        assert isinstance(session, ModbusSession)  # noqa: S101 - narrows: the protocol's own sessions
        self.session = session
        self._inquiry = inquiry
        self._refusals = refusals
        self._before = before
        self._wanted: Mapping[str, Register] = {}
        self._answered: list[tuple[Request, datetime]] = []
        self._failed: list[tuple[Request, Failure, str]] = []
        session.image.clear()

    async def discover(self, found: RegisterMap) -> dict[int, int]:
        """Where the blocks of a discovered model begin."""
        search = discover(found.blocks)
        request, words = next(search), None
        while True:
            try:
                await self._inquiry.ask(question_of(request, self._inquiry.address))
                places = range(request.start, request.end)
                words = [self.session.image[request.function, place] for place in places]
            except MeterRefused:
                words = None
            try:
                request = search.send(words)
            except StopIteration as done:
                starts: dict[int, int] = done.value
                return starts

    async def read(self, found: RegisterMap) -> None:
        """Ask for all registers of the order's points; what the device refuses in one piece, in smaller ones."""
        before = self._before if self.session.is_rtu else None
        plan = prepare(found, self._inquiry.order.points, self.session.is_rtu, before)
        self._wanted = plan.wanted
        for point, why in plan.unknown.items():
            self._inquiry.fail([point], Failure.UNKNOWN_POINT, why)
        todo = list(plan.requests)
        while todo:
            request = todo.pop(0)
            if _key(request) in self._refusals:
                todo[:0] = halves(request, plan.needed, found)
            else:
                todo[:0] = await self._fetch(request, plan.needed, found)

    async def _fetch(
        self, request: Request, needed: Iterable[Register], found: RegisterMap
    ) -> Sequence[Request]:
        """Ask for one piece; returns what to ask for in its place."""
        try:
            await self._inquiry.ask(question_of(request, self._inquiry.address))
        except MeterRefused as error:
            parts = halves(request, needed, found) if error.raw[:1] and error.raw[0] in _PARTLY else []
            if parts:
                self._refusals.add(_key(request))
            else:
                self._failed.append((request, Failure.REFUSED, str(error)))
            return parts
        except NoValue as error:
            self._failed.append((request, error.failure, error.detail))
        else:
            self._answered.append((request, self._inquiry.now()))
        return ()

    def deliver(self, found: RegisterMap) -> None:
        """Readings of what was read, failures of the rest."""
        items: dict[datetime, list[Item]] = {}
        for point, register in self._wanted.items():
            item = found.item(register, self.session.image)
            if item is None:
                self._inquiry.fail([point], *self._why(register, found))
            else:
                items.setdefault(self._when(register), []).append(item)
        for now, some in items.items():
            self._take(some, now)

    def _take(self, items: list[Item], now: datetime) -> None:
        inquiry = self._inquiry
        readings, _ = to_readings(
            items,
            meter=inquiry.order.meter.asset_no,
            source=inquiry.source,
            origin=inquiry.origin,
            method=Method.LIVE,
            now=now,
            tz=inquiry.tz,
        )
        inquiry.items.extend(items)
        inquiry.readings.extend(readings)

    def _when(self, register: Register) -> datetime:
        """When the answer with this register came."""
        return next(at for request, at in self._answered if request.covers(register))

    def _why(self, register: Register, found: RegisterMap) -> tuple[Failure, str]:
        """Why a register, or one that scales it, is not in the image."""
        parts = found.needed([register])
        for request, failure, detail in self._failed:
            if any(request.covers(part) for part in parts):
                return failure, detail
        return Failure.NO_RECORD, "not in the answer"


def _key(request: Request) -> str:
    return f"{request.function}/{request.start}+{request.count}"
