"""`meterd simulate`: meters without hardware."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from config.text import say
from gateway.simulate import Plan, fleet_of, serve, write_archive

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help=say("One simulator on a port.", "在端口上运行一个模拟器。"))


@app.callback()
def _root() -> None:
    """Simulators for people without hardware."""


async def _until_signal(plan: Plan, archive: Path | None, as_json: bool) -> None:
    fleet = fleet_of(plan)
    if archive is not None:
        write_archive(archive, fleet)

    def ready(where: dict[str, Any]) -> None:
        if as_json:
            print(json.dumps(where), flush=True)
            return
        for line in where["lines"]:
            print(f"{line['target']}  {line['link']}  {' '.join(line['meters'])}", flush=True)

    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
    try:
        await serve(plan, fleet, ready)
    except asyncio.CancelledError:
        return  # a signal asked for the end; this task is the whole program


@app.command("dlt645")
def dlt645(
    meters: Annotated[int, typer.Option(min=1, max=10_000, help="How many meters.")] = 8,
    lines: Annotated[int, typer.Option(min=1, max=512, help="Spread over so many lines, one port each.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="First TCP port; 0 takes free ones.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    seed: Annotated[int, typer.Option(help="The same seed gives the same meters.")] = 0,
    baud: Annotated[int, typer.Option(min=0, help="Take the wire time of this speed; 0: at once.")] = 0,
    old: Annotated[float, typer.Option("--share-1997", min=0, max=1, help="Share of 1997 meters.")] = 0.25,
    pty: Annotated[bool, typer.Option("--pty", help="Pseudo terminals in place of TCP.")] = False,
    faults: Annotated[str, typer.Option(help="For example lost=0.1,damaged=0.05,echo")] = "",
    archive: Annotated[Path | None, typer.Option(help="Write the meters table (CSV) here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say where it listens as one JSON object.")] = False,
) -> None:
    """DL/T 645 meters, both generations, on TCP ports or pseudo terminals; ends on Ctrl-C."""
    plan = Plan(
        meters=meters,
        lines=lines,
        seed=seed,
        host=host,
        port=port,
        baud=baud,
        pty=pty,
        faults=faults,
        share_1997=old,
    )
    try:
        asyncio.run(_until_signal(plan, archive, as_json))
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
