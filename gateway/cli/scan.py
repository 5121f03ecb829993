"""`meterd scan`: finds the meters on a bus."""

import asyncio
import json as _json
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.link import BAUDS, parse_link
from config.schema import Target
from config.text import say
from drivers.errors import LinkLost
from gateway.survey import Found, Survey, survey

__all__ = ["command"]

_USUAL_BAUDS = "2400,9600,4800,1200,19200"


def command(
    link: Annotated[str, typer.Argument(help="serial:DEV, tcp://H:P, tcp-listen://H:P")],
    bauds: Annotated[str, typer.Option(help="Speeds to try on a serial port, or `baud=` of the link.")] = "",
    protocol: Annotated[list[str] | None, typer.Option(help="Only this one; both by default.")] = None,
    reply_ms: Annotated[int, typer.Option(min=20, max=60_000, help="Longest delay of an answer.")] = 500,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Find the meters on a bus (搜表): speeds, both generations, and meters that all answer at once."""
    try:
        speeds = _speeds(link, bauds)
        target = Target(name="scan", driver="meter", link=link, reply_ms=reply_ms)
        with _progress() as bar:
            job = bar.add_task(say("looking", "搜索"), total=None, found=0)

            def show(state: Survey) -> None:
                what = f"{state.protocol} {state.baud or ''} {state.pattern}"
                bar.update(job, total=state.rounds, completed=state.done, description=what, found=state.found)

            found = asyncio.run(survey(target, speeds, protocol or None, show))
    except ValueError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(str(error), markup=False)
        raise typer.Exit(2) from None
    except LinkLost as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(str(error), markup=False)
        raise typer.Exit(1) from None
    _show(link, found, json=json)
    raise typer.Exit(0 if found else 1)


def _speeds(link: str, bauds: str) -> list[int]:
    """Speeds to try: the option's, the link's own, or the usual ones; [0] where there is none to choose."""
    url = parse_link(link)
    if url.scheme != "serial":
        return [0]
    text = bauds or (str(url.baud) if "baud=" in link else _USUAL_BAUDS)
    if any(not word.strip().isdecimal() or int(word) not in BAUDS for word in text.split(",")):
        raise ValueError(f"--bauds {text}: {say('expected some of', '应取自')} {', '.join(map(str, BAUDS))}")
    return [int(word) for word in text.split(",")]


def _progress() -> Progress:
    found = say("found {task.fields[found]}", "已找到 {task.fields[found]}")
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:.0f}/{task.total}"),
        TextColumn(found),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _show(link: str, found: list[Found], *, json: bool) -> None:
    if json:
        rows = [{"address": one.address, "protocol": one.protocol, "baud": one.baud or None} for one in found]
        print(_json.dumps({"link": link, "meters": rows}))
        return
    table = Table(title=link)
    for title in (say("address", "地址"), say("protocol", "规约"), say("baud", "波特率")):
        table.add_column(title)
    for one in found:
        table.add_row(one.address, one.protocol, str(one.baud or "-"))
    Console().print(table)
    if not found:
        Console(stderr=True).print(say("nobody answered", "无电表应答"))
