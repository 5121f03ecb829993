"""What the commands of review share: who decides, on what, and how it is shown."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from config.text import say
from gateway.clerks.errors import ClerkError
from gateway.clerks.items import Item, Queue
from gateway.cli.database import opened
from gateway.cli.dates import day_of
from gateway.cli.tables import out, table
from gateway.clock import SystemClock
from gateway.master.clerks.desk import Desk
from gateway.master.clerks.queue import queue
from gateway.master.stores import Store

__all__ = [
    "By",
    "Name",
    "Names",
    "Since",
    "Why",
    "bad",
    "desk_of",
    "done",
    "items_of",
    "number_of",
    "plain",
    "shown",
    "told",
]

Names = Annotated[
    list[str], typer.Argument(metavar="ITEM...", help=say("Names as in the list.", "列表中的名称。"))
]
Name = Annotated[str, typer.Argument(metavar="ITEM", help=say("Name as in the list.", "列表中的名称。"))]
By = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="NAME",
        help=say("Who decides; by default the account's name.", "处理人，默认为账户名。"),
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="DATE",
        help=say("From this day; by default 40 days back.", "起始日，默认 40 天前。"),
    ),
]
Why = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="CODE",
        help=say("Reason code; `meterd review reasons`.", "原因代码，见 `meterd review reasons`。"),
    ),
]
_DAYS = 40


def bad(text: str) -> typer.Exit:
    """A message, and the end of the command with 2."""
    typer.echo(text, err=True)
    return typer.Exit(2)


def number_of(text: str) -> Decimal:
    """A number given as text; ends the command with 2 for anything else."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise bad(f"{text}: {say('expected a number', '应为数字')}") from None


@contextmanager
def desk_of(url: str | None, config: Any, password: Any, by: str | None) -> Iterator[Desk]:
    """The desk of a person; a decision that is not allowed ends the command with 1."""
    with opened(url, config, password) as store:
        login = getpass.getuser()
        try:
            yield Desk(store, (by or login).strip(), login, SystemClock().now().astimezone(UTC))
        except ClerkError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None


def items_of(
    store: Store, since: str | None, only: Queue | None = None, *, decided: bool = False
) -> list[Item]:
    """What waits since a day, by default for 40 days."""
    now = SystemClock().now()
    first = now - timedelta(days=_DAYS)
    if since:
        first = datetime.combine(day_of(since, "--from"), time(), store.zone)
    return queue(store, first, now + timedelta(days=1), only=only, decided=decided)


def plain(found: Any) -> Any:
    """A record for JSON."""
    return json.loads(json.dumps(asdict(found), default=str, ensure_ascii=False))


def shown(
    key: str, rows: list[Any], title: str, columns: list[str], cells: list[list[object]], *, as_object: bool
) -> None:
    """A table for people, or {key: rows}."""
    if as_object:
        print(json.dumps({key: [plain(row) for row in rows]}, ensure_ascii=False))
        return
    spare = (say("limit", "限值"), say("queue", "队列"), say("point", "数据项"))
    out().print(table(title, columns, cells, spare=spare))


def done(what: str, items: list[Item], *, as_object: bool) -> None:
    """Which items something was done with."""
    told({what: [item.name for item in items]}, as_object=as_object)


def told(found: dict[str, Any], *, as_object: bool) -> None:
    """A few facts on one line, or as one JSON object."""
    if as_object:
        print(json.dumps(found, ensure_ascii=False))
    else:
        typer.echo(
            "  ".join(
                f"{key}: {', '.join(value) if isinstance(value, list) else value}"
                for key, value in found.items()
            )
        )
