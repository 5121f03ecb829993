"""Options that many commands have, and links and points as help spells them."""

from pathlib import Path
from typing import Annotated

import typer

from config.text import say

__all__ = ["LINKS", "Config", "Json", "MaybeConfig"]

LINKS = (
    "serial:DEV?baud=2400&mode=8E1, tcp://HOST:PORT, rtutcp://HOST:PORT, tcp-listen://HOST:PORT, replay:FILE"
)

_CONFIG = typer.Option("-c", "--config", metavar="FILE", help=say("Configuration file.", "配置文件。"))
Config = Annotated[Path, _CONFIG]
MaybeConfig = Annotated[Path | None, _CONFIG]
Json = Annotated[bool, typer.Option("--json", help=say("One JSON object.", "输出一个 JSON 对象。"))]
