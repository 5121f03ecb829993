"""`meterd tail`: readings as they pass."""

import asyncio
import json as _json
import secrets
from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from config.text import say
from gateway.cli.ends import loaded, refuse
from gateway.cli.manual import examples
from gateway.cli.options import MaybeConfig
from gateway.cli.tables import visible
from gateway.follow import Refused, from_broker, from_daemon
from gateway.mqtt import Broker, MqttError, endpoint_of
from gateway.reload import NotRunning
from gateway.sealed import first_line
from gateway.tap import Wanted
from protocols.reading import State

__all__ = ["command"]

HELP = say(
    """Readings as they pass, of the running daemon or with --broker as gateways publish them.

    The daemon is asked at the socket in its state folder: run it as the daemon's user or root. It tells what has become
    durable and waits for nobody: who does not keep up loses the oldest and is told how many. Ctrl-C ends it. With
    --json one object for each reading, by the columns of the MQTT contract, and {"lost": N}.

    At a broker this is one more subscriber: a gateway with ack = "broker" takes its batch as delivered then, also where
    no `meterd ingest` is there. Batches that are sent again are shown again.""",
    """显示正在通过的读数：来自运行中的守护进程，或用 --broker 查看各网关发布的内容。

    通过状态目录中的套接字询问守护进程，需以守护进程的用户或 root 运行。显示的是已落盘的读数；守护进程从不等待，
    跟不上时丢弃最旧的并告知条数。Ctrl-C 结束。--json 每条读数一个对象（各列见 MQTT 约定），丢弃时为 {"lost": N}。

    连到消息代理时本命令也是一个订阅者：ack = "broker" 的网关会认为批次已送达，即使没有 `meterd ingest`。
    重发的批次会再次显示。""",
)
EXAMPLES = examples(
    "meterd tail -c /etc/meterd/meterd.toml --target line3 --state SUSPECT --state REJECTED",
    "meterd tail --broker mqtts://broker.example:8883 --ca ca.pem --user watcher --password-file password --json",
)
_STATES = ", ".join(State)
Several = list[str] | None


class _Enough(Exception):
    """As many as were asked for."""


def command(
    config: MaybeConfig = None,
    meter: Annotated[
        Several,
        typer.Option(metavar="M", help=say("Only this asset number; several.", "只看该资产编号，可重复。")),
    ] = None,
    point: Annotated[
        Several, typer.Option(metavar="P", help=say("Only this point; several.", "只看该数据项，可重复。"))
    ] = None,
    target: Annotated[
        Several,
        typer.Option(metavar="T", help=say("Only of this target; several.", "只看该采集点，可重复。")),
    ] = None,
    state: Annotated[
        Several,
        typer.Option(
            metavar="S",
            help=say(f"Only in this state; several: {_STATES}.", f"只看该状态，可重复：{_STATES}。"),
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, metavar="N", help=say("End after so many.", "显示这么多条后结束。"))
    ] = None,
    broker: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help=say("mqtt://HOST:PORT or mqtts://HOST:PORT.", "mqtt://HOST:PORT 或 mqtts://HOST:PORT。"),
        ),
    ] = None,
    gateway: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=say("At a broker only this gateway; + for all.", "在代理上只看该网关；+ 为全部。"),
        ),
    ] = "+",
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help=say("User name at the broker.", "消息代理的用户名。"))
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option(help=say("File with the password, first line.", "口令文件，取第一行。"))
    ] = None,
    ca: Annotated[
        Path | None, typer.Option(help=say("CA certificate for mqtts.", "mqtts 的 CA 证书。"))
    ] = None,
    cert: Annotated[Path | None, typer.Option(help=say("Client certificate.", "客户端证书。"))] = None,
    key: Annotated[
        Path | None, typer.Option(help=say("Key of the client certificate.", "客户端证书的私钥。"))
    ] = None,
    json: Annotated[
        bool,
        typer.Option("--json", help=say("One JSON object for each reading.", "每条读数一个 JSON 对象。")),
    ] = False,
) -> None:
    """Readings as they pass."""
    if (config is None) == (broker is None):
        refuse(say("give -c FILE or --broker URL", "请给出 -c FILE 或 --broker URL"), 2)
    wanted = Wanted(
        meters=frozenset(meter or ()),
        points=frozenset(point or ()),
        targets=frozenset(target or ()),
        states=_states(state or []),
    )
    try:
        if broker is not None:
            where = Broker(
                url=_address(broker),
                client_id=f"meterd-tail-{secrets.token_hex(4)}",
                user=user,
                password=first_line(password_file) if password_file else None,
                ca_file=ca,
                cert_file=cert,
                key_file=key,
            )
            asyncio.run(_published(where, gateway, wanted, _shower(None, count, as_json=json)))
        elif config is not None:
            _passing(config, wanted, count, as_json=json)
    except _Enough:
        return
    except (MqttError, OSError) as error:
        refuse(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _states(given: list[str]) -> frozenset[str]:
    found = frozenset(word.upper() for word in given)
    if unknown := found - set(State):
        refuse(f"--state {min(unknown)}: {say('expected some of', '应取自')} {_STATES}", 2)
    return found


def _address(broker: str) -> str:
    try:
        endpoint_of(broker)
    except ValueError as error:
        refuse(str(error), 2)
    return broker


def _passing(config: Path, wanted: Wanted, count: int | None, *, as_json: bool) -> None:
    gateway = loaded(config).settings.gateway
    show = _shower(ZoneInfo(gateway.timezone), count, as_json=as_json)
    try:
        for row in from_daemon(gateway.state_dir, wanted):
            show(row)
    except (NotRunning, Refused) as error:
        text = say(
            f"the daemon in {gateway.state_dir} gives no readings: {error}",
            f"{gateway.state_dir} 的守护进程未提供读数：{error}",
        )
        refuse(text)
    refuse(say("the daemon has ended", "守护进程已结束"))


async def _published(
    where: Broker, gateway: str, wanted: Wanted, show: Callable[[dict[str, Any]], None]
) -> None:
    async with aclosing(from_broker(where, gateway, wanted)) as rows:
        async for row in rows:
            show(row)


def _shower(zone: tzinfo | None, count: int | None, *, as_json: bool) -> Callable[[dict[str, Any]], None]:
    """Prints rows; what was lost and what made no sense go to standard error. Raises _Enough after `count`."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    left = [count or 0]

    def show(row: dict[str, Any]) -> None:
        if as_json:
            print(_json.dumps(row, ensure_ascii=False), flush=True)
        elif "lost" in row:
            errors.print(
                say(f"{row['lost']} readings were not shown: too slow", f"跟不上，{row['lost']} 条未显示"),
                style="yellow",
            )
        elif "problem" in row:
            errors.print(visible(row["problem"]), markup=False)
        else:
            print(_line(row, zone), flush=True)
        if "meter" in row and count is not None:
            left[0] -= 1
            if left[0] <= 0:
                raise _Enough

    return show


def _line(row: dict[str, Any], zone: tzinfo | None) -> str:
    at = datetime.fromisoformat(row["at"]).astimezone(zone)
    value = "-" if row["value"] is None else f"{row['value']} {row['unit']}"
    parts = (
        f"{at:%Y-%m-%d %H:%M:%S}",
        row["source"],
        row["meter"],
        row["point"],
        value,
        row["state"],
        row["reason"],
    )
    return visible("  ".join(str(part) for part in parts)).rstrip()
