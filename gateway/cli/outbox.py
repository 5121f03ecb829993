"""`meterd outbox`: what lies in the outbox, and sending it again to a master restored from a backup."""

import json as _json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from config.errors import ConfigError
from config.load import load
from config.text import say
from gateway.outbox import OutboxError, inspect

__all__ = ["app"]

app = typer.Typer(
    name="outbox", no_args_is_help=True, help=say("The outbox on this machine.", "本机的待发库。")
)
_FILE = "outbox.db"

Config = Annotated[Path, typer.Option("-c", "--config", help="Configuration file.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def _refuse(text: str, code: int) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
    raise typer.Exit(code)


def _place(config: Path) -> tuple[Path, ZoneInfo]:
    try:
        gateway = load(config).settings.gateway
    except ConfigError as error:
        _refuse(str(error), 2)
    return gateway.state_dir / _FILE, ZoneInfo(gateway.timezone)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (OutboxError, OSError) as error:
        _refuse(str(error), 1)


@app.command("ls")
def ls(
    config: Config,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, newest first.")] = 50,
    json: Json = False,
) -> None:
    """The batches, newest first, and the books of custody (待发批次与账目)."""
    path, zone = _place(config)
    with _errors():
        lines, books = inspect.listing(path, limit), inspect.summary(path)
    if json:
        found = [{**asdict(line), "class": line.klass} for line in lines]
        for line in found:
            del line["klass"]
        print(_json.dumps({"books": asdict(books), "batches": found}, ensure_ascii=False))
    else:
        _show(lines, books, zone)


def _show(lines: list[inspect.Line], books: inspect.Summary, zone: ZoneInfo) -> None:
    table = Table(title=say("Outbox", "待发库"))
    for en, zh in (
        ("made", "生成时间"),
        ("epoch", "纪元"),
        ("batch", "批号"),
        ("kind", "种类"),
        ("class", "等级"),
    ):
        table.add_column(say(en, zh))
    table.add_column(say("rows", "行数"), justify="right")
    table.add_column(say("bytes", "字节"), justify="right")
    table.add_column(say("state", "状态"))
    for line in lines:
        made = datetime.fromtimestamp(line.made, UTC).astimezone(zone).isoformat(" ", "seconds")
        state = f"{line.state}: {line.reason}" if line.reason else line.state
        cells = (made, line.epoch, line.batch, line.kind, line.klass, line.rows, line.bytes, state)
        table.add_row(*map(str, cells))
    console = Console(highlight=False)
    console.print(table)
    dropped = sum(books.dropped.values())
    console.print(
        say(
            f"accepted {books.accepted} = committed {books.committed} + in the outbox {books.pending} "
            f"+ dead {books.dead} + dropped {dropped}; difference {books.difference}",
            f"接收 {books.accepted} = 已入库 {books.committed} + 待发 {books.pending} "
            f"+ 死信 {books.dead} + 丢弃 {dropped}；差额 {books.difference}",
        ),
        soft_wrap=True,
    )


@app.command("peek")
def peek(
    config: Config,
    batch: Annotated[int, typer.Argument(min=0, help="Number of the batch.")],
    epoch: Annotated[str | None, typer.Option(help="Its epoch, if several have this number.")] = None,
    json: Json = False,
) -> None:
    """The rows of a batch (批次内容)."""
    path, _ = _place(config)
    with _errors():
        found = inspect.peek(path, batch, epoch)
    if not found:
        _refuse(say(f"there is no batch {batch}", f"没有批次 {batch}"), 1)
    if json:
        objects = [{**asdict(one), "columns": one.columns} for one in found]
        print(_json.dumps({"batches": objects}, ensure_ascii=False))
        return
    for one in found:
        # Thirteen columns fit no terminal: tabs, for a pager or a table program.
        print(f"# {one.gateway} {one.epoch} {one.batch} {one.kind}")
        for row in (one.columns, *one.rows):
            print("\t".join(_plain(cell) for cell in row))


def _plain(cell: object) -> str:
    # A meter's text is foreign text: nothing in it may steer the reader's terminal.
    text = "-" if cell is None else str(cell)
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


@app.command("replay")
def replay(
    config: Config,
    since: Annotated[str, typer.Option(help="2026-05-01 or 2026-05-01T00:00:00+08:00.")],
    json: Json = False,
) -> None:
    """Send kept batches again, for a master restored from a backup (重发已入库批次)."""
    path, zone = _place(config)
    try:
        instant = datetime.fromisoformat(since)
    except ValueError:
        _refuse(say(f"{since!r} is no date or time", f"{since!r} 不是日期或时间"), 2)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=zone)
    with _errors():
        batches, rows = inspect.replay(path, instant)
    if json:
        print(_json.dumps({"since": instant.isoformat(), "batches": batches, "rows": rows}))
    else:
        text = say(
            f"{batches} batches with {rows} rows will be sent again", f"将重发 {batches} 批、{rows} 行"
        )
        Console(highlight=False).print(text)
