"""`meterd plan`: the timetable of every bus and the share of its airtime that it takes."""

import json as _json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import typer
from rich.console import Console

from config.errors import ConfigError
from config.load import load
from config.text import say
from gateway.airtime import BusPlan, timetable
from gateway.cli.manual import examples
from gateway.cli.options import Config, Json
from gateway.cli.tables import table
from gateway.models import model_of

__all__ = ["command"]

HELP = say(
    """Show the timetable of every bus and the share of its time that it takes.

    Counted from speeds, lengths of frames, answering times and retries. Exit 1 if a plan cannot fit, with the
    figure and what would fit.""",
    """显示每条总线的抄读安排及其占用信道时间的比例。

    按波特率、帧长、应答时间和重试次数计算。排不下时退出码为 1，并给出占用率和可行的办法。""",
)
EXAMPLES = examples("meterd plan -c /etc/meterd/meterd.toml")


def command(
    config: Config,
    json: Json = False,
) -> None:
    """Timetable and airtime of every bus."""
    try:
        loaded = load(config)
        plans = timetable(loaded.settings, loaded.archive, model_of)
    except (ConfigError, ValueError) as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(str(error), markup=False)
        raise typer.Exit(2) from None
    if json:
        print(_json.dumps({"buses": [_object(plan) for plan in plans]}, ensure_ascii=False))
    else:
        _show(plans)
    raise typer.Exit(0 if all(plan.fits for plan in plans) else 1)


def _object(plan: BusPlan) -> dict[str, Any]:
    tasks = [asdict(task) | {"share": round(task.share, 4)} for task in plan.tasks]
    return asdict(plan) | {"tasks": tasks, "share": round(plan.share, 4), "fits": plan.fits}


def _show(plans: list[BusPlan]) -> None:
    columns = (
        say("bus", "总线"),
        say("task", "任务"),
        *(
            figures := (
                say("baud", "波特率"),
                say("meters", "电能表"),
                say("questions", "问答"),
                say("s a slot", "每时段秒数"),
                say("slot s", "时段秒数"),
                say("share", "占用"),
            )
        ),
    )
    rows = [row for plan in plans for row in _rows(plan)]
    Console(highlight=False).print(
        table(say("Airtime of every bus", "各总线信道时间"), columns, rows, figures)
    )
    for plan in plans:
        if not plan.fits:
            Console(stderr=True, highlight=False, soft_wrap=True).print(plan.advice, markup=False)


def _rows(plan: BusPlan) -> Iterator[tuple[object, ...]]:
    """The tasks of a bus and their sum."""
    for task in plan.tasks:
        each = f"{task.seconds_per_slot:.1f}"
        share = f"{task.share:.1%}"
        yield (
            plan.target,
            task.name,
            plan.baud or None,
            task.meters,
            task.questions,
            each,
            task.slot_seconds,
            share,
        )
    verdict = say("fits", "可行") if plan.fits else say("does not fit", "不可行")
    limit = say(f"at most {plan.limit:.0%}", f"上限 {plan.limit:.0%}")
    yield plan.target, f"{verdict} ({limit})", None, None, None, None, None, f"{plan.share:.1%}"
