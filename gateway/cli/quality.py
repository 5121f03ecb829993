"""`meterd quality`: voltage, power factor, frequency and reliability of supply against what is promised; tariffs."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.text import say
from gateway.cli.database import ConfigFile, DatabaseUrl, PasswordFile, opened, settings_of
from gateway.cli.dates import days_of, month_of
from gateway.cli.manual import examples
from gateway.cli.options import Day, First, Json, Last, Lines, Transformers
from gateway.cli.written import CsvFile, XlsxFile, written_all
from gateway.clock import SystemClock
from gateway.energy.period import Period, Span, period_of

if TYPE_CHECKING:
    from config.quality import Quality
    from config.schema import Tariffs
    from gateway.master.stores import Store

__all__ = ["command"]

HELP = say(
    """Quality of supply: voltage and frequency of monitored points, power factor of customers, reliability by area.

    Voltage by the type of supply in the archive: 35 kV and above the largest positive and negative deviation together
    at most 10 %, three-phase +7 to -7 %, single-phase +7 to -10 %; below 0.7 and above 1.2 of the nominal voltage it
    is an outage or a fault and not counted. Power factor against the archive's standard, and 0.90 at peak from
    100 kVA on. Frequency within 0.2 Hz. Reliability from outages that meters, terminals and carrier modules told,
    against 99.89 % in town and 99 % in the country ([quality] says which is which).

    --what outages lists the outages behind the reliability: who told them, how long they were, whom they count for.
    --what tariffs shows how the energy of each customer splits into tariffs, and whether the parts make the whole.
    Without a date: last month. A table of CSV holds one part, so give --what with it.""",
    """供电质量：监测点的电压合格率与频率，用户的功率因数，各台区、线路的供电可靠率。

    电压按档案的供电方式判断：35 kV 及以上正负偏差绝对值之和不超过 10 %，三相供电 ±7 %，单相 220 V 为 +7 %、-10 %；
    低于标称电压 0.7 倍、高于 1.2 倍属停电或故障，不计入。功率因数对照档案的考核标准，100 kVA 及以上高峰时为 0.90。
    频率偏差不超过 0.2 Hz。供电可靠率按电表、终端、载波模块上报的停电计算，
    城市 99.89 %，农村 99 %（由 [quality] 指定）。

    --what outages 逐次列出停电：由谁上报、多久、影响多少用户。
    --what tariffs 列出各用户分时电量（尖峰平谷）及总分是否平衡。不给日期时为上月。CSV 一次只写一种，须给出 --what。""",
)
EXAMPLES = examples(
    "meterd quality --database sqlite:///readings.db --month 2026-05",
    "meterd quality -c master.toml --what voltage --transformer T1 --from 2026-05-01 --to 2026-05-07",
    "meterd quality -c master.toml --what reliability --month 2026-05 --csv reliability.csv",
    "meterd quality -c master.toml --what tariffs --month 2026-05 --xlsx tariffs.xlsx",
)


class What(StrEnum):
    """Parts of the report."""

    VOLTAGE = "voltage"
    FACTOR = "factor"
    FREQUENCY = "frequency"
    RELIABILITY = "reliability"
    OUTAGES = "outages"
    TARIFFS = "tariffs"


_USUAL = (What.VOLTAGE, What.FACTOR, What.FREQUENCY, What.RELIABILITY)


def _period(month: str | None, bounds: Sequence[str | None], store: "Store") -> Period:
    """A month, or whole days; without either the month before this one."""
    day, first, last = bounds
    if month is None and not any(bounds):
        today = SystemClock().now().astimezone(store.zone).date()
        return _month(today.replace(day=1) - timedelta(days=1), store)
    if month is not None:
        if any(bounds):
            typer.echo(say("give either --month or days", "--month 与日期范围只能给出一种"), err=True)
            raise typer.Exit(2)
        return _month(month_of(month, "--month"), store)
    begin, end = days_of(day, first, last)
    if begin is None:
        typer.echo(say("--to needs --from or --day", "--to 须与 --from 或 --day 同用"), err=True)
        raise typer.Exit(2)
    end = end or begin
    return Period(_midnight(begin, store), _midnight(end + timedelta(days=1), store), Span.DAY)


def _month(day: date, store: "Store") -> Period:
    return period_of(_midnight(day, store), Span.MONTH)


def _midnight(day: date, store: "Store") -> datetime:
    return datetime.combine(day, time(), store.zone)


def _standards(config: Path | None) -> "tuple[Quality, Sequence[Tariffs]]":
    """What the file says of standards and tariffs, else what is usual."""
    from config.quality import Quality

    if config is None:
        return Quality(), ()
    settings = settings_of(config)
    return settings.quality, settings.tariffs


def command(
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    what: Annotated[
        list[What] | None,
        typer.Option(
            metavar="PART",
            help=say(
                "voltage, factor, frequency, reliability, outages, tariffs; may be repeated. Default: the first four.",
                "voltage、factor、frequency、reliability、outages、tariffs 之一，可重复；默认前四种。",
            ),
        ),
    ] = None,
    month: Annotated[
        str | None, typer.Option(metavar="MONTH", help=say("A month, as 2026-05.", "月份，如 2026-05。"))
    ] = None,
    day: Day = None,
    first: First = None,
    last: Last = None,
    transformer: Transformers = None,
    line: Lines = None,
    meter: Annotated[
        list[str] | None,
        typer.Option(metavar="ASSET", help=say("Only this meter; may be repeated.", "只看此电表，可重复。")),
    ] = None,
    csv: CsvFile = None,
    xlsx: XlsxFile = None,
    as_object: Json = False,
) -> None:
    """Quality of supply."""
    from gateway.master.report_supply import Supply
    from gateway.report.places import Wanted

    parts = list(dict.fromkeys(what or _USUAL))
    if csv is not None and len(parts) > 1:
        typer.echo(say("--csv: give one --what", "--csv：请给出一个 --what"), err=True)
        raise typer.Exit(2)
    standards = _standards(config)
    wanted = Wanted(*(frozenset(named or ()) for named in (meter, transformer, line)))
    with opened(database, config, password_file) as store:
        period = _period(month, (day, first, last), store)
        supply = Supply(store, period, wanted, *standards, SystemClock().now())
        tables = {str(part): supply.table(part) for part in parts}
    written_all(tables, csv, xlsx, as_object=as_object)
    if not any(table.rows for table in tables.values()):
        typer.echo(
            say(
                "nothing there to judge; see `meterd quality --help`",
                "没有可供统计的数据；见 `meterd quality --help`",
            ),
            err=True,
        )
        raise typer.Exit(1)
