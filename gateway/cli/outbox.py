"""`meterd outbox`: what lies in the outbox, and sending it again to a master restored from a backup."""

import json as _json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from config.text import say
from gateway.cli import export
from gateway.cli.ends import instant, loaded, refuse, refusing
from gateway.cli.manual import examples
from gateway.cli.options import Config, Json
from gateway.cli.tables import table, visible
from gateway.outbox import inspect

__all__ = ["app"]

app = typer.Typer(
    name="outbox",
    no_args_is_help=True,
    help=say(
        """What lies in the outbox on this machine.

        Works beside the running daemon and without it.""",
        """本机待发库的内容。

        守护进程运行与否均可使用。""",
    ),
)
_FILE = "outbox.db"


def _place(config: Path) -> tuple[Path, ZoneInfo]:
    gateway = loaded(config).settings.gateway
    return gateway.state_dir / _FILE, ZoneInfo(gateway.timezone)


@app.command(
    "ls",
    help=say(
        """The batches, newest first, and the books of custody.""",
        """待发库中的批次（新的在前）与账目。""",
    ),
    epilog=examples("meterd outbox ls -c /etc/meterd/meterd.toml"),
)
def ls(
    config: Config,
    limit: Annotated[
        int, typer.Option(min=1, max=100_000, help=say("How many at most.", "最多显示的批次数。"))
    ] = 50,
    json: Json = False,
) -> None:
    """The batches and the books of custody."""
    path, zone = _place(config)
    with refusing():
        lines, books = inspect.listing(path, limit), inspect.summary(path)
    if json:
        found = [{**asdict(line), "class": line.klass} for line in lines]
        for line in found:
            del line["klass"]
        print(_json.dumps({"books": asdict(books), "batches": found}, ensure_ascii=False))
    else:
        _show(lines, books, zone)


def _show(lines: list[inspect.Line], books: inspect.Summary, zone: ZoneInfo) -> None:
    columns = tuple(
        say(en, zh)
        for en, zh in (
            ("made", "生成时间"),
            ("epoch", "纪元"),
            ("batch", "批号"),
            ("kind", "种类"),
            ("class", "等级"),
            ("rows", "行数"),
            ("bytes", "字节"),
            ("state", "状态"),
        )
    )
    epochs = {line.epoch for line in lines}
    cells = [
        (
            datetime.fromtimestamp(line.made, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
            line.epoch if len(epochs) > 1 else None,
            line.batch,
            line.kind,
            line.klass,
            line.rows,
            line.bytes,
            f"{line.state}: {line.reason}" if line.reason else line.state,
        )
        for line in lines
    ]
    title = say("Outbox", "待发库") + (f", {columns[1]} {epochs.pop()}" if len(epochs) == 1 else "")
    console = Console(highlight=False)
    console.print(table(title, columns, cells, (columns[2], *columns[5:7])))
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


@app.command(
    "peek",
    help=say("The rows of one batch.", "一个批次中的各行。"),
    epilog=examples("meterd outbox peek 17 -c /etc/meterd/meterd.toml"),
)
def peek(
    config: Config,
    batch: Annotated[int, typer.Argument(min=0, metavar="N", help=say("Number of the batch.", "批号。"))],
    epoch: Annotated[
        str | None,
        typer.Option(
            metavar="E", help=say("Its epoch, if several have this number.", "所属纪元，用于区分同号批次。")
        ),
    ] = None,
    json: Json = False,
) -> None:
    """The rows of a batch."""
    path, _ = _place(config)
    with refusing():
        found = inspect.peek(path, batch, epoch)
    if not found:
        refuse(say(f"there is no batch {batch}", f"没有批次 {batch}"), 1)
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
    return "-" if cell is None else visible(cell)


@app.command(
    "replay",
    help=say(
        """Send kept batches again, for a master restored from a backup.

        Committed batches are kept for `store.keep_days`. The running daemon notices within seconds; without one they
        go up at the next start. The master recognises what it has: a replay changes nothing there.""",
        """重发保留的批次，用于从备份恢复的主站。

        已入库的批次保留 `store.keep_days` 天。守护进程运行时几秒内即开始重发，否则下次启动时重发。
        主站能识别已有的数据，重发不会改变它们。""",
    ),
    epilog=examples("meterd outbox replay -c /etc/meterd/meterd.toml --since 2026-05-01T00:00:00+08:00"),
)
def replay(
    config: Config,
    since: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help=say(
                "Batches made since 2026-05-01 or 2026-05-01T00:00:00+08:00; without offset in the gateway's zone.",
                "此时刻之后生成的批次，如 2026-05-01 或 2026-05-01T00:00:00+08:00；不写时差则按网关时区。",
            ),
        ),
    ],
    json: Json = False,
) -> None:
    """Send kept batches again."""
    path, zone = _place(config)
    moment = instant(since, zone)
    with refusing():
        batches, rows = inspect.replay(path, moment)
    if json:
        print(_json.dumps({"since": moment.isoformat(), "batches": batches, "rows": rows}))
    else:
        text = say(
            f"{batches} batches with {rows} rows will be sent again", f"将重发 {batches} 批、{rows} 行"
        )
        Console(highlight=False).print(text)


app.command("export", help=export.HELP, epilog=export.EXAMPLES)(export.command)
