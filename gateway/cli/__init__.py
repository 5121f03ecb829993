"""The command line: one module per command, imported when it is asked for.

A module `gateway.cli.<name>` has a function `command` (a typer command) or an object `app` (a typer group).
Results go to stdout, progress and messages to stderr; exit 0 ok, 1 failed, 2 bad input.
"""

import importlib
import sys
from importlib import metadata
from typing import Annotated

import typer

__all__ = ["COMMANDS", "main"]

# In the order of `meterd --help`: a first meter, the daemon, the master, without hardware.
COMMANDS: dict[str, str] = {
    "decode": "gateway.cli.decode",
    "read": "gateway.cli.read",
    "scan": "gateway.cli.scan",
    "sniff": "gateway.cli.sniff",
    "check": "gateway.cli.check",
    "schema": "gateway.cli.schema",
    "plan": "gateway.cli.plan",
    "run": "gateway.cli.run",
    "status": "gateway.cli.status",
    "route": "gateway.cli.route",
    "reload": "gateway.cli.reload",
    "outbox": "gateway.cli.outbox",
    "import": "gateway.cli.import_",
    "upload": "gateway.cli.upload",
    "ingest": "gateway.cli.ingest",
    "model": "gateway.cli.model",
    "simulate": "gateway.cli.simulate",
    "demo": "gateway.cli.demo",
}


def _show_version(asked: bool) -> None:
    if asked:
        print(f"meterd {metadata.version('meterd')}")
        raise typer.Exit


def _build(names: list[str]) -> typer.Typer:
    app = typer.Typer(
        name="meterd", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )

    @app.callback()
    def _root(
        version: Annotated[
            bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
        ] = False,
    ) -> None:
        """Meter data acquisition gateway (电能量数据采集网关)."""

    for name in names:
        module = importlib.import_module(COMMANDS[name])
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(module.command)
    return app


def main() -> None:
    """Run the command that the arguments name."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    _build([asked] if asked in COMMANDS else list(COMMANDS))()
