"""`meterd scan`: finds the meters on a bus."""

import asyncio
import json as _json
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from config.link import BAUDS, parse_link
from config.numbers import whole
from config.schema import Target
from config.text import say
from drivers.errors import LinkLost
from gateway.cli.ends import refuse
from gateway.cli.manual import examples
from gateway.cli.options import Json
from gateway.cli.tables import table
from gateway.survey import Found, Survey, survey

__all__ = ["Wishes", "command", "looked_for", "nobody"]

_LAST_UNIT = 255
_USUAL_BAUDS = "2400,9600,4800,1200,19200"

HELP = say(
    """Find the meters on a bus: speeds, protocols, and meters that all answer at once.

    Only reads. Meters of DL/T 645 are told apart by their addresses, two digits at a time: a meter that is alone is
    found in seconds, several take up to a minute or two for each pair of digits in which they differ. Modbus units
    are asked one by one. Exit 1 if nobody answered.""",
    """在总线上搜表：尝试各种波特率和规约，并分辨同时应答的电能表。

    只读不写。DL/T 645 表按通信地址每次两位逐步区分：只有一块表时几秒即可找到，有多块时每区分一对数字约需
    一至两分钟。Modbus 从站逐个查询。无表应答时退出码为 1。""",
)
EXAMPLES = examples(
    "meterd scan serial:/dev/ttyUSB0",
    "meterd scan tcp://192.0.2.7:9001 --protocol dlt645-2007 --protocol dlt645-1997",
)


def command(
    link: Annotated[
        str,
        typer.Argument(
            metavar="LINK", help="serial:DEV, tcp://HOST:PORT, rtutcp://HOST:PORT, tcp-listen://HOST:PORT"
        ),
    ],
    bauds: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help=say(
                f"Speeds to try on a serial port; by default `baud=` of the link, or {_USUAL_BAUDS}.",
                f"在串口上尝试的波特率；默认为链路中的 `baud=`，否则为 {_USUAL_BAUDS}。",
            ),
        ),
    ] = "",
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help=say(
                "Only this one; may be repeated. By default all that the link can carry.",
                "只用此规约，可重复；默认为该链路可承载的全部规约。",
            ),
        ),
    ] = None,
    units: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help=say(
                "Numbers of Modbus units to ask, like 1-32 or 1,2,100.",
                "查询的 Modbus 从站号，如 1-32 或 1,2,100。",
            ),
        ),
    ] = "1-247",
    reply_ms: Annotated[
        int | None,
        typer.Option(
            min=20,
            max=60_000,
            help=say(
                "Longest delay of an answer in ms; 500, of Modbus 100 or 200.",
                "最长应答延时（毫秒）；默认 500，Modbus 为 100 或 200。",
            ),
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Find the meters on a bus."""
    found = looked_for(link, protocol, Wishes(bauds, units, reply_ms))
    _show(link, found, json=json)
    raise typer.Exit(0 if found else 1)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to look: speeds and units as lists in a text, the longest delay of an answer in ms."""

    bauds: str = ""
    units: str = "1-247"
    reply_ms: int | None = None


def looked_for(link: str, protocols: list[str] | None, how: Wishes) -> list[Found]:
    """The meters on a link, found under a progress bar; bad input ends the command with 2, a lost link with 1."""
    try:
        speeds = _speeds(link, how.bauds)
        numbers = _numbers(how.units)
        limits = {} if how.reply_ms is None else {"reply_ms": how.reply_ms}
        target = Target.model_validate({"name": "scan", "driver": "meter", "link": link, **limits})
        with _progress() as bar:
            job = bar.add_task(say("looking", "搜索"), total=None, found=0)

            def show(state: Survey) -> None:
                what = f"{state.protocol} {state.baud or ''} {state.pattern}"
                bar.update(job, total=state.rounds, completed=state.done, description=what, found=state.found)

            return asyncio.run(survey(target, speeds, protocols or None, show, numbers))
    except ValueError as error:
        refuse(str(error), 2)
    except LinkLost as error:
        refuse(str(error))


def nobody() -> str:
    """What to look at where no meter was found."""
    return say(
        "nobody answered: check A and B, power of the line, and that no daemon holds the link",
        "无电能表应答：请检查 A、B 线极性和线路供电，以及链路是否正被守护进程占用",
    )


def _speeds(link: str, bauds: str) -> list[int]:
    """Speeds to try: the option's, the link's own, or the usual ones; [0] where there is none to choose."""
    url = parse_link(link)
    if url.scheme != "serial":
        return [0]
    text = bauds or (str(url.baud) if "baud=" in link else _USUAL_BAUDS)
    if any(not word.strip().isdecimal() or int(word) not in BAUDS for word in text.split(",")):
        raise ValueError(f"--bauds {text}: {say('expected some of', '应取自')} {', '.join(map(str, BAUDS))}")
    return [int(word) for word in text.split(",")]


def _numbers(text: str) -> list[int]:
    """The units of a text like 1-32,100; raises ValueError."""
    found: list[int] = []
    try:
        for part in text.split(","):
            first, dash, last = part.strip().partition("-")
            found += range(whole(first, 0, _LAST_UNIT), whole(last if dash else first, 0, _LAST_UNIT) + 1)
    except ValueError:
        raise ValueError(
            f"--units {text}: {say('expected numbers to 255, like 1-32,100', '应为不超过 255 的从站号，如 1-32,100')}"
        ) from None
    return found


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
    if found:
        columns = (say("address", "地址"), say("protocol", "规约"), say("baud", "波特率"))
        Console().print(
            table(link, columns, [(one.address, one.protocol, one.baud or None) for one in found])
        )
    else:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"{link}: {nobody()}", markup=False)
