"""Composition root of `meterd demo`: simulated meters, a broker, the gateway and the master in one process.

Time runs faster than the wall clock, so that a minute's slot and a midnight pass while one looks on.
At the end what the outbox accepted is held against what the master's table has and what the meters said.
"""

import asyncio
import logging
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from amqtt.broker import Broker

from config import schema
from config.archive import Archive, Meter
from config.schema import Settings, Target, Task
from gateway import logs, mqtt, payload
from gateway.app import App
from gateway.clock import FastClock, SystemClock
from gateway.master.app import ingest, stored
from gateway.outbox import Outbox
from simulators.electric import Defect, Spec
from simulators.fleet import Fleet, World, build, specs
from simulators.pty import PtyLine
from simulators.serve import TcpLine
from simulators.witness import Witness

__all__ = ["Options", "Progress", "Row", "Summary", "run"]

_ZONE = ZoneInfo("Asia/Shanghai")
_NAME = "demo"
_BAUD = 9600
_METERS_A_LINE = 8
_LINES = 4
_DRAIN_SECONDS = 12.0
_TICK = 0.25
_TARIFFS = tuple(f"1-0:1.8.{tariff}" for tariff in range(5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How long and how much: `seconds` of reading, `factor` is how much faster time runs."""

    seconds: float = 30.0
    meters: int = 20
    seed: int = 1
    factor: float = 60.0


@dataclass(slots=True)
class Row:
    """One meter as the live table shows it."""

    meter: str
    line: str
    speaks: str
    value: str = ""
    reads: int = 0
    state: str = ""


@dataclass(slots=True, kw_only=True)
class Progress:
    """Where the demo stands; `at` is the fast time in the meters' zone."""

    seconds: float
    at: datetime
    elapsed: float = 0.0
    draining: bool = False
    rows: list[Row] = field(default_factory=list)
    asked: int = 0
    accepted: int = 0
    committed: int = 0
    waiting: int = 0
    findings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What became of everything. `invented` counts values in the master that no meter said."""

    meters: int
    meters_answering: int
    readings_asked: int
    readings_accepted: int
    readings_published: int
    readings_committed: int
    lost: int
    duplicates: int
    invented: int
    findings: int
    findings_by_rule: dict[str, int]
    bus_utilisation: dict[str, float]
    seconds: float

    @property
    def ok(self) -> bool:
        """Nothing lost, nothing twice, nothing invented, and something read."""
        return not (self.lost or self.duplicates or self.invented) and self.readings_committed > 0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def _specs(options: Options) -> list[Spec]:
    """A neighbourhood with a dead meter, one whose tariffs do not add up and one whose clock is wrong."""
    wanted = specs(options.meters, seed=options.seed)
    oddities: list[dict[str, Any]] = [
        {"dead": True},
        {"defect": Defect.TARIFF_SUM, "standard": "2007"},
        {"defect": Defect.NOT_BCD, "standard": "2007"},
    ]
    for place, oddity in zip((2, 5, 8), oddities, strict=True):
        if place < len(wanted):
            wanted[place] = replace(wanted[place], **oddity)
    return wanted


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _broker() -> AsyncIterator[str]:
    """An MQTT 3.1.1 broker on a free port of loopback; gives its URL."""
    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    port = _free_port()
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    try:
        yield f"mqtt://127.0.0.1:{port}"
    finally:
        await broker.shutdown()


def _meter(spec: Spec, target: str) -> Meter:
    return Meter(
        asset_no=f"A{spec.address}",
        address=spec.address,
        protocol=f"dlt645-{spec.standard}",
        target=target,
        name=spec.kind,
        wiring="3P4W" if spec.phases == 3 else "1P",
        rated_voltage=Decimal(220),
        rated_current=Decimal(5),
        max_current=Decimal(60),
    )


def _archive(fleet: Fleet) -> Archive:
    meters = tuple(_meter(meter.spec, fleet.on[address]) for address, meter in fleet.meters.items())
    by_target: dict[str, list[Meter]] = {}
    for meter in meters:
        by_target.setdefault(meter.target, []).append(meter)
    return Archive(
        meters=meters,
        digest="demo",
        by_asset={meter.asset_no: meter for meter in meters},
        by_target={name: tuple(group) for name, group in by_target.items()},
    )


def _settings(folder: Path, broker: str, links: dict[str, str]) -> Settings:
    targets = tuple(Target(name=name, driver="meter", link=link, baud=_BAUD) for name, link in links.items())
    names = tuple(links)
    return Settings(
        gateway=schema.Gateway(name=_NAME, state_dir=folder / "state"),
        metrics=schema.Metrics(listen=""),
        uplink=schema.Uplink(broker=broker, version="3.1.1", ack="master"),
        store=schema.Store(commit_seconds=0.2, keep_days=30),
        target=targets,
        task=(
            Task(name="registers", targets=names, points=_TARIFFS, every="1m", backfill_days=0),
            Task(name="daily", targets=names, points=_TARIFFS, every="1d", backfill_days=2),
        ),
    )


class _Tap:
    """Listens at the broker: what was published, and the last value of each meter for the table."""

    def __init__(self, fleet: Fleet) -> None:
        self.rows = {
            f"A{address}": Row(f"A{address}", fleet.on[address], f"dlt645-{meter.spec.standard}")
            for address, meter in fleet.meters.items()
        }
        self.asked = self.published = 0
        self.findings: dict[str, str] = {}
        self._seen: set[tuple[str, int]] = set()

    async def run(self, url: str) -> None:
        """Until cancelled."""
        async with mqtt.connect(mqtt.Broker(url=url, client_id="demo-tap", version="3.1.1")) as client:
            await client.subscribe(
                *(f"meterd/v1/{_NAME}/up/{kind}" for kind in ("reading", "finding", "slot"))
            )
            while True:
                for message in await client.batch(100):
                    self._take(payload.decode(message.payload))

    def _take(self, batch: payload.Batch) -> None:
        if (batch.epoch, batch.batch) in self._seen:
            return
        self._seen.add((batch.epoch, batch.batch))
        if batch.kind == "finding":
            self.findings.update((row[0], row[1]) for row in batch.rows)
            return
        if batch.kind == "slot":
            self.asked += sum(row[3] for row in batch.rows) * len(_TARIFFS)
            return
        self.published += len(batch.rows)
        for meter, point, value, *rest in batch.rows:
            row = self.rows.get(meter)
            if row is not None and point == _TARIFFS[0]:
                row.value, row.state, row.reads = value or "", rest[4], row.reads + 1


def _stored(database: str) -> list[tuple[tuple[str, str, datetime], Decimal | None]]:
    """Every reading in the master's table, its instant in UTC."""
    rows = stored(database)
    return [((meter, point, at.astimezone(UTC)), value) for (meter, point, at), value in rows]


class _Demo:
    """One run: builds the plant, lets it work, stops reading, drains, and counts."""

    def __init__(self, options: Options, folder: Path, show: Callable[[Progress], None]) -> None:
        self._options = options
        self._folder = folder
        self._show = show
        self._real = SystemClock()
        evening = datetime.combine(self._real.now().astimezone(_ZONE).date(), time(23, 50), _ZONE)
        self._clock = FastClock(self._real, options.factor, evening - timedelta(days=1))
        self._witness = Witness()
        lines = min(_LINES, options.meters)
        lines = max(lines, -(-options.meters // _METERS_A_LINE))
        world = World(now=self._clock.now, tz=_ZONE, baud=_BAUD, told=self._witness)
        self._fleet = build(_specs(options), lines, world)
        self._tap = _Tap(self._fleet)
        self._began = self._real.monotonic()
        self._read_for = 0.0

    async def run(self) -> Summary:
        """The whole demonstration."""
        async with AsyncExitStack() as stack:
            links: dict[str, str] = {}
            *others, last = self._fleet.lines
            for line in others:
                links[line.name] = (await stack.enter_async_context(TcpLine(line))).link
            links[last.name] = (await stack.enter_async_context(PtyLine(last))).link
            url = await stack.enter_async_context(_broker())
            settings = _settings(self._folder, url, links)
            return await self._work(settings, url)

    async def _work(self, settings: Settings, url: str) -> Summary:
        logs.setup(level="error")
        ready = asyncio.Event()
        app = App(settings, _archive(self._fleet), clock=self._clock, ready=ready.set)
        database = f"sqlite:///{self._folder / 'master.db'}"
        async with asyncio.TaskGroup() as group:
            broker = mqtt.Broker(url=url, client_id="demo-master", version="3.1.1")
            master = group.create_task(ingest(broker, database, share="", clock=self._clock))
            tap = group.create_task(self._tap.run(url))
            gateway = group.create_task(app.run())
            await ready.wait()
            await self._watch(app)
            app.stop()
            await gateway
            tap.cancel()
            master.cancel()
        return await self._count(settings, database, self._utilisation())

    async def _watch(self, app: App) -> None:
        """Show progress for the asked time; then stop reading and wait until nothing waits any more."""
        self._began = self._real.monotonic()
        while (elapsed := self._real.monotonic() - self._began) < self._options.seconds:
            self._show(self._progress(app, elapsed))
            await asyncio.sleep(min(_TICK, self._options.seconds - elapsed))
        self._read_for = self._real.monotonic() - self._began
        await app.rest()
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while app.stats().outbox.pending:
                    self._show(self._progress(app, self._options.seconds, draining=True))
                    await asyncio.sleep(_TICK)

    def _progress(self, app: App, elapsed: float, *, draining: bool = False) -> Progress:
        outbox = app.stats().outbox
        return Progress(
            seconds=self._options.seconds,
            elapsed=elapsed,
            at=self._clock.now().astimezone(_ZONE),
            draining=draining,
            rows=list(self._tap.rows.values()),
            asked=self._tap.asked,
            accepted=outbox.accepted,
            committed=outbox.committed,
            waiting=outbox.pending,
            findings=len(self._tap.findings),
        )

    def _utilisation(self) -> dict[str, float]:
        """Share of the time of reading that each line was busy on the wire."""
        seconds = max(self._read_for, 0.001)
        return {line.name: round(min(1.0, line.busy_seconds / seconds), 4) for line in self._fleet.lines}

    async def _count(self, settings: Settings, database: str, utilisation: dict[str, float]) -> Summary:
        """Hold the three against each other: what was accepted, what the master has, what the meters said."""
        took = await self._accepted(settings)
        rows = _stored(database)
        has = Counter(key for key, _ in rows)
        said = [
            self._witness.knows(meter, point, value) for (meter, point, _), value in rows if value is not None
        ]
        return Summary(
            meters=len(self._fleet.meters),
            meters_answering=len({meter for meter, _, _ in has}),
            readings_asked=self._tap.asked,
            readings_accepted=len(took),
            readings_published=self._tap.published,
            readings_committed=len(rows),
            lost=len(took.keys() - has.keys()),
            duplicates=sum(count - 1 for count in has.values()),
            invented=said.count(False) + sum(took.get(key) != value for key, value in rows),
            findings=len(self._tap.findings),
            findings_by_rule=dict(Counter(self._tap.findings.values())),
            bus_utilisation=utilisation,
            seconds=round(self._real.monotonic() - self._began, 1),
        )

    async def _accepted(self, settings: Settings) -> dict[tuple[str, str, datetime], Decimal | None]:
        """Every reading that the outbox ever took: it keeps what the master has committed."""
        found: dict[tuple[str, str, datetime], Decimal | None] = {}
        path = settings.gateway.state_dir / "outbox.db"
        async with await Outbox.open(path, settings.store, _NAME, self._clock) as outbox:
            await outbox.replay(datetime(2000, 1, 1, tzinfo=UTC))
            while claimed := await outbox.claim(100):
                for batch in (payload.decode(one.body) for one in claimed if one.kind == "reading"):
                    for meter, point, value, _, at, *_ in batch.rows:
                        key = (meter, point, datetime.fromisoformat(at).astimezone(UTC))
                        found[key] = None if value is None else Decimal(value)
        return found


async def run(options: Options, show: Callable[[Progress], None]) -> Summary:
    """Run the demo in a temporary folder; `show` is called a few times a second."""
    with tempfile.TemporaryDirectory(prefix="meterd-demo-") as folder:
        return await _Demo(options, Path(folder), show).run()
