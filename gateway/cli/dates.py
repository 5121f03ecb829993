"""Days and months as options of commands give them; what is none ends the command with 2."""

from datetime import date, datetime

import typer

from config.text import say

__all__ = ["day_of", "days_of", "month_of"]


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


def days_of(day: str | None, first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """First and last day that --day, --from and --to name, None where they leave it open."""
    begin = day_of(day, "--day") if day else day_of(first, "--from") if first else None
    end = day_of(last, "--to") if last else begin if day else None
    if begin is not None and end is not None and end < begin:
        typer.echo(f"--to {end}: {say('is before', '早于')} {begin}", err=True)
        raise typer.Exit(2)
    return begin, end


def _refused(text: str, option: str, like: str) -> typer.Exit:
    typer.echo(f"{option} {text}: {say('expected', '应为')} {like}", err=True)
    return typer.Exit(2)
