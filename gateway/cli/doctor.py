"""`meterd doctor`: whether a gateway can work where it stands, and what to do where it cannot."""

import json as _json
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from config.text import say
from gateway.cli.manual import examples
from gateway.cli.options import Config, Json
from gateway.clock import SystemClock
from gateway.doctor import Level, Line, examine, patient

__all__ = ["command"]

HELP = say(
    """Examine a gateway where it stands: every line says OK, WARN or FAIL, and what to do.

    Configuration and archive, clock, folders, serial devices, files of secrets, disk, ports, the running daemon, what
    counts as delivered, certificates, and the broker: address, TLS, host name, login, protocol. Run it as the daemon's
    user or as root; nothing is changed. Exit 1 for any FAIL.

    With --json: {"ok", "lines": [{"check", "level", "text", "cure"}]}.""",
    """就地体检：每行给出 OK、WARN 或 FAIL 以及处理办法。

    检查配置与档案、时钟、目录、串口设备、口令与密钥文件、磁盘、端口、运行中的守护进程、送达方式、证书，以及
    消息代理的地址、TLS、主机名、登录和协议。以守护进程的用户或 root 运行；不改动任何东西。有 FAIL 时退出码为 1。

    --json 输出 {"ok", "lines": [{"check", "level", "text", "cure"}]}。""",
)
EXAMPLES = examples(
    "meterd doctor -c /etc/meterd/meterd.toml", "meterd doctor -c meterd.toml --no-network --json"
)
_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}
_WIDTH = 14


def command(
    config: Config,
    no_network: Annotated[
        bool, typer.Option("--no-network", help=say("Do not ask the broker.", "不连接消息代理。"))
    ] = False,
    json: Json = False,
) -> None:
    """Examine a gateway where it stands."""
    console = Console(highlight=False, soft_wrap=True)
    lines: list[tuple[str, Line]] = []
    for name, line in examine(patient(config, SystemClock(), network=not no_network)):
        if not json:
            _show(console, name if not lines or lines[-1][0] != name else "", line)
        lines.append((name, line))
    good = all(line.level is not Level.FAIL for _, line in lines)
    if json:
        told = [
            {"check": name, "level": line.level, "text": line.text, "cure": line.cure} for name, line in lines
        ]
        print(_json.dumps({"ok": good, "lines": told}, ensure_ascii=False))
    raise typer.Exit(0 if good else 1)


def _show(console: Console, name: str, line: Line) -> None:
    console.print(Text(f"{line.level:<4}", _STYLES[line.level]), f"{name:<{_WIDTH}}{line.text}", markup=False)
    if line.cure:
        console.print(f"{'':<{_WIDTH + 5}}→ {line.cure}", markup=False)
