"""`meterd read`: asks one meter now, prints, stores nothing."""

import asyncio
import difflib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from config.archive import Meter
from config.errors import ConfigError
from config.load import load
from config.models import load_file, use_models
from config.schema import Target, Tariffs
from config.tariffs import point_name
from config.text import say
from drivers.errors import LinkLost
from drivers.order import Failure, Result
from gateway.cli.manual import examples
from gateway.cli.options import LINKS, Json, MaybeConfig
from gateway.cli.tables import table
from gateway.clock import SystemClock
from gateway.models import model_of
from gateway.oneshot import Place, as_json, default_points, dumps, read_once
from protocols import PROTOCOLS

__all__ = ["command"]

HELP = say(
    """Ask one meter now, print, store nothing.

    Either by the archive (-c) or by link, protocol and address. A point is an OBIS code or the protocol's own
    identifier. With -c tariffs have the names of `[[tariffs]]` on the value's day.

    While the daemon runs it holds its serial ports, and most converters serve one connection only: stop it first,
    or read over another link.

    Exit 1 if the meter does not answer or a named point did not come. With --json: {"meter", "protocol", "points":
    [{"id", "obis", "value", "unit", "at", "read_at", "error"}]}.""",
    """召测一块电能表，只显示，不保存。

    可按档案（-c）召测，也可直接给出链路、规约和地址。数据项写 OBIS 码或规约自己的数据标识。
    用 -c 时费率按数据当日的 `[[tariffs]]` 命名。

    守护进程运行时独占串口，多数转换器也只接受一个连接：请先停止守护进程，或换一条链路。

    电能表无应答或指定的数据项没有抄到时退出码为 1。--json 输出 {"meter", "protocol", "points": [{"id", "obis",
    "value", "unit", "at", "read_at", "error"}]}。""",
)
EXAMPLES = examples(
    "meterd read -c /etc/meterd/meterd.toml M0001 1-0:1.8.0",
    "meterd read --link 'serial:/dev/ttyUSB0?baud=2400&mode=8E1' --address 123456789012",
    "meterd read --link tcp://192.0.2.7:9001 --address 123456789012 1-0:1.8.0 02010100",
    "meterd read --link tcp://192.0.2.8:502 --protocol modbus-tcp --model eastron-sdm630 --address 1",
)

# Without a configuration: the zone of the meters' clocks.
_ZONE = "Asia/Shanghai"


class _BadInput(Exception):
    """What was asked cannot be understood; exit 2."""


def command(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[METER] [POINT] ...",
            help=say(
                "With -c first a meter of the archive, by asset number or address; then points. Without points the "
                "usual ones: registers with tariffs, voltages, currents, power, clock.",
                "用 -c 时先写档案中的电能表（资产编号或通信地址），再写数据项。"
                "不写数据项则召测常用项：分费率示数、电压、电流、功率、时钟。",
            ),
        ),
    ] = None,
    config: MaybeConfig = None,
    link: Annotated[str | None, typer.Option(metavar="LINK", help=LINKS)] = None,
    protocol: Annotated[
        str,
        typer.Option(
            metavar="NAME", help=f"{say('One of', '规约，可为')} {', '.join(PROTOCOLS)}{say('.', '。')}"
        ),
    ] = "dlt645-2007",
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=say(
                "Meter model (`meterd model ls`) or its file; by default the protocol's own.",
                "表型（见 `meterd model ls`）或表型文件；默认为该规约的通用表型。",
            ),
        ),
    ] = "",
    address: Annotated[
        str,
        typer.Option(
            metavar="A",
            help=say(
                "Of DL/T 645 up to 12 digits; without it whoever is alone on the link answers. Of Modbus the unit.",
                "DL/T 645 为不超过 12 位数字的通信地址，不给则由线路上唯一的表应答；Modbus 为从站号。",
            ),
        ),
    ] = "",
    baud: Annotated[
        int | None,
        typer.Option(help=say("Line speed behind a TCP converter.", "TCP 转换器之后线路的波特率。")),
    ] = None,
    retries: Annotated[
        int, typer.Option(min=0, max=9, help=say("How often to ask again.", "重试次数。"))
    ] = 2,
    record: Annotated[
        Path | None,
        typer.Option(
            help=say(
                "Write a transcript that `replay:FILE` plays back.", "记录通信过程，可用 `replay:FILE` 重放。"
            )
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Ask one meter now."""
    try:
        if (config is None) == (link is None):
            raise _BadInput(
                say(
                    "give either -c FILE and a meter of its archive, or --link LINK",
                    "请给出 -c 文件 和其档案中的电能表，或 --link 链路",
                )
            )
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
        kind = PROTOCOLS.get(place.meter.protocol)
        usual = (kind.points_of(model_of(place.meter)) if kind is not None else ()) or default_points()
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
        raise _BadInput(
            say("name a meter of the archive after -c FILE", "请在 -c 文件 之后给出档案中的电能表")
        )
    loaded = load(config)
    meter = loaded.archive.by_asset.get(words[0]) or next(
        (meter for meter in loaded.archive.meters if meter.address == words[0]), None
    )
    if meter is None:
        raise _BadInput(_unknown(words[0], loaded.archive.by_asset))
    target = next(target for target in loaded.settings.target if target.name == meter.target)
    zone = ZoneInfo(loaded.settings.gateway.timezone)
    place = Place(meter=meter, target=target, tz=zone, record=record, tariffs=loaded.settings.tariffs)
    return place, words[1:]


def _unknown(word: str, known: Mapping[str, Meter]) -> str:
    near = difflib.get_close_matches(word, known, 3) or list(known)[:3]
    return say(
        f"{word}: no such asset number or address in the archive; there are {len(known)} meters, like "
        f"{', '.join(near)}",
        f"{word}：档案中没有这个资产编号或通信地址；共有 {len(known)} 块表，如 {'、'.join(near)}",
    )


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
    points = rows["points"]
    assert isinstance(points, list)  # noqa: S101 - narrows our own object
    columns = (
        "OBIS",
        say("name", "名称"),
        "id",
        value := say("value", "值"),
        say("unit", "单位"),
        say("at", "时标"),
        say("error", "错误"),
    )
    if not _is_silent(result):
        title = f"{rows['meter']} ({rows['protocol']}, {result.address or '?'})"
        Console().print(table(title, columns, (_cells(row, name(row)) for row in points), {value}))
    if not result.address:
        _hint(result)


def _cells(row: Mapping[str, str | None], name: str) -> Sequence[str | None]:
    unit = None if row["unit"] == "datetime" else row["unit"]
    value = row["value"] if row["value"] is not None or row["error"] else "—"
    return row["obis"], name, row["id"], value, unit, row["at"], row["error"]


def _is_silent(result: Result) -> bool:
    """Whether nothing came and nothing else is to be said than that."""
    reasons = {reason for _, reason, _ in result.failures}
    return not result.items and bool(reasons) and reasons <= {Failure.TIMEOUT, Failure.CHECKSUM}


def _hint(result: Result) -> None:
    """What to look at when no answer came."""
    meter = result.order.meter
    asked = f"{meter.address} ({meter.protocol})"
    reasons = {reason for _, reason, _ in result.failures}
    text = ""
    if Failure.CHECKSUM in reasons:
        text = say(
            f"{asked}: bytes came, but no good frame: check speed and parity, and whether somebody else asks too",
            f"{asked}：收到了字节但没有正确的帧：请检查波特率和校验位，以及是否另有主机在抄",
        )
    elif Failure.TIMEOUT in reasons:
        text = say(
            f"{asked}: no answer from the meter: check address, protocol, speed and wiring (`meterd scan LINK` finds "
            "what answers), and whether the running daemon holds the link",
            f"{asked}：电能表无应答：请检查通信地址、规约、波特率和接线（`meterd scan 链路` 可搜表），"
            "以及链路是否正被运行中的守护进程占用",
        )
    if text:
        Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)


def _complain(text: str, code: int) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
    raise typer.Exit(code)
