"""What the daemon is doing, as plain figures: the one snapshot behind /metrics, /status and the watchdog."""

import asyncio
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.aggregates.stats import AggregateStats
from gateway.dumps.counts import DumpCounts
from gateway.review.known import ReviewStats

__all__ = ["BusFigures", "LagMeter", "PortFigures", "Reloads", "Snapshot", "TargetFigures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFigures:
    """One target: its bus as it stands and its slots; `last_success` and slots aware.

    `slot_seconds` is the length of its shortest slot, 0 for a target that no task reads.
    """

    name: str
    up: bool
    down_reason: str
    last_success: datetime | None
    circuit_open: int
    utilisation: float
    meters: int
    slots_missed: int
    backfilled: int
    missing: int
    lag_seconds: float
    due: Mapping[str, int]
    present: Mapping[str, int]
    slot: Mapping[str, datetime]
    slot_seconds: int


@dataclass(slots=True, kw_only=True)
class BusFigures:
    """All buses together."""

    polls: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    in_flight: int = 0
    frames: int = 0
    frame_errors: Counter[str] = field(default_factory=Counter)
    rx_bytes: int = 0
    tx_bytes: int = 0
    reopens: int = 0
    durations: list[int] = field(default_factory=list)
    duration_sum: float = 0.0
    gate_refusals: int = 0
    serial_reopens: int = 0
    modem_calls: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, buses: Iterable[Any]) -> "BusFigures":
        """The sum over buses (`gateway.bus.Bus`)."""
        total = cls()
        for bus in buses:
            stats = bus.stats
            for name in _SUMS:
                setattr(total, name, getattr(total, name) + getattr(stats, name))
            total.failures.update({str(reason): n for reason, n in list(stats.failures.items())})
            total.frame_errors.update(dict(stats.frame_errors))
            total.modem_calls.update(dict(stats.calls))
            buckets = total.durations or [0] * len(stats.durations)
            total.durations = [a + b for a, b in zip(buckets, stats.durations, strict=True)]
            if any(target.link.startswith(_PORTS) for target in bus.targets.values()):
                total.serial_reopens += stats.reopens
        return total


_PORTS = ("serial:", "radio:", "modem:")
_SUMS = (
    "polls",
    "retries",
    "in_flight",
    "frames",
    "rx_bytes",
    "tx_bytes",
    "reopens",
    "duration_sum",
    "gate_refusals",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortFigures:
    """A port on which equipment calls: calls so far, those not identified yet, those refused by reason.

    `strangers` are (address, calls, from where last) that are not in the archive, the latest last.
    """

    name: str
    calls: int
    unidentified: int
    refused: Mapping[str, int]
    strangers: tuple[tuple[str, int, str], ...]


@dataclass(slots=True, kw_only=True)
class Reloads:
    """The configuration in force and how the last reload went."""

    digest: str = ""
    ok: bool = True
    at: datetime | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that is shown; `outbox` and `uplink` are those components' own figures."""

    name: str
    version: str
    now: datetime
    started: datetime
    ready: bool
    synced: bool
    step_seconds: float
    reloads: Reloads
    targets: tuple[TargetFigures, ...]
    bus: BusFigures
    review: ReviewStats
    open_findings: int
    outbox: Any
    uplink: Any
    commands: Mapping[str, int]
    lag: "LagMeter"
    restarts: int
    meters: int
    awaited: bool
    """Whether somebody is to take what is in the outbox, not age alone."""
    certificates: Mapping[str, float] = field(default_factory=dict)
    dumps: DumpCounts = field(default_factory=DumpCounts)
    sums: AggregateStats = field(default_factory=AggregateStats)
    ports: tuple[PortFigures, ...] = ()

    @property
    def python(self) -> str:
        """The interpreter's version."""
        return platform.python_version()


class LagMeter:
    """How late the event loop is, in buckets; `beat` rises while the loop moves."""

    BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)

    def __init__(self) -> None:
        self.buckets = [0] * (len(self.BOUNDS) + 1)
        self.sum = 0.0
        self.beat = 0

    async def run(self, period: float = 0.5) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(period)
            self.take(max(0.0, loop.time() - before - period))

    def take(self, late: float) -> None:
        """Count one measurement in seconds."""
        self.sum += late
        self.beat += 1
        index = next((i for i, bound in enumerate(self.BOUNDS) if late <= bound), len(self.BOUNDS))
        self.buckets[index] += 1
