"""`meterd review`: what waits for a person, and what a person decides of it."""

import json
from typing import Annotated

import typer

from config.text import say
from gateway.clerks.items import Queue
from gateway.clerks.reasons import CHECKS, REASONS
from gateway.cli import review_books, review_work
from gateway.cli.database import ConfigFile, DatabaseUrl, PasswordFile, opened
from gateway.cli.manual import examples
from gateway.cli.options import Json
from gateway.cli.reviewing import (
    By,
    Name,
    Names,
    Since,
    Why,
    desk_of,
    done,
    items_of,
    number_of,
    plain,
    shown,
)
from gateway.master.clerks import orders as books
from gateway.master.clerks.queue import find

__all__ = ["app"]

HELP = say(
    """What waits for a person: doubted readings, then doubted results; accept, refuse, correct, send somebody.

    Every decision is written into a record in which nothing can be changed unseen. A corrected value and a result are
    accepted by another person than the one who worked on the readings. What is final changes by supplements only.""",
    """人工审核：先原始数据，后处理结果；接受、拒绝、修改、派单。

    每次处理都记入防篡改的记录。修改值和结果须由另一人审核。已定稿的周期只能补退。""",
)
app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    epilog=examples(
        "meterd review list --database sqlite:///readings.db",
        "meterd review work -c master.toml --transformer T017 --limit 20 --xlsx visits.xlsx",
    ),
)


@app.command("list", help=say("What waits, the heaviest first.", "待审项，按严重度。"))
def _list(
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    only: Annotated[
        Queue | None,
        typer.Option("--queue", help=say("raw: readings; result: results.", "raw：原始数据；result：结果。")),
    ] = None,
    since: Since = None,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=say(
                "Only this meter, line:CODE or transformer:CODE.", "只看此表、line:编号 或 transformer:编号。"
            ),
        ),
    ] = None,
    rule: Annotated[
        str | None, typer.Option(metavar="RULE", help=say("Only this rule.", "只看此规则。"))
    ] = None,
    decided: Annotated[
        bool, typer.Option("--all", help=say("Also what was decided.", "包括已处理的。"))
    ] = False,
    as_object: Json = False,
) -> None:
    """What waits."""
    with opened(database, config, password_file) as store:
        items = items_of(store, since, only, decided=decided)
        zone = store.zone
    items = [
        one
        for one in items
        if (not subject or one.subject == subject) and (not rule or rule in one.rule.split(","))
    ]
    columns = [
        say(*pair)
        for pair in (
            ("item", "名称"),
            ("queue", "队列"),
            ("sev", "级"),
            ("object", "对象"),
            ("point", "数据项"),
            ("at", "时刻"),
            ("rule", "规则"),
            ("value", "值"),
            ("limit", "限值"),
            ("proposed", "拟改"),
        )
    ]
    cells: list[list[object]] = [
        [
            one.name,
            one.queue,
            one.severity,
            one.subject,
            one.point,
            f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}",
            one.rule,
            one.value,
            one.limit,
            None if one.pending is None else f"{one.pending} ({one.proposer})",
        ]
        for one in items
    ]
    shown("items", items, say("waiting for review", "待审"), columns, cells, as_object=as_object)


@app.command(
    "show",
    help=say(
        "One item: what it is, what to look at on site, what was decided before.",
        "单个待审项：内容、现场检查、处理记录。",
    ),
)
def _show(
    name: Name,
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    since: Since = None,
    as_object: Json = False,
) -> None:
    """One item."""
    with desk_of(database, config, password_file, None) as desk:
        (item,) = find(items_of(desk.store, since, decided=True), [name])
        history = [entry for entry in books.record(desk.store) if entry.item == item.name]
        about = desk.store.ask("review_findings", [item.subject])
        wires = books.wires_of(desk, item, about)
        zone = desk.store.zone
    if as_object:
        found = [[str(cell) if cell is not None else None for cell in row] for row in about]
        whole = {
            "item": plain(item),
            "history": [plain(one) for one in history],
            "findings": found,
            "wiring": None if wires is None else wires.plain(),
        }
        print(json.dumps(whole, ensure_ascii=False))
        return
    typer.echo(
        f"{item.name}  {item.queue}  {item.subject}  {item.point}  {item.at.astimezone(zone).isoformat()}"
    )
    typer.echo(f"{item.rule}  {item.value} {item.unit}  {item.limit}\n{item.check}".rstrip())
    for check in CHECKS:
        typer.echo(f"  [ ] {check.text}")
    for told in [] if wires is None else wires.lines(zone):
        typer.echo(f"  {told}")
    for entry in history:
        typer.echo(
            f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M}  {entry.actor}  {entry.action}  {entry.reason}"
        )


@app.command(
    "accept",
    help=say(
        "Accept readings or results; several at once only up to severity 1.",
        "接受；批量只限严重度 1 级及以下。",
    ),
)
def _accept(
    names: Names,
    code: Why = "confirmed",
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    by: By = None,
    since: Since = None,
    as_object: Json = False,
) -> None:
    """Accept."""
    with desk_of(database, config, password_file, by) as desk:
        items = find(items_of(desk.store, since), names)
        desk.accept(items, code)
    done("accepted", items, as_object=as_object)


@app.command("reject", help=say("Refuse readings.", "拒绝原始数据。"))
def _reject(
    names: Names,
    code: Why = "garbled",
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    by: By = None,
    since: Since = None,
    as_object: Json = False,
) -> None:
    """Refuse."""
    with desk_of(database, config, password_file, by) as desk:
        items = find(items_of(desk.store, since), names)
        desk.reject(items, code)
    done("rejected", items, as_object=as_object)


@app.command(
    "edit",
    help=say("Propose a value; it holds when another person accepts it.", "提出修改值，由另一人接受后生效。"),
)
def _edit(
    name: Name,
    value: Annotated[str, typer.Argument(help=say("The register, secondary side.", "示数，二次侧。"))],
    code: Why = "misread",
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    by: By = None,
    since: Since = None,
    as_object: Json = False,
) -> None:
    """Propose."""
    with desk_of(database, config, password_file, by) as desk:
        items = find(items_of(desk.store, since), [name])
        desk.edit(items[0], number_of(value), code)
    done("proposed", items, as_object=as_object)


@app.command(
    "return", help=say("Send a result back to the review of its readings.", "将结果退回原始数据审核。")
)
def _return(
    name: Name,
    database: DatabaseUrl = None,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    by: By = None,
    since: Since = None,
    as_object: Json = False,
) -> None:
    """Send back."""
    with desk_of(database, config, password_file, by) as desk:
        items = find(items_of(desk.store, since), [name])
        desk.back(items[0])
    done("returned", items, as_object=as_object)


@app.command("reasons", help=say("Reason codes and what they may stand for.", "原因代码。"))
def _reasons(as_object: Json = False) -> None:
    """Reason codes."""
    if as_object:
        print(
            json.dumps(
                {one.code: {"text": one.text, "actions": sorted(one.actions)} for one in REASONS.values()},
                ensure_ascii=False,
            )
        )
        return
    for one in REASONS.values():
        typer.echo(f"{one.code:<12} {', '.join(sorted(one.actions)):<14} {one.text}")


review_work.add_to(app)
review_books.add_to(app)
