"""`meterd success`: of those due on a day, who had a value in time, and why the others have none."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer

from config.text import say
from gateway.cli.database import ConfigFile, DatabaseUrl, PasswordFile, opened
from gateway.cli.dates import days_of
from gateway.cli.manual import examples
from gateway.cli.options import Json, Last
from gateway.cli.written import CsvFile, XlsxFile, written
from gateway.clock import SystemClock
from gateway.report.rows import MISSING, SUCCESS
from gateway.report.success import missing, success
from gateway.report.table import Table

__all__ = ["command"]

HELP = say(
    """Collection success by data day at three cut-offs: 07:00 and 24:00 of the next day, and D+7 after re-reads.

    By count and, where energies are known, by energy. --missing lists every value that is not there, with the reason.
    Without a date: yesterday.""",
    """采集成功率，按数据日，三个统计时点：次日 07:00、次日 24:00、D+7 补抄之后。

    按数量统计；电量已知时也按电量加权。--missing 列出每个缺失值及原因。不给日期时为昨天。""",
)
EXAMPLES = examples(
    "meterd success --database sqlite:///readings.db",
    "meterd success -c master.toml --day 2026-05-20 --by transformer",
    "meterd success -c master.toml --missing --csv missing.csv",
)


class By(StrEnum):
    """What the figures are grouped by."""

    TASK = "task"
    TARGET = "target"
    TRANSFORMER = "transformer"
    LINE = "line"


def command(
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    day: Annotated[str | None, typer.Option(metavar="DATE", help=say("Data day.", "数据日。"))] = None,
    last: Last = None,
    task: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help=say("Only this task; may be repeated.", "只看此任务，可重复。")),
    ] = None,
    by: Annotated[
        list[By] | None,
        typer.Option(help=say("Grouping; may be repeated. By default all.", "分组，可重复；默认全部。")),
    ] = None,
    show_missing: Annotated[
        bool, typer.Option("--missing", help=say("List what is not there and why.", "列出缺失及原因。"))
    ] = False,
    csv: CsvFile = None,
    xlsx: XlsxFile = None,
    as_object: Json = False,
) -> None:
    """Collection success."""
    from gateway.master.report import due, last_day, weights

    begin, end = days_of(day, None, last)
    with opened(database, config, password_file) as store:
        yesterday = SystemClock().now().astimezone(store.zone).date() - timedelta(days=1)
        first = begin or yesterday
        found = list(due(store, first, end or first, task or ()))
        usual = {} if show_missing else weights(store, first)
        zone = store.zone
        known = None if found else last_day(store)
    if show_missing:
        rows = list(missing(found, zone))
        written(
            Table(say("missing values", "缺失值"), MISSING, rows), "missing", csv, xlsx, as_object=as_object
        )
        return
    groups = [str(one) for one in by or tuple(By)]
    table = Table(say("collection success", "采集成功率"), SUCCESS, success(found, usual, zone, groups))
    written(table, "success", csv, xlsx, as_object=as_object)
    if not found:
        typer.echo(say(f"nobody was due on {first}", f"{first} 没有应采任务"), err=True)
        if known is not None:
            typer.echo(say(f"the last data day here is {known}", f"库中最近的数据日为 {known}"), err=True)
        raise typer.Exit(1)
