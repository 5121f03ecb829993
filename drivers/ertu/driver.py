"""The driver of ERTUs: orders of several tie meters become few questions to their ERTU's archive."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from config.schema import Target
from drivers.ertu.events import events_of
from drivers.ertu.station import Station, Told
from drivers.ertu.work import Ask, Reason, Work
from drivers.link import Link
from drivers.order import Order, Result, Want
from drivers.surroundings import ClockShown, Surroundings
from protocols.iec102 import request
from protocols.iec102.asdu import Asdu
from protocols.iec102.body import decode_body
from protocols.iec102.stamp import Stamp

__all__ = ["ErtuDriver"]

_LOOK_AGAIN = timedelta(hours=1)
# Polls for the word that the clock was set; the time itself is sent once.
_RETRIES = 2


class ErtuDriver:
    """Reads the ERTUs of one link; see `drivers.driver` for what a bus expects.

    An ERTU never speaks unless it is asked. Several may hang on one line, told apart by their link addresses.
    """

    batch = 64

    def __init__(self, link: Link, around: Surroundings) -> None:
        self.holding = ""
        self._around = around
        self._stations = {target.name: Station(link, target) for target in around.targets}
        self._looked: dict[str, datetime] = {}

    @property
    def counters(self) -> Counter[str]:
        """Frames, retries, and what was dropped, by reason."""
        total: Counter[str] = Counter()
        for station in self._stations.values():
            total.update(station.dialogue.counters)
            total["retries"] += station.retried
        return total

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
        """Carry out orders that ask the same of several tie meters; raises LinkLost only."""
        station = self._stations[target.name]
        self.holding = target.name
        station.renew()

        async def ask(question: Asdu) -> Told:
            return await self._ask(station, question, retries)

        if orders[0].want is Want.TIME_SET:
            for order in orders:
                done(order, await self._set_time(station, order, ask))
            return
        work = Work(station, self._around, orders, ask, self.local_now)
        if work.wants_clock:
            work.clock, work.no_clock = await self._clock(station, ask)
        silent = await work.run(done, hurry)
        if not (silent or hurry() or work.wants_clock):
            await self._look(station, ask)

    async def _ask(self, station: Station, question: Asdu, retries: int) -> Told:
        """Ask; what the ERTU says beside goes on at once."""
        told = await station.ask(question, retries)
        for asdu in told.unasked:
            for event in events_of(asdu, station.target.name, station.dialogue.dialect, self._around):
                self._around.tell(event)
        return told

    # -- clocks --------------------------------------------------------------------------------------------------

    def local_now(self) -> datetime:
        """The ERTUs' naive local time by our clock."""
        return self._around.now().astimezone(self._around.tz).replace(tzinfo=None)

    async def _look(self, station: Station, ask: Ask) -> None:
        """Look at the ERTU's clock now and then: its totals are taken at the times that it shows."""
        last = self._looked.get(station.target.name)
        if last is None or self._around.now() - last >= _LOOK_AGAIN:
            await self._clock(station, ask)

    async def _clock(self, station: Station, ask: Ask) -> tuple[datetime | None, Reason | None]:
        """The ERTU's naive local time, told as a fact; None where it did not say one, and why."""
        self._looked[station.target.name] = self._around.now()
        told = await ask(request.read_time(station.number, station.dialogue.dialect))
        for asdu in told.data:
            for one in decode_body(asdu, station.dialogue.dialect).objects:
                stamp = one.parts.get("time")
                if isinstance(stamp, Stamp) and stamp.at is not None and not stamp.invalid:
                    now = self._around.now()
                    shown = stamp.at.replace(tzinfo=self._around.tz)
                    seconds = round(shown.timestamp() - now.timestamp())
                    self._around.tell(ClockShown(target=station.target.name, seconds=seconds, at=now))
                    return stamp.at, None
        return None, told.failure

    async def _set_time(self, station: Station, order: Order, ask: Ask) -> Result:
        """Type 128, looked at before and after; the send gate decides whether it leaves."""
        await self._clock(station, ask)
        question = request.set_time(self.local_now(), station.number, station.dialogue.dialect)
        told = await station.ask(question, _RETRIES, perishes=True)
        if told.failure is not None:
            return Result(order=order, failures=(("", *told.failure),))
        await self._clock(station, ask)
        return Result(order=order, attempts=1)
