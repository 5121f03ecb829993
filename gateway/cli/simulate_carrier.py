"""`meterd simulate carrier`: meters behind a carrier module of Q/GDW 1376.2."""

from functools import partial
from typing import Annotated

import typer

from config.text import say
from gateway.cli.manual import examples
from gateway.cli.simulated import Baud, Host, Port, Seed, Table, Where, archive_to, run
from gateway.simulate import CarrierPlan, carrier_of, carrier_rows, serve_carrier

__all__ = ["EPILOG", "HELP", "carrier"]

HELP = say(
    """A carrier module (CCO) of Q/GDW 1376.2 with meters on its network, without a concentrator.

    On a TCP port or a pseudo terminal, main node 000000000001. Its nodes lose and delay frames by the seed. Prints
    target, link, address and meters; ends on Ctrl-C.""",
    """Q/GDW 1376.2 载波模块（CCO），网络上带电能表，没有集中器。

    在 TCP 端口或伪终端上运行，主节点地址为 000000000001。各节点按种子丢帧和延时。打印采集点名、链路、地址和电能表；
    按 Ctrl-C 结束。""",
)
EPILOG = examples("meterd simulate carrier --nodes 500 --loss 0.1 --port 9300 --archive meters.csv")


def carrier(
    nodes: Annotated[
        int, typer.Option(min=1, max=2000, help=say("Meters on its network.", "网络上的电能表块数。"))
    ] = 20,
    loss: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help=say("Share of frames that a node loses, each way.", "每个节点每个方向丢帧的比例。"),
        ),
    ] = 0.0,
    delay: Annotated[
        float,
        typer.Option(
            min=0,
            max=60,
            help=say("Seconds that a hop takes, about; each way.", "每级中继每个方向的大致延时（秒）。"),
        ),
    ] = 0.4,
    concurrent: Annotated[
        int,
        typer.Option(
            min=0,
            max=32,
            help=say(
                "Nodes that it asks at once; 0: no concurrent reading.", "并发抄表的节点数；0 表示不支持。"
            ),
        ),
    ] = 8,
    unlisted: Annotated[
        bool,
        typer.Option(
            "--unlisted",
            help=say("Its list of nodes is empty, as that of a new module.", "节点表为空，如同新装的模块。"),
        ),
    ] = False,
    port: Port = 0,
    host: Host = "127.0.0.1",
    pty: Annotated[
        bool, typer.Option("--pty", help=say("A pseudo terminal in place of TCP.", "用伪终端代替 TCP。"))
    ] = False,
    seed: Seed = 0,
    baud: Baud = 9600,
    archive: Table = None,
    as_json: Where = False,
) -> None:
    """A carrier module with meters."""
    plan = CarrierPlan(
        nodes=nodes,
        loss=loss,
        delay=delay,
        concurrent=concurrent,
        unlisted=unlisted,
        seed=seed,
        baud=baud,
        host=host,
        port=port,
        pty=pty,
    )
    found = carrier_of(plan)
    archive_to(archive, carrier_rows(found))
    run(partial(serve_carrier, plan, found), as_json)
