"""`meterd loss`: line loss of lines and transformers by day or month, as a table, files and charts."""

from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from config.text import say
from gateway.cli.database import ConfigFile, DatabaseUrl, PasswordFile, opened
from gateway.cli.dates import day_of, month_of
from gateway.cli.manual import examples
from gateway.cli.written import CsvFile, Json, XlsxFile, save, written
from gateway.energy.period import Span
from gateway.report.rows import LOSS
from gateway.report.table import Table

__all__ = ["command"]

HELP = say(
    """Line loss: supply against sales of the same period, of lines and transformer areas.

    Without a date: the last seven days that the database has. What is not computable says why. A chart of one node
    (daily, scatter, waterfall) needs --line or --transformer; ranking and calendar show many.""",
    """线损：同期供电量与售电量，按线路和台区。

    不给日期时为库中最近七天。不可算的给出原因。单个对象的图（daily、scatter、waterfall）需要 --line 或
    --transformer；ranking 和 calendar 显示多个对象。""",
)
EXAMPLES = examples(
    "meterd loss --database sqlite:///readings.db",
    "meterd loss -c master.toml --transformer T017 --from 2026-05-01 --to 2026-05-31 --plot T017.svg",
    "meterd loss -c master.toml --month 2026-05 --xlsx loss.xlsx --json",
)
_DAYS = 7


class Chart(StrEnum):
    """The charts, by the names that they have in the report."""

    DAILY = "daily"
    RANKING = "ranking"
    CALENDAR = "calendar"
    SCATTER = "scatter"
    WATERFALL = "waterfall"


def _bounds(day: str | None, first: str | None, last: str | None) -> tuple[date, date] | None:
    if day:
        return day_of(day, "--day"), day_of(day, "--day")
    if not first and not last:
        return None
    end = day_of(last, "--to") if last else date.max - timedelta(days=1)
    return (day_of(first, "--from") if first else date(2000, 1, 1)), end


def command(
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    line: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help=say("Only this line; may be repeated.", "只看此线路，可重复。")),
    ] = None,
    transformer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE", help=say("Only this transformer; may be repeated.", "只看此台区，可重复。")
        ),
    ] = None,
    day: Annotated[str | None, typer.Option(metavar="DATE", help=say("One day.", "某一天。"))] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help=say("From this day.", "起始日。"))
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help=say("Up to this day.", "截止日。"))
    ] = None,
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
    as_object: Json = False,
) -> None:
    """Line loss."""
    from gateway.master.report import losses

    codes = [*(line or ()), *(transformer or ())]
    kind = "" if bool(line) == bool(transformer) else "line" if line else "transformer"
    span = Span.MONTH if month else Span.DAY
    bounds = (month_of(month, "--month"), month_of(month, "--month")) if month else _bounds(day, first, last)
    with opened(database, config, password_file) as store:
        rows = losses(
            store, span, *(bounds or (date(2000, 1, 1), date(2199, 12, 30))), kind=kind, codes=codes
        )
    if bounds is None and rows:
        since = max(row.day for row in rows) - timedelta(days=_DAYS - 1)
        rows = [row for row in rows if row.day >= since]
    if plot is not None:
        _plot(plot, chart, rows)
    written(Table(say("line loss", "线损"), LOSS, rows), "loss", csv, xlsx, as_object=as_object)
    if not rows:
        typer.echo(
            say("no losses there; see `meterd process --help`", "没有线损数据；见 `meterd process --help`"),
            err=True,
        )
        raise typer.Exit(1)


def _plot(path: Path, chart: Chart | None, rows: list) -> None:  # type: ignore[type-arg]
    from gateway.report.charts import FORMATS, NoData, draw

    form = path.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        typer.echo(
            f"--plot {path}: {say('expected', '应为')} {', '.join(f'*.{one}' for one in FORMATS)}", err=True
        )
        raise typer.Exit(2)
    one = len({(row.kind, row.code) for row in rows}) == 1
    try:
        save(path, draw(chart or (Chart.DAILY if one else Chart.RANKING), rows, form))
    except NoData as error:
        typer.echo(f"--plot: {error}", err=True)
        raise typer.Exit(1) from None
