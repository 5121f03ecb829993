"""Composition root of `meterd simulate`: simulated meters on TCP ports or pseudo terminals."""

import asyncio
import codecs
import csv
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.models import load_model
from simulators import dumps
from simulators.faults import Faults
from simulators.fleet import Fleet, World, build, specs
from simulators.modbus_line import ModbusLine
from simulators.modbus_unit import ModbusUnit
from simulators.pty import PtyLine
from simulators.serve import TcpLine

__all__ = [
    "DUMPS",
    "FAULTS",
    "ModbusPlan",
    "Plan",
    "fleet_of",
    "modbus_lines",
    "modbus_rows",
    "modbus_unit",
    "serve",
    "serve_modbus",
    "write_archive",
    "write_dump",
]

_MOST_UNITS = 247


DUMPS, FAULTS = dumps.FORMATS, dumps.FAULTS
"""Formats of dumps, and what may be wrong with one."""


def write_dump(path: Path, form: str, rows: int, *, seed: int, fault: str, encoding: str) -> None:
    """Write a dump of so many registers; raises OSError, and LookupError for an encoding that there is not."""
    codecs.lookup(encoding)
    found = dumps.values(rows, seed, tariffs=4, unread=0.02)
    dumps.write(path, form, found, dumps.Style(encoding=encoding), fault)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusPlan:
    """Units to simulate: `units` on each of `lines`, of the models in turn; `framing` is tcp, rtu or pty."""

    models: tuple[str, ...]
    units: int = 1
    lines: int = 1
    seed: int = 0
    host: str = "127.0.0.1"
    port: int = 0
    baud: int = 0
    framing: str = "tcp"
    faults: str = ""


def modbus_unit(unit: int, name: str, seed: int = 0) -> ModbusUnit:
    """A unit of a model by the model's own file; raises KeyError, ValueError for one that is none of Modbus."""
    model = load_model(name)
    if "map" not in model or model.get("generic"):
        raise ValueError(f"{name} has no registers to simulate")
    # Of a discovered model's blocks a unit has one, the next unit the next.
    blocks = model.get("block", [])
    block: dict[str, Any] = (
        blocks[(unit - 1) % len(blocks)] if blocks else {"id": 0, "length": 0, "registers": []}
    )
    rows = [*model.get("registers", []), *block["registers"]]
    examples = {row["name"]: row["example"] for row in rows if "name" in row and "example" in row}
    return ModbusUnit(
        unit,
        model["map"],
        model=name,
        seed=seed,
        examples=examples,
        block=block["id"],
        length=block["length"],
    )


def modbus_lines(plan: ModbusPlan) -> list[ModbusLine]:
    """The lines of a plan; raises KeyError for an unknown model, ValueError for the rest."""
    if plan.units > _MOST_UNITS:
        raise ValueError(f"{plan.units} units: a line has {_MOST_UNITS} at most")
    faults = Faults.parse(plan.faults)
    return [
        ModbusLine(
            [
                modbus_unit(number, plan.models[(number - 1) % len(plan.models)], plan.seed + place)
                for number in range(1, plan.units + 1)
            ],
            name=f"line{place + 1}",
            is_rtu=plan.framing != "tcp",
            baud=plan.baud,
            faults=faults,
        )
        for place in range(plan.lines)
    ]


def modbus_rows(plan: ModbusPlan, lines: Iterable[ModbusLine]) -> list[dict[str, str]]:
    """The archive's rows for these units."""
    protocol = "modbus-tcp" if plan.framing == "tcp" else "modbus-rtu"
    return [
        {
            "asset_no": f"{line.name}-{unit.unit}",
            "address": unit.address,
            "protocol": protocol,
            "model": unit.model,
            "target": line.name,
            "wiring": "3P4W",
            "register_is_primary": "yes",
        }
        for line in lines
        for unit in line.meters
    ]


async def serve_modbus(
    plan: ModbusPlan, lines: list[ModbusLine], ready: Callable[[dict[str, Any]], None]
) -> None:
    """Serve until cancelled, as `serve`."""
    async with AsyncExitStack() as stack:
        links: list[str] = []
        for number, line in enumerate(lines):
            if plan.framing == "pty":
                links.append((await stack.enter_async_context(PtyLine(line))).link)
                continue
            port = plan.port + number if plan.port else 0
            many = None if line.is_rtu else line.session
            served = await stack.enter_async_context(TcpLine(line, plan.host, port, many=many))
            links.append(served.link.replace("tcp:", "rtutcp:") if line.is_rtu else served.link)
        ready(_described(lines, links))
        await asyncio.Event().wait()


def write_archive(path: Path, rows: list[dict[str, str]]) -> None:
    """Write a meters table as CSV; raises OSError."""
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


def _described(lines: Iterable[Any], links: Iterable[str]) -> dict[str, Any]:
    return {
        "lines": [
            {"target": line.name, "link": link, "meters": [meter.address for meter in line.meters]}
            for line, link in zip(lines, links, strict=True)
        ]
    }


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
        ready(_described(fleet.lines, links))
        await asyncio.Event().wait()
