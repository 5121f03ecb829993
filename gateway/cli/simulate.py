"""`meterd simulate`: meters without hardware."""

from functools import partial
from typing import Annotated

import typer

from config.text import say
from gateway.cli import handheld, simulate_carrier, simulate_dump, simulate_ertu, simulate_terminal
from gateway.cli.manual import examples
from gateway.cli.simulated import Baud, Host, Port, Table, Where, archive_to, run
from gateway.simulate import (
    ModbusPlan,
    Plan,
    fleet_of,
    modbus_lines,
    modbus_rows,
    serve,
    serve_modbus,
)

__all__ = ["app"]

_USUAL_MODELS = ["eastron-sdm630"]

app = typer.Typer(
    no_args_is_help=True,
    help=say(
        "Simulated meters and readers, for people without hardware.", "模拟电能表和抄表机，供没有硬件时使用。"
    ),
)
app.add_typer(handheld.app, name="handheld")


app.command("dump", help=simulate_dump.HELP)(simulate_dump.dump)
app.command("ertu", help=simulate_ertu.HELP, epilog=simulate_ertu.EPILOG)(simulate_ertu.ertu)
app.command("carrier", help=simulate_carrier.HELP, epilog=simulate_carrier.EPILOG)(simulate_carrier.carrier)
for _name, _one in simulate_terminal.COMMANDS.items():
    app.command(_name, help=_one.help, epilog=_one.epilog)(_one.command)


@app.callback()
def _root() -> None:
    """Simulators for people without hardware."""


@app.command(
    "dlt645",
    help=say(
        """DL/T 645 meters of both generations, with load curves, freezes, load records and events.

        On TCP ports or pseudo terminals; a port serves one connection. Prints a line's name, link and addresses; ends
        on Ctrl-C.""",
        """两代 DL/T 645 电能表，有负荷曲线、冻结、负荷记录和事件。

        在 TCP 端口或伪终端上运行，每个端口只接受一个连接。打印各线路的名称、链路和通信地址；按 Ctrl-C 结束。""",
    ),
    epilog=examples("meterd simulate dlt645 --port 9001 --meters 3 --share-1997 0"),
)
def dlt645(
    meters: Annotated[int, typer.Option(min=1, max=10_000, help=say("How many meters.", "电能表块数。"))] = 8,
    lines: Annotated[
        int,
        typer.Option(
            min=1,
            max=512,
            help=say("Spread over so many lines, one port each.", "分布在几条线路上，每条一个端口。"),
        ),
    ] = 1,
    port: Port = 0,
    host: Host = "127.0.0.1",
    seed: Annotated[
        int, typer.Option(help=say("The same seed gives the same meters.", "种子相同则电能表相同。"))
    ] = 0,
    baud: Baud = 0,
    old: Annotated[
        float,
        typer.Option(
            "--share-1997",
            min=0,
            max=1,
            help=say("Share of meters of DL/T 645-1997.", "DL/T 645-1997 电能表所占比例。"),
        ),
    ] = 0.25,
    pty: Annotated[
        bool, typer.Option("--pty", help=say("Pseudo terminals in place of TCP.", "用伪终端代替 TCP。"))
    ] = False,
    faults: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help=say(
                "Shares of replies that go wrong, for example lost=0.1,damaged=0.05,echo.",
                "出错应答的比例，例如 lost=0.1,damaged=0.05,echo。",
            ),
        ),
    ] = "",
    archive: Table = None,
    as_json: Where = False,
) -> None:
    """DL/T 645 meters."""
    plan = Plan(
        meters=meters,
        lines=lines,
        seed=seed,
        host=host,
        port=port,
        baud=baud,
        pty=pty,
        faults=faults,
        share_1997=old,
    )
    try:
        fleet = fleet_of(plan)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    archive_to(archive, list(fleet.rows()))
    run(partial(serve, plan, fleet), as_json)


@app.command(
    "modbus",
    help=say(
        """Modbus units of the meter models, with figures that follow from the seed.

        On TCP, RTU over TCP or pseudo terminals; writing is refused. Ends on Ctrl-C.""",
        """各表型的 Modbus 从站，数据由种子决定。

        在 TCP、TCP 上的 RTU 或伪终端上运行；拒绝写操作。按 Ctrl-C 结束。""",
    ),
    epilog=examples("meterd simulate modbus --model eastron-sdm630 --port 1502"),
)
def modbus(
    model: Annotated[
        list[str],
        typer.Option(
            metavar="NAME",
            help=say("A meter model; may be repeated, then in turn.", "表型；可重复，依次使用。"),
        ),
    ] = _USUAL_MODELS,
    units: Annotated[
        int,
        typer.Option(
            min=1,
            max=247,
            help=say("Units on each line, numbered from 1.", "每条线路上的从站数，从 1 编号。"),
        ),
    ] = 1,
    lines: Annotated[
        int,
        typer.Option(min=1, max=512, help=say("So many lines, one port each.", "线路条数，每条一个端口。")),
    ] = 1,
    port: Port = 0,
    host: Host = "127.0.0.1",
    seed: Annotated[
        int, typer.Option(help=say("The same seed gives the same figures.", "种子相同则数据相同。"))
    ] = 0,
    baud: Baud = 0,
    rtu: Annotated[
        bool,
        typer.Option(
            "--rtu",
            help=say("RTU frames on TCP, as behind a converter.", "在 TCP 上传送 RTU 帧，如同经过转换器。"),
        ),
    ] = False,
    pty: Annotated[
        bool, typer.Option("--pty", help=say("RTU on pseudo terminals.", "在伪终端上使用 RTU。"))
    ] = False,
    faults: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help=say(
                "Shares of replies that go wrong, for example stale=0.1,twice=0.05,late=0.1.",
                "出错应答的比例，例如 stale=0.1,twice=0.05,late=0.1。",
            ),
        ),
    ] = "",
    archive: Table = None,
    as_json: Where = False,
) -> None:
    """Modbus units."""
    plan = ModbusPlan(
        models=tuple(model),
        units=units,
        lines=lines,
        seed=seed,
        host=host,
        port=port,
        baud=baud,
        framing="pty" if pty else "rtu" if rtu else "tcp",
        faults=faults,
    )
    try:
        served = modbus_lines(plan)
    except (KeyError, ValueError) as error:
        why = f"{say('unknown model', '未知的表型')} {error}" if isinstance(error, KeyError) else str(error)
        typer.echo(why, err=True)
        raise typer.Exit(2) from None
    archive_to(archive, modbus_rows(plan, served))
    run(partial(serve_modbus, plan, served), as_json)
