"""Options that many commands have, and links and points as help spells them."""

from pathlib import Path
from typing import Annotated

import typer

from config.text import say

__all__ = ["LINKS", "Config", "Day", "First", "Json", "Last", "Lines", "MaybeConfig", "Transformers"]

LINKS = (
    "serial:DEV?baud=2400&mode=8E1, tcp://HOST:PORT, rtutcp://HOST:PORT, tcp-listen://HOST:PORT, replay:FILE"
)

_CONFIG = typer.Option("-c", "--config", metavar="FILE", help=say("Configuration file.", "配置文件。"))
Config = Annotated[Path, _CONFIG]
MaybeConfig = Annotated[Path | None, _CONFIG]
Json = Annotated[bool, typer.Option("--json", help=say("One JSON object.", "输出一个 JSON 对象。"))]

Lines = Annotated[
    list[str] | None,
    typer.Option(
        "--line", metavar="CODE", help=say("Only this line; may be repeated.", "只看此线路，可重复。")
    ),
]
Transformers = Annotated[
    list[str] | None,
    typer.Option(
        "--transformer",
        metavar="CODE",
        help=say("Only this transformer; may be repeated.", "只看此台区，可重复。"),
    ),
]
Day = Annotated[str | None, typer.Option("--day", metavar="DATE", help=say("One day.", "某一天。"))]
First = Annotated[str | None, typer.Option("--from", metavar="DATE", help=say("From this day.", "起始日。"))]
Last = Annotated[str | None, typer.Option("--to", metavar="DATE", help=say("Up to this day.", "截止日。"))]
