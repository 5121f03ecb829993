"""One channel with all that works on it: its bus, its targets' pollers, their way into the outbox."""

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from gateway import logs
from gateway.bus import Bus
from gateway.outbox.entry import Entry
from gateway.poller import Poller
from gateway.sink import Sink
from gateway.supervise import Pulse, Supervisor

__all__ = ["Line"]

_DRAIN_SECONDS = 5.0
_WINDOW = 60.0
_log = logs.get("line")


@dataclass(slots=True, kw_only=True)
class Line:
    """A channel in service. `signature` is all it was built from: a reload keeps a line that is the same.

    `extras` are further parts by name that live as long as the pollers.
    `patience` is the longest time in seconds that may pass without a byte sent or a step of a poller: an answer
    that is waited for, a telephone that rings.
    """

    name: str
    bus: Bus
    sink: Sink
    pollers: Mapping[str, Poller]
    signature: Hashable
    supervisor: Supervisor
    stopping: asyncio.Event
    """Set when this line is to end."""
    patience: float
    extras: Sequence[tuple[str, object]] = ()
    utilisation: float = 0.0
    """Share of time the channel was busy, over the last minute, at first since the start."""
    _busy: tuple[float, float] | None = None
    _task: asyncio.Task[None] | None = None

    @property
    def pulse(self) -> Pulse | None:
        """Whether its pollers move; None while they rightly rest: nothing to ask, or no room in the outbox."""
        at_work = [poller for poller in self.pollers.values() if poller.plans]
        if not at_work or self.sink.full:
            return None
        beat = self.bus.stats.tx_bytes + sum(poller.stats.steps for poller in at_work)
        return Pulse(beat, self.patience)

    def start(self, group: asyncio.TaskGroup) -> None:
        """Begin to serve within `group`."""
        self._task = group.create_task(self._run(self.stopping), name=f"line {self.name}")

    async def stop(self) -> None:
        """Stop asking, make durable what was read, close the channel."""
        self.stopping.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    def measure(self) -> None:
        """Bring `utilisation` up to date; called about once a second."""
        now, busy = asyncio.get_running_loop().time(), self.bus.stats.busy_seconds
        at, before = self._busy = self._busy or (now, busy)
        if now > at:
            self.utilisation = min(1.0, (busy - before) / (now - at))
        if now - at >= _WINDOW:
            self._busy = (now, busy)

    async def _run(self, stop: asyncio.Event) -> None:
        keep = self.supervisor.keep
        async with asyncio.TaskGroup() as group:
            carriers = [
                group.create_task(keep(f"bus {self.name}", self.bus.run)),
                group.create_task(keep(f"sink {self.name}", self.sink.run)),
            ]
            workers = [
                group.create_task(keep(f"poller {name}", poller.run)) for name, poller in self.pollers.items()
            ]
            workers += [group.create_task(keep(name, part)) for name, part in self.extras]  # type: ignore[arg-type]
            await stop.wait()
            for task in workers:
                task.cancel()
            if workers:
                await asyncio.wait(workers)
            await self._drain()
            for task in carriers:
                task.cancel()

    async def _drain(self) -> None:
        for name, poller in self.pollers.items():
            self.sink.put(Entry(saves=poller.saves(name), urgent=True))
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                await self.sink.drain()
        except TimeoutError:
            _log.warning("the outbox took no more before the stop", line=self.name)
