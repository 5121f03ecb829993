"""`meterd simulate`: meters without hardware."""

import asyncio
import json
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from config.text import say
from gateway.cli import handheld, simulate_dump
from gateway.simulate import (
    ModbusPlan,
    Plan,
    fleet_of,
    modbus_lines,
    modbus_rows,
    serve,
    serve_modbus,
    write_archive,
)

__all__ = ["app"]

_USUAL_MODELS = ["eastron-sdm630"]

app = typer.Typer(no_args_is_help=True, help=say("One simulator on a port.", "在端口上运行一个模拟器。"))
app.add_typer(handheld.app, name="handheld")


app.command("dump", help=simulate_dump.HELP)(simulate_dump.dump)


@app.callback()
def _root() -> None:
    """Simulators for people without hardware."""


Ready = Callable[[dict[str, Any]], None]


async def _until_signal(serving: Callable[[Ready], Coroutine[Any, Any, None]], as_json: bool) -> None:
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
        await serving(ready)
    except asyncio.CancelledError:
        return  # a signal asked for the end; this task is the whole program


def _run(serving: Callable[[Ready], Coroutine[Any, Any, None]], as_json: bool) -> None:
    try:
        asyncio.run(_until_signal(serving, as_json))
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


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
        fleet = fleet_of(plan)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    _archive(archive, list(fleet.rows()))
    _run(partial(serve, plan, fleet), as_json)


def _archive(path: Path | None, rows: list[dict[str, str]]) -> None:
    try:
        if path is not None:
            write_archive(path, rows)
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command("modbus")
def modbus(
    model: Annotated[list[str], typer.Option(help="A meter model; several in turn.")] = _USUAL_MODELS,
    units: Annotated[int, typer.Option(min=1, max=247, help="Units on each line, numbered from 1.")] = 1,
    lines: Annotated[int, typer.Option(min=1, max=512, help="So many lines, one port each.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="First TCP port; 0 takes free ones.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures.")] = 0,
    baud: Annotated[int, typer.Option(min=0, help="Take the wire time of this speed; 0: at once.")] = 0,
    rtu: Annotated[bool, typer.Option("--rtu", help="RTU frames on TCP, as behind a converter.")] = False,
    pty: Annotated[bool, typer.Option("--pty", help="RTU on pseudo terminals.")] = False,
    faults: Annotated[str, typer.Option(help="For example stale=0.1,twice=0.05,late=0.1")] = "",
    archive: Annotated[Path | None, typer.Option(help="Write the meters table (CSV) here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say where it listens as one JSON object.")] = False,
) -> None:
    """Modbus units of the meter models, on TCP, RTU over TCP or pseudo terminals; ends on Ctrl-C."""
    plan = ModbusPlan(
        models=tuple(model),
        units=units,
        lines=lines,
        seed=seed,
        host=host,
        port=port,
        baud=baud,
        framing="pty" if pty else "rtu" if rtu else "tcp",
        faults=faults,
    )
    try:
        served = modbus_lines(plan)
    except (KeyError, ValueError) as error:
        why = f"{say('unknown model', '未知的表型')} {error}" if isinstance(error, KeyError) else str(error)
        typer.echo(why, err=True)
        raise typer.Exit(2) from None
    _archive(archive, modbus_rows(plan, served))
    _run(partial(serve_modbus, plan, served), as_json)
