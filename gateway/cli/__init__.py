"""The command line: one module per command, imported when it is asked for.

A module `gateway.cli.<name>` has a function `command` (a typer command) or an object `app` (a typer group).
Results go to stdout, progress and messages to stderr; exit 0 ok, 1 failed, 2 bad input.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Annotated, Any

import typer

from config.text import say
from gateway.cli import complete
from gateway.cli.manual import examples, manuals
from gateway.cli.show import dress

__all__ = ["COMMANDS", "command_of", "main"]

# In the order of `meterd --help`; sections begin where `gateway.cli.manual.SECTIONS` says.
COMMANDS: dict[str, str] = {
    "init": "gateway.cli.init",
    "decode": "gateway.cli.decode",
    "read": "gateway.cli.read",
    "scan": "gateway.cli.scan",
    "sniff": "gateway.cli.sniff",
    "check": "gateway.cli.check",
    "schema": "gateway.cli.schema",
    "plan": "gateway.cli.plan",
    "run": "gateway.cli.run",
    "status": "gateway.cli.status",
    "top": "gateway.cli.top",
    "tail": "gateway.cli.tail",
    "doctor": "gateway.cli.doctor",
    "support-bundle": "gateway.cli.bundle",
    "reload": "gateway.cli.reload",
    "outbox": "gateway.cli.outbox",
    "concentrator": "gateway.cli.concentrator",
    "import": "gateway.cli.import_",
    "route": "gateway.cli.route",
    "upload": "gateway.cli.upload",
    "ingest": "gateway.cli.ingest",
    "process": "gateway.cli.process",
    "review": "gateway.cli.review",
    "loss": "gateway.cli.loss",
    "success": "gateway.cli.success",
    "quality": "gateway.cli.quality",
    "suspects": "gateway.cli.suspects",
    "model": "gateway.cli.model",
    "simulate": "gateway.cli.simulate",
    "demo": "gateway.cli.demo",
}


def _show_version(asked: bool) -> None:
    if asked:
        print(f"meterd {metadata.version('meterd')}")
        raise typer.Exit


def _show_completion(shell: str) -> None:
    if shell:
        print(complete.script(shell))
        raise typer.Exit


def _build(names: Sequence[str]) -> typer.Typer:
    app = typer.Typer(name="meterd", no_args_is_help=True, add_completion=False, rich_markup_mode=None)

    @app.callback(
        help=say("Meter data acquisition gateway.", "电能量数据采集网关。"),
        epilog=examples("meterd COMMAND --help", "meterd demo"),
    )
    def _root(
        version: Annotated[
            bool,
            typer.Option(
                "--version",
                callback=_show_version,
                is_eager=True,
                help=say("Show the version.", "显示版本。"),
            ),
        ] = False,
        show_completion: Annotated[
            str,
            typer.Option(
                metavar="SHELL",
                callback=_show_completion,
                is_eager=True,
                help=say(
                    f"Print the completion script for {', '.join(complete.SHELLS)}.",
                    f"输出补全脚本：{'、'.join(complete.SHELLS)}。",
                ),
            ),
        ] = "",
    ) -> None:
        """Meter data acquisition gateway."""

    for name in names:
        module = importlib.import_module(COMMANDS[name])
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            told, lines = getattr(module, "HELP", None), getattr(module, "EXAMPLES", None)
            app.command(name, help=told, epilog=lines)(module.command)
    return app


def command_of(names: Sequence[str]) -> Any:
    """The command line with these commands, in this order."""
    app = _build(names)
    found: Any = typer.main.get_command(app)
    found.commands = {name: found.commands[name] for name in names}
    return dress(found, manuals(app, names))


def main() -> None:
    """Run the command that the arguments name."""
    asked = sys.argv[1] if len(sys.argv) > 1 else complete.begun()
    command_of([asked] if asked in COMMANDS else list(COMMANDS))(prog_name="meterd")
