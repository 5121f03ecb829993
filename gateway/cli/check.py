"""`meterd check`: whether a configuration and its archive are right and fit the lines."""

import json as _json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.errors import ConfigError, Problem
from config.load import Loaded, load
from config.locate import line_of
from config.text import say
from gateway.app import problems_of

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
        loaded = load(config)
    except ConfigError as error:
        return None, error.problems
    return loaded, [_with_line(loaded, problem) for problem in problems_of(loaded)]


def _with_line(loaded: Loaded, problem: Problem) -> Problem:
    """A problem of a target or task by name, with the line where that begins."""
    table, _, name = problem.key.partition(".")
    named = {
        "target": [target.name for target in loaded.settings.target],
        "task": [task.name for task in loaded.settings.task],
    }
    for index, one in enumerate(named.get(table, ())):
        if problem.line is None and one in {name, *name.split("+"), name.removesuffix(".points")}:
            return replace(problem, line=line_of(loaded.path.read_text("utf-8-sig"), (table, index)))
    return problem


def _object(loaded: Loaded | None, problems: Sequence[Problem]) -> dict[str, object]:
    return {
        "ok": not problems,
        "problems": [asdict(problem) for problem in problems],
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
