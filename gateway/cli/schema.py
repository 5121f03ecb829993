"""`meterd schema`: what a configuration may say, for editors and for people."""

from typing import Annotated

import typer

from config.reference import archive_markdown, markdown, schema

__all__ = ["command"]


def command(
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="The reference of every key, as Markdown.")
    ] = False,
    archive: Annotated[
        bool, typer.Option("--archive", help="The columns of the archive, as Markdown.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON Schema; this is the default.")] = False,
) -> None:
    """JSON Schema of the configuration, or its reference (配置说明)."""
    if json and (as_markdown or archive):
        typer.echo("--json: without --markdown and --archive", err=True)
        raise typer.Exit(2)
    text = archive_markdown() if archive else markdown() if as_markdown else schema()
    print(text, end="")
