"""`meterd top`: the running daemon at work, again and again."""

import json as _json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleRenderable, Group
from rich.live import Live
from rich.text import Text

from config.text import say
from gateway import ask
from gateway.cli.ends import loaded, refuse
from gateway.cli.manual import examples
from gateway.cli.options import MaybeConfig
from gateway.cli.tables import table, visible
from gateway.clock import SystemClock

__all__ = ["Figures", "command", "figures", "line", "view"]

HELP = say(
    """Watch the running daemon: readings and commits per second, outbox, uplink, lag, findings, every target.

    Targets that are down stand first, then the latest ones. Ctrl-C ends it. Where the output is no terminal, one line
    for each look; with --json one object for each: {"at", "gateway", "ready", "readings_per_second",
    "committed_per_second", "waiting", "oldest_seconds", "outbox_share", "uplink", "problem", "in_flight",
    "targets", "targets_up", "lag_seconds", "findings", "difference"}. The first look shows the mean since the
    daemon's start.""",
    """持续查看运行中的守护进程：每秒采集与入库条数、待发库、上行、延迟、异常和每个采集点。

    断开的采集点排在最前，其次是延迟最大的。Ctrl-C 结束。输出不是终端时每次一行；--json 每次输出一个对象：
    {"at", "gateway", "ready", "readings_per_second", "committed_per_second", "waiting", "oldest_seconds",
    "outbox_share", "uplink", "problem", "in_flight", "targets", "targets_up", "lag_seconds", "findings",
    "difference"}。首次显示自启动以来的平均值。""",
)
EXAMPLES = examples("meterd top -c /etc/meterd/meterd.toml", "meterd top --once --json")
_SHOWN = 40
Shower = Callable[[dict[str, Any], "Figures"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One look: rates since the one before, times in seconds, `outbox_share` of the cap (0 to 1)."""

    at: str
    gateway: str
    ready: bool
    readings_per_second: float
    committed_per_second: float
    waiting: int
    oldest_seconds: float
    outbox_share: float
    uplink: bool
    problem: str | None
    in_flight: int
    targets: int
    targets_up: int
    lag_seconds: float
    findings: int
    difference: int


def figures(now: dict[str, Any], before: dict[str, Any] | None, seconds: float) -> Figures:
    """What a status says, with rates since the one `seconds` before, or since the daemon's start."""
    at = datetime.fromisoformat(now["now"])
    if before is None or before["started"] != now["started"]:
        before, seconds = None, (at - datetime.fromisoformat(now["started"])).total_seconds()

    def rate(table: str, key: str) -> float:
        past = before[table][key] if before else 0
        return round((now[table][key] - past) / seconds, 2) if seconds > 0 else 0.0

    oldest = now["outbox"].get("oldest")
    return Figures(
        at=now["now"],
        gateway=now["gateway"],
        ready=now["ready"],
        readings_per_second=rate("readings", "reviewed"),
        committed_per_second=rate("custody", "committed"),
        waiting=now["custody"]["pending"],
        oldest_seconds=max(0.0, round(at.timestamp() - oldest)) if oldest else 0.0,
        outbox_share=round(now["outbox"]["bytes"] / now["outbox"]["limit"], 4)
        if now["outbox"]["limit"]
        else 0.0,
        uplink=now["uplink"]["connected"],
        problem=now["uplink"]["problem"],
        in_flight=now["uplink"]["in_flight"],
        targets=len(now["targets"]),
        targets_up=sum(target["up"] for target in now["targets"]),
        lag_seconds=max((target["lag_seconds"] for target in now["targets"]), default=0.0),
        findings=now["findings_open"],
        difference=now["custody"]["difference"],
    )


def line(of: Figures) -> str:
    """One look on one line."""
    uplink = say("uplink", "上行") + " " + (say("up", "通") if of.uplink else say("down", "断"))
    parts = (
        of.at,
        say(f"{of.readings_per_second:g} readings/s", f"采集 {of.readings_per_second:g} 条/秒"),
        say(f"{of.committed_per_second:g} committed/s", f"入库 {of.committed_per_second:g} 条/秒"),
        say(f"{of.waiting} wait", f"待发 {of.waiting}")
        + (
            say(f" (oldest {of.oldest_seconds:g} s)", f"（最早 {of.oldest_seconds:g} 秒前）")
            if of.waiting
            else ""
        ),
        say(f"outbox {of.outbox_share:.0%}", f"待发库 {of.outbox_share:.0%}"),
        uplink + (f" ({of.problem})" if of.problem else ""),
        say(f"targets {of.targets_up}/{of.targets}", f"采集点 {of.targets_up}/{of.targets}"),
        say(f"lag {of.lag_seconds:g} s", f"延迟 {of.lag_seconds:g} 秒"),
        say(f"findings {of.findings}", f"异常 {of.findings}"),
    )
    return visible("  ".join(parts))


def view(found: dict[str, Any], of: Figures) -> ConsoleRenderable:
    """One look as a picture."""
    ready = say("ready", "就绪") if of.ready else say("not ready", "未就绪")
    head = f"{of.gateway}  meterd {found['version']}  {ready}"
    return Group(Text(visible(head), style="bold"), Text(line(of)), _targets(found["targets"]))


def _targets(targets: list[dict[str, Any]]) -> ConsoleRenderable:
    columns = (
        say("target", "采集点"),
        say("link", "链路"),
        meters := say("meters", "电能表"),
        dead := say("dead", "失联"),
        busy := say("busy", "占用"),
        say("last slot", "最近时段"),
        lag := say("lag s", "延迟秒"),
        wanted := say("to fetch", "待补抄"),
        say("down because", "断开原因"),
    )
    ordered = sorted(targets, key=lambda target: (target["up"], -target["lag_seconds"], target["name"]))
    rows = [_row(target) for target in ordered[:_SHOWN]]
    shown = table("", columns, rows, {meters, dead, busy, lag, wanted})
    more = len(targets) - len(rows)
    return Group(shown, Text(say(f"and {more} more", f"另有 {more} 个"))) if more > 0 else shown


def _row(target: dict[str, Any]) -> tuple[object, ...]:
    slots = target["slots"].items()
    return (
        target["name"],
        say("up", "通") if target["up"] else say("down", "断"),
        target["meters"],
        target["circuit_open"],
        f"{target['utilisation']:.0%}",
        ", ".join(f"{task} {slot['present']}/{slot['due']}" for task, slot in slots),
        f"{target['lag_seconds']:.1f}",
        target["missing"],
        target["down_reason"],
    )


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
    seconds: Annotated[
        float, typer.Option(min=0.2, max=3600, metavar="S", help=say("Between two looks.", "刷新间隔秒数。"))
    ] = 2.0,
    once: Annotated[bool, typer.Option("--once", help=say("One look.", "只看一次。"))] = False,
    json: Annotated[
        bool, typer.Option("--json", help=say("One JSON object for each look.", "每次输出一个 JSON 对象。"))
    ] = False,
) -> None:
    """Watch the running daemon."""
    address = listen or (loaded(config).settings.metrics.listen if config else "127.0.0.1:9645")
    around, show = _shower(Console(), once=once, as_json=json)
    try:
        with around:
            _watch(address, show, 0.0 if once else seconds)
    except ask.Away as error:
        refuse(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _watch(address: str, show: Shower, pause: float) -> None:
    """Look until interrupted, or once where there is no pause; raises Away when the first look fails."""
    clock, before, last = SystemClock(), None, 0.0
    while True:
        began = clock.monotonic()
        try:
            found = ask.status(address)
        except ask.Away as error:
            if before is None:
                raise
            Console(stderr=True, soft_wrap=True).print(str(error), markup=False, highlight=False)
        else:
            show(found, figures(found, before, began - last))
            before, last = found, began
        if not pause:
            return
        time.sleep(max(0.0, pause - (clock.monotonic() - began)))


def _shower(console: Console, *, once: bool, as_json: bool) -> tuple[AbstractContextManager[object], Shower]:
    if as_json:
        return nullcontext(), lambda _, of: print(_json.dumps(asdict(of), ensure_ascii=False), flush=True)
    if once:
        return nullcontext(), lambda found, of: console.print(view(found, of))
    if not console.is_terminal:
        return nullcontext(), lambda _, of: print(line(of), flush=True)
    live = Live(console=console, auto_refresh=False, screen=True)
    return live, lambda found, of: live.update(view(found, of), refresh=True)
