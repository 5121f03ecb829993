"""`meterd read`: asks one meter now, prints, stores nothing."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from config.archive import Meter
from config.errors import ConfigError
from config.load import load
from config.models import load_file, use_models
from config.schema import Target, Tariffs
from config.tariffs import point_name
from config.text import say
from drivers.errors import LinkLost
from drivers.order import Failure, Result
from gateway.clock import SystemClock
from gateway.models import model_of
from gateway.oneshot import Place, as_json, default_points, dumps, read_once
from protocols import PROTOCOLS

__all__ = ["command"]

# Without a configuration: the zone of the meters' clocks.
_ZONE = "Asia/Shanghai"


class _BadInput(Exception):
    """What was asked cannot be understood; exit 2."""


def command(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[METER] [POINT]...", help="With -c a meter of the archive; then points."),
    ] = None,
    config: Annotated[Path | None, typer.Option("-c", "--config", help="Configuration file.")] = None,
    link: Annotated[str | None, typer.Option(help="serial:DEV?baud=&mode=, tcp://H:P, ...")] = None,
    protocol: Annotated[str, typer.Option(help=f"One of {', '.join(PROTOCOLS)}.")] = "dlt645-2007",
    model: Annotated[str, typer.Option(help="Meter model or its file; by default the protocol's own.")] = "",
    address: Annotated[
        str, typer.Option(help="12 digits, none asks whoever is alone on the link; of Modbus the unit.")
    ] = "",
    baud: Annotated[int | None, typer.Option(help="Line speed behind a TCP converter.")] = None,
    retries: Annotated[int, typer.Option(min=0, max=9, help="How often to ask again.")] = 2,
    record: Annotated[Path | None, typer.Option(help="Write a transcript for replay: here.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Ask one meter now (召测). A point is an OBIS code or the protocol's own identifier."""
    try:
        if (config is None) == (link is None):
            raise _BadInput(say("give either -c FILE or --link LINK", "请给出 -c 文件 或 --link 链路"))
        words = list(arguments or ())
        if config is not None:
            place, points = _from_archive(config, words, record)
        else:
            meter = _ad_hoc(protocol, _named(model), address)
            driver = PROTOCOLS[protocol].driver
            target = Target.model_validate(
                {"name": "link", "driver": driver, "link": link, "baud": baud, "retries": retries}
            )
            place, points = Place(meter=meter, target=target, tz=ZoneInfo(_ZONE), record=record), words
        if not points and model_of(place.meter).get("generic"):
            raise _BadInput(
                say("name registers, like 3/40 or 4/0x34/float32", "请指明寄存器，如 3/40 或 4/0x34/float32")
            )
        usual = PROTOCOLS[place.meter.protocol].points_of(model_of(place.meter)) or default_points()
        clock = SystemClock()
        result = asyncio.run(read_once(place, points or usual, clock))
    except (_BadInput, ConfigError, ValueError) as error:
        _complain(str(error), code=2)
    except LinkLost as error:
        _complain(str(error), code=1)
    now = clock.now()
    if json:
        print(dumps(as_json(result, now)))
    else:
        _show(
            result,
            as_json(result, now),
            partial(_name, tariffs=place.tariffs, today=now.astimezone(place.tz).date()),
        )
    raise typer.Exit(0 if _is_good(result, chosen=bool(points)) else 1)


def _from_archive(config: Path, words: list[str], record: Path | None) -> tuple[Place, list[str]]:
    if not words:
        raise _BadInput(say("name a meter of the archive", "请给出档案中的电表"))
    loaded = load(config)
    meter = loaded.archive.by_asset.get(words[0]) or next(
        (meter for meter in loaded.archive.meters if meter.address == words[0]), None
    )
    if meter is None:
        raise _BadInput(say(f"{words[0]} is not in the archive", f"档案中没有 {words[0]}"))
    target = next(target for target in loaded.settings.target if target.name == meter.target)
    zone = ZoneInfo(loaded.settings.gateway.timezone)
    place = Place(meter=meter, target=target, tz=zone, record=record, tariffs=loaded.settings.tariffs)
    return place, words[1:]


def _ad_hoc(protocol: str, model: str, address: str) -> Meter:
    if protocol not in PROTOCOLS:
        raise _BadInput(f"--protocol {protocol}: {say('expected', '应为')} {', '.join(PROTOCOLS)}")
    try:
        pattern = PROTOCOLS[protocol].pattern(address)
    except ValueError as error:
        raise _BadInput(f"--address {address}: {error}") from None
    return Meter(asset_no="", address=pattern, protocol=protocol, target="link", model=model)


def _named(model: str) -> str:
    """A model's name; a file is put in force under its own."""
    if not model.endswith(".toml"):
        return model
    path = Path(model)
    use_models({path.stem: load_file(path)})
    return path.stem


def _is_good(result: Result, *, chosen: bool) -> bool:
    """Points that were named must all have come; of the usual ones a meter may lack some."""
    reasons = {reason for _, reason, _ in result.failures}
    if chosen:
        return not reasons and bool(result.items)
    return bool(result.items) and reasons <= {Failure.REFUSED, Failure.NO_RECORD, Failure.UNKNOWN_POINT}


def _name(row: Mapping[str, str | None], tariffs: Sequence[Tariffs], today: date) -> str:
    """A point's name with that of its tariff on the day of the value."""
    day = date.fromisoformat(row["at"][:10]) if row["at"] else today
    return point_name(row["obis"], tariffs, day)


def _show(result: Result, rows: dict[str, object], name: Callable[[Mapping[str, str | None]], str]) -> None:
    table = Table(title=f"{rows['meter']} ({rows['protocol']}, {result.address or '?'})")
    for title in (
        "OBIS",
        say("name", "名称"),
        "id",
        say("value", "值"),
        say("unit", "单位"),
        say("at", "时标"),
        say("error", "错误"),
    ):
        table.add_column(title)
    points = rows["points"]
    assert isinstance(points, list)  # noqa: S101 - narrows our own object
    for row in points:
        id_and_value = (str(row[key] or "") for key in ("id", "value", "unit", "at", "error"))
        table.add_row(row["obis"] or "", name(row), *id_and_value)
    Console().print(table)
    if not result.address:
        Console(stderr=True).print(say("no answer from the meter", "电表无应答"))


def _complain(text: str, code: int) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
    raise typer.Exit(code)
