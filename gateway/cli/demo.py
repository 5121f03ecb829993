"""`meterd demo`: the whole system on this machine, shown live."""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from config.text import say

if TYPE_CHECKING:
    from gateway.demo import Progress, Summary
from gateway.cli.demo_story import LIVE, next_steps, tell
from gateway.cli.manual import examples

__all__ = ["command"]

HELP = say(
    """The whole system on this machine: simulated equipment, broker, gateway, master on SQLite.

    Two lines with four transformers: meters on RS-485 lines, two concentrators with 500 homes each (one is called, one
    calls), a terminal of special transformers, a carrier module, and the ERTU of the tie meters.
    Time runs 60 times as fast. Shows it live, then drains and sums up. Exit 1 if anything was lost or stored twice.
    Needs no server, leaves nothing behind but what --keep asks for.

    --story instead lives through two weeks of four transformer areas in seconds: slots are read, missed and read
    again, a hand-held unit's file is imported, the master computes losses. A thief, a wrong multiplier, a meter that
    ran backwards, a silent concentrator that was re-read, and meters that a hand-held unit filled: it says what was
    found, how, and where to look next; --seconds and --meters do not matter then. Exit 1 if something was not
    found.""",
    """在本机演示整个系统：模拟设备、消息代理、网关和使用 SQLite 的主站。

    两条线路、四台配变：RS-485 总线上的电能表、两台各带 500 户的集中器（一台由主站呼叫，一台主动登录）、一台专变终端、
    一个载波模块，以及关口表的电能量采集终端。
    时间加快到 60 倍。先实时显示，再清空队列并汇总。有丢失或重复时退出码为 1。不需要任何服务器，除 --keep 外不留下文件。

    --story 则在数秒内走过四个台区的两周：逐时段采集、缺失、补抄，导入抄表机文件，主站计算线损。其中有一户窃电、
    一处倍率错误、一块反转电能表、一台失联后补抄的集中器，以及由抄表机补齐的电能表。给出发现了什么、依据什么、
    下一步看哪里；此时 --seconds 和 --meters 不起作用。有未发现的则退出码为 1。""",
)
EXAMPLES = examples(
    "meterd demo",
    "meterd demo --seconds 20 --meters 50 --json",
    "meterd demo --story",
    "meterd demo --story --keep /tmp/story",
)

_ROWS = 16
_DRIVERS = {
    "concentrator": say("concentrator", "集中器"),
    "terminal": say("terminal", "专变终端"),
    "carrier": say("carrier module", "载波模块"),
    "ertu": say("ERTU", "电能量采集终端"),
}
_PLAIN_EVERY = 5.0


def _table(progress: "Progress") -> Table:
    table = Table(title=say("meterd demo", "meterd 演示"), expand=False)
    heads = (
        (say("meter", "电表"), "left"),
        (say("line", "线路"), "left"),
        (say("speaks", "规约"), "left"),
        (say("kWh", "示数 kWh"), "right"),
        (say("reads", "次数"), "right"),
        (say("state", "状态"), "left"),
    )
    for head, side in heads:
        table.add_column(head, justify="left" if side == "left" else "right", no_wrap=True)
    for row in progress.rows[:_ROWS]:
        colour = {"PASSED": "green", "SUSPECT": "yellow", "REJECTED": "red"}.get(row.state, "dim")
        state = row.state or say("no answer", "无应答")
        table.add_row(row.meter, row.line, row.speaks, row.value, str(row.reads), Text(state, style=colour))
    if len(progress.rows) > _ROWS:
        table.caption = say(f"and {len(progress.rows) - _ROWS} more", f"另有 {len(progress.rows) - _ROWS} 块")
    return table


def _groups(progress: "Progress") -> Table:
    table = Table(show_header=False, box=None)
    for group in progress.groups:
        bar = ProgressBar(total=max(group.meters, 1), completed=group.answering, width=24)
        share = say(f"{group.answering} of {group.meters} meters", f"{group.answering} / {group.meters} 块")
        table.add_row(group.name, _DRIVERS[group.driver], bar, share)
    return table


def _figures(progress: "Progress") -> str:
    p = progress
    clock = p.at.strftime("%Y-%m-%d %H:%M:%S")
    return say(
        f"{clock}  asked {p.asked}  accepted {p.accepted}  committed {p.committed}  waiting {p.waiting}"
        f"  findings {p.findings}",
        f"{clock}  已召测 {p.asked}  已接收 {p.accepted}  已入库 {p.committed}  待上传 {p.waiting}"
        f"  异常 {p.findings}",
    )


def _picture(progress: "Progress") -> Group:
    bar = ProgressBar(total=max(progress.seconds, 0.1), completed=progress.elapsed, width=60)
    phase = say("draining", "正在清空队列") if progress.draining else say("reading", "正在采集")
    return Group(_table(progress), _groups(progress), bar, Text(f"{phase}  {_figures(progress)}"))


def _shower(console: Console) -> tuple[AbstractContextManager[object], "Callable[[Progress], None]"]:
    if console.is_terminal:
        live = Live(console=console, refresh_per_second=4, transient=True)
        return live, lambda progress: live.update(_picture(progress))
    last = [-_PLAIN_EVERY]

    def plain(progress: "Progress") -> None:
        if progress.elapsed - last[0] >= _PLAIN_EVERY:
            last[0] = progress.elapsed
            console.print(_figures(progress), highlight=False, soft_wrap=True)

    return nullcontext(), plain


def _report(console: Console, summary: "Summary") -> None:
    table = Table(title=say("Summary", "汇总"), show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    rows = (
        (
            say("meters on RS-485 (answering)", "RS-485 电表（有应答）"),
            f"{summary.meters} ({summary.meters_answering})",
        ),
        (say("readings asked", "召测数据"), str(summary.readings_asked)),
        (say("readings accepted", "接收数据"), str(summary.readings_accepted)),
        (say("readings published", "上传数据"), str(summary.readings_published)),
        (say("readings committed", "入库数据"), str(summary.readings_committed)),
        (say("lost", "丢失"), str(summary.lost)),
        (say("duplicated", "重复"), str(summary.duplicates)),
        (say("values no meter said", "非电表所报数值"), str(summary.invented)),
        (say("findings", "异常"), str(summary.findings)),
    )
    behind = [
        (
            say(f"meters behind {name} (answering)", f"{name} 所带电表（有应答）"),
            f"{one['meters']} ({one['answering']})",
        )
        for name, one in summary.equipment.items()
    ]
    for name, figure in (rows[0], *behind, *rows[1:]):
        table.add_row(name, figure)
    for line, share in summary.bus_utilisation.items():
        table.add_row(say(f"{line} in use", f"{line} 占用率"), f"{share:.1%}")
    console.print(table)
    for rule, count in sorted(summary.findings_by_rule.items()):
        console.print(say(f"finding {rule}: {count}", f"异常 {rule}：{count}"), highlight=False)


def command(
    seconds: Annotated[
        float,
        typer.Option(min=1, max=86_400, metavar="S", help=say("How long to read meters.", "采集多少秒。")),
    ] = 30,
    meters: Annotated[
        int,
        typer.Option(
            min=1, max=2_000, help=say("How many meters on RS-485 lines.", "RS-485 总线上的电能表块数。")
        ),
    ] = 20,
    seed: Annotated[
        int, typer.Option(help=say("The same seed gives the same meters.", "种子相同则电能表相同。"))
    ] = 1,
    story: Annotated[
        bool,
        typer.Option(
            "--story",
            help=say("Two weeks of history instead, with faults to find.", "改为处理含故障的两周历史数据。"),
        ),
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help=say(
                "Leave configuration and databases in this folder, a new or empty one.",
                "将配置和数据库留在此文件夹（新建或空的）。",
            ),
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help=say("The summary as one JSON object.", "汇总输出为一个 JSON 对象。")),
    ] = False,
) -> None:
    """The whole system on this machine."""
    if keep is not None:
        _make(keep)
    if story:
        tell(seed, keep, as_json=as_json)
    try:
        from gateway.demo import Options, run
    except ModuleNotFoundError as missing:
        text = say(
            "is missing; install meterd with the extra `demo`", "未安装；请安装 meterd 的附加组件 `demo`"
        )
        typer.echo(f"{missing.name} {text}", err=True)
        raise typer.Exit(1) from None
    console = Console(stderr=True)
    context, show = _shower(console)
    try:
        with context:
            summary = asyncio.run(run(Options(seconds=seconds, meters=meters, seed=seed), show, keep))
    except KeyboardInterrupt:
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps(summary.as_dict(), ensure_ascii=False))
    else:
        _report(Console(file=sys.stdout), summary)
        if keep is not None:
            next_steps(Console(file=sys.stdout), LIVE, keep)
    raise typer.Exit(0 if summary.ok else 1)


def _make(folder: Path) -> None:
    """A folder of one's own for what is left; ends the command with 2 where something is there already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            typer.echo(f"--keep {folder}: {say('is not empty', '不是空文件夹')}", err=True)
            raise typer.Exit(2)
    except OSError as error:
        typer.echo(f"--keep {folder}: {error.strerror}", err=True)
        raise typer.Exit(2) from None
