"""`meterd review work | precision`: which customers to visit first and why, and how often each rule was right."""

import json
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Annotated, Any

import typer

from config.text import say
from gateway.clerks.meaning import meaning
from gateway.cli.database import ConfigFile, DatabaseUrl, PasswordFile, opened
from gateway.cli.options import Json, Lines, Transformers
from gateway.cli.tables import out, table
from gateway.cli.written import CsvFile, XlsxFile, save, written
from gateway.clock import SystemClock
from gateway.master.clerks.work import Job, outcomes, work
from gateway.report.table import Column, Table, as_csv, as_xlsx
from gateway.second.score import Evidence

__all__ = ["add_to"]

_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One reason to visit a customer."""

    meter: str
    score: float
    transformer: str
    line: str
    order: str
    rule: str
    meaning: str
    value: str
    limit: str
    place: str
    since: date
    age_days: int


_WORK = (
    Column("meter", "customer", "用户"),
    Column("score", "score", "得分", places=2),
    Column("transformer", "transformer", "台区"),
    Column("line", "line", "线路"),
    Column("order", "order", "工单"),
    Column("rule", "rule", "规则"),
    Column("value", "value", "值"),
    Column("limit", "limit", "限值"),
    Column("place", "place", "所在"),
    Column("since", "since", "自"),
    Column("age_days", "days ago", "距今天数"),
    Column("meaning", "what it says", "含义"),
)
_OF_CUSTOMER = 5
"""So many columns say the same of each reason of a customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """How often a rule was right."""

    rule: str
    visits: int
    hits: int
    no_fault: int
    wrong_data: int
    share: float | None
    meaning: str


_PRECISION = (
    Column("rule", "rule", "规则"),
    Column("visits", "visits", "检查次数"),
    Column("hits", "hits", "查实"),
    Column("no_fault", "no fault", "无异常"),
    Column("wrong_data", "wrong data", "数据错误"),
    Column("share", "share of hits", "查实率", percent=True),
    Column("meaning", "what it says", "含义"),
)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the group."""
    app.command(
        "work",
        help=say(
            "Customers to visit, by what findings of both reviews say against them. Findings fade with a half-life of"
            " 14 days after they end; `meterd review order METER` sends somebody.",
            "待查用户，按两次审核的发现加权排序；发现结束后按 14 天半衰期衰减。`meterd review order METER` 派单。",
        ),
    )(_work)
    app.command(
        "precision",
        help=say(
            "How often each rule was right, by what inspectors found: whether to keep it.",
            "各规则的查实率，按现场检查结果；据此决定规则去留。",
        ),
    )(_precision)


def _reasons(job: Job, today: date) -> list[dict[str, Any]]:
    return [_plain(one, today) for one in job.reasons]


def _plain(one: Evidence, today: date) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "meaning": meaning(one.rule),
        "value": one.value,
        "limit": one.limit,
        "place": one.place,
        "since": one.began,
        "age_days": one.age(today),
    }


def _work(
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    limit: Annotated[
        int, typer.Option(min=1, metavar="N", help=say("So many customers.", "最多列出的用户数。"))
    ] = 50,
    transformer: Transformers = None,
    line: Lines = None,
    whole_areas: Annotated[
        bool,
        typer.Option(
            "--all",
            help=say(
                "Also customers against whom nothing speaks but the loss of their area.",
                "包括仅因台区线损突变而列入的用户。",
            ),
        ),
    ] = False,
    csv: CsvFile = None,
    xlsx: XlsxFile = None,
    as_object: Json = False,
) -> None:
    """Whom to visit."""
    now = SystemClock().now()
    with opened(database, config, password_file) as store:
        found = work(store, now, transformers=transformer or (), lines=line or (), whole_areas=whole_areas)
        today = now.astimezone(store.zone).date()
    jobs = found[:limit]
    title = say(f"{len(jobs)} of {len(found)} customers to visit", f"待查用户 {len(jobs)}（共 {len(found)}）")
    rows = Table(title, _WORK, [row for job in jobs for row in _rows(job, today)])
    if csv is not None:
        save(csv, as_csv(rows).encode("utf-8-sig"))
    if xlsx is not None:
        save(xlsx, as_xlsx(rows))
    if as_object:
        print(
            json.dumps(
                {"customers": len(found), "work": [_object(job, today) for job in jobs]},
                ensure_ascii=False,
                default=str,
            )
        )
        return
    _show(rows)


def _rows(job: Job, today: date) -> list[_Row]:
    return [
        _Row(
            meter=job.meter,
            score=job.score,
            transformer=job.transformer,
            line=job.line,
            order=job.order,
            **fields,
        )
        for fields in _reasons(job, today)
    ]


def _object(job: Job, today: date) -> dict[str, Any]:
    return {
        "meter": job.meter,
        "score": job.score,
        "transformer": job.transformer,
        "line": job.line,
        "order": job.order,
        "reasons": _reasons(job, today),
    }


def _show(rows: Table) -> None:
    """For people: what is said of a customer once, its reasons below each other."""
    cells, last = [], ""
    for row in rows.cells():
        cells.append(row if row[0] != last else [*[""] * _OF_CUSTOMER, *row[_OF_CUSTOMER:]])
        last = row[0]
    figures = [column.title for column in rows.columns if column.places is not None]
    out().print(table(rows.title, [column.title for column in rows.columns], cells, figures))


def _precision(
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    days: Annotated[
        int, typer.Option(min=1, metavar="N", help=say("Of so many days.", "统计天数。"))
    ] = _DAYS,
    csv: CsvFile = None,
    xlsx: XlsxFile = None,
    as_object: Json = False,
) -> None:
    """How often each rule was right."""
    with opened(database, config, password_file) as store:
        found = outcomes(store, SystemClock().now().astimezone(UTC) - timedelta(days=days))
    rows = [
        _Found(
            rule=one.rule,
            visits=one.visits,
            hits=one.hits,
            no_fault=one.no_fault,
            wrong_data=one.wrong_data,
            share=one.share,
            meaning=meaning(one.rule),
        )
        for one in found
    ]
    title = say(f"what visits of {days} days found", f"近 {days} 天检查结果")
    written(Table(title, _PRECISION, rows), "precision", csv, xlsx, as_object=as_object)
