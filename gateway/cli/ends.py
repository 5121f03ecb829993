"""How commands end early: with a text for a person on standard error, and 1 or 2."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console

from config.errors import ConfigError
from config.load import Loaded, load
from config.text import say
from gateway.outbox.errors import OutboxError

__all__ = ["instant", "loaded", "refuse", "refusing"]


def refuse(text: str, code: int = 1) -> NoReturn:
    """Say why and end: 1 for what failed, 2 for bad input."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
    raise typer.Exit(code)


@contextmanager
def refusing() -> Iterator[None]:
    """What an outbox or a file system refuses ends the command with 1."""
    try:
        yield
    except (OutboxError, OSError) as error:
        refuse(str(error))


def loaded(config: Path) -> Loaded:
    """The configuration of a file; a bad one ends the command with 2."""
    try:
        return load(config)
    except ConfigError as error:
        refuse(str(error), 2)


def instant(text: str, zone: tzinfo) -> datetime:
    """The value of `--since`; without offset it is in `zone`. Another text ends the command with 2."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        expected = "2026-05-01 / 2026-05-01T00:00:00+08:00"
        refuse(f"--since {text}: {say('expected', '应为')} {expected}", 2)
    return found if found.tzinfo else found.replace(tzinfo=zone)
