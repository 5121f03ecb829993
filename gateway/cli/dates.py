"""Days and months as options of commands give them; what is none ends the command with 2."""

from datetime import date, datetime

import typer

from config.text import say

__all__ = ["day_of", "month_of"]


def day_of(text: str, option: str) -> date:
    """A day as 2026-05-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refused(text, option, "2026-05-31") from None


def month_of(text: str, option: str) -> date:
    """The first day of a month as 2026-05."""
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        raise _refused(text, option, "2026-05") from None


def _refused(text: str, option: str, like: str) -> typer.Exit:
    typer.echo(f"{option} {text}: {say('expected', '应为')} {like}", err=True)
    return typer.Exit(2)
