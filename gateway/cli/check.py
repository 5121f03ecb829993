"""`meterd check`: whether a configuration and its archive are right and fit the lines."""

import json as _json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from rich.console import Console

from config.errors import ConfigError, Problem
from config.load import Loaded
from config.text import say
from gateway.cli.manual import examples
from gateway.cli.options import Config, Json
from gateway.configured import configured

__all__ = ["command"]

HELP = say(
    """Check configuration, archive and airtime: every mistake in one run.

    Each is told with file, line, key, what is wrong, what was expected and the nearest thing that would be right.
    Exit 2 for any. What works and is hardly meant (no ballast file, a target that no task reads) is a warning and
    changes nothing.

    With --json: {"ok", "problems": [...], "warnings": [...], "meters", "targets", "tasks"}; each entry of both
    lists is {"file", "line", "key", "message", "expected", "nearest", "written"}, `written` being a table's own
    header for the key.""",
    """检查配置文件、档案和信道时间：一次指出全部错误。

    每处错误都给出文件、行号、键、错在哪里、应为什么，以及最接近的正确写法；有错误时退出码为 2。
    能运行但多半不是本意的写法（没有预留文件、采集点没有任何任务）只作警告，不影响结果。

    --json 输出 {"ok", "problems": [...], "warnings": [...], "meters", "targets", "tasks"}；两个列表中每项为
    {"file", "line", "key", "message", "expected", "nearest", "written"}，其中 written 是表格中该列自己的表头。""",
)
EXAMPLES = examples("meterd check -c /etc/meterd/meterd.toml")


def command(
    config: Config,
    json: Json = False,
) -> None:
    """Check configuration, archive and airtime."""
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
            f"{config}: good (meters: {meters}, targets: {targets}, tasks: {tasks})",
            f"{config}：正确（电能表 {meters} 块，采集点 {targets} 个，任务 {tasks} 个）",
        )
    )
