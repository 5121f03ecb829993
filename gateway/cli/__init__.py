"""The command line: one module per command, imported when it is asked for.

A module `gateway.cli.<name>` has a function `command` (a typer command) or an object `app` (a typer group).
Results go to stdout, progress and messages to stderr; exit 0 ok, 1 failed, 2 bad input.
"""

import importlib
import sys

import typer

__all__ = ["COMMANDS", "main"]

COMMANDS: dict[str, str] = {
    # command name: module
    "check": "gateway.cli.check",
    "schema": "gateway.cli.schema",
    "plan": "gateway.cli.plan",
    "sniff": "gateway.cli.sniff",
    "scan": "gateway.cli.scan",
    "read": "gateway.cli.read",
    "status": "gateway.cli.status",
    "reload": "gateway.cli.reload",
    "decode": "gateway.cli.decode",
    "outbox": "gateway.cli.outbox",
    "simulate": "gateway.cli.simulate",
    "demo": "gateway.cli.demo",
    "ingest": "gateway.cli.ingest",
}


def _build(names: list[str]) -> typer.Typer:
    app = typer.Typer(
        name="meterd", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )

    @app.callback()
    def _root() -> None:
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
