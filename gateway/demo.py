"""Composition root of `meterd demo`: simulated meters, a broker, the gateway and the master in one process.

Time runs faster than the wall clock, so that a minute's slot and a midnight pass while one looks on.
At the end what the outbox accepted is held against what the master's table has and what the meters said.
"""

import asyncio
import json
import logging
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from amqtt.broker import Broker

from config.archive import Archive, Meter, Node, Relation
from config.load import Loaded, load
from gateway import logs, mqtt
from gateway.app import App
from gateway.clock import FastClock, SystemClock
from gateway.demonstration import Group, Progress, Row, Summary, Tap, accepted
from gateway.finding import SlotReport
from gateway.master.app import ingest, stored
from gateway.simulate import write_archive
from gateway.story import Story, Told, tell
from protocols.reading import Method, Origin, Reading
from simulators.caller import call_all
from simulators.electric import Defect, Spec
from simulators.fleet import specs
from simulators.neighbourhood import LINES, TRANSFORMERS, Equipment, Neighbourhood
from simulators.week import DAYS, Said, Week, week

__all__ = ["Options", "Progress", "Row", "Story", "Summary", "run", "story"]

_ZONE = ZoneInfo("Asia/Shanghai")
_NAME = "demo"
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
    archive = folder / "archive"
    archive.mkdir()
    meters = list(place.meters())
    _table(archive / "meters.csv", meters)
    _table(
        archive / "relations.csv",
        [
            {
                "meter": row["asset_no"],
                "node_kind": "line" if row["node"] in LINES else "transformer",
                "node": row["node"],
                "side": row.get("side", "sale"),
            }
            for row in meters
        ],
    )
    nodes = [{"kind": "line", "code": code} for code in LINES]
    nodes += [{"kind": "transformer", "code": code, "line": line} for code, line in TRANSFORMERS.items()]
    _table(archive / "nodes.csv", nodes)
    tables: list[tuple[str, dict[str, object]]] = [
        ("[gateway]", {"name": _NAME, "state_dir": str(folder / "state"), "archive": "archive"}),
        ("[metrics]", {"listen": ""}),
        ("[uplink]", {"broker": broker, "version": "3.1.1", "ack": "master"}),
        ("[store]", {"commit_seconds": 0.2, "keep_days": 30}),
    ]
    for one in equipment:
        keys: dict[str, object] = {"name": one.name, "driver": one.driver, "link": one.link}
        keys |= {"address": one.address} if one.address else {"baud": _BAUD}
        keys |= {"profile": "standard"} if one.driver == "ertu" else {}
        tables.append(("[[target]]", keys))
    for name, drivers, points, every, source in _TASKS:
        targets = [one.name for one in equipment if one.driver in drivers]
        days = 2 if every == "1d" else 0
        task = {"name": name, "targets": targets, "points": points, "every": every, "source": source}
        tables.append(("[[task]]", task | {"backfill_days": days}))
    path = folder / "meterd.toml"
    lines = [line for head, keys in tables for line in (head, *_lines(keys), "")]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _lines(keys: dict[str, object]) -> list[str]:
    return [f"{key} = {json.dumps(value)}" for key, value in keys.items()]


def _table(path: Path, rows: list[dict[str, str]]) -> None:
    """Rows may lack what others have; what only we know of them is left out."""
    names = dict.fromkeys(name for row in rows for name in row)
    hidden = {"node", "side"} if path.name == "meters.csv" else set()
    kept = [name for name in names if name not in hidden]
    write_archive(path, [{name: row.get(name, "") for name in kept} for row in rows])


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
        database = f"sqlite:///{self._folder / 'master.db'}"
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


async def run(options: Options, show: Callable[[Progress], None]) -> Summary:
    """Run the demo in a temporary folder; `show` is called a few times a second."""
    with tempfile.TemporaryDirectory(prefix="meterd-demo-") as folder:
        return await _Demo(options, Path(folder), show).run()


_HOW = {
    "wired": (Origin.WIRED, Method.FREEZE),
    "carrier": (Origin.PLC, Method.REREAD),
    "hand": (Origin.HHU_AUTO, Method.FREEZE),
}


def story(seed: int, *, faults: bool = True) -> Story:
    """Two weeks of history by the seed, through the first review, the store and the processing of the master."""
    begin = datetime(2026, 3, 1, tzinfo=_ZONE)
    with tempfile.TemporaryDirectory(prefix="meterd-story-") as folder:
        return tell(_told(week(begin, seed=seed, faults=faults)), Path(folder))


def _told(found: Week) -> Told:
    targets = {meter: one.target for one in found.areas for meter in (one.total, *one.customers)}
    return Told(
        archive=_books(found),
        zone=_ZONE,
        begin=found.begin,
        days=DAYS,
        answers=[_answer(said, targets[said.meter]) for said in found.said],
        slots=[*_slots(found)],
        truth=found.truth,
    )


def _answer(said: Said, target: str) -> tuple[Reading, ...]:
    origin, method = _HOW[said.how]
    return tuple(
        Reading(
            meter=said.meter,
            point=point,
            value=value,
            unit="kWh",
            at=said.at,
            read_at=said.read_at,
            origin=origin,
            method=method,
            source=target,
        )
        for point, value in said.values
    )


def _slots(found: Week) -> Iterator[SlotReport]:
    """The daily registers of every concentrator: all there, but where one was silent."""
    for area in found.areas:
        for day in range(DAYS + 1):
            slot = found.begin + timedelta(days=day)
            usual = tuple((meter, "ok") for meter in (area.total, *area.customers))
            outcomes = found.silent.get((area.target, slot), usual)
            present = sum(outcome != "no_answer" for _, outcome in outcomes)
            yield SlotReport(
                task="daily",
                target=area.target,
                slot=slot,
                due=len(outcomes),
                present=present,
                outcomes=outcomes,
            )


def _books(found: Week) -> Archive:
    """The archive of the areas as somebody believes it to be."""
    meters: list[Meter] = []
    relations: list[Relation] = []
    for area in found.areas:
        for asset in (area.total, *area.customers):
            total = asset == area.total
            meters.append(
                Meter(
                    asset_no=asset,
                    mp_no=f"P-{asset}",
                    address=f"{len(meters) + 1:012d}",
                    protocol="dlt645-2007",
                    target=area.target,
                    ct=Decimal(area.total_ct if total else area.ct),
                    customer_class="gateway" if total else "commercial" if area.ct > 1 else "residential",
                )
            )
            side = "supply" if total else "sale"
            relations.append(Relation(meter=asset, node_kind="transformer", node=area.code, side=side))
    nodes = tuple(Node(kind="transformer", code=area.code) for area in found.areas)
    by_asset = {meter.asset_no: meter for meter in meters}
    return Archive(meters=tuple(meters), relations=tuple(relations), nodes=nodes, by_asset=by_asset)
