"""`meterd check`: whether a configuration and its archive are right and fit the lines."""

import json as _json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.errors import ConfigError, Problem
from config.load import Loaded
from config.text import say
from gateway.configured import configured

__all__ = ["command"]


def command(
    config: Annotated[Path, typer.Option("-c", "--config", help="Configuration file.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Check configuration, archive and airtime (检查配置): every mistake with file, line and key; exit 2 for any."""
    loaded, problems = _checked(config)
    if json:
        print(_json.dumps(_object(loaded, problems), ensure_ascii=False))
    else:
        _show(config, loaded, problems)
    raise typer.Exit(2 if problems else 0)


def _checked(config: Path) -> tuple[Loaded | None, Sequence[Problem]]:
    try:
        return configured(config), ()
    except ConfigError as error:
        return None, error.problems


def _object(loaded: Loaded | None, problems: Sequence[Problem]) -> dict[str, object]:
    return {
        "ok": not problems,
        "problems": [asdict(problem) for problem in problems],
        "warnings": [asdict(warning) for warning in loaded.warnings] if loaded else [],
        "meters": len(loaded.archive.meters) if loaded else None,
        "targets": len(loaded.settings.target) if loaded else None,
        "tasks": len(loaded.settings.task) if loaded else None,
    }


def _show(config: Path, loaded: Loaded | None, problems: Sequence[Problem]) -> None:
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    for problem in problems:
        errors.print(str(problem), markup=False)
    if problems or loaded is None:
        count = len(problems)
        errors.print(say(f"{count} to mend", f"{count} 处需要修改"), style="bold red")
        return
    for warning in loaded.warnings:
        errors.print(say("warning: ", "警告：") + str(warning), markup=False)
    meters, targets, tasks = (
        len(loaded.archive.meters),
        len(loaded.settings.target),
        len(loaded.settings.task),
    )
    print(
        say(
            f"{config}: good; {meters} meters on {targets} targets, {tasks} tasks",
            f"{config}：正确；{targets} 个采集点 {meters} 块表，{tasks} 个任务",
        )
    )
