"""`meterd run`: the daemon, listed beside the other commands; `gateway.__main__` starts it without this module."""

from typing import Annotated

import typer

from config.text import say
from gateway.cli.manual import examples
from gateway.cli.options import Config
from gateway.logs import LEVELS

__all__ = ["command"]

HELP = say(
    """Run the daemon in the foreground.

    Logs are JSON lines, on a terminal they are readable. SIGTERM and SIGINT end it cleanly, SIGHUP reloads. Exit 1
    if it cannot begin, 2 for a bad configuration.""",
    """在前台运行网关守护进程。

    日志为 JSON 行，在终端上为易读格式。SIGTERM、SIGINT 使其正常结束，SIGHUP 重新加载配置。
    无法启动时退出码为 1，配置有错时为 2。""",
)
EXAMPLES = examples("meterd run -c /etc/meterd/meterd.toml")


def command(
    config: Config,
    log_level: Annotated[
        str,
        typer.Option(
            metavar="LEVEL",
            help=say(
                f"Least level of what is logged: {', '.join(LEVELS)}.",
                f"日志的最低级别：{', '.join(LEVELS)}。",
            ),
        ),
    ] = "info",
) -> None:
    """Run the daemon in the foreground."""
    from gateway.app import main

    raise typer.Exit(main(["-c", str(config), "--log-level", log_level]))
