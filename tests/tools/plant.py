"""A whole plant for fault tests: simulated lines in this process, the gateway and the master as children.

The gateway's clock may run faster than the wall clock (`fast.py`), so that a minute's slot takes a second.
"""

import asyncio
import csv
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from gateway.clock import FastClock, SystemClock
from simulators.fleet import Fleet, World, build, specs
from simulators.pty import PtyLine
from simulators.serve import TcpLine
from simulators.witness import Witness

ROOT = Path(__file__).parents[2]
METERD = [sys.executable, "-m", "gateway"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds: float, what: str, step: float = 0.05):
    """Poll a condition; a generous bound of liveness, never a measure of speed."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(step)


@dataclass(frozen=True)
class Time:
    """Which time the gateway and the meters live in: the wall clock's, or one that runs faster."""

    factor: float = 1.0
    start: datetime = field(default_factory=lambda: datetime.now(UTC))
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    def clock(self) -> FastClock:
        return FastClock(SystemClock(), self.factor, self.start, self.since)

    def arguments(self) -> list[str]:
        return [str(self.factor), self.start.isoformat(), self.since.isoformat()]


class Lines:
    """Simulated lines served from a thread of their own, so that a test may block as it likes."""

    def __init__(self, fleet: Fleet, *, pty: bool = False) -> None:
        self.fleet = fleet
        self._pty = pty
        self.links: dict[str, str] = {}
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with AsyncExitStack() as stack:
            for line in self.fleet.lines:
                served = PtyLine(line) if self._pty else TcpLine(line)
                self.links[line.name] = (await stack.enter_async_context(served)).link
            self._ready.set()
            await self._stop.wait()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)


class Child:
    """A child process whose output goes to a file."""

    def __init__(self, command: list[str], log: Path, env: dict[str, str] | None = None) -> None:
        self.command = command
        self.log = log
        self.env = {**os.environ, **(env or {})}
        self.process: subprocess.Popen | None = None

    def start(self) -> "Child":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, env=self.env
            )
        return self

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self, seconds: float = 30) -> int | None:
        """SIGTERM, and what it exits with."""
        return self._end(signal.SIGTERM, seconds)

    def _end(self, how: signal.Signals, seconds: float = 30) -> int | None:
        if self.process is None:
            return None
        self.process.send_signal(how)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise AssertionError(f"{self.command} did not end on {how!r}:\n{self.tail()}") from None
        self.process = None
        return code

    def rss_kib(self) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))

    def tail(self, count: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


@dataclass
class Plant:
    """Folder, meters, witness and children of one test."""

    folder: Path
    fleet: Fleet
    witness: Witness
    time: Time
    lines: Lines
    name: str = "so-001"
    every: str = "1m"
    points: tuple[str, ...] = ("1-0:1.8.0",)
    uplink: dict[str, object] = field(default_factory=dict)
    store: dict[str, object] = field(default_factory=dict)
    target: dict[str, object] = field(default_factory=dict)
    metrics_port: int = field(default_factory=free_port)

    @property
    def config(self) -> Path:
        return self.folder / "meterd.toml"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def write(self, broker: str | None) -> Path:
        """The configuration and the archive."""
        (self.folder / "archive").mkdir(exist_ok=True)
        self.state.mkdir(exist_ok=True)
        rows = list(self.fleet.rows())
        with (self.folder / "archive" / "meters.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        names = list(self.lines.links)
        uplink = {"broker": broker, **self.uplink} if broker else {}
        tables = {
            "gateway": {"name": self.name, "state_dir": str(self.state), "archive": "archive"},
            "metrics": {"listen": f"127.0.0.1:{self.metrics_port}"},
            "uplink": uplink,
            "store": {"commit_seconds": 0.05, "keep_days": 30, **self.store},
        }
        text = "".join(_table(f"[{name}]", values) for name, values in tables.items())
        for name, link in self.lines.links.items():
            text += _table("[[target]]", {"name": name, "driver": "meter", "link": link, **self.target})
        task = {"name": "registers", "targets": names, "points": list(self.points), "every": self.every}
        self.config.write_text(text + _table("[[task]]", {**task, "backfill_days": 0}), encoding="utf-8")
        return self.config

    def daemon(self, *, env: dict[str, str] | None = None, wrap: Iterable[str] = ()) -> Child:
        """`meterd run`; in faster time through `tests.tools.fast`, which starts the same App."""
        command = [*METERD, "run", "-c", str(self.config)]
        if self.time.factor != 1:
            command = [sys.executable, "-m", "tests.tools.fast", *self.time.arguments(), str(self.config)]
        return Child([*wrap, *command], self.folder / "daemon.log", env)

    def ingest(self, broker: str, database: str, *, number: int = 1) -> Child:
        command = [*METERD, "ingest", "--broker", broker, "--database", database]
        return Child(command, self.folder / f"ingest{number}.log")


def _table(head: str, values: dict[str, object]) -> str:
    lines = [head, *(f"{key} = {json.dumps(value)}" for key, value in values.items()), "", ""]
    return "\n".join(lines)


@contextmanager
def plant(folder: Path, *, meters=0, lines=1, factor=1.0, wanted=None, baud=0, pty=False, **settings):
    """Simulated meters running, and the files to run a gateway on them."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    midday = now.replace(hour=2, minute=0, second=0, microsecond=0) - timedelta(days=1)
    when = Time(factor, midday if factor != 1 else now, now)
    clock, witness = when.clock(), Witness()
    world = World(now=clock.now, baud=baud, told=witness)
    fleet = build(wanted or specs(meters, seed=7), lines, world)
    with Lines(fleet, pty=pty) as served:
        yield Plant(folder, fleet, witness, when, served, **settings)
