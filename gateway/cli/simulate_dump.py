"""`meterd simulate dump`: files to try `meterd import` with."""

from pathlib import Path
from typing import Annotated

import typer

from config.text import say
from gateway.simulate import DUMPS, FAULTS, write_dump

__all__ = ["HELP", "dump"]

HELP = say(
    "A dump of a hand-held reader, clean or with a fault, to try `meterd import` with.",
    "抄表机文件，完好的或带某种错误的，用来试用 `meterd import`。",
)


def dump(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help=", ".join(DUMPS))],
    path: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help=say("Where to write it", "写到哪里"))
    ],
    rows: Annotated[
        int,
        typer.Option(
            min=1, max=1_000_000, help=say("How many registers, five a meter", "示数个数，每表五个")
        ),
    ] = 100,
    seed: Annotated[
        int, typer.Option(help=say("The same seed gives the same dump", "相同种子得到相同文件"))
    ] = 0,
    fault: Annotated[
        str, typer.Option(help=say(f"One of {', '.join(FAULTS)}", f"{', '.join(FAULTS)} 之一"))
    ] = "",
    encoding: Annotated[str, typer.Option(help=say("Of text formats", "文本格式的编码"))] = "gb18030",
) -> None:
    """A dump of a hand-held reader."""
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
