"""Composition root of `meterd simulate`: meters on TCP ports or pseudo terminals, hand-held readers."""

import asyncio
import codecs
import csv
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.models import load_model
from simulators import dumps
from simulators.caller import Caller
from simulators.cco import Cco, CcoSpec
from simulators.cco_port import CcoPort, CcoPty
from simulators.district import CONCENTRATOR, TERMINAL, District, Way, district
from simulators.dlt645_meter import Meter
from simulators.ertu import Ertu, ErtuSpec, TieMeter
from simulators.faults import Faults
from simulators.fleet import Fleet, World, build, specs
from simulators.modbus_line import ModbusLine
from simulators.modbus_unit import ModbusUnit
from simulators.pty import PtyLine
from simulators.rounds import Walk, filled
from simulators.serve import TcpLine
from simulators.uploader import Uploader, UploadFailed
from simulators.ymodem import Broken, Manner, Sender, opened_device, opened_pty

__all__ = [
    "DUMPS",
    "FAULTS",
    "Broken",
    "CarrierPlan",
    "ErtuPlan",
    "HandheldPlan",
    "Login",
    "ModbusPlan",
    "Plan",
    "TerminalPlan",
    "UploadFailed",
    "carrier_of",
    "carrier_rows",
    "district_of",
    "ertu_of",
    "ertu_rows",
    "fleet_of",
    "hand_over",
    "modbus_lines",
    "modbus_rows",
    "modbus_unit",
    "serve",
    "serve_carrier",
    "serve_district",
    "serve_ertu",
    "serve_modbus",
    "upload",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalPlan:
    """Concentrators, or `special` terminals: `count` with so many `meters` each.

    `gaps` is the share of meters whose freeze of yesterday they lack, `drift` their clocks' error (s), `plc_loss` the
    share of forwarded questions that get lost. Without `dial` (host, port) and `modem` they listen.
    """

    special: bool = False
    count: int = 1
    meters: int = 20
    seed: int = 0
    baud: int = 0
    faults: str = ""
    gaps: float = 0.0
    drift: float = 0.0
    plc_loss: float = 0.0
    host: str = "127.0.0.1"
    port: int = 0
    dial: tuple[str, int] | None = None
    heartbeat: float = 60.0
    pty: bool = False
    modem: bool = False
    tz: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


def district_of(plan: TerminalPlan) -> District:
    """The terminals of a plan; raises ValueError for faults that it cannot read."""
    return district(
        TERMINAL if plan.special else CONCENTRATOR,
        plan.count,
        plan.meters,
        seed=plan.seed,
        gaps=plan.gaps,
        world=World(tz=plan.tz, baud=plan.baud, faults=Faults.parse(plan.faults)),
        drift_seconds=plan.drift,
        plc_loss=plan.plc_loss,
    )


async def serve_district(
    plan: TerminalPlan, found: District, ready: Callable[[dict[str, Any]], None]
) -> None:
    """Serve until cancelled, as `serve`; those that dial tell in the end how their heartbeats fared."""
    way = Way(
        host=plan.host,
        port=plan.port,
        dial=plan.dial,
        heartbeat=plan.heartbeat,
        pty=plan.pty,
        modem=plan.modem,
    )
    callers: list[Caller] = []
    try:
        await way.serve(found, lambda rows: ready({"lines": list(rows)}), callers)
    finally:
        if callers:
            slowest = max(caller.slowest for caller in callers)
            told = {name: sum(getattr(caller, name) for caller in callers) for name in _CALLS}
            ready({"lines": [], "slowest_seconds": round(slowest, 3), **told})


_CALLS = ("calls", "confirmed", "unconfirmed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErtuPlan:
    """One ERTU with so many tie `meters`; `period` in minutes, `drift` its clock's error (s).

    `wrong_sums`: the checksums of its data are wrong.
    """

    meters: int = 4
    seed: int = 0
    baud: int = 0
    faults: str = ""
    period: int = 15
    drift: float = 0.0
    wrong_sums: bool = False
    host: str = "127.0.0.1"
    port: int = 0
    pty: bool = False
    tz: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


def ertu_of(plan: ErtuPlan) -> Ertu:
    """The ERTU of a plan; raises ValueError for faults that it cannot read."""
    ties = [
        TieMeter(first=4 * n + 1, start=1000 * (n + plan.seed % 97 + 1), rate=3 + (5 * n + plan.seed) % 11)
        for n in range(plan.meters)
    ]
    spec = ErtuSpec(period=plan.period, drift_seconds=plan.drift, spoilt=int(plan.wrong_sums))
    return Ertu(spec, ties, tz=plan.tz, baud=plan.baud, faults=Faults.parse(plan.faults))


def ertu_rows(found: Ertu) -> list[dict[str, str]]:
    """The archive's rows for its tie meters."""
    return [
        {
            "asset_no": f"ertu1-{tie.first}",
            "address": str(tie.first),
            "protocol": "iec102",
            "target": "ertu1",
            "point_no": str(tie.first),
            "digits": "8",
            "customer_class": "gateway",
        }
        for tie in found.meters
    ]


async def serve_ertu(plan: ErtuPlan, found: Ertu, ready: Callable[[dict[str, Any]], None]) -> None:
    """Serve until cancelled, as `serve`."""
    served = PtyLine(found) if plan.pty else TcpLine(found, plan.host, plan.port)
    async with served:
        objects = [str(tie.first) for tie in found.meters]
        ready(
            {
                "lines": [
                    {
                        "target": "ertu1",
                        "link": served.link,
                        "address": str(found.spec.link),
                        "meters": objects,
                    }
                ]
            }
        )
        await asyncio.Event().wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierPlan:
    """One carrier module with so many `nodes`; `loss` of a frame each way, `delay` each way and hop (s).

    `concurrent` is how many nodes it asks at once, 0 for none. `unlisted`: its own list of nodes is empty.
    """

    nodes: int = 20
    loss: float = 0.0
    delay: float = 0.4
    concurrent: int = 8
    unlisted: bool = False
    seed: int = 0
    baud: int = 9600
    host: str = "127.0.0.1"
    port: int = 0
    pty: bool = False
    tz: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


def carrier_of(plan: CarrierPlan) -> Cco:
    """The module of a plan."""
    meters = [Meter(spec) for spec in specs(plan.nodes, seed=plan.seed, share_1997=0.0)]
    spec = CcoSpec(main_node=_MAIN_NODE, concurrent=plan.concurrent, seed=plan.seed)
    found = Cco(spec, meters, loss=plan.loss, delay=plan.delay, baud=plan.baud, tz=plan.tz)
    if not plan.unlisted:
        found.list_all()
    return found


def carrier_rows(found: Cco) -> list[dict[str, str]]:
    """The archive's rows for its nodes."""
    return [
        {
            "asset_no": f"A{address}",
            "address": address,
            "protocol": f"dlt645-{node.meter.spec.standard}",
            "target": "cco1",
            "wiring": "3P4W" if node.meter.spec.phases > 1 else "1P",
        }
        for address, node in found.network.nodes.items()
    ]


async def serve_carrier(plan: CarrierPlan, found: Cco, ready: Callable[[dict[str, Any]], None]) -> None:
    """Serve until cancelled, as `serve`."""
    served = CcoPty(found) if plan.pty else CcoPort(found, plan.host, plan.port)
    async with served:
        row = {"target": "cco1", "link": served.link, "address": found.main_node}
        ready({"lines": [row | {"meters": list(found.network.nodes)}]})
        await asyncio.Event().wait()


_MAIN_NODE = "000000000001"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandheldPlan:
    """A reader's files. With `fill` they are route lists that somebody walks first: `locked` is the share of meters
    behind locked doors, `reader` who walks. `manner` is the text that `Manner.parse` takes."""

    files: tuple[Path, ...]
    fill: bool = False
    locked: float = 0.0
    reader: str = "T001"
    seed: int = 0
    manner: str = ""
    xmodem: bool = False
    device: Path | None = None
    baud: int = 9600
    patience: float = 600.0
    tz: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    def bodies(self, now: datetime) -> list[tuple[str, bytes]]:
        """Names and contents; raises OSError, ValueError for a file that is no list to fill."""
        found = [(path.name, path.read_bytes()) for path in self.files]
        if not self.fill:
            return found
        end = now.astimezone(self.tz)
        walk = Walk(seed=self.seed, reader=self.reader, end=end, locked=self.locked)
        return [(name, filled(body, walk)) for name, body in found]


async def hand_over(plan: HandheldPlan, now: datetime, ready: Callable[[str], None]) -> int:
    """Send by YMODEM or XMODEM; returns how many blocks were sent again.

    `ready` gets the link on which a gateway receives. Raises Broken, OSError, ValueError.
    """
    manner = Manner.parse(plan.manner, seed=plan.seed, **({"xmodem": True} if plan.xmodem else {}))
    bodies = plan.bodies(now)
    if plan.device is None:
        wire, path = opened_pty()
    else:
        wire, path = opened_device(plan.device, plan.baud), str(plan.device)
    sender = Sender(wire, manner)
    try:
        ready(f"serial:{path}?baud={plan.baud}&mode=8N1")
        await sender.send(bodies, start=plan.patience)
        await asyncio.sleep(_LAST_WORDS)
    finally:
        wire.close()
    return sender.tries


_LAST_WORDS = 0.3
"""Seconds that a line stays open after the last byte, which a hang-up would throw away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where a reader uploads and as whom; `new` is the password to set in place of a one-time one."""

    url: str
    user: str
    password: str
    new: str = ""
    ca_file: Path | None = None


def upload(plan: HandheldPlan, login: Login, now: datetime, *, confirm: bool) -> list[dict[str, Any]]:
    """Upload by HTTP and have it imported, or withdraw; one row a file. Raises UploadFailed, OSError, ValueError."""
    page = Uploader(login.url, login.ca_file)
    bodies = plan.bodies(now)
    page.sign_in(login.user, login.password, login.new)
    rows: list[dict[str, Any]] = []
    for name, body in bodies:
        number = page.send(name, body)
        report = page.report(number)
        taken = bool(report["ok"]) and confirm
        (page.confirm if taken else page.withdraw)(number)
        counts = {
            key: report[key] for key in ("ok", "rows", "accepted", "unread", "quarantined", "duplicates")
        }
        rows.append({"file": name, "number": number, "confirmed": taken} | counts)
    return rows
