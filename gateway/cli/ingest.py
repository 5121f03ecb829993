"""`meterd ingest`: the master-station side, from the broker into the database."""

import json
import secrets
from pathlib import Path
from typing import Annotated

import typer

from config.address import endpoint
from config.errors import ConfigError
from config.load import Loaded, load
from config.schema import Master
from config.text import say
from gateway import logs
from gateway.cli.manual import examples
from gateway.master.app import Setup, main
from gateway.master.stores import BadUrl, with_password
from gateway.mqtt import Broker, endpoint_of
from gateway.sealed import first_line, place

__all__ = ["command", "configured", "databases_of", "protected"]

HELP = say(
    """Take batches from the broker, commit them to the database, then acknowledge them.

    Several workers may share one subscription: start the same command again. What is away is tried again until a
    signal ends it.""",
    """主站入库：从消息代理接收批次，写入数据库，提交之后再确认。

    多个进程可共用一个订阅：同一条命令启动几次即可。消息代理或数据库不可用时不断重试，直到收到信号才结束。""",
)
EXAMPLES = examples(
    "meterd ingest --broker mqtt://127.0.0.1:1883 --database sqlite:///readings.db",
    "meterd ingest -c /etc/meterd-master/master.toml",
)


def _bad(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(2)


def configured(config: Path | None) -> Loaded | None:
    """The file with its table [master]; ends the command where that cannot be had."""
    if config is None:
        return None
    try:
        loaded = load(config)
    except (ConfigError, OSError) as error:
        raise _bad(str(error)) from None
    if loaded.settings.master is None:
        raise _bad(
            say(
                f"{config}: no [master]; expected its keys broker and database, or --broker and --database",
                f"{config}：缺少 [master]；应有 broker 和 database 两个键，或给出 --broker 和 --database",
            )
        )
    return loaded


def _addresses(loaded: Loaded | None, broker: str | None, databases: list[str]) -> tuple[str, list[str]]:
    if loaded is not None and (master := loaded.settings.master) is not None:
        broker, databases = broker or master.broker, databases or databases_of(master)
    if not broker or not databases:
        raise _bad(
            say(
                "give --broker and --database, or -c FILE with [master]",
                "请给出 --broker 和 --database，或 -c 含 [master] 的文件",
            )
        )
    try:
        endpoint_of(broker)
    except ValueError as error:
        raise _bad(str(error)) from None
    return broker, databases


def databases_of(master: Master) -> list[str]:
    """The default database, then those of the routes."""
    return [master.database, *(one.database for one in master.route)]


def protected(urls: list[str], password: str | None) -> list[str]:
    """Addresses with the password of their user, where it is a PostgreSQL database."""
    if not password:
        return urls
    if len(urls) == 1:
        return [with_password(urls[0], password)]
    return [url if url.startswith("sqlite") else with_password(url, password) for url in urls]


def _setup(loaded: Loaded | None, share: str | None, metrics: str, *, given: bool) -> Setup:
    master = loaded.settings.master if loaded else None
    if loaded is None or master is None:
        return Setup(share="meterd" if share is None else share, metrics=metrics)
    return Setup(
        share=master.share if share is None else share,
        metrics=metrics,
        archive=loaded.master,
        process_seconds=master.process_seconds,
        settle_minutes=master.settle_minutes,
        limits=loaded.settings.second,
        routes=() if given else master.route,
    )


def _secret(given: Path | None, master: Master | None, name: str) -> Path | None:
    """The file of a secret: the option's, or that of the settings `<name>_file` and `<name>_credential`."""
    if given is not None or master is None:
        return given
    return place(getattr(master, f"{name}_file"), getattr(master, f"{name}_credential"))


def _password(file: Path | None) -> str | None:
    try:
        return None if file is None else first_line(file)
    except OSError as error:
        raise _bad(f"{file}: {error.strerror or error}") from None


def _listen(text: str) -> str:
    try:
        if text:
            endpoint(text, any_host=True, any_port=True)
    except ValueError:
        raise _bad(f"--metrics {text}: {say('expected HOST:PORT', '应为 主机:端口')}") from None
    return text


def command(
    broker: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help=say("mqtt://HOST:PORT or mqtts://HOST:PORT.", "mqtt://HOST:PORT 或 mqtts://HOST:PORT。"),
        ),
    ] = None,
    database: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help=say(
                "sqlite:///PATH (an absolute one after four slashes) or postgresql://USER@HOST/DATABASE; may be "
                "repeated: then all of them. A password is given by --database-password-file.",
                "sqlite:///PATH（绝对路径用四个斜线）或 postgresql://USER@HOST/DATABASE；可重复，须全部入库才确认。"
                "口令用 --database-password-file 给出。",
            ),
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "-c",
            "--config",
            help=say(
                "Take the table [master] of this file, which needs no archive then.",
                "采用该文件的 [master] 表，此文件不需要档案。",
            ),
        ),
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help=say("User name at the broker.", "消息代理的用户名。"))
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option(help=say("File with the password, first line.", "口令文件，取第一行。"))
    ] = None,
    database_password_file: Annotated[
        Path | None,
        typer.Option(
            help=say(
                "File with the password of the databases' user, first line.",
                "数据库用户的口令文件，取第一行。",
            )
        ),
    ] = None,
    ca: Annotated[
        Path | None, typer.Option(help=say("CA certificate for mqtts.", "mqtts 的 CA 证书。"))
    ] = None,
    cert: Annotated[Path | None, typer.Option(help=say("Client certificate.", "客户端证书。"))] = None,
    key: Annotated[
        Path | None, typer.Option(help=say("Key of the client certificate.", "客户端证书的私钥。"))
    ] = None,
    share: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=say(
                "Name of the shared subscription, by default meterd; empty: a plain subscription.",
                "共享订阅的名称，默认 meterd；为空则用普通订阅。",
            ),
        ),
    ] = None,
    mqtt: Annotated[
        str,
        typer.Option(
            metavar="VERSION",
            help=say("MQTT version to try first: 5 or 3.1.1.", "首先尝试的 MQTT 版本：5 或 3.1.1。"),
        ),
    ] = "5",
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help=say(
                "Serve metrics and health here, for example 127.0.0.1:9646; another port for each worker.",
                "在此地址提供指标和健康检查，例如 127.0.0.1:9646；每个进程用不同的端口。",
            ),
        ),
    ] = None,
    idle_exit: Annotated[
        float | None,
        typer.Option(
            min=0.1, metavar="S", help=say("End when nothing came so long.", "连续这么多秒没有消息即退出。")
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help=say("Figures at the end as one JSON object.", "结束时输出一个 JSON 统计对象。")
        ),
    ] = False,
) -> None:
    """The master side."""
    loaded = configured(config)
    url, urls = _addresses(loaded, broker, database or [])
    master = loaded.settings.master if loaded else None
    if mqtt not in ("5", "3.1.1"):
        raise _bad(f"--mqtt {mqtt}: {say('expected', '应为')} 5, 3.1.1")
    logs.setup()
    where = Broker(
        url=url,
        client_id=f"meterd-master-{secrets.token_hex(4)}",
        version=mqtt,
        user=user or (master.user if master else None),
        password=_password(_secret(password_file, master, "password")),
        ca_file=ca or (master.ca_file if master else None),
        cert_file=cert or (master.cert_file if master else None),
        key_file=_secret(key, master, "key"),
    )
    listen = _listen(metrics) if metrics is not None else master.metrics if master else ""
    password = _password(_secret(database_password_file, master, "database_password"))
    try:
        urls = protected(urls, password)
        worker = main(where, urls, _setup(loaded, share, listen, given=bool(database)), idle_exit)
    except BadUrl as error:
        raise _bad(str(error)) from None
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    figures = worker.stats.as_dict()
    if as_json:
        print(json.dumps(figures))
    else:
        typer.echo(" ".join(f"{name}={value}" for name, value in figures.items()), err=True)
