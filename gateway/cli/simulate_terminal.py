"""`meterd simulate concentrator` and `terminal`: equipment of Q/GDW 1376.1 with its meters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import typer

from config.text import say
from gateway.cli.manual import examples
from gateway.cli.simulated import Baud, Host, Port, Seed, Table, Where, archive_to, run
from gateway.simulate import TerminalPlan, district_of, serve_district

__all__ = ["COMMANDS"]

Count = Annotated[
    int, typer.Option(min=1, max=2000, help=say("How many, one port each.", "台数，每台一个端口。"))
]
Meters = Annotated[
    int, typer.Option(min=1, max=2000, help=say("Meters behind each.", "每台所带电能表块数。"))
]
Dial = Annotated[
    str,
    typer.Option(
        metavar="HOST:PORT",
        help=say("Call a gateway there in place of listening.", "不监听，而是主动连接该处的网关。"),
    ),
]
Heartbeat = Annotated[
    float,
    typer.Option(
        min=0.1, help=say("Seconds between heartbeats of those that call.", "主动连接时的心跳间隔（秒）。")
    ),
]
Pty = Annotated[
    bool, typer.Option("--pty", help=say("Pseudo terminals in place of TCP.", "用伪终端代替 TCP。"))
]
InModem = Annotated[
    bool,
    typer.Option(
        "--modem",
        help=say(
            "Behind one telephone modem, numbers from 1001.", "在一台电话调制解调器之后，号码从 1001 起。"
        ),
    ),
]
Gaps = Annotated[
    float,
    typer.Option(
        min=0,
        max=1,
        help=say("Share of meters whose freeze of yesterday is missing.", "缺少昨日冻结的电能表比例。"),
    ),
]
Drift = Annotated[float, typer.Option(help=say("Seconds that its clock is ahead.", "时钟超前的秒数。"))]
Lost = Annotated[
    float,
    typer.Option(
        "--plc-loss",
        min=0,
        max=1,
        help=say("Share of forwarded questions that get lost.", "转发抄读丢失的比例。"),
    ),
]
Wrong = Annotated[
    str,
    typer.Option(
        metavar="LIST",
        help=say("Shares of frames that go wrong, for example lost=0.1.", "出错帧的比例，例如 lost=0.1。"),
    ),
]


def _serve(plan: TerminalPlan, archive: Any, *, as_json: bool) -> None:
    try:
        found = district_of(plan)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    archive_to(archive, list(found.rows()))
    run(partial(serve_district, plan, found), as_json)


def _place(text: str) -> tuple[str, int] | None:
    host, colon, port = text.rpartition(":")
    if not text:
        return None
    if not colon or not host or not port.isdigit():
        raise typer.BadParameter(say(f"{text}: expected HOST:PORT", f"{text}：应为 主机:端口"))
    return host, int(port)


def concentrator(
    count: Count = 1,
    meters: Meters = 500,
    port: Port = 0,
    host: Host = "127.0.0.1",
    dial: Dial = "",
    heartbeat: Heartbeat = 60.0,
    pty: Pty = False,
    modem: InModem = False,
    seed: Seed = 0,
    baud: Baud = 0,
    gaps: Gaps = 0.0,
    drift: Drift = 0.0,
    plc_loss: Lost = 0.0,
    faults: Wrong = "",
    archive: Table = None,
    as_json: Where = False,
) -> None:
    """Concentrators with household meters behind them."""
    plan = TerminalPlan(
        count=count,
        meters=meters,
        seed=seed,
        baud=baud,
        faults=faults,
        gaps=gaps,
        drift=drift,
        plc_loss=plc_loss,
        host=host,
        port=port,
        dial=_place(dial),
        heartbeat=heartbeat,
        pty=pty,
        modem=modem,
    )
    _serve(plan, archive, as_json=as_json)


def terminal(
    count: Count = 1,
    meters: Meters = 2,
    port: Port = 0,
    host: Host = "127.0.0.1",
    dial: Dial = "",
    heartbeat: Heartbeat = 60.0,
    pty: Pty = False,
    modem: InModem = False,
    seed: Seed = 0,
    baud: Baud = 0,
    drift: Drift = 0.0,
    faults: Wrong = "",
    archive: Table = None,
    as_json: Where = False,
) -> None:
    """Load-control and special-transformer terminals with three-phase meters."""
    plan = TerminalPlan(
        special=True,
        count=count,
        meters=meters,
        seed=seed,
        baud=baud,
        faults=faults,
        drift=drift,
        host=host,
        port=port,
        dial=_place(dial),
        heartbeat=heartbeat,
        pty=pty,
        modem=modem,
    )
    _serve(plan, archive, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Command:
    command: Callable[..., None]
    help: str
    epilog: str


COMMANDS: Mapping[str, _Command] = {
    "concentrator": _Command(
        concentrator,
        say(
            """Concentrators of Q/GDW 1376.1 with household meters on the carrier behind them.

            On TCP ports, pseudo terminals, a modem, or calling a gateway. Prints target, address, meters, link.""",
            """Q/GDW 1376.1 集中器，载波侧带居民电能表。

            在 TCP 端口、伪终端、调制解调器上运行，或主动连接网关。打印采集点名、地址、表数和链路。""",
        ),
        examples("meterd simulate concentrator --meters 500 --port 9100 --archive meters.csv"),
    ),
    "terminal": _Command(
        terminal,
        say(
            """Load-control and special-transformer terminals of Q/GDW 1376.1 with three-phase meters.

            On TCP ports, pseudo terminals, a modem, or calling a gateway. Prints target, address, meters, link.""",
            """Q/GDW 1376.1 负荷控制终端和专变终端，带三相电能表。

            在 TCP 端口、伪终端、调制解调器上运行，或主动连接网关。打印采集点名、地址、表数和链路。""",
        ),
        examples("meterd simulate terminal --dial 127.0.0.1:9200 --heartbeat 10"),
    ),
}
"""By name, with what `--help` says."""
