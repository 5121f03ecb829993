"""What a plan costs of every bus's time, computed before anything is sent, and refused if it cannot fit.

A question costs its own bytes and its answer's on the line, the meter's delay before it answers, the
channel's latency and the idle time after. Where nobody told the speed (a TCP target without `baud`, meters of
unknown baud), only delays count, and the figure is a lower bound.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from math import ceil
from typing import Any

from config.archive import Archive, Meter
from config.errors import Problem
from config.schema import Settings, Target, Task
from config.text import say
from config.wanted import keeping, memory_of
from drivers import parse_link, wire_of
from drivers.link import Wire
from drivers.order import Want
from protocols import PROTOCOLS, ProtocolKind
from protocols.errors import CatalogueError
from protocols.outer import OUTERS
from protocols.session import Question

__all__ = [
    "ANSWER_SECONDS",
    "RETRY_SHARE",
    "SLOT_SECONDS",
    "BusPlan",
    "TaskAirtime",
    "bus_wire",
    "check",
    "dials_in",
    "group_targets",
    "in_service",
    "timetable",
]

# The delay of a meter's first byte: 37, 85 and 108 ms were least, median and most in a log from the field.
ANSWER_SECONDS = 0.1
# Share of questions that are expected to be asked once more after the full reply time.
RETRY_SHARE = 0.02
SLOT_SECONDS: dict[str, int] = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "1d": 86_400,
    "1mo": 28 * 86_400,
}


@dataclass(frozen=True, slots=True)
class TaskAirtime:
    """One task on one bus: seconds that a slot of it takes, and that as a share of the bus's time."""

    name: str
    meters: int
    questions: int
    seconds_per_slot: float
    slot_seconds: int

    @property
    def share(self) -> float:
        """Part of the bus's time, 1 being all of it."""
        return self.seconds_per_slot / self.slot_seconds


@dataclass(frozen=True, slots=True)
class BusPlan:
    """The timetable of one bus. `advice` says what would fit, where it does not."""

    target: str
    link: str
    baud: int
    meters: int
    tasks: tuple[TaskAirtime, ...]
    limit: float
    advice: str = ""

    @property
    def share(self) -> float:
        """Part of the bus's time that all tasks take together."""
        return sum(task.share for task in self.tasks)

    @property
    def fits(self) -> bool:
        """Whether the share stays within the limit."""
        return self.share <= self.limit


_SOME_DAY = datetime(2026, 1, 1)  # noqa: DTZ001 - meters know local time only
ModelOf = Callable[[Meter], Mapping[str, Any]]


def timetable(settings: Settings, archive: Archive, model_of: ModelOf) -> list[BusPlan]:
    """The airtime of every bus; targets that name the same channel are one."""
    return [_bus_plan(group, settings, archive, model_of) for group in group_targets(settings.target)]


def check(
    settings: Settings, archive: Archive, model_of: ModelOf, file: str = "meterd.toml"
) -> list[Problem]:
    """A problem for every link that is none, and else for every bus whose plan cannot fit."""
    if problems := [_problem(file, target.name, why) for target in settings.target if (why := _flaw(target))]:
        return problems
    return _unknown_points(settings, archive, model_of, file) + [
        _problem(file, plan.target, plan.advice)
        for plan in timetable(settings, archive, model_of)
        if not plan.fits
    ]


def _problem(file: str, target: str, message: str) -> Problem:
    return Problem(file=file, line=None, key=f"target.{target}", message=message)


def _flaw(target: Target) -> str:
    try:
        parse_link(target.link)
    except ValueError as error:
        return str(error)
    return ""


def group_targets(targets: Sequence[Target]) -> list[tuple[Target, ...]]:
    """Targets by physical channel, in the order of the file; raises ValueError for a text that is no link."""
    groups: dict[str, list[Target]] = {}
    for target in targets:
        groups.setdefault(_channel(target), []).append(target)
    return [tuple(group) for group in groups.values()]


def dials_in(target: Target) -> bool:
    """Whether this is one of many terminals that call the same port, each on a connection of its own."""
    outer = OUTERS.get(target.driver)
    return outer is not None and outer.greets and parse_link(target.link).scheme == "tcp-listen"


def _channel(target: Target) -> str:
    key = parse_link(target.link).key
    return f"{key} {target.address}".lower() if dials_in(target) else key


def bus_wire(target: Target, meters: Sequence[Meter]) -> Wire:
    """What the target's channel costs. Without a speed of its own the slowest of its meters' counts."""
    bauds = [meter.baud for meter in meters if meter.baud]
    baud = target.baud or (min(bauds) if bauds and len(bauds) == len(meters) else None)
    return wire_of(target.link, baud=baud, latency_ms=target.latency_ms)


def _bus_plan(group: Sequence[Target], settings: Settings, archive: Archive, model_of: ModelOf) -> BusPlan:
    meters = [meter for target in group for meter in in_service(archive, target.name)]
    tasks = []
    for task in settings.task:
        parts = [
            _task_airtime(task, target, in_service(archive, target.name), model_of)
            for target in group
            if target.name in task.targets
        ]
        if parts:
            tasks.append(
                TaskAirtime(
                    task.name,
                    sum(part[0] for part in parts),
                    sum(part[1] for part in parts),
                    sum(part[2] for part in parts),
                    SLOT_SECONDS[task.every],
                )
            )
    first = group[0]
    plan = BusPlan(
        target="+".join(target.name for target in group),
        link=first.link,
        baud=bus_wire(first, meters).baud,
        meters=len(meters),
        tasks=tuple(tasks),
        limit=min(target.max_airtime for target in group),
    )
    return plan if plan.fits else replace(plan, advice=_advice(plan))


def in_service(archive: Archive, target: str) -> tuple[Meter, ...]:
    """The meters of a target that are to be read."""
    return tuple(meter for meter in archive.by_target.get(target, ()) if meter.status == "in service")


def _task_airtime(
    task: Task, target: Target, meters: Sequence[Meter], model_of: ModelOf
) -> tuple[int, int, float]:
    """Meters, questions and seconds of one slot of a task on one target."""
    wire = bus_wire(target, meters)
    costs: dict[tuple[str, str], tuple[float, float]] = {}
    questions, seconds = 0.0, 0.0
    for meter in meters:
        key = (meter.protocol, meter.model)
        if key not in costs:
            costs[key] = _meter_cost(task, target, meter, wire, model_of)
        questions += costs[key][0]
        seconds += costs[key][1]
    return len(meters), ceil(questions), seconds


def _meter_cost(
    task: Task, target: Target, meter: Meter, wire: Wire, model_of: ModelOf
) -> tuple[float, float]:
    """Questions and seconds; a question that many meters share counts in parts."""
    model = keeping(target.driver, model_of(meter))
    outer = OUTERS.get(target.driver)
    if outer is not None and outer.share is not None:
        asked, sent, answered = outer.share(
            task.points, _want(task, model).value, wire.room(target.frame_bytes)
        )
        pause = ANSWER_SECONDS + wire.latency + target.turnaround_ms / 1000
        return asked, wire.seconds(1) * (sent + answered) * (1 + RETRY_SHARE) + asked * pause
    kind = PROTOCOLS[meter.protocol]
    session = kind.session(target.wakeup)
    sends = [session.ask(question) for question in _questions(task, meter, model)]
    cost = partial(_question_seconds, kind, target, wire)
    behind = len(sends) * outer.behind_seconds if outer is not None else 0.0
    return len(sends), behind + sum(cost(len(send.frame), send.answer_bytes) for send in sends)


def _questions(task: Task, meter: Meter, model: Mapping[str, Any]) -> list[Question]:
    """What one meter is asked for one slot; a daily freeze with its time stamp before and after."""
    kind = PROTOCOLS[meter.protocol]
    want = _want(task, model)
    stamps = [kind.freeze_stamp(meter.address, 1)] * 2 if want is Want.FREEZE else []
    known = [point for point in task.points if not _unknown(task, meter, model, point)]
    planned = kind.plan(known, want.value, at=_SOME_DAY, model=model, address=meter.address, k=1)
    return stamps + [step.question for step in planned]


def _unknown(task: Task, meter: Meter, model: Mapping[str, Any], point: str) -> str:
    """Why a meter has no such point where the task looks for it; empty if it has."""
    want = _want(task, model)
    try:
        PROTOCOLS[meter.protocol].plan(
            [point], want.value, at=_SOME_DAY, model=model, address=meter.address, k=1
        )
    except CatalogueError as error:
        return str(error)
    return ""


def _unknown_points(settings: Settings, archive: Archive, model_of: ModelOf, file: str) -> list[Problem]:
    """Points that no meter of a task has; those that only some lack cost nothing and are no mistake."""
    problems = []
    driver_of = {target.name: target.driver for target in settings.target}
    for task in settings.task:
        meters = {
            (driver_of[name], meter.protocol, meter.model): meter
            for name in task.targets
            for meter in in_service(archive, name)
        }
        for point in task.points:
            whys = [
                _lacking(task, driver, meter, model_of(meter), point)
                for (driver, *_), meter in meters.items()
            ]
            if whys and all(whys):
                key = f"task.{task.name}.points"
                problems.append(Problem(file=file, line=None, key=key, message=whys[0]))
    return problems


def _lacking(task: Task, driver: str, meter: Meter, model: Mapping[str, Any], point: str) -> str:
    """Why a meter read by a driver has no such point; empty if it has."""
    outer = OUTERS.get(driver)
    if outer is None or outer.why_not is None:
        return _unknown(task, meter, model, point)
    return outer.why_not(point, _want(task, keeping(driver, model)).value)


def _want(task: Task, model: Mapping[str, Any]) -> Want:
    """The memory that a task's own slots come from."""
    return Want(memory_of(task, model))


def _question_seconds(kind: ProtocolKind, target: Target, wire: Wire, sent: int, answered: int) -> float:
    pause, network = target.turnaround_ms / 1000, wire.latency
    if kind.is_numbered:
        # A packet network's own delay is in the answer's; a pause is made only where it is asked for.
        pause = pause if "turnaround_ms" in target.model_fields_set else 0.0
        network = target.latency_ms / 1000
    good = wire.seconds(sent + answered) + network + ANSWER_SECONDS + pause
    lost = wire.seconds(sent) + wire.latency + target.reply_ms / 1000 + pause
    return good + RETRY_SHARE * lost


def _advice(plan: BusPlan) -> str:
    """The figure, and what would fit: a task less, or a longer slot for the task that takes most."""
    line = say(
        f"link {plan.target}: {plan.share:.0%} of its time{_at(plan)}, {plan.limit:.0%} allowed",
        f"链路 {plan.target}{_at(plan)}：占用时间 {plan.share:.0%}，允许 {plan.limit:.0%}",
    )
    cures = [cure for cure in (_drop(plan), _stretch(plan)) if cure]
    nothing = say("split its meters over more links", "请把电表分到更多链路")
    return line + say("; ", "；") + (say(", or ", "，或").join(cures) or nothing)


def _at(plan: BusPlan) -> str:
    return say(f" at {plan.baud} baud", f"（{plan.baud} 波特）") if plan.baud else ""


def _drop(plan: BusPlan) -> str:
    """The smallest task without which the rest fits."""
    fitting = [task for task in plan.tasks if plan.share - task.share <= plan.limit and len(plan.tasks) > 1]
    if not fitting:
        return ""
    name = min(fitting, key=lambda task: task.share).name
    return say(f"drop {name}", f"去掉 {name}")


def _stretch(plan: BusPlan) -> str:
    """The shortest longer slot of the largest task with which everything fits."""
    largest = max(plan.tasks, key=lambda task: task.share)
    rest = plan.share - largest.share
    for every, seconds in SLOT_SECONDS.items():
        if seconds > largest.slot_seconds and rest + largest.seconds_per_slot / seconds <= plan.limit:
            return say(f"every {every} fits for {largest.name}", f"{largest.name} 改为每 {every} 可行")
    return ""
