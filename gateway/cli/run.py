"""`meterd run`: the daemon, listed beside the other commands; `gateway.__main__` starts it without this module."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


def command(
    config: Annotated[Path, typer.Option("-c", "--config", help="Configuration file.")],
) -> None:
    """Run the daemon in the foreground (运行网关)."""
    from gateway.app import main

    raise typer.Exit(main(["-c", str(config)]))
