"""`meterd simulate ertu`: tie meters behind an ERTU of IEC 60870-5-102."""

from functools import partial
from typing import Annotated

import typer

from config.text import say
from gateway.cli.manual import examples
from gateway.cli.simulated import Host, Port, Seed, Table, Where, archive_to, run
from gateway.simulate import ErtuPlan, ertu_of, ertu_rows, serve_ertu

__all__ = ["EPILOG", "HELP", "ertu"]

HELP = say(
    """An ERTU of IEC 60870-5-102 with tie meters: totals at the end of each period, a clock.

    On a TCP port or a pseudo terminal, link address 1, profile `standard`. Prints target, link, address, and the
    first object of each tie meter; ends on Ctrl-C.""",
    """IEC 60870-5-102 电能量采集终端，带关口表：各时段末的电能累计量、时钟。

    在 TCP 端口或伪终端上运行，链路地址为 1，模板为 `standard`。打印采集点名、链路、地址和各关口表的首个信息体地址；
    按 Ctrl-C 结束。""",
)
EPILOG = examples("meterd simulate ertu --port 10005 --meters 8 --archive meters.csv")


def ertu(
    meters: Annotated[int, typer.Option(min=1, max=60, help=say("How many tie meters.", "关口表块数。"))] = 4,
    port: Port = 0,
    host: Host = "127.0.0.1",
    pty: Annotated[
        bool, typer.Option("--pty", help=say("A pseudo terminal in place of TCP.", "用伪终端代替 TCP。"))
    ] = False,
    seed: Seed = 0,
    baud: Annotated[
        int, typer.Option(min=0, help=say("Speed of the pseudo terminal's link.", "伪终端链路的波特率。"))
    ] = 0,
    period: Annotated[
        int, typer.Option(min=1, max=1440, help=say("Minutes of a period.", "累计时段（分钟）。"))
    ] = 15,
    drift: Annotated[
        float, typer.Option(help=say("Seconds that its clock is ahead.", "时钟超前的秒数。"))
    ] = 0.0,
    wrong_sums: Annotated[
        bool,
        typer.Option("--wrong-sums", help=say("Checksums of its data are wrong.", "数据帧的校验和错误。")),
    ] = False,
    faults: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help=say(
                "Shares of frames that go wrong, for example lost=0.1.", "出错帧的比例，例如 lost=0.1。"
            ),
        ),
    ] = "",
    archive: Table = None,
    as_json: Where = False,
) -> None:
    """An ERTU with tie meters."""
    plan = ErtuPlan(
        meters=meters,
        seed=seed,
        baud=baud,
        faults=faults,
        period=period,
        drift=drift,
        wrong_sums=wrong_sums,
        host=host,
        port=port,
        pty=pty,
    )
    try:
        found = ertu_of(plan)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    archive_to(archive, ertu_rows(found))
    run(partial(serve_ertu, plan, found), as_json)
