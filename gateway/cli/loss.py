"""`meterd loss`: line loss of lines and transformers by day or month, as a table, files and charts."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from config.text import say
from gateway.cli.database import ConfigFile, DatabaseUrl, PasswordFile, opened, settings_of
from gateway.cli.dates import days_of, month_of
from gateway.cli.loss_views import Chart, Show, plotted, shown
from gateway.cli.manual import examples
from gateway.cli.options import Day, First, Json, Last, Lines, Transformers
from gateway.cli.written import CsvFile, XlsxFile
from gateway.energy.period import Span
from gateway.report.limits import limits_of
from gateway.report.rows import LossRow

__all__ = ["command"]

HELP = say(
    """Line loss: supply against sales of the same period, of lines and transformer areas.

    Without a date: the last seven days that the database has (28 for a curve). What is not computable says why.
    --show ranking puts nodes in order of their last day; --show causes names the members behind one node's loss;
    --show curve says which part of it is constant, proportional, ohmic. A chart of one node (daily, scatter,
    waterfall) needs --line or --transformer; ranking and calendar show many.""",
    """线损：同期供电量与售电量，按线路和台区。

    不给日期时为库中最近七天（曲线为 28 天）。不可算的给出原因。--show ranking 按最后一天排序；--show causes 列出造成
    单个对象线损变化的成员；--show curve 说明固定、比例、负荷平方各占多少。单个对象的图（daily、scatter、waterfall）
    需要 --line 或 --transformer；ranking 和 calendar 显示多个对象。""",
)
EXAMPLES = examples(
    "meterd loss --database sqlite:///readings.db",
    "meterd loss -c master.toml --transformer T017 --from 2026-05-01 --to 2026-05-31 --plot T017.svg",
    "meterd loss -c master.toml --transformer T017 --show causes",
    "meterd loss -c master.toml --month 2026-05 --xlsx loss.xlsx --json",
)
_DAYS, _CURVE_DAYS = 7, 28
_BEGIN, _END = date(2000, 1, 1), date(2199, 12, 30)


def command(
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    line: Lines = None,
    transformer: Transformers = None,
    day: Day = None,
    first: First = None,
    last: Last = None,
    month: Annotated[
        str | None,
        typer.Option(metavar="MONTH", help=say("The month's figures, as 2026-05.", "月线损，如 2026-05。")),
    ] = None,
    csv: CsvFile = None,
    xlsx: XlsxFile = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help=say("Draw a chart: FILE.svg or FILE.png.", "绘图：FILE.svg 或 FILE.png。")
        ),
    ] = None,
    chart: Annotated[
        Chart | None,
        typer.Option(
            help=say(
                "Which chart; by default daily of one node, ranking of many.",
                "图的种类；单个对象默认 daily，多个默认 ranking。",
            )
        ),
    ] = None,
    show: Annotated[
        Show,
        typer.Option(help=say("What to show of them.", "显示什么。")),
    ] = Show.DAYS,
    as_object: Json = False,
) -> None:
    """Line loss."""
    from gateway.master.report import losses

    codes = [*(line or ()), *(transformer or ())]
    kind = "" if bool(line) == bool(transformer) else "line" if line else "transformer"
    span = Span.MONTH if month else Span.DAY
    bounds = (month_of(month, "--month"),) * 2 if month else days_of(day, first, last)
    second = settings_of(config).second if config else {}
    with opened(database, config, password_file) as store:
        rows = losses(store, span, bounds[0] or _BEGIN, bounds[1] or _END, kind=kind, codes=codes)
        if bounds == (None, None) and rows:
            rows = _latest(rows, long=show is Show.CURVE or chart is Chart.SCATTER)
        if not rows:
            text = say(
                "no losses there; see `meterd process --help`", "没有线损数据；见 `meterd process --help`"
            )
            typer.echo(text, err=True)
            shown(Show.DAYS, store, rows, (csv, xlsx), as_object=as_object)
            raise typer.Exit(1)
        if plot is not None:
            plotted(plot, chart, store, rows, limits_of(second))
        shown(show, store, rows, (csv, xlsx), as_object=as_object)


def _latest(rows: list[LossRow], *, long: bool) -> list[LossRow]:
    days = _CURVE_DAYS if long else _DAYS
    since = max(row.day for row in rows) - timedelta(days=days - 1)
    return [row for row in rows if row.day >= since]
