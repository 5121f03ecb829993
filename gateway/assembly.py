"""Puts the lines of a configuration together: plans, pollers and sinks around the buses."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from config.archive import Archive, Meter
from config.ertu import own_profiles
from config.link import parse_link
from config.models import own_models
from config.schema import Settings, Target, Task
from config.wanted import keeping
from drivers.links.hub import Hubs
from drivers.order import Result
from gateway import logs
from gateway.airtime import group_targets, in_service
from gateway.bus import Bus
from gateway.buses import Building, build_buses
from gateway.clock import SteadyClock
from gateway.facts import FactDesk, kept_key, unpack_kept
from gateway.line import Line
from gateway.outbox.entry import Entry
from gateway.poller import Poller
from gateway.review.reviewer import Reviewer
from gateway.round import Plan
from gateway.schedule import Cursor, Grid
from gateway.sink import Sink, Store, cursor_key, read_cursor
from gateway.supervise import Supervisor
from gateway.timeset import TimeSetter
from protocols import PROTOCOLS
from protocols.outer import OUTERS

__all__ = ["Assembly", "Shared", "clocks_of", "patience_of", "signature_of"]

_BACK_OFF_SECONDS = 120.0  # a part that failed is begun again sooner than that

_log = logs.get("line")
ModelOf = Callable[[Meter], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all lines have in common."""

    clock: SteadyClock
    outbox: Store
    reviewer: Reviewer
    supervisor: Supervisor
    model_of: ModelOf
    hubs: Hubs


def signature_of(settings: Settings, archive: Archive, group: Sequence[Target]) -> Hashable:
    """Everything that makes this channel what it is; the same signature needs no new line."""
    names = {target.name for target in group}
    meters = [in_service(archive, target.name) for target in group]
    return (
        tuple(group),
        tuple(task for task in settings.task if names & set(task.targets)),
        tuple(meters),
        _own_models_of(meter for members in meters for meter in members),
        repr([profile for target in group if (profile := own_profiles().get(target.profile or ""))]),
        settings.send,
        settings.time_set,
        settings.gateway.timezone,
    )


def _own_models_of(meters: Iterable[Meter]) -> str:
    """What one's own models say of these meters; those that come with the program do not change."""
    own = own_models()
    if not own:
        return ""
    names = {meter.model or meter.protocol for meter in meters}
    return repr([(name, own[name]) for name in sorted(names & set(own))])


def _teller(stopping: asyncio.Event) -> Callable[[Bus, bool], None]:
    """Says when a bus's link comes and goes, except at the line's own end."""

    def tell(bus: Bus, up: bool) -> None:
        if up:
            _log.info("link up", line=bus.name)
        elif not stopping.is_set():
            _log.warning("link down", line=bus.name, reason=bus.down_reason)

    return tell


def clocks_of(archive: Archive, target: Target) -> Sequence[Meter]:
    """Whose clocks are compared before the time of a target is set; none where it can't be set.

    On a bus all meters hear a broadcast. Equipment with meters behind it has a clock of its own.
    """
    meters = in_service(archive, target.name)
    outer = OUTERS.get(target.driver)
    if outer is None:
        kinds = [PROTOCOLS[meter.protocol] for meter in meters]
        return meters if any(kind.time_broadcast is not None for kind in kinds) else ()
    if not outer.sets_time or not meters:
        return ()
    if outer.clock_point is None:
        return meters[:1]
    itself = Meter(
        asset_no=target.name,
        address=target.address or "",
        protocol=outer.name,
        target=target.name,
        point_no=outer.clock_point,
    )
    return (itself,)


def patience_of(group: Sequence[Target]) -> float:
    """How long in seconds a channel may rightly be silent: a part's longest back-off, an answer, a call."""
    answers = [target.latency_ms + target.reply_ms + target.gap_ms for target in group]
    return _BACK_OFF_SECONDS + max(answers) / 1000 + parse_link(group[0].link).dial_seconds


class Assembly:
    """Builds lines from one configuration and what all share."""

    def __init__(self, settings: Settings, archive: Archive, shared: Shared) -> None:
        self._settings, self._archive, self._shared = settings, archive, shared
        self._tz = ZoneInfo(settings.gateway.timezone)
        self._counted = frozenset(one.meter for one in archive.relations)

    def groups(self) -> dict[Hashable, tuple[Target, ...]]:
        """Targets by channel, under the channel's signature."""
        return {
            signature_of(self._settings, self._archive, group): group
            for group in group_targets(self._settings.target)
        }

    async def line(self, group: Sequence[Target]) -> Line:
        """The line of one channel, with the state that its targets left in the outbox; not started."""
        shared, settings = self._shared, self._settings
        stopping = asyncio.Event()
        sink = Sink(shared.outbox, shared.clock)
        desk = await self._desk(group, sink)
        building = Building(
            clock=shared.clock,
            model_of=shared.model_of,
            on_state=_teller(stopping),
            hubs=shared.hubs,
            tell=desk.tell,
            kept=desk.kept,
        )
        narrowed = settings.model_copy(update={"target": tuple(group)})
        bus = build_buses(narrowed, self._archive, building)[group[0].name]
        pollers: dict[str, Poller] = {}
        extras: list[tuple[str, object]] = []
        for target in group:
            await self._restore(target.name)
            plans = [await self._plan(task, target) for task in settings.task if target.name in task.targets]
            pollers[target.name] = Poller(plans, bus, shared.reviewer, sink, shared.clock)
            if settings.send.time_set and (clocks := clocks_of(self._archive, target)):
                extras.append(await self._time_setter(target.name, clocks, pollers[target.name], sink))
        return Line(
            name=group[0].name,
            bus=bus,
            sink=sink,
            pollers=pollers,
            signature=signature_of(settings, self._archive, group),
            supervisor=shared.supervisor,
            stopping=stopping,
            patience=patience_of(group),
            extras=extras,
        )

    async def _desk(self, group: Sequence[Target], sink: Sink) -> FactDesk:
        """What takes the facts of a channel's drivers, with what was kept of earlier ones."""
        shared = self._shared
        desk = FactDesk(
            self._archive.by_asset,
            [target.name for target in group],
            shared.reviewer,
            sink.put,
            shared.clock,
        )
        for target in group:
            if target.driver in OUTERS:
                desk.kept[target.name] = unpack_kept(await shared.outbox.load(kept_key(target.name)))
        return desk

    async def floor(self) -> datetime | None:
        """The latest slot that any task was given, by the ledger: time does not begin before it."""
        found = [
            read_cursor(await self._shared.outbox.load(cursor_key(task.name, target)))[1]
            for task in self._settings.task
            for target in task.targets
        ]
        return max((done for done in found if done is not None), default=None)

    async def _restore(self, target: str) -> None:
        """Bases and findings of a target, unless the running reviewer has them already."""
        reviewer, outbox = self._shared.reviewer, self._shared.outbox
        if reviewer.knows(target):
            return
        if (blob := await outbox.load(f"finding:{target}")) is not None:
            reviewer.book.unpack(blob)
        if (blob := await outbox.load(f"base:{target}")) is not None:
            reviewer.unpack(blob, self._archive)
        if (blob := await outbox.load(f"watch:{target}")) is not None:
            reviewer.unpack_watches(blob)

    async def _plan(self, task: Task, target: Target) -> Plan:
        meters = in_service(self._archive, target.name)
        grid = Grid(task.every, self._tz)
        since, done = read_cursor(await self._shared.outbox.load(cursor_key(task.name, target.name)))
        kinds = {(meter.protocol, meter.model): meter for meter in meters}
        return Plan(
            task=task,
            target=target.name,
            meters=meters,
            grid=grid,
            cursor=Cursor(grid, done),
            models={
                kind: keeping(target.driver, self._shared.model_of(meter)) for kind, meter in kinds.items()
            },
            since=since,
            counted=self._counted,
        )

    async def _time_setter(
        self, target: str, clocks: Sequence[Meter], poller: Poller, sink: Sink
    ) -> tuple[str, object]:
        shared = self._shared
        setter = TimeSetter(
            self._settings.time_set, self._tz, shared.clock, put=sink.put, actor=self._settings.gateway.name
        )
        if (day := await shared.outbox.load(f"time_set:{target}")) is not None:
            setter.done = date.fromisoformat(day.decode())

        def judge(result: Result) -> None:
            if result.order.meter.asset_no not in self._archive.by_asset:
                return  # the equipment's own clock is judged by what its driver tells
            readings, findings = shared.reviewer.review(result)
            sink.put(Entry(readings=tuple(readings), findings=tuple(findings)))

        return f"time_set {target}", partial(setter.run, target, clocks, poller.ask, judge)
