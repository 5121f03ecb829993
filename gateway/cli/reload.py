"""`meterd reload`: let the running daemon read its configuration again."""

import json as _json
import sys
from typing import Annotated

import typer

from config.errors import ConfigError
from config.load import load
from config.text import say
from gateway.cli.manual import examples
from gateway.cli.options import Config, Json
from gateway.reload import NotRunning, Outcome, ask_reload

__all__ = ["command"]

HELP = say(
    """Let the running daemon read its configuration and archive again.

    Waits for the outcome. Exit 1 if the daemon kept the old configuration, with the reasons, or if none runs; exit
    2 if the file is wrong. What takes effect only at the next start is said.""",
    """让运行中的守护进程重新读取配置和档案。

    等待结果：守护进程仍用旧配置（并给出原因）或没有运行时退出码为 1，配置文件有错时为 2；
    下次启动才生效的设置会说明。""",
)
EXAMPLES = examples("meterd reload -c /etc/meterd/meterd.toml")


def command(
    config: Config,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait",
            help=say("Always done; accepted for service files.", "总是等待；仅为服务文件保留此选项。"),
        ),
    ] = True,
    seconds: Annotated[float, typer.Option(metavar="S", help=say("Longest wait.", "最长等待秒数。"))] = 60.0,
    json: Json = False,
) -> None:
    """Reload the running daemon's configuration."""
    try:
        folder = load(config).settings.gateway.state_dir
    except ConfigError as error:
        _show(Outcome(ok=False, problems=tuple(map(str, error.problems))), as_json=json)
        raise typer.Exit(2) from None
    try:
        outcome = ask_reload(folder, seconds)
    except NotRunning as error:
        text = say(
            f"no daemon answers in {folder} ({error}); does it run, with this gateway.state_dir?",
            f"{folder} 中没有守护进程应答（{error}）；守护进程是否在运行，gateway.state_dir 是否一致？",
        )
        if not json:
            print(text, file=sys.stderr)
            raise typer.Exit(1) from None
        _show(Outcome(ok=False, problems=(text,)), as_json=json)
        raise typer.Exit(1) from None
    _show(outcome, as_json=json)
    if not outcome.ok:
        raise typer.Exit(1)


def _show(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        told = {"ok": outcome.ok, "problems": outcome.problems, "notes": outcome.notes}
        print(_json.dumps(told, ensure_ascii=False))
        return
    for problem in outcome.problems:
        print(problem, file=sys.stderr)
    if outcome.ok:
        print(say("the new configuration is in force", "新配置已生效"), file=sys.stderr)
    else:
        print(say("the old configuration stays in force", "仍使用旧配置"), file=sys.stderr)
    for note in outcome.notes:
        print(note, file=sys.stderr)
