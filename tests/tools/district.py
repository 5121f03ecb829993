"""Concentrators or terminals that call a gateway, in a child process, and the gateway's files."""

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path

from gateway.simulate import TerminalPlan, district_of
from tests.tools.plant import METERD, Child, free_port


@dataclass
class District:
    """`count` concentrators with `meters` each behind one port of the gateway; `strangers` more call than are known."""

    folder: Path
    count: int = 3
    meters: int = 5
    strangers: int = 0
    points: tuple[str, ...] = ("1-0:1.8.0",)
    every: str = "1d"
    heartbeat: float = 1.0
    more: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    metrics_port: int = field(default_factory=free_port)

    @property
    def config(self) -> Path:
        return self.folder / "meterd.toml"

    def write(self) -> Path:
        """The configuration and the archive."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "archive").mkdir(exist_ok=True)
        (self.folder / "state").mkdir(exist_ok=True)
        found = district_of(TerminalPlan(count=self.count, meters=self.meters))
        rows = list(found.rows())
        with (self.folder / "archive" / "meters.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        text = [
            "[gateway]",
            'name = "so-001"',
            f"state_dir = {json.dumps(str(self.folder / 'state'))}",
            'archive = "archive"',
            "[metrics]",
            f'listen = "127.0.0.1:{self.metrics_port}"',
            "[store]",
            "commit_seconds = 0.05",
        ]
        for name, terminal in found.terminals.items():
            text += [
                "[[target]]",
                f'name = "{name}"',
                'driver = "concentrator"',
                f'link = "tcp-listen://127.0.0.1:{self.port}"',
                f'address = "{terminal.spec.address}"',
            ]
        text += [
            "[[task]]",
            'name = "freezes"',
            f"targets = {json.dumps(list(found.terminals))}",
            f"points = {json.dumps(list(self.points))}",
            f'every = "{self.every}"',
            "backfill_days = 1",
        ]
        self.config.write_text("\n".join(text) + "\n", encoding="utf-8")
        return self.config

    def daemon(self) -> Child:
        """`meterd run`."""
        return Child([*METERD, "run", "-c", str(self.config)], self.folder / "daemon.log")

    def callers(self) -> Child:
        """`meterd simulate concentrator`, which says in the end how its calls fared."""
        command = [*METERD, "simulate", "concentrator", "--json", "--count", str(self.count + self.strangers)]
        command += ["--meters", str(self.meters), "--dial", f"127.0.0.1:{self.port}"]
        command += ["--heartbeat", str(self.heartbeat), *self.more]
        return Child(command, self.folder / "callers.log")

    def fared(self) -> dict[str, float]:
        """What the callers said in the end."""
        lines = (self.folder / "callers.log").read_text(encoding="utf-8").splitlines()
        found: dict[str, float] = json.loads(lines[-1])
        return found
