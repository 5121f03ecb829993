"""What `meterd loss` shows beside the days themselves: a ranking, the causes of a change, the curve over the supply."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path

import typer

from config.text import say
from gateway.cli.written import save, written, written_all
from gateway.master.stores import Store
from gateway.report.limits import Limits
from gateway.report.rows import CAUSES, COUNTS, CURVE, LOSS, RANKING, LossRow
from gateway.report.table import Table

__all__ = ["Chart", "Files", "Show", "plotted", "shown"]

Files = tuple[Path | None, Path | None]
"""A CSV and a workbook, where asked for."""


class Show(StrEnum):
    """Views of losses."""

    DAYS = "days"
    RANKING = "ranking"
    CAUSES = "causes"
    CURVE = "curve"


class Chart(StrEnum):
    """The charts, by the names that they have in the report."""

    DAILY = "daily"
    RANKING = "ranking"
    CALENDAR = "calendar"
    SCATTER = "scatter"
    WATERFALL = "waterfall"


def shown(show: Show, store: Store, rows: Sequence[LossRow], files: Files, *, as_object: bool) -> None:
    """One view of rows; ends the command with 1 where there is nothing of it."""
    if show is Show.RANKING:
        _ranking(rows, files, as_object=as_object)
    elif show is Show.CAUSES:
        _causes(store, rows, files, as_object=as_object)
    elif show is Show.CURVE:
        _curve(rows, files, as_object=as_object)
    else:
        written(Table(say("line loss", "线损"), LOSS, rows), "loss", *files, as_object=as_object)


def _one(rows: Sequence[LossRow]) -> tuple[str, str]:
    """The node that all rows are of; ends the command with 2 where they are of several."""
    nodes = sorted({(row.kind, row.code) for row in rows})
    if len(nodes) != 1:
        text = say("give one --line or --transformer", "请给出一个 --line 或 --transformer")
        typer.echo(text, err=True)
        raise typer.Exit(2)
    return nodes[0]


def _ranking(rows: Sequence[LossRow], files: Files, *, as_object: bool) -> None:
    from gateway.report.ranking import ranking

    found = ranking(rows)
    tables = {
        "ranking": Table(say("ranking by loss rate", "线损率排序"), RANKING, found.rows),
        "counts": Table(say("states", "状态统计"), COUNTS, found.counts),
    }
    written_all(tables, *files, as_object=as_object)
    if found.below:
        codes = ", ".join(found.below)
        typer.echo(
            say(f"not ranked, supplied with too little: {codes}", f"供电量过小，不排序：{codes}"), err=True
        )


def _causes(store: Store, rows: Sequence[LossRow], files: Files, *, as_object: bool) -> None:
    from gateway.master.balanced import causes

    kind, code = _one(rows)
    day = max(row.day for row in rows)
    found = causes(store, kind, code, day)
    if found is None:
        raise _none(say(f"{code} has no balance on {day}", f"{code} 在 {day} 无平衡数据"))
    title = say(
        f"{code} on {day}: members by how much they changed against their 28 days before",
        f"{code} {day}：成员较此前 28 天的变化",
    )
    written(Table(title, CAUSES, found[1]), "causes", *files, as_object=as_object)


def _curve(rows: Sequence[LossRow], files: Files, *, as_object: bool) -> None:
    from gateway.report.curve import curve

    _one(rows)
    found = curve(rows)
    if found is None:
        raise _none(say("a curve needs ten different days with a loss", "曲线至少需要十个供电量不同的线损日"))
    title = say(
        "loss = a + b·E + c·E²/mean(E) over the supply E", "损失 = a + b·E + c·E²/mean(E)，E 为供电量"
    )
    written(Table(title, CURVE, [found]), "curve", *files, as_object=as_object)


def _none(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(1)


def plotted(
    path: Path, chart: Chart | None, store: Store, rows: Sequence[LossRow], limits: Mapping[str, Limits]
) -> None:
    """Draw a chart into a file; ends the command with 2 for a file of another kind, with 1 without data."""
    from gateway.master.report import findings_by_day
    from gateway.report.charts import FORMATS, NoData, draw

    form = path.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        expected = ", ".join(f"*.{one}" for one in FORMATS)
        typer.echo(f"--plot {path}: {say('expected', '应为')} {expected}", err=True)
        raise typer.Exit(2)
    nodes = {(row.kind, row.code) for row in rows}
    name = chart or (Chart.DAILY if len(nodes) == 1 else Chart.RANKING)
    findings: dict[date, int] = {}
    if name is Chart.DAILY and len(nodes) == 1:
        days = [row.day for row in rows]
        findings = findings_by_day(store, *nodes.pop(), min(days), max(days))
    try:
        save(path, draw(name, rows, form, limits, findings))
    except NoData as error:
        raise _none(f"--plot: {error}") from None
