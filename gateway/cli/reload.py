"""`meterd reload`: let the running daemon read its configuration again."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from config.errors import ConfigError
from config.load import load
from config.text import say
from gateway.reload import NotRunning, Outcome, ask_reload

__all__ = ["command"]


def command(
    config: Annotated[
        Path, typer.Option("-c", "--config", metavar="FILE", help=say("Configuration", "配置文件"))
    ],
    wait: Annotated[
        bool, typer.Option("--wait", help=say("Wait for the outcome (always done)", "等待结果（总是等待）"))
    ] = True,
    seconds: Annotated[float, typer.Option(help=say("Longest wait", "最长等待秒数"))] = 60.0,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Reload the running daemon's configuration; fails if it kept the old one (重新加载配置)."""
    try:
        folder = load(config).settings.gateway.state_dir
    except ConfigError as error:
        _show(Outcome(ok=False, problems=tuple(map(str, error.problems))), as_json=as_json)
        raise typer.Exit(2) from None
    try:
        outcome = ask_reload(folder, seconds)
    except NotRunning as error:
        text = say(f"no daemon answers in {folder}: {error}", f"{folder} 中没有守护进程应答：{error}")
        _show(Outcome(ok=False, problems=(text,)), as_json=as_json)
        raise typer.Exit(1) from None
    _show(outcome, as_json=as_json)
    if not outcome.ok:
        raise typer.Exit(1)


def _show(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        told = {"ok": outcome.ok, "problems": outcome.problems, "notes": outcome.notes}
        print(json.dumps(told, ensure_ascii=False))
        return
    for problem in outcome.problems:
        print(problem, file=sys.stderr)
    if outcome.ok:
        print(say("the new configuration is in force", "新配置已生效"), file=sys.stderr)
    else:
        print(say("the old configuration stays in force", "仍使用旧配置"), file=sys.stderr)
    for note in outcome.notes:
        print(note, file=sys.stderr)
