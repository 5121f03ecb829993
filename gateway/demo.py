"""Composition root of `meterd demo`: simulated meters, a broker, the gateway and the master in one process.

Time runs faster than the wall clock, so that a minute's slot and a midnight pass while one looks on.
At the end what the outbox accepted is held against what the master's table has and what the meters said.
"""

import asyncio
import logging
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from amqtt.broker import Broker

from config.load import Loaded, load
from gateway import logs, mqtt
from gateway.app import App
from gateway.clock import FastClock, SystemClock
from gateway.demo_files import Place, Table, write
from gateway.demonstration import Group, Progress, Row, Summary, Tap, accepted
from gateway.master.app import ingest, stored
from gateway.story.conclude import tell
from gateway.story.told import Story, Told
from simulators import walked
from simulators.caller import call_all
from simulators.electric import Defect, Spec
from simulators.fleet import specs
from simulators.neighbourhood import LINES, TRANSFORMERS, Equipment, Neighbourhood
from simulators.week import DAYS, FORWARD, REVERSE, Week, week

__all__ = ["DATABASE", "Options", "Progress", "Row", "Story", "Summary", "run", "story"]

_ZONE = ZoneInfo("Asia/Shanghai")
_NAME = "demo"
DATABASE = "master.db"
"""The master's database in the folder of a demonstration."""
_DUMP = "handheld.txt"
_UP = timedelta(minutes=3)
"""So long after the first midnight of a story the gateway is up: meters have frozen that one by then."""
_BAUD = 9600
_METERS_A_LINE = 8
_LINES = 4
_DRAIN_SECONDS = 12.0
_TICK = 0.25
_TARIFFS = tuple(f"1-0:1.8.{tariff}" for tariff in range(5))
_TOTAL = ("1-0:1.8.0",)
_CURVES = ("1-0:1.8.0", "1-0:32.7.0", "1-0:31.7.0")
# Who is read how often, and what for: task, drivers, points, slot, memory.
_TASKS = (
    ("registers", ("meter",), _TARIFFS, "1m", "live"),
    ("daily", ("meter", "carrier"), _TARIFFS, "1d", "auto"),
    ("homes", ("concentrator",), _TOTAL, "1d", "freeze"),
    ("special", ("terminal",), _CURVES, "15m", "load_record"),
    ("ties", ("ertu",), _TOTAL, "15m", "load_record"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How long and how much: `seconds` of reading of `meters` on RS-485 lines and of everything beside them.

    `factor` is how much faster time runs, `homes` how many meters each concentrator has.
    """

    seconds: float = 30.0
    meters: int = 20
    seed: int = 1
    factor: float = 60.0
    homes: int = 500


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


def _write(folder: Path, place: Neighbourhood, equipment: list[Equipment], broker: str) -> Path:
    """A configuration as somebody would write it for this place; returns the file."""
    targets: list[dict[str, object]] = []
    for one in equipment:
        keys: dict[str, object] = {"name": one.name, "driver": one.driver, "link": one.link}
        keys |= {"address": one.address} if one.address else {"baud": _BAUD}
        targets.append(keys | ({"profile": "standard"} if one.driver == "ertu" else {}))
    tasks = [
        {
            "name": name,
            "targets": [one.name for one in equipment if one.driver in drivers],
            "points": points,
            "every": every,
            "source": source,
            "backfill_days": 2 if every == "1d" else 0,
        }
        for name, drivers, points, every, source in _TASKS
    ]
    found = Place(
        meters=list(place.meters()), targets=targets, tasks=tasks, lines=LINES, transformers=TRANSFORMERS
    )
    others: list[Table] = [
        ("[uplink]", {"broker": broker, "version": "3.1.1", "ack": "master"}),
        ("[store]", {"commit_seconds": 0.2, "keep_days": 30}),
    ]
    return write(folder, _NAME, found, folder / DATABASE, others)


class _Demo:
    """One run: builds the place, lets it work, stops reading, drains, and counts."""

    def __init__(self, options: Options, folder: Path, show: Callable[[Progress], None]) -> None:
        self._options = options
        self._folder = folder
        self._show = show
        self._real = SystemClock()
        evening = datetime.combine(self._real.now().astimezone(_ZONE).date(), time(23, 50), _ZONE)
        self._clock = FastClock(self._real, options.factor, evening - timedelta(days=1))
        lines = max(min(_LINES, options.meters), -(-options.meters // _METERS_A_LINE))
        self._place = Neighbourhood(
            _specs(options),
            lines,
            now=self._clock.now,
            tz=_ZONE,
            baud=_BAUD,
            homes=options.homes,
            seed=options.seed,
        )
        self._began = self._real.monotonic()
        self._read_for = 0.0

    async def run(self) -> Summary:
        """The whole demonstration."""
        async with AsyncExitStack() as stack:
            self._equipment = await self._place.serve(stack, ("127.0.0.1", _free_port()))
            url = await stack.enter_async_context(_broker())
            return await self._work(load(_write(self._folder, self._place, self._equipment, url)), url)

    async def _work(self, loaded: Loaded, url: str) -> Summary:
        logs.setup(level="error")
        ready = asyncio.Event()
        points = {task.name: len(task.points) for task in loaded.settings.task}
        self._tap = Tap(_NAME, loaded.archive.meters, points)
        app = App(loaded.settings, loaded.archive, clock=self._clock, ready=ready.set)
        database = f"sqlite:///{self._folder / DATABASE}"
        async with asyncio.TaskGroup() as group:
            broker = mqtt.Broker(url=url, client_id="demo-master", version="3.1.1")
            others = [
                group.create_task(ingest(broker, database, share="", clock=self._clock)),
                group.create_task(self._tap.run(url)),
                group.create_task(call_all(self._place.callers, 0.0)),
            ]
            gateway = group.create_task(app.run())
            await ready.wait()
            await self._watch(app)
            app.stop()
            await gateway
            for task in others:
                task.cancel()
        return await self._count(loaded, database)

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
            rows=[row for line in self._place.fleet.lines for row in self._tap.rows_of(line.name)],
            groups=[self._group(one) for one in self._equipment if one.address],
            asked=self._tap.asked,
            accepted=outbox.accepted,
            committed=outbox.committed,
            waiting=outbox.pending,
            findings=len(self._tap.findings),
        )

    def _group(self, one: Equipment) -> Group:
        rows = self._tap.rows_of(one.name)
        return Group(one.name, one.driver, len(rows), sum(row.reads > 0 for row in rows))

    def _utilisation(self) -> dict[str, float]:
        """Share of the time of reading that each line was busy on the wire."""
        seconds = max(self._read_for, 0.001)
        return {
            line.name: round(min(1.0, line.busy_seconds / seconds), 4) for line in self._place.fleet.lines
        }

    async def _count(self, loaded: Loaded, database: str) -> Summary:
        """Hold the three against each other: what was accepted, what the master has, what the meters said."""
        path = loaded.settings.gateway.state_dir / "outbox.db"
        took = await accepted(path, loaded.settings.store, _NAME, self._clock)
        rows = [((meter, point, at.astimezone(UTC)), value) for (meter, point, at), value in stored(database)]
        has = Counter(key for key, _ in rows)
        said = [self._place.knows(*key[:2], value, key[2]) for key, value in rows if value is not None]
        answering = {meter for meter, _, _ in has}
        bus = {f"A{address}" for address in self._place.fleet.meters}
        read = Counter(loaded.archive.by_asset[meter].target for meter in answering - bus)
        return Summary(
            meters=len(bus),
            meters_answering=len(answering & bus),
            equipment={
                name: {"meters": len(meters), "answering": read[name]}
                for name, meters in loaded.archive.by_target.items()
                if not bus & {meter.asset_no for meter in meters}
            },
            readings_asked=self._tap.asked,
            readings_accepted=len(took),
            readings_published=self._tap.published,
            readings_committed=len(rows),
            lost=len(took.keys() - has.keys()),
            duplicates=sum(count - 1 for count in has.values()),
            invented=said.count(False) + sum(took.get(key) != value for key, value in rows),
            findings=len(self._tap.findings),
            findings_by_rule=dict(Counter(self._tap.findings.values())),
            bus_utilisation=self._utilisation(),
            seconds=round(self._real.monotonic() - self._began, 1),
        )


async def run(options: Options, show: Callable[[Progress], None], keep: Path | None = None) -> Summary:
    """Run the demo; `show` is called a few times a second. Its files stay in `keep`, an empty folder, where given."""
    with _folder(keep) as folder:
        return await _Demo(options, folder, show).run()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="meterd-demo-") as folder:
        yield Path(folder)


def story(seed: int, *, faults: bool = True, keep: Path | None = None, last: date | None = None) -> Story:
    """Two weeks of history by the seed: collected in jumping time, processed by the master, and told.

    They end with the day `last`, by default yesterday. Files stay in `keep`, an empty folder, where given.
    Raises StoreProblem, OutboxError, OSError.
    """
    last = last or SystemClock().now().astimezone(_ZONE).date() - timedelta(days=1)
    begin = datetime.combine(last - timedelta(days=DAYS - 1), time(), _ZONE)
    logs.setup(level="error")
    with _folder(keep) as folder:
        return tell(_told(folder, week(begin, seed=seed, faults=faults)), f"sqlite:///{folder / DATABASE}")


def _told(folder: Path, found: Week) -> Told:
    loaded = load(_write_story(folder, found))
    told = Told(loaded=loaded, begin=found.begin + _UP, end=found.end, ask=found.ask, truth=found.truth)
    if not any(found.brought()):
        return told
    dump = folder / _DUMP
    walked.write(found, dump, _ZONE)
    return replace(told, dump=dump, brought=found.walked)


def _write_story(folder: Path, found: Week) -> Path:
    """The areas of the history as somebody believes them to be."""
    targets = [area.target for area in found.areas]
    place = Place(
        meters=list(_meters(found)),
        targets=[
            {"name": name, "driver": "concentrator", "link": "replay:none", "address": f"4403{number:04}"}
            for number, name in enumerate(targets, 1)
        ],
        tasks=[
            {"name": name, "targets": targets, "points": [FORWARD, REVERSE], "every": every, "source": source}
            for name, every, source in (("hourly", "1h", "load_record"), ("daily", "1d", "freeze"))
        ],
        lines=["L1"],
        transformers=dict.fromkeys((area.code for area in found.areas), "L1"),
    )
    return write(
        folder, _NAME, place, folder / DATABASE, [("[store]", {"commit_seconds": 0, "keep_days": 30})]
    )


def _meters(found: Week) -> Iterator[dict[str, str]]:
    for area in found.areas:
        for number, asset in enumerate((area.total, *area.customers), 1):
            is_total = asset == area.total
            yield {
                "asset_no": asset,
                "mp_no": f"P-{asset}",
                "address": f"{area.code[1:]}{number:011d}",
                "protocol": "dlt645-2007",
                "target": area.target,
                "point_no": str(number),
                "ct": str(area.total_ct if is_total else area.ct),
                "customer_class": "gateway" if is_total else "commercial" if area.ct > 1 else "residential",
                "node": area.code,
                "side": "supply" if is_total else "sale",
            }
