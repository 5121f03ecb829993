"""What the commands of `meterd simulate` have in common: options, where it listens, the end on a signal."""

import asyncio
import json
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from config.text import say
from gateway.simulate import write_archive

__all__ = ["Baud", "Host", "Port", "Seed", "Table", "Where", "archive_to", "run"]

Port = Annotated[
    int,
    typer.Option(
        min=0, max=65_535, help=say("First TCP port; 0 takes free ones.", "第一个 TCP 端口；0 取空闲端口。")
    ),
]
Host = Annotated[str, typer.Option(metavar="A", help=say("Address to listen on.", "监听地址。"))]
Baud = Annotated[
    int,
    typer.Option(
        min=0,
        help=say("Take the wire time of this speed; 0: at once.", "按此波特率占用线路时间；0 为立即应答。"),
    ),
]
Table = Annotated[
    Path | None, typer.Option(help=say("Write the meters table (CSV) here.", "把电能表档案（CSV）写到此处。"))
]
Where = Annotated[
    bool,
    typer.Option(
        "--json", help=say("Say where it listens as one JSON object.", "监听位置输出为一个 JSON 对象。")
    ),
]

Seed = Annotated[int, typer.Option(help=say("The same seed gives the same figures.", "种子相同则数据相同。"))]

Ready = Callable[[dict[str, Any]], None]


async def _until_signal(serving: Callable[[Ready], Coroutine[Any, Any, None]], as_json: bool) -> None:
    def ready(where: dict[str, Any]) -> None:
        if as_json:
            print(json.dumps(where), flush=True)
            return
        for line in where["lines"]:
            print("  ".join(_shown(part) for part in line.values()), flush=True)
        for name, value in where.items():
            if name != "lines":
                print(f"{name}: {value}", flush=True)

    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
    try:
        await serving(ready)
    except asyncio.CancelledError:
        return  # a signal asked for the end; this task is the whole program


def _shown(part: Any) -> str:
    return " ".join(part) if isinstance(part, list) else str(part)


def run(serving: Callable[[Ready], Coroutine[Any, Any, None]], as_json: bool) -> None:
    """Serve until a signal comes; a port that is taken ends the command with 1."""
    try:
        asyncio.run(_until_signal(serving, as_json))
    except OSError as error:
        text = say("choose another --port or --host", "请改用其他 --port 或 --host")
        typer.echo(f"{error.strerror or error}; {text}", err=True)
        raise typer.Exit(1) from None


def archive_to(path: Path | None, rows: list[dict[str, str]]) -> None:
    """Write the meters table where one is wanted; ends the command with 1 where it can't be written."""
    try:
        if path is not None:
            write_archive(path, rows)
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
