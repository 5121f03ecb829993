"""`meterd status`: what the running daemon is doing."""

import json as _json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleRenderable

from config.errors import ConfigError
from config.load import load
from config.text import say
from gateway import ask
from gateway.cli.manual import examples
from gateway.cli.options import Json, MaybeConfig
from gateway.cli.tables import table, visible

__all__ = ["command"]

HELP = say(
    """Show targets, slots, backlog and custody of the running daemon.

    It is asked at its metrics address: that of the file, or 127.0.0.1:9645.""",
    """显示运行中守护进程的采集点、采集时段、积压和账目。

    向守护进程的指标地址查询：配置文件中的地址，或 127.0.0.1:9645。""",
)
EXAMPLES = examples("meterd status -c /etc/meterd/meterd.toml")

_STRANGERS = 20


def command(
    config: MaybeConfig = None,
    listen: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT",
            help=say(
                "Address of the daemon's metrics, in place of the file's.",
                "守护进程的指标地址，代替配置文件中的地址。",
            ),
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Show what the running daemon is doing."""
    try:
        address = listen or (load(config).settings.metrics.listen if config else "127.0.0.1:9645")
    except ConfigError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    try:
        found = ask.status(address)
    except ask.Away as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    if json:
        print(_json.dumps(found, ensure_ascii=False))
        return
    _show(Console(), found)


def _show(console: Console, found: dict[str, Any]) -> None:
    ready = say("ready", "就绪") if found["ready"] else say("not ready", "未就绪")
    clock = (
        say("clock synchronised", "时钟已同步")
        if found["clock_synced"]
        else say("clock NOT synchronised", "时钟未同步")
    )
    console.print(f"{found['gateway']}  meterd {found['version']}  {ready}  {clock}", markup=False)
    if not found["config"]["last_reload_ok"]:
        console.print(
            say("the last reload was refused:", "上次重新加载被拒绝："),
            *found["config"]["problems"],
            markup=False,
        )
    console.print(_targets(found["targets"]))
    for port in found.get("ports", ()):
        _port(console, port)
    custody = found["custody"]
    text = say(
        "accepted {accepted} = committed {committed} + waiting {pending} + dead {dead} + dropped {dropped}; "
        "difference {difference}",
        "已接收 {accepted} = 已入库 {committed} + 待传 {pending} + 死信 {dead} + 丢弃 {dropped}；差额 {difference}",
    )
    console.print(text.format(**custody), markup=False)
    console.print(_uplink(found["uplink"]), markup=False)
    open_now = found["findings_open"]
    console.print(say(f"open findings {open_now}", f"未消除异常 {open_now}"), markup=False)


def _port(console: Console, port: dict[str, Any]) -> None:
    """Who calls and is not known: an archive that lacks a terminal shows here."""
    refused = sum(port["refused"].values())
    console.print(
        say(
            f"{port['link']}: {port['calls']} calls, {refused} refused, {port['unidentified']} not identified yet",
            f"{port['link']}：呼入 {port['calls']} 次，拒绝 {refused} 次，尚未识别 {port['unidentified']} 个",
        ),
        markup=False,
    )
    columns = (say("not in the archive", "档案中没有"), calls := say("calls", "次数"), say("from", "来自"))
    rows = [(one["address"], one["calls"], one["peer"]) for one in reversed(port["strangers"])]
    if rows:
        console.print(table("", columns, rows[:_STRANGERS], {calls}))


def _uplink(uplink: dict[str, Any]) -> str:
    why = f" ({visible(uplink['problem'])})" if uplink["problem"] else ""
    if uplink["connected"]:
        return say(f"uplink connected{why}", f"上行已连接{why}")
    return say(f"uplink not connected{why}", f"上行未连接{why}")


def _targets(targets: list[dict[str, Any]]) -> ConsoleRenderable:
    columns = (
        say("target", "采集点"),
        say("link", "链路"),
        meters := say("meters", "电能表"),
        dead := say("dead", "失联"),
        busy := say("busy", "占用"),
        say("last slot: present/due", "最近时段：实到/应到"),
        late := say("late", "延误"),
        wanted := say("to fetch", "待补抄"),
        say("down because", "断开原因"),
    )
    return table("", columns, map(_row, targets), {meters, dead, busy, late, wanted})


def _row(target: dict[str, Any]) -> tuple[object, ...]:
    return (
        target["name"],
        say("up", "通") if target["up"] else say("down", "断"),
        target["meters"],
        target["circuit_open"],
        f"{target['utilisation']:.0%}",
        ", ".join(f"{task} {slot['present']}/{slot['due']}" for task, slot in target["slots"].items()),
        target["missed"],
        target["missing"],
        target.get("down_reason"),
    )
