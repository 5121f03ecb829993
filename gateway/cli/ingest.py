"""`meterd ingest`: the master-station side, from the broker into the database."""

import json
import secrets
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from config.errors import ConfigError
from config.schema import Master
from config.text import say
from gateway import logs
from gateway.master.app import main
from gateway.master.stores import BadUrl
from gateway.mqtt import Broker

__all__ = ["command"]


def _bad(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(2)


def _settings(
    config: Path | None, broker: str | None, databases: list[str]
) -> tuple[str, list[str], Master | None]:
    master: Master | None = None
    if config is not None:
        from config.load import load

        try:
            master = load(config).settings.master
        except (ConfigError, OSError) as error:
            raise _bad(str(error)) from None
        if master is None:
            raise _bad(say(f"{config}: no [master]", f"{config}：缺少 [master]"))
        broker, databases = broker or master.broker, databases or [master.database]
    if not broker or not databases:
        raise _bad(
            say("give --broker and --database, or -c FILE", "请给出 --broker 和 --database，或 -c 文件")
        )
    if urlsplit(broker).scheme not in ("mqtt", "mqtts") or not urlsplit(broker).hostname:
        raise _bad(
            f"{broker}: {say('expected mqtt://host:port or mqtts://host:port', '应为 mqtt:// 或 mqtts:// 地址')}"
        )
    return broker, databases, master


def _password(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text("utf-8").partition("\n")[0].strip()
    except OSError as error:
        raise _bad(str(error)) from None


def command(
    broker: Annotated[str | None, typer.Option(help="mqtt://host:port or mqtts://host:port")] = None,
    database: Annotated[
        list[str] | None,
        typer.Option(help="sqlite:///path or postgresql://user@host/db; several: all of them"),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("-c", "--config", help="Take the table master of this file.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="User name at the broker.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the password, first line.")] = None,
    ca: Annotated[Path | None, typer.Option(help="CA certificate for mqtts.")] = None,
    cert: Annotated[Path | None, typer.Option(help="Client certificate.")] = None,
    key: Annotated[Path | None, typer.Option(help="Key of the client certificate.")] = None,
    share: Annotated[str | None, typer.Option(help="Shared subscription; empty: a plain one.")] = None,
    mqtt: Annotated[str, typer.Option(help="MQTT version to try first: 5 or 3.1.1")] = "5",
    idle_exit: Annotated[
        float | None, typer.Option(min=0.1, help="End when nothing came so long (s).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Figures at the end as one JSON object.")] = False,
) -> None:
    """Take batches from the broker, commit them to the database, acknowledge them."""
    url, urls, master = _settings(config, broker, database or [])
    if mqtt not in ("5", "3.1.1"):
        raise _bad(f"--mqtt {mqtt}: 5, 3.1.1")
    logs.setup()
    where = Broker(
        url=url,
        client_id=f"meterd-master-{secrets.token_hex(4)}",
        version=mqtt,
        user=user or (master.user if master else None),
        password=_password(password_file or (master.password_file if master else None)),
        ca_file=ca or (master.ca_file if master else None),
        cert_file=cert or (master.cert_file if master else None),
        key_file=key or (master.key_file if master else None),
    )
    named = share if share is not None else master.share if master else "meterd"
    try:
        worker = main(where, urls, named, idle_exit)
    except BadUrl as error:
        raise _bad(str(error)) from None
    figures = worker.stats.as_dict()
    if as_json:
        print(json.dumps(figures))
    else:
        typer.echo(" ".join(f"{name}={value}" for name, value in figures.items()), err=True)
