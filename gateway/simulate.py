"""Composition root of `meterd simulate`: simulated meters on TCP ports or pseudo terminals."""

import asyncio
import csv
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from simulators.faults import Faults
from simulators.fleet import Fleet, World, build, specs
from simulators.pty import PtyLine
from simulators.serve import TcpLine

__all__ = ["Plan", "fleet_of", "serve", "write_archive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate: `meters` spread over `lines`, each line on its own port.

    `port` 0 takes free ports, otherwise the lines take consecutive ones. `baud` 0 answers at once. `pty`
    serves on pseudo terminals in place of TCP. `faults` is the text that `Faults.parse` takes.
    """

    meters: int = 8
    lines: int = 1
    seed: int = 0
    host: str = "127.0.0.1"
    port: int = 0
    baud: int = 0
    pty: bool = False
    faults: str = ""
    share_1997: float = 0.25
    tz: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


def write_archive(path: Path, fleet: Fleet) -> None:
    """Write the meters table of a fleet as CSV; raises OSError."""
    rows = list(fleet.rows())
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, list(rows[0]) if rows else ["asset_no", "address", "protocol", "target"]
        )
        writer.writeheader()
        writer.writerows(rows)


def fleet_of(plan: Plan) -> Fleet:
    """The meters of a plan; raises ValueError for faults that it cannot read."""
    world = World(tz=plan.tz, baud=plan.baud, faults=Faults.parse(plan.faults))
    return build(specs(plan.meters, seed=plan.seed, share_1997=plan.share_1997), plan.lines, world)


def _described(fleet: Fleet, links: Iterable[str]) -> dict[str, Any]:
    lines = [
        {"target": line.name, "link": link, "meters": [meter.address for meter in line.meters]}
        for line, link in zip(fleet.lines, links, strict=True)
    ]
    return {"lines": lines}


async def serve(plan: Plan, fleet: Fleet, ready: Callable[[dict[str, Any]], None]) -> None:
    """Serve until cancelled; `ready` gets where each line listens. Raises OSError where a port is taken."""
    async with AsyncExitStack() as stack:
        links: list[str] = []
        for number, line in enumerate(fleet.lines):
            if plan.pty:
                links.append((await stack.enter_async_context(PtyLine(line))).link)
            else:
                port = plan.port + number if plan.port else 0
                links.append((await stack.enter_async_context(TcpLine(line, plan.host, port))).link)
        ready(_described(fleet, links))
        await asyncio.Event().wait()
