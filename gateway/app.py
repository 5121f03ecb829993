"""The edge's composition root: `meterd run -c FILE`, and the same daemon inside another program."""

import asyncio
import os
import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from getopt import GetoptError, getopt
from pathlib import Path
from zoneinfo import ZoneInfo

from config.archive import Archive, Meter
from config.errors import ConfigError
from config.load import Loaded, keeping_models
from config.schema import Settings
from config.text import say
from drivers.links.hub import Hub, Hubs
from drivers.order import Failure, Order, Priority, Result, Want
from gateway import logs
from gateway.aggregates.aggregator import Aggregator
from gateway.archived import tables_of
from gateway.assembly import Assembly, Shared
from gateway.certificates import Certificates
from gateway.clock import Clock, SteadyClock, SystemClock
from gateway.collector import collect_rarely, give_back, share_heap
from gateway.command import Commander
from gateway.configured import configured
from gateway.dumps.counts import DumpCounts
from gateway.dumps.intake import Intake
from gateway.dumps.recorded import FOLDER, with_recorded
from gateway.http import Server
from gateway.line import Line
from gateway.models import model_of
from gateway.notify import Notifier
from gateway.outbox import Entry, Outbox, OutboxError, OutboxFull
from gateway.pages import VERSION, pages
from gateway.reload import Outcome, serve
from gateway.review.reviewer import Reviewer
from gateway.state import BusFigures, LagMeter, PortFigures, Reloads, Snapshot, TargetFigures
from gateway.supervise import Pulse, Supervisor, Watchdog, on_signals
from gateway.tap import Tap
from gateway.uplink import Uplink
from protocols.outer import greeter
from protocols.reading import Reading

__all__ = ["App", "main"]

_OUTBOX = "outbox.db"
_LEDGER_SLACK_DAYS = 2
_LOOKS = 20
_TIDY_SECONDS = 900.0
_FIXED = ("gateway", "store", "uplink", "metrics")
_log = logs.get("app")


def _failed(error: Exception) -> Outcome:
    return Outcome(ok=False, problems=(say(f"reload failed: {error!r}", f"重新加载失败：{error!r}"),))


class App:
    """The daemon. `run` until `stop`; `stats` at any time after the start.

    `loaded` names the configuration file for reloads; `ready` is called once it polls; with `signals` it
    takes the process's signals and talks to the service manager.
    """

    def __init__(
        self,
        settings: Settings,
        archive: Archive,
        *,
        clock: Clock | None = None,
        loaded: Loaded | None = None,
        ready: Callable[[], None] | None = None,
        signals: bool = False,
    ) -> None:
        self._dumps = DumpCounts()
        self._dumps_folder = settings.gateway.state_dir / FOLDER
        archive = with_recorded(archive, self._dumps_folder)
        self.settings, self.archive = settings, archive
        self.clock = SteadyClock(clock or SystemClock())
        self.reloads = Reloads(digest=loaded.digest if loaded else archive.digest, at=self.clock.now())
        self.supervisor = Supervisor()
        self.reviewer = Reviewer(archive, settings.review, self.clock, ZoneInfo(settings.gateway.timezone))
        self.address = ""
        self._path = loaded.path if loaded else None
        self._ready_callback, self._signals = ready, signals
        self._notifier = Notifier() if signals else Notifier({})
        self._stop = asyncio.Event()
        self._lines: dict[Hashable, Line] = {}
        self._hubs = Hubs(greeter)
        self._lag = LagMeter()
        self._tap = Tap()
        self._certificates = Certificates(settings.uplink)
        self._started = self.clock.now()
        self._ready = False
        self._commander = Commander(lambda: self.archive.by_asset, self._on_demand, self.clock)
        self._reloading = asyncio.Lock()
        self._outbox: Outbox
        self._sums: Aggregator
        self._uplink: Uplink
        self._group: asyncio.TaskGroup

    # -- life ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until `stop`; raises OutboxError and OSError when it cannot begin."""
        gateway = self.settings.gateway
        async with AsyncExitStack() as stack:
            self._outbox = await Outbox.open(
                gateway.state_dir / _OUTBOX, self.settings.store, gateway.name, self.clock
            )
            stack.push_async_callback(self._outbox.close)
            self._sums = await self._summing()
            self._outbox.passed = self._passed
            self._uplink = Uplink(
                self.settings.uplink,
                gateway.name,
                self._outbox,
                self.clock,
                on_command=self._commander.handle,
                facts=lambda: {"version": VERSION, "config": self.reloads.digest},
            )
            self._uplink.archive(tables_of(self.archive))
            await self._start_clock()
            if self.settings.metrics.listen:
                server = stack.enter_context(self._server(self.settings.metrics.listen))
                self.address = server.address
            async with asyncio.TaskGroup() as group:
                await self._serve(group)

    async def _summing(self) -> Aggregator:
        gateway = self.settings.gateway
        sums = Aggregator(self._outbox, self.clock, ZoneInfo(gateway.timezone), gateway.name)
        sums.adopt(self.settings.aggregate, self.archive, self.settings.second)
        await sums.load()
        return sums

    def _passed(self, entry: Entry) -> None:
        """What has become durable: to whoever listens, and into the sums."""
        self._tap.pass_on(entry)
        self._sums.take(entry)

    def _server(self, listen: str) -> Server:
        try:
            return Server(listen, pages(self._look))
        except OSError as error:
            raise OSError(f"metrics.listen {listen}: {error.strerror or error}") from error

    def stop(self) -> None:
        """Ask for a clean end: what was read becomes durable, then `run` returns."""
        self._stop.set()

    async def rest(self) -> None:
        """Stop reading meters for good; what was read still goes up until `stop`."""
        await self._take_down(list(self._lines.values()))

    async def _serve(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        keep = self.supervisor.keep
        if self._signals:
            on_signals(self.stop, lambda: group.create_task(self.reload()))
        parts = {
            "uplink": self._uplink.run,
            "loop": self._lag.run,
            "clock": self._watch_clock,
            "housekeeping": self._housekeep,
            "dumps": self._intake().run,
            "sums": self._sums.run,
            "control": lambda: serve(self.settings.gateway.state_dir, self.reload, self._tap.serve),
            "watchdog": Watchdog(self._notifier, self._pulses, self._probe, self._status).run,
        }
        tasks = [group.create_task(keep(name, part), name=name) for name, part in parts.items()]
        await self._bring_up()
        give_back()
        self._ready = True
        self._notifier.ready(self._status())
        _log.info(
            "ready", targets=len(self.settings.target), meters=len(self.archive.meters), metrics=self.address
        )
        if self._ready_callback is not None:
            self._ready_callback()
        await self._stop.wait()
        self._ready = False
        self._notifier.stopping()
        _log.info("stopping")
        await self._take_down(list(self._lines.values()))
        await self._sums.stop()
        for task in tasks:
            task.cancel()

    def _intake(self) -> Intake:
        return Intake(
            folder=self._dumps_folder,
            outbox=self._outbox,
            reviewer=self.reviewer,
            clock=self.clock,
            settings=lambda: self.settings,
            archive=lambda: self.archive,
            exchanged=self._exchanged,
            counts=self._dumps,
        )

    def _exchanged(self, _fresh: object) -> None:
        """Meter exchanges that came with a dump hold from now on."""
        self.archive = with_recorded(self.archive, self._dumps_folder)
        self.reviewer.adopt(self.archive, self.settings.review)
        self._sums.adopt(self.settings.aggregate, self.archive, self.settings.second)

    async def _take_down(self, lines: Sequence[Line]) -> None:
        async with asyncio.TaskGroup() as group:
            for line in lines:
                group.create_task(line.stop())

    def _assembly(self, settings: Settings, archive: Archive) -> Assembly:
        shared = Shared(
            clock=self.clock,
            outbox=self._outbox,
            reviewer=self.reviewer,
            supervisor=self.supervisor,
            model_of=model_of,
            hubs=self._hubs,
        )
        return Assembly(settings, archive, shared)

    async def _start_clock(self) -> None:
        floor = await self._assembly(self.settings, self.archive).floor()
        if floor is not None:
            self.clock.start_from(floor)

    async def _bring_up(self) -> None:
        """Start the lines of the configuration in force that do not run yet, stop those no longer in it."""
        assembly = self._assembly(self.settings, self.archive)
        wanted = assembly.groups()
        gone = [self._lines.pop(key) for key in list(self._lines) if key not in wanted]
        await self._take_down(gone)
        for key, group in wanted.items():
            if key not in self._lines:
                line = self._lines[key] = await assembly.line(group)
                line.start(self._group)

    # -- reload --------------------------------------------------------------------------------------------

    async def reload(self) -> Outcome:
        """Read the configuration again; a bad one leaves the old in force and says why."""
        async with self._reloading:
            self._notifier.reloading(self.clock.monotonic())
            outcome = await self.supervisor.attempt("reload", self._reload, _failed)
            self.reloads.ok, self.reloads.problems = outcome.ok, outcome.problems
            if not outcome.ok:
                _log.error("reload refused, the old configuration stays in force", problems=outcome.problems)
            self._notifier.ready(self._status())
            return outcome

    async def _reload(self) -> Outcome:
        if self._path is None:
            return Outcome(ok=False, problems=(say("no configuration file", "没有配置文件"),))
        before = self.settings, self.archive
        try:
            with keeping_models():
                return await self._take_over(self._path)
        except ConfigError as error:
            return Outcome(ok=False, problems=tuple(map(str, error.problems)))
        except BaseException as error:
            self.settings, self.archive = before
            if not isinstance(error, asyncio.CancelledError):
                await self._adopt(*before)
            raise

    async def _take_over(self, path: Path) -> Outcome:
        """Read the file and put in force what may change in a running daemon."""
        loaded = await asyncio.to_thread(configured, path)
        notes = tuple(
            say(f"[{name}] takes effect at the next start", f"[{name}] 在下次启动时生效")
            for name in _FIXED
            if getattr(loaded.settings, name) != getattr(self.settings, name)
        )
        kept = {name: getattr(self.settings, name) for name in _FIXED}
        archive = await asyncio.to_thread(with_recorded, loaded.archive, self._dumps_folder)
        await self._adopt(loaded.settings.model_copy(update=kept), archive)
        notes += tuple(map(str, loaded.warnings))
        self.reloads.digest, self.reloads.at = loaded.digest, self.clock.now()
        _log.info("configuration in force", digest=loaded.digest, notes=notes)
        return Outcome(ok=True, notes=notes)

    async def _adopt(self, settings: Settings, archive: Archive) -> None:
        """Put a configuration in force: everything that differs begins anew, the rest goes on."""
        self.settings, self.archive = settings, archive
        self._uplink.archive(tables_of(archive))
        self._sums.adopt(settings.aggregate, archive, settings.second)
        if closed := self.reviewer.adopt(archive, settings.review):
            await self._store(Entry(findings=tuple(closed)))
        await self._bring_up()

    # -- parts ---------------------------------------------------------------------------------------------

    async def _on_demand(self, meter: Meter, points: tuple[str, ...]) -> tuple[Result, Sequence[Reading]]:
        """A read for the master: ahead of all scheduled ones, reviewed and stored like them."""
        line = next((line for line in self._lines.values() if meter.target in line.pollers), None)
        order = Order(meter=meter, want=Want.LIVE, points=points)
        if line is None:
            text = say(f"target {meter.target} is not in service", f"采集点 {meter.target} 未投入")
            return Result(order=order, failures=tuple((point, Failure.IO, text) for point in points)), ()
        result = await line.bus.ask(order, Priority.ON_DEMAND)
        readings, findings = self.reviewer.review(result)
        await self._store(
            Entry(
                readings=tuple(readings), findings=tuple(findings), events=tuple(result.events), urgent=True
            )
        )
        return result, readings

    async def _store(self, entry: Entry) -> None:
        """Store what nobody asks for again soon; a full outbox drops it with a line in the log."""
        try:
            await self._outbox.append(entry)
        except OutboxFull as error:
            _log.warning("not stored: the outbox is full", readings=len(entry.readings), reason=error.reason)

    async def _watch_clock(self) -> None:
        while True:
            if stepped := self.clock.watch():
                _log.warning(
                    "the wall clock was stepped", seconds=round(stepped, 3), synced=self.clock.synced()
                )
            for line in self._lines.values():
                line.measure()
            await asyncio.sleep(1.0 / self.clock.pace)

    async def _housekeep(self) -> None:
        """Every quarter of an hour: free memory, and ledger rows that no backfill asks for any more."""
        while True:
            await asyncio.sleep(_TIDY_SECONDS / self.clock.pace)
            give_back()
            for task in self.settings.task:
                before = self.clock.now() - timedelta(days=task.backfill_days + _LEDGER_SLACK_DAYS)
                await self._outbox.forget_slots(task.name, before)

    async def _probe(self) -> None:
        with suppress(OutboxError):  # a disk that refuses has answered: the writer is alive
            await self._outbox.load("probe")

    def _pulses(self) -> Mapping[str, Pulse]:
        lines = {f"line {line.name}": line.pulse for line in self._lines.values()}
        return {"loop": Pulse(self._lag.beat), **{name: pulse for name, pulse in lines.items() if pulse}}

    # -- what is shown -------------------------------------------------------------------------------------

    def stats(self) -> Snapshot:
        """All figures as they stand."""
        lines = list(self._lines.values())
        return Snapshot(
            name=self.settings.gateway.name,
            version=VERSION,
            now=self.clock.now(),
            started=self._started,
            ready=self._ready,
            synced=self.clock.synced(),
            step_seconds=self.clock.step_seconds,
            reloads=self.reloads,
            targets=tuple(self._target(line, name) for line in lines for name in line.pollers),
            bus=BusFigures.of(line.bus for line in lines),
            review=self.reviewer.stats,
            open_findings=len(self.reviewer.book),
            outbox=self._outbox.stats,
            uplink=self._uplink.stats,
            commands=self._commander.counts,
            dumps=self._dumps,
            sums=self._sums.stats,
            ports=tuple(_port(hub) for hub in self._hubs),
            lag=self._lag,
            restarts=sum(self.supervisor.restarts.values()),
            meters=len(self.archive.meters),
            awaited=bool(self.settings.uplink.broker) and self.settings.uplink.ack != "keep",
            certificates=self._certificates.ends(),
        )

    def _look(self) -> Snapshot:
        """The figures, for another thread: what changes while it looks is looked at again."""
        for _ in range(_LOOKS):
            try:
                return self.stats()
            except RuntimeError:
                continue
        return self.stats()

    def _target(self, line: Line, name: str) -> TargetFigures:
        poller, bus = line.pollers[name], line.bus
        stats = poller.stats
        return TargetFigures(
            name=name,
            up=bus.up,
            down_reason=bus.why_not(name),
            last_success=bus.last_success,
            circuit_open=sum(bus.circuit_open(asset) for asset in poller.assets),
            utilisation=line.utilisation,
            meters=len(poller.assets),
            slots_missed=stats.slots_missed,
            backfilled=stats.backfilled,
            missing=stats.missing,
            lag_seconds=stats.lag_seconds,
            due=dict(stats.due),
            present=dict(stats.present),
            slot=dict(stats.last_slot),
            slot_seconds=min((plan.grid.seconds for plan in poller.plans), default=0),
        )

    def _status(self) -> str:
        stats = self._outbox.stats
        up = sum(line.bus.up for line in self._lines.values())
        return (
            f"{up}/{len(self._lines)} lines up, {stats.pending} rows wait, {len(self.reviewer.book)} findings"
        )


def main(argv: Sequence[str]) -> int:
    """`meterd run -c FILE`: 0 after a clean stop, 1 if it cannot begin, 2 for a bad configuration."""
    share_heap()
    try:
        path, level = _asked(argv)
    except ValueError as error:
        print(f"meterd run -c FILE [--log-level LEVEL]: {error}", file=sys.stderr)  # noqa: T201 - no log yet
        return 2
    logs.setup(level=level)
    try:
        loaded = configured(path)
    except ConfigError as error:
        print(*error.problems, sep="\n", file=sys.stderr)  # noqa: T201 - before there is a log to write to
        return 2
    for warning in loaded.warnings:
        _log.warning("configuration", warning=str(warning))
    if loaded.settings.gateway.language:
        os.environ["METERD_LANG"] = loaded.settings.gateway.language
    app = App(loaded.settings, loaded.archive, loaded=loaded, signals=True)
    collect_rarely()
    try:
        asyncio.run(app.run())
    except (OutboxError, OSError) as error:
        _log.error("cannot begin", reason=str(error))
        return 1
    return 0


def _asked(argv: Sequence[str]) -> tuple[Path, str]:
    """The configuration file and the level of the log; raises ValueError. argparse takes 0.3 MiB for as much."""
    try:
        given, more = getopt(list(argv), "c:", ("config=", "log-level="))
    except GetoptError as error:
        raise ValueError(error.msg) from error
    options = dict(given)
    path, level = options.get("-c") or options.get("--config"), options.get("--log-level", "info")
    if more or not path or level not in logs.LEVELS:
        raise ValueError(" ".join(more) or (level if path else say("no configuration file", "没有配置文件")))
    return Path(path), level


def _port(hub: Hub) -> PortFigures:
    refused = dict(hub.counters)
    return PortFigures(
        name=hub.name,
        calls=refused.pop("calls", 0),
        unidentified=hub.unidentified,
        refused=refused,
        strangers=tuple((address, one.calls, one.peer) for address, one in hub.strangers.items()),
    )
