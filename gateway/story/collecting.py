"""The gateway's part of a story: its pollers read concentrators slot by slot, its importer takes the dump.

All of it is the daemon's own but the bus: a question goes to the story in place of a line.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from config.load import Loaded
from config.wanted import keeping
from drivers.order import Failure, Order, Priority, Result, Want
from gateway import payload
from gateway.airtime import in_service
from gateway.clock import Clock, SteadyClock
from gateway.dumps.desk import FOLDER, OUTBOX, REGISTER, shape_of
from gateway.dumps.importer import Importer, Surroundings
from gateway.dumps.report import Report
from gateway.dumps.spool import Spool
from gateway.models import model_of
from gateway.outbox import Entry, Outbox
from gateway.poller import Poller
from gateway.review.reviewer import Reviewer
from gateway.round import Plan
from gateway.schedule import Cursor, Grid
from gateway.sink import Sink
from gateway.story.jumping import JumpingLoop, StoryClock
from gateway.story.told import Ask, Told
from protocols.reading import Method, Origin, Reading

__all__ = ["Collected", "Deliver", "collect"]

_CLAIM = 100
_SPARE = timedelta(hours=6)
"""So long after the last midnight collection goes on: what its first run missed is asked for again."""
_METHODS = {Want.FREEZE: Method.FREEZE, Want.LOAD_RECORD: Method.CURVE}

Key = tuple[str, str, datetime]
Deliver = Callable[[Sequence[payload.Batch], datetime], object]
"""Takes batches as the master would, at a time; what it has taken is acknowledged."""


@dataclass(slots=True)
class Collected:
    """What the gateway accepted, and what its importer said of the dump."""

    accepted: set[Key] = field(default_factory=set)
    report: Report | None = None
    now: datetime | None = None

    def take(self, entry: Entry) -> None:
        """Every entry that became durable."""
        self.accepted.update((one.meter, one.point, one.at) for one in entry.readings)


class _Concentrator:
    """Stands in for a bus: answers orders with what the story says, at once."""

    batch = 64

    def __init__(self, ask: Ask, clock: Clock) -> None:
        self._ask, self._clock = ask, clock

    async def ask(self, order: Order, priority: Priority) -> Result:
        """Registers of a memory, or why there are none."""
        now, at = self._clock.now(), order.at
        said = self._ask(order.meter.asset_no, at, now) if at is not None else Failure.UNKNOWN_POINT
        if isinstance(said, str):
            return Result(order=order, failures=tuple((point, Failure(said), "") for point in order.points))
        readings = [
            Reading(
                meter=order.meter.asset_no,
                point=point,
                value=said[point],
                unit="kWh",
                at=at,
                read_at=now,
                origin=Origin.TERMINAL,
                method=_METHODS[order.want],
                source=order.meter.target,
            )
            for point in order.points
            if at is not None
        ]
        return Result(order=order, address=order.meter.address, readings=readings)

    def circuit_open(self, meter: str) -> bool:
        """Never: it is the concentrator that is silent, not a meter."""
        return False


class _Standing:
    """The outbox as time sees it: it stands still until the outbox's thread has done its work."""

    def __init__(self, outbox: Outbox, loop: JumpingLoop) -> None:
        self._outbox, self._loop = outbox, loop

    async def append(self, entry: Entry) -> None:
        """See Outbox."""
        with self._loop.standing():
            await self._outbox.append(entry)

    async def load(self, key: str) -> bytes | None:
        """See Outbox."""
        with self._loop.standing():
            return await self._outbox.load(key)

    async def slots(
        self, task: str, target: str, since: datetime, until: datetime | None = None
    ) -> dict[datetime, dict[str, str]]:
        """See Outbox."""
        with self._loop.standing():
            return await self._outbox.slots(task, target, since, until)


def collect(told: Told, deliver: Deliver) -> Collected:
    """Live through a history, then hand over to the master all that the outbox holds; raises OutboxError."""
    loop = JumpingLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(_Gateway(told, loop).run(deliver))


class _Gateway:
    """One gateway with a configuration, in its own time."""

    def __init__(self, told: Told, loop: JumpingLoop) -> None:
        self._told, self._loop = told, loop
        self._settings, self._archive = told.loaded.settings, told.loaded.archive
        self._zone = ZoneInfo(self._settings.gateway.timezone)
        self._clock = SteadyClock(StoryClock(told.begin, loop))
        self._reviewer = Reviewer(self._archive, self._settings.review, self._clock, self._zone)
        self._collected = Collected()

    async def run(self, deliver: Deliver) -> Collected:
        folder = self._settings.gateway.state_dir
        with self._loop.standing():
            outbox = await Outbox.open(
                folder / OUTBOX, self._settings.store, self._settings.gateway.name, self._clock
            )
        outbox.passed = self._collected.take
        store = _Standing(outbox, self._loop)
        try:
            await self._live(store)
            with self._loop.standing():
                await self._hand_over(outbox, deliver)
        finally:
            with self._loop.standing():
                await outbox.close()
        self._collected.now = self._clock.now()
        return self._collected

    async def _live(self, store: _Standing) -> None:
        sinks = {target.name: Sink(store, self._clock) for target in self._settings.target}
        pollers = [self._poller(name, sink) for name, sink in sinks.items()]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(sink.run()) for sink in sinks.values()]
            tasks += [group.create_task(poller.run()) for poller in pollers]
            if self._told.dump is not None and self._told.brought is not None:
                await self._until(self._told.brought)
                with self._loop.standing():
                    self._collected.report = await self._import(self._told.dump, store)
            await self._until(self._told.end + _SPARE)
            for sink in sinks.values():
                await sink.drain()
            for task in tasks:
                task.cancel()

    async def _until(self, at: datetime) -> None:
        await asyncio.sleep(max(0.0, (at - self._clock.now()).total_seconds()))

    def _poller(self, target: str, sink: Sink) -> Poller:
        bus = _Concentrator(self._told.ask, self._clock)
        plans = [plan for plan in _plans(self._told.loaded, self._zone) if plan.target == target]
        return Poller(plans, bus, self._reviewer, sink, self._clock)

    async def _import(self, dump: Path, store: _Standing) -> Report:
        """A file that came in, as `meterd import` hands it to the daemon, which takes it into the outbox."""
        settings = self._settings
        folder = settings.gateway.state_dir / FOLDER
        spool = Spool(folder)
        content = await asyncio.to_thread(dump.read_bytes)
        ticket = spool.receive(
            [content], name=dump.name, who="technician", via="command", now=self._clock.now()
        )
        spool.confirm(ticket.receipt)
        around = Surroundings(
            spool=spool,
            register=folder / REGISTER,
            outbox=store,
            reviewer=self._reviewer,
            clock=self._clock,
            settings=lambda: settings,
            archive=lambda: self._archive,
            shape=lambda: shape_of(settings.dumps, settings.gateway.timezone),
        )
        return await Importer(around).take(ticket)

    async def _hand_over(self, outbox: Outbox, deliver: Deliver) -> None:
        while claimed := await outbox.claim(_CLAIM):
            deliver([payload.decode(one.body) for one in claimed], self._clock.now())
            await outbox.acked(claimed[0].epoch, 0, [(one.number, one.number) for one in claimed])


def _plans(loaded: Loaded, zone: ZoneInfo) -> list[Plan]:
    """Every task at every target of a configuration, from the beginning."""
    found = []
    for target in loaded.settings.target:
        meters = in_service(loaded.archive, target.name)
        kinds = {(meter.protocol, meter.model): meter for meter in meters}
        models = {kind: keeping(target.driver, model_of(meter)) for kind, meter in kinds.items()}
        for task in loaded.settings.task:
            if target.name in task.targets:
                grid = Grid(task.every, zone)
                found.append(
                    Plan(
                        task=task,
                        target=target.name,
                        meters=meters,
                        grid=grid,
                        cursor=Cursor(grid, None),
                        models=models,
                    )
                )
    return found
