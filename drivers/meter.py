"""Meters on a bus: an order becomes questions, their answers become readings."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.archive import Meter
from config.schema import Target
from drivers import memory
from drivers.asking import Refusals
from drivers.errors import SendRefused
from drivers.inquiry import Inquiry, NoValue
from drivers.link import Link
from drivers.order import Failure, Order, Result, Want
from drivers.pump import Pump, Timing
from drivers.refusals import KnownBlocks
from protocols import PROTOCOLS
from protocols.session import Session

__all__ = ["MeterDriver", "timing_of"]


def timing_of(target: Target) -> Timing:
    """A target's limits as seconds."""
    return Timing(
        reply=target.reply_ms / 1000, gap=target.gap_ms / 1000, turnaround=target.turnaround_ms / 1000
    )


class MeterDriver:
    """Carries out orders on one link, one at a time.

    `model` gives a meter's model as data; `now` is the wall time, aware.
    """

    def __init__(
        self,
        link: Link,
        *,
        tz: ZoneInfo,
        now: Callable[[], datetime],
        model: Callable[[Meter], Mapping[str, Any]],
    ) -> None:
        self._link = link
        self._pump = Pump(link)
        self._tz = tz
        self._now = now
        self._model = model
        self._sessions: dict[tuple[str, int], Session] = {}
        self._learned: dict[str, str] = {}
        self._blocks = KnownBlocks()
        self._own: Counter[str] = Counter()

    @property
    def counters(self) -> Counter[str]:
        """Frames, retries, and what was dropped, by reason."""
        total = Counter(self._own)
        for session in self._sessions.values():
            total.update(session.counters)
        return total

    async def run(self, order: Order, target: Target, retries: int) -> Result:
        """Carry out an order; whatever the meter does is in the result. Raises LinkLost only."""
        if order.want is Want.TIME_SET:
            return await self._set_time(order, target)
        inquiry = self._inquiry(order, target, retries)
        try:
            await self._read(inquiry, self._known_refusals(order.meter.asset_no))
        except NoValue as error:
            inquiry.fail(order.points, error.failure, error.detail)
        finally:
            self._own["retries"] += inquiry.retried
        if inquiry.address != order.meter.address:
            self._learned[order.meter.asset_no] = inquiry.address
        return inquiry.result()

    async def _read(self, inquiry: Inquiry, refusals: Refusals) -> None:
        await memory.READ[inquiry.order.want](inquiry, refusals)

    def _inquiry(self, order: Order, target: Target, retries: int) -> Inquiry:
        meter = order.meter
        return Inquiry(
            order=order,
            source=target.name,
            address=self._learned.get(meter.asset_no, meter.address),
            kind=PROTOCOLS[meter.protocol],
            session=self._session(meter.protocol, target.wakeup),
            pump=self._pump,
            timing=timing_of(target),
            retries=retries,
            model=self._model(meter),
            tz=self._tz,
            now=self._now,
        )

    def _session(self, protocol: str, wakeup: int) -> Session:
        key = (protocol, wakeup)
        if key not in self._sessions:
            self._sessions[key] = PROTOCOLS[protocol].session(wakeup)
        return self._sessions[key]

    def _known_refusals(self, meter: str) -> Refusals:
        return self._blocks.of(meter, self._now())

    async def _set_time(self, order: Order, target: Target) -> Result:
        """Broadcast the time. Nobody answers; the send gate decides whether anything leaves."""
        local = self._now().astimezone(self._tz).replace(tzinfo=None)
        broadcast = PROTOCOLS[order.meter.protocol].time_broadcast
        if broadcast is None:
            why = f"{order.meter.protocol} has no time broadcast"
            return Result(order=order, failures=(("", Failure.UNKNOWN_POINT, why),))
        frame = broadcast(local, target.wakeup)
        try:
            await self._pump.tell(frame, timing_of(target))
        except SendRefused as error:
            return Result(order=order, failures=(("", Failure.GATE, str(error)),))
        return Result(order=order, attempts=1)
