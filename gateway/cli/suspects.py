"""`meterd suspects`: who explains the gap between a transformer's supply and its customers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from config.second import Second
from config.text import say
from gateway.cli.database import ConfigFile, DatabaseUrl, PasswordFile, opened, settings_of
from gateway.cli.dates import day_of
from gateway.cli.manual import examples
from gateway.cli.options import Json
from gateway.cli.written import CsvFile, XlsxFile, written
from gateway.report.table import Column, Table
from gateway.second.area import AreaError, read_area
from gateway.second.culprit import Refusal, Suspect
from gateway.second.judge import limits_for

__all__ = ["command"]

HELP = say(
    """Customers of a transformer area by how well each explains the gap between supply and sales.

    Takes hourly registers of 14 to 56 days from the database, or a table of your own (--file): a column supply, a
    column for each customer, kWh an hour in each row, empty where missing. t says how sure it is: from 5 on worth a
    note, from 8 on suspicious, unless [second] of -c says otherwise (culprit_warn, culprit_suspect). A share of 0.4
    says that the true energy may be 1.4 times what was read. It points at whom to visit; it proves nothing.""",
    """台区用户按其对供售差额的解释程度排序。

    使用数据库中 14 至 56 天的整点示数，或自备表格（--file）：一列 supply（供电），每户一列，每行为一小时电量
    （kWh），缺失留空。t 表示把握：5 起值得注意，8 起可疑，-c 文件的 [second] 可另定
    （culprit_warn、culprit_suspect）。share 为 0.4 表示实际用电可能为抄见的 1.4 倍。
    仅提示查谁，不作证据。""",
)
EXAMPLES = examples(
    "meterd suspects --database sqlite:///readings.db --transformer T017",
    "meterd suspects -c master.toml --transformer T017 --day 2026-05-31 --json",
    "meterd suspects --file area.csv --limit 5",
)
_WHY = {
    "meters": ("too few customers", "用户过少"),
    "instants": ("too few hours for so many customers", "时点过少，与用户数不相称"),
    "missing": ("too much is missing", "缺失过多"),
    "flat": ("nothing was consumed", "没有用电"),
    "hourly": ("not read by the hour over 14 days", "没有 14 天以上的整点示数"),
    "unknown": ("no such area on that day", "当日没有该台区"),
}
_COLUMNS = (
    Column("rank", "no.", "序号"),
    Column("meter", "meter", "电表"),
    Column("t", "t", "t", places=2),
    Column("share", "share", "比例", places=3),
    Column("level", "says", "结论"),
)


@dataclass(frozen=True, slots=True)
class _Row:
    rank: int
    meter: str
    t: float
    share: float
    level: str


def command(
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    transformer: Annotated[
        str | None, typer.Option(metavar="CODE", help=say("The area's transformer.", "台区编号。"))
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help=say(
                "The last day looked at; by default the latest with a loss.", "末日；默认为最近有线损的一天。"
            ),
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help=say("A CSV of an area instead of the database.", "以 CSV 代替数据库。")
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, metavar="N", help=say("So many customers.", "显示户数。"))
    ] = 10,
    csv: CsvFile = None,
    xlsx: XlsxFile = None,
    as_object: Json = False,
) -> None:
    """Ranked suspects of an area."""
    if (file is None) == (transformer is None):
        typer.echo(say("give --transformer, or --file", "请给出 --transformer 或 --file"), err=True)
        raise typer.Exit(2)
    limits = settings_of(config).second if config else {}
    found: list[tuple[Suspect, str]] | Refusal
    try:
        if file is not None:
            found = _of_file(file)
        else:
            last = None if day is None else day_of(day, "--day")
            with opened(database, config, password_file) as store:
                from gateway.master.suspected import suspected

                found = suspected(store, str(transformer), last)
    except ModuleNotFoundError as missing:
        typer.echo(f"{missing.name}: pip install 'meterd[master]'", err=True)
        raise typer.Exit(1) from None
    if isinstance(found, Refusal):
        typer.echo(say(*_WHY.get(found.reason, (found.reason, found.reason))), err=True)
        raise typer.Exit(1)
    rows = [_row(rank, *one, limits) for rank, one in enumerate(found[:limit], 1)]
    written(Table(say("suspects", "可疑用户"), _COLUMNS, rows), "suspects", csv, xlsx, as_object=as_object)


def _row(rank: int, one: Suspect, customer_class: str, limits: Mapping[str, Second]) -> _Row:
    of = limits_for(limits, customer_class)
    said = ""
    for limit, words in (
        (of.culprit_warn, ("note", "注意")),
        (of.culprit_suspect, ("suspicious", "可疑")),
    ):
        if limit and one.t >= limit:
            said = say(*words)
    return _Row(rank, one.meter, round(one.t, 2), round(one.beta, 3), said)


def _of_file(path: Path) -> list[tuple[Suspect, str]] | Refusal:
    from gateway.second.culprit import suspects

    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            area = read_area(lines)
    except (AreaError, OSError, UnicodeDecodeError) as error:
        typer.echo(f"{path}: {getattr(error, 'strerror', None) or error}", err=True)
        raise typer.Exit(2) from None
    found = suspects(area.supply, area.customers)
    return found if isinstance(found, Refusal) else [(one, "") for one in found]
