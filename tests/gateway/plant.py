"""Fakes with behaviour for the daemon's parts: a slow bus, an outbox in memory, the loop's clock."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from config.archive import Archive, Meter
from config.schema import Task
from drivers.order import Failure, Result, Want
from gateway.clock import SteadyClock
from gateway.outbox.entry import Entry
from gateway.outbox.errors import OutboxFull
from gateway.poller import Poller
from gateway.review.reviewer import Reviewer
from gateway.round import Plan
from gateway.schedule import Cursor, Grid
from gateway.sink import Sink, cursor_key, read_cursor
from protocols.reading import Method, Reading
from tests.drivers.toy import virtually

ZONE = ZoneInfo("Asia/Shanghai")
BEGAN = datetime(2026, 5, 1, 2, 0, 30, tzinfo=UTC)
POINT = "1-0:1.8.0"
ALL = {"load_record": True, "daily_freeze": True, "settlement": True}
_METHODS = {Want.FREEZE: Method.FREEZE, Want.SETTLEMENT: Method.SETTLEMENT, Want.LOAD_RECORD: Method.CURVE}


def in_virtual_time(test):
    """Run a coroutine test in virtual time."""

    def run():
        virtually(test())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


class LoopClock:
    """The virtual loop's time as the machine's clock."""

    def __init__(self):
        self.offset = timedelta(0)
        self.sync = True
        self.start = asyncio.get_running_loop().time()

    def now(self):
        return BEGAN + timedelta(seconds=self.monotonic()) + self.offset

    def monotonic(self):
        return asyncio.get_running_loop().time() - self.start

    def synced(self):
        return self.sync


def meters(count, target="line", **given):
    common = {"protocol": "dlt645-2007", "target": target, "wiring": "1P", **given}
    return tuple(Meter(asset_no=f"M{n:02}", address=f"{n:012}", **common) for n in range(count))


def archive_of(found):
    return Archive(meters=found, by_asset={m.asset_no: m for m in found}, by_target={"line": found})


class FakeBus:
    """Answers one at a time, each after `seconds`; meters in `dead` time out, `down` fails at once like a lost line."""

    def __init__(self, clock, seconds=0.5, batch=1):
        self.clock, self.seconds, self.batch = clock, seconds, batch
        self.dead, self.open, self.without = set(), set(), set()
        self.down = False
        self.asked = []
        self.line = asyncio.Lock()
        self.busy = 0
        self.most_busy = 0

    def circuit_open(self, asset):
        return asset in self.open

    async def ask(self, order, priority):
        asset = order.meter.asset_no
        self.asked.append((self.clock.now(), priority, asset, order.want, order.at))
        if self.down:
            return self._failed(order, Failure.IO, 0.0)
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        try:
            async with self.line:
                await asyncio.sleep(self.seconds)
        finally:
            self.busy -= 1
        if asset in self.dead:
            return self._failed(order, Failure.TIMEOUT, self.seconds)
        if (asset, order.want) in self.without:
            return self._failed(order, Failure.NO_RECORD, self.seconds)
        at = order.at or self.clock.now()
        readings = tuple(
            Reading(
                meter=asset,
                point=point,
                value=self.value(at),
                unit="kWh",
                at=at,
                read_at=self.clock.now(),
                method=_METHODS.get(order.want, Method.LIVE),
                source=order.meter.target,
            )
            for point in order.points
        )
        return Result(
            order=order, address=order.meter.address, readings=readings, attempts=1, seconds=self.seconds
        )

    @staticmethod
    def value(at):
        """A register that rises with time alone, so that nothing can be invented."""
        return Decimal(round((at - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds())) / 1000

    def _failed(self, order, reason, seconds):
        failures = tuple((point, reason, "") for point in order.points)
        return Result(order=order, failures=failures, seconds=seconds)


class FakeOutbox:
    """Keeps entries in memory; `full` refuses, `seconds` is what a commit takes."""

    def __init__(self, seconds=0.2):
        self.entries, self.states, self.ledger = [], {}, {}
        self.full, self.seconds = False, seconds
        self.refused = 0

    async def append(self, entry):
        await asyncio.sleep(self.seconds)
        if self.full:
            self.refused += 1
            raise OutboxFull("cap", "full")
        self.entries.append(entry)
        self.states.update(entry.saves)
        for mark in entry.marks:
            slots = self.ledger.setdefault((mark.task, mark.target), {})
            slots.setdefault(mark.slot, {})[mark.meter] = mark.outcome

    async def load(self, key):
        return self.states.get(key)

    async def slots(self, task, target, since, until=None):
        found = self.ledger.get((task, target), {})
        return {
            slot: dict(marks)
            for slot, marks in found.items()
            if since <= slot and (not until or slot < until)
        }

    def all(self, kind):
        return [row for entry in self.entries for row in getattr(entry, kind)]


class Plant:
    """One target in service: fakes around the real poller, sink, reviewer and ledger."""

    def __init__(self, count=3, *, every="15m", outbox=None, clock=None, model=ALL, **task):
        self.base = clock or LoopClock()
        self.clock = SteadyClock(self.base)
        self.bus = FakeBus(self.clock)
        self.outbox = outbox or FakeOutbox()
        self.meters = meters(count)
        self.reviewer = Reviewer(archive_of(self.meters), {}, self.clock, ZONE)
        self.sink = Sink(self.outbox, self.clock)
        self.tasks = [Task(name="t", targets=("line",), points=(POINT,), every=every, **task)]
        self.model = model
        self.poller = None

    async def plan(self, task):
        grid = Grid(task.every, ZONE)
        since, done = read_cursor(await self.outbox.load(cursor_key(task.name, "line")))
        return Plan(
            task=task,
            target="line",
            meters=self.meters,
            grid=grid,
            cursor=Cursor(grid, done),
            models={("dlt645-2007", ""): self.model},
            since=since,
        )

    async def run(self, seconds, *during):
        """Serve for so long; `during` are (second, function) in the loop's time."""
        plans = [await self.plan(task) for task in self.tasks]
        self.poller = Poller(plans, self.bus, self.reviewer, self.sink, self.clock)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part()) for part in (self.poller.run, self.sink.run, self._watch)]
            passed = 0.0
            for second, action in during:
                await asyncio.sleep(second - passed)
                passed = second
                action()
            await asyncio.sleep(seconds - passed)
            tasks[0].cancel()
            await asyncio.wait([tasks[0]])
            async with asyncio.timeout(60):
                if not self.outbox.full:
                    await self.sink.drain()
            for task in tasks:
                task.cancel()

    async def _watch(self):
        while True:
            await asyncio.sleep(1)
            self.clock.watch()

    def polled(self, want=Want.LIVE):
        return [(asset, at) for _, _, asset, found, at in self.bus.asked if found is want]

    def marks(self, slot_count=None):
        """Outcomes by slot and meter as the ledger has them."""
        return self.outbox.ledger.get(("t", "line"), {})


__all__ = [
    "ALL",
    "BEGAN",
    "POINT",
    "ZONE",
    "Entry",
    "FakeBus",
    "FakeOutbox",
    "LoopClock",
    "Plant",
    "archive_of",
    "in_virtual_time",
    "meters",
]
