"""`meterd review order | final | supplement | log`: what follows from decisions, and the record of them."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Annotated

import typer

from config.text import say
from gateway.clerks.errors import Unknown
from gateway.clerks.items import Item
from gateway.clerks.reasons import CHECKS, RESULTS
from gateway.cli.database import ConfigFile, DatabaseUrl, PasswordFile, opened
from gateway.cli.dates import day_of, month_of
from gateway.cli.options import Day, Json
from gateway.cli.reviewing import By, Since, bad, desk_of, items_of, number_of, shown, told
from gateway.master.clerks import orders as books
from gateway.master.clerks.desk import Desk
from gateway.master.clerks.queue import find
from gateway.master.clerks.work import as_item, work
from gateway.master.stores import Store

__all__ = ["add_to"]

_Command = Callable[..., None]
_COMMANDS: list[tuple[str, str, _Command]] = []


def _command(name: str, *, help: str) -> Callable[[_Command], _Command]:  # noqa: A002 - as typer calls it
    def kept(function: _Command) -> _Command:
        _COMMANDS.append((name, help, function))
        return function

    return kept


def add_to(app: typer.Typer) -> None:
    """Put these commands into the group."""
    for name, told_help, function in _COMMANDS:
        app.command(name, help=told_help)(function)


def _item(desk: Desk, name: str, since: str | None) -> Item:
    """What waits under this name, or a customer of the list of work."""
    try:
        return find(items_of(desk.store, since), [name])[0]
    except Unknown as unknown:
        try:
            return as_item(work(desk.store, desk.now, whole_areas=True), name, desk.now)
        except Unknown:
            raise unknown from None


@_command(
    "order",
    help=say(
        "Send somebody to look (ITEM, or a METER of `meterd review work`), list orders (nothing), or write down what"
        " was found (--close).",
        "派单（给名称，或 `meterd review work` 中的表号）、列出工单（不给）、回填结果（--close）。",
    ),
)
def _order(
    name: Annotated[
        str | None, typer.Argument(metavar="ITEM", help=say("Name as in the list.", "列表中的名称。"))
    ] = None,
    close: Annotated[
        str | None, typer.Option(metavar="NUMBER", help=say("Close this order.", "结此工单。"))
    ] = None,
    result: Annotated[
        str, typer.Option(metavar="CODE", help=say("What was found: ", "检查结果：") + ", ".join(RESULTS))
    ] = "",
    checker: Annotated[str, typer.Option(metavar="NAME", help=say("Who looked.", "现场检查人。"))] = "",
    remark: Annotated[str, typer.Option(help=say("A remark.", "备注。"))] = "",
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    by: By = None,
    since: Since = None,
    as_object: Json = False,
) -> None:
    """Orders for the field."""
    with desk_of(database, config, password_file, by) as desk:
        if close:
            found = [books.close_order(desk, close, result, checker, remark)]
        elif name:
            found = [books.open_order(desk, _item(desk, name, since), remark)]
        else:
            found = books.orders(desk.store)
    columns = [
        say(*pair)
        for pair in (
            ("order", "工单"),
            ("object", "对象"),
            ("opened", "派单"),
            ("by", "派单人"),
            ("rule", "规则"),
            ("closed", "结单"),
            ("result", "结果"),
            ("checker", "检查人"),
        )
    ]
    cells: list[list[object]] = [
        [
            one.number,
            one.subject,
            one.opened[:16],
            one.opened_by,
            one.told["rule"],
            (one.closed or "")[:16],
            one.result,
            one.checker,
        ]
        for one in found
    ]
    shown("orders", found, say("field orders", "工单"), columns, cells, as_object=as_object)
    if name and not as_object:
        for check in CHECKS:
            typer.echo(f"  [ ] {check.text}")
        for told_line in (found[0].told["wiring"] or {}).get("text", ()):
            typer.echo(f"  {told_line}")


def _period(store: Store, month: str | None, day: str | None) -> tuple[datetime, datetime]:
    if bool(month) == bool(day):
        raise bad(say("give --month or --day", "请给出 --month 或 --day"))
    first = month_of(month, "--month") if month else day_of(str(day), "--day")
    after = (first + timedelta(days=32)).replace(day=1) if month else first + timedelta(days=1)
    return datetime.combine(first, time(), store.zone), datetime.combine(after, time(), store.zone)


@_command("final", help=say("Lock a month or a day.", "定稿某月或某日。"))
def _final(
    month: Annotated[
        str | None, typer.Option(metavar="MONTH", help=say("As 2026-05.", "如 2026-05。"))
    ] = None,
    day: Day = None,
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    by: By = None,
    as_object: Json = False,
) -> None:
    """Lock a period."""
    with desk_of(database, config, password_file, by) as desk:
        books.make_final(desk, *_period(desk.store, month, day))
    told({"final": month or day}, as_object=as_object)


@_command(
    "supplement",
    help=say(
        "Correct what is final: apply (METER), approve (--approve), or list.",
        "补退：申请（给表号）、批准（--approve）或列出。",
    ),
)
def _supplement(
    meter: Annotated[
        str | None, typer.Argument(metavar="METER", help=say("Asset number.", "资产编号。"))
    ] = None,
    kwh: Annotated[
        str, typer.Option(metavar="X", help=say("Energy to add; negative: refund.", "补电量，负数为退。"))
    ] = "0",
    month: Annotated[
        str | None, typer.Option(metavar="MONTH", help=say("The month it concerns.", "所属月份。"))
    ] = None,
    day: Annotated[
        str | None, typer.Option(metavar="DATE", help=say("The day it concerns.", "所属日。"))
    ] = None,
    why: Annotated[str, typer.Option("--why", help=say("Reason in words.", "原因。"))] = "",
    checker: Annotated[
        str, typer.Option(metavar="NAME", help=say("Who looked on site.", "现场检查人。"))
    ] = "",
    checked: Annotated[
        str, typer.Option(metavar="CODE", help=say("What was found: ", "检查结果：") + ", ".join(RESULTS))
    ] = "",
    approve: Annotated[
        str | None, typer.Option(metavar="NUMBER", help=say("Approve this one.", "批准此单。"))
    ] = None,
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    by: By = None,
    as_object: Json = False,
) -> None:
    """Corrections of what is final."""
    with desk_of(database, config, password_file, by) as desk:
        if approve:
            found = [books.approve(desk, approve)]
        elif meter:
            start, ending = _period(desk.store, month, day)
            claim = books.Claim(
                meter=meter,
                start=start,
                ending=ending,
                kwh=number_of(kwh),
                reason=why,
                checker=checker,
                checked=checked,
            )
            found = [books.supplement(desk, claim)]
        else:
            found = books.supplements(desk.store)
    columns = [
        say(*pair)
        for pair in (
            ("number", "编号"),
            ("meter", "电表"),
            ("from", "自"),
            ("kWh", "电量 kWh"),
            ("reason", "原因"),
            ("applicant", "申请人"),
            ("state", "状态"),
        )
    ]
    cells: list[list[object]] = [
        [one.number, one.meter, one.start[:10], one.kwh, one.reason, one.applicant, one.state]
        for one in found
    ]
    shown("supplements", found, say("supplements", "补退"), columns, cells, as_object=as_object)


@_command(
    "log",
    help=say(
        "The record of decisions; --verify looks whether it is whole.", "处理记录；--verify 校验完整性。"
    ),
)
def _log(
    verify: Annotated[bool, typer.Option("--verify", help=say("Check every entry.", "逐条校验。"))] = False,
    first: Annotated[
        int, typer.Option("--from-number", min=1, help=say("From this entry on.", "从此条开始。"))
    ] = 1,
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    as_object: Json = False,
) -> None:
    """The record."""
    with opened(database, config, password_file) as store:
        if verify:
            count, last, bad = books.verify(store)
            told({"entries": count, "last": last, "broken_at": bad}, as_object=as_object)
            raise typer.Exit(0 if bad is None else 1)
        found = books.record(store, first)
        zone = store.zone
    columns = [
        say(*pair)
        for pair in (
            ("no", "序号"),
            ("at", "时间"),
            ("who", "谁"),
            ("did", "动作"),
            ("item", "名称"),
            ("object", "对象"),
            ("reason", "原因"),
            ("detail", "详情"),
        )
    ]
    cells: list[list[object]] = [
        [
            one.number,
            f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}",
            one.actor,
            one.action,
            one.item,
            one.subject,
            one.reason,
            one.detail,
        ]
        for one in found
    ]
    shown("log", found, say("decisions", "处理记录"), columns, cells, as_object=as_object)
