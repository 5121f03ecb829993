"""`meterd simulate dump`: files to try `meterd import` with."""

from pathlib import Path
from typing import Annotated

import typer

from config.text import say
from gateway.simulate import DUMPS, FAULTS, write_dump

__all__ = ["dump"]


def dump(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help=", ".join(DUMPS))],
    path: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write it.")],
    rows: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many registers, five a meter.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed gives the same dump.")] = 0,
    fault: Annotated[str, typer.Option(help=f"One of {', '.join(FAULTS)}")] = "",
    encoding: Annotated[str, typer.Option(help="Of text formats.")] = "gb18030",
) -> None:
    """A dump of a hand-held reader, clean or with a fault, to try `meterd import` with (抄表机文件)."""
    for name, given, choices in (("format", form, DUMPS), ("fault", fault, ("", *FAULTS))):
        if given not in choices:
            typer.echo(say(f"unknown {name} {given!r}", f"未知的 {name} {given!r}"), err=True)
            raise typer.Exit(2)
    try:
        write_dump(path, form, rows, seed=seed, fault=fault, encoding=encoding)
    except (LookupError, UnicodeError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
