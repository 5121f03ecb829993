"""`meterd schema`: what a configuration may say, for editors and for people."""

from typing import Annotated

import typer

from config.reference import archive_markdown, markdown, schema
from config.text import say
from gateway.cli.manual import examples

__all__ = ["command"]

HELP = say(
    """Describe what a configuration and an archive may say.""",
    """输出配置文件和档案的格式说明。""",
)
EXAMPLES = examples("meterd schema > meterd.schema.json", "meterd schema --markdown")


def command(
    as_markdown: Annotated[
        bool,
        typer.Option(
            "--markdown",
            help=say("The reference of every key, as Markdown.", "全部配置项说明，Markdown 格式。"),
        ),
    ] = False,
    archive: Annotated[
        bool,
        typer.Option(
            "--archive", help=say("The columns of the archive, as Markdown.", "档案各列说明，Markdown 格式。")
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help=say("JSON Schema; this is the default.", "JSON Schema，默认输出。"))
    ] = False,
) -> None:
    """JSON Schema of the configuration, or its reference."""
    if json and (as_markdown or archive):
        typer.echo(
            say("--json: without --markdown and --archive", "--json 不能与 --markdown、--archive 同用"),
            err=True,
        )
        raise typer.Exit(2)
    text = archive_markdown() if archive else markdown() if as_markdown else schema()
    print(text, end="")
