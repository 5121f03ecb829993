"""`meterd upload`: the page where technicians upload dumps, its users, and its record."""

import json as _json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from config.errors import ConfigError
from config.load import Loaded, load
from config.text import say
from gateway import logs
from gateway.cli.manual import examples
from gateway.cli.options import Config, Json
from gateway.cli.tables import table
from gateway.clock import SystemClock
from gateway.upload.errors import UploadError
from gateway.upload.places import Places
from gateway.upload.record import Record, Upload, numbered
from gateway.upload.users import User, Users, one_time_password
from gateway.upload.words import state_text, time_text

__all__ = ["app"]

app = typer.Typer(
    name="upload",
    no_args_is_help=True,
    help=say(
        """The page where technicians upload dumps, its users and its record.

        It is off until upload.listen is set, and runs beside the daemon as a process of its own.""",
        """技术员上传抄表文件的网页、用户和记录。

        设置 upload.listen 之前不启用；它是守护进程之外的独立进程。""",
    ),
)
user = typer.Typer(no_args_is_help=True, help=say("Users of the upload page.", "上传网页的用户。"))
app.add_typer(user, name="user")

Name = Annotated[str, typer.Argument(help=say("Name to sign in with.", "登录用户名。"))]
Ask = Annotated[
    bool,
    typer.Option(
        "--ask", help=say("Ask for the one-time password instead of making one.", "手工输入一次性密码。")
    ),
]


_DETAILS = ("name", "size", "sha256", "profile", "figures", "reason")


def _refuse(text: str, code: int) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
    raise typer.Exit(code)


def _loaded(config: Path) -> Loaded:
    try:
        return load(config)
    except ConfigError as error:
        _refuse(str(error), 2)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except UploadError as error:
        _refuse(str(error), 1)
    except OSError as error:
        _refuse(f"{error.filename or ''}: {error.strerror}", 1)


def _users(config: Path) -> Users:
    return Users(Places(_loaded(config).settings.gateway.state_dir).users)


@app.command(
    "serve",
    help=say("Serve the page of [upload] until it is stopped.", "提供 [upload] 的网页，直到被停止。"),
    epilog=examples("meterd upload serve -c /etc/meterd/meterd.toml"),
)
def serve(config: Config) -> None:
    """Serve the page of [upload] until it is stopped."""
    loaded = _loaded(config)
    if not loaded.settings.upload.listen:
        text = say("the upload page is off: set upload.listen", "上传网页未启用：请设置 upload.listen")
        _refuse(f"{config}: {text}", 2)
    try:
        from gateway.upload.app import main
    except ModuleNotFoundError as error:
        text = say("needs pip install 'meterd[web]'", "需要 pip install 'meterd[web]'")
        _refuse(f"{error.name}: {text}", 2)
    logs.setup()
    with _errors():
        main(loaded, SystemClock())


@user.command(
    "add",
    help=say("Add a user with a one-time password, which is printed.", "添加用户并显示一次性密码。"),
    epilog=examples("meterd upload user add li -c /etc/meterd/meterd.toml"),
)
def add(
    name: Name,
    config: Config,
    supervisor: Annotated[
        bool, typer.Option("--supervisor", help=say("May see everybody's uploads.", "可查看所有人的上传。"))
    ] = False,
    ask: Ask = False,
    json: Json = False,
) -> None:
    """Add a user with a one-time password, which is printed."""
    users = _users(config)
    password = _password(ask=ask)
    with _errors():
        made = users.add(
            name, password, SystemClock().now(), role="supervisor" if supervisor else "technician"
        )
    _told(made, "" if ask else password, json=json)


@user.command(
    "passwd",
    help=say(
        "Give a user another one-time password; open sessions end.", "重置为一次性密码；已登录的会话结束。"
    ),
    epilog=examples("meterd upload user passwd li -c /etc/meterd/meterd.toml"),
)
def passwd(name: Name, config: Config, ask: Ask = False, json: Json = False) -> None:
    """Give a user another one-time password; open sessions end."""
    users = _users(config)
    password = _password(ask=ask)
    with _errors():
        made = users.set_password(name, password, SystemClock().now(), one_time=True)
    _told(made, "" if ask else password, json=json)


@user.command(
    "remove",
    help=say("Take a user out; open sessions end.", "删除用户；已登录的会话结束。"),
    epilog=examples("meterd upload user remove li -c /etc/meterd/meterd.toml"),
)
def remove(name: Name, config: Config) -> None:
    """Take a user out; open sessions end."""
    with _errors():
        _users(config).remove(name)


@user.command(
    "ls",
    help=say("Who may sign in.", "可登录的用户。"),
    epilog=examples("meterd upload user ls -c /etc/meterd/meterd.toml"),
)
def users_ls(config: Config, json: Json = False) -> None:
    """Who may sign in."""
    loaded = _loaded(config)
    with _errors():
        found = Users(Places(loaded.settings.gateway.state_dir).users).all()
    if json:
        print(_json.dumps({"users": [_public(one) for one in found]}, ensure_ascii=False))
        return
    tz = ZoneInfo(loaded.settings.gateway.timezone)
    columns = (
        say("name", "用户名"),
        say("role", "角色"),
        say("changed", "修改时间"),
        say("one-time until", "一次性密码有效至"),
    )
    cells = [(one.name, one.role, time_text(one.changed, tz), time_text(one.until, tz)) for one in found]
    Console(highlight=False).print(table("", columns, cells))


@app.command(
    "ls",
    help=say("The newest uploads, after the record was verified.", "最近的上传；先校验记录。"),
    epilog=examples("meterd upload ls -c /etc/meterd/meterd.toml"),
)
def ls(
    config: Config,
    limit: Annotated[int, typer.Option(min=1, max=2_000, help=say("How many.", "条数。"))] = 50,
    json: Json = False,
) -> None:
    """The newest uploads, after the chain of the record was verified."""
    loaded = _loaded(config)
    path = Places(loaded.settings.gateway.state_dir).record
    with _errors():
        events = sum(1 for _ in Record.events(path))
        found = Record(path).newest(limit) if path.exists() else []
    if json:
        print(_json.dumps({"events": events, "uploads": [asdict(one) for one in found]}, ensure_ascii=False))
        return
    _listed(found, ZoneInfo(loaded.settings.gateway.timezone))


@app.command(
    "show",
    help=say("Every step of one upload.", "某次上传的每一步。"),
    epilog=examples("meterd upload show 260501-3F9A0C -c /etc/meterd/meterd.toml"),
)
def show(
    number: Annotated[str, typer.Argument(help=say("Receipt number.", "回执号。"))],
    config: Config,
    json: Json = False,
) -> None:
    """Every event of one upload."""
    loaded = _loaded(config)
    with _errors():
        path = Places(loaded.settings.gateway.state_dir).record
        wanted = numbered(number)
        events = [event for event in Record.events(path) if event["number"] == wanted]
    if not events:
        _refuse(say(f"no upload {wanted}", f"没有上传 {wanted}"), 1)
    if json:
        print(_json.dumps({"number": wanted, "events": events}, ensure_ascii=False))
        return
    tz = ZoneInfo(loaded.settings.gateway.timezone)
    columns = (
        say("time", "时间"),
        say("step", "步骤"),
        say("user", "用户"),
        say("from", "来源"),
        say("details", "详情"),
    )
    cells = [
        (
            time_text(event["at"], tz),
            state_text(event["event"]),
            event.get("user", ""),
            event.get("address", ""),
            _json.dumps({key: event[key] for key in _DETAILS if key in event}, ensure_ascii=False),
        )
        for event in events
    ]
    Console(highlight=False).print(table(wanted, columns, cells))


def _listed(found: list[Upload], tz: ZoneInfo) -> None:
    columns = (
        say("number", "编号"), say("time", "时间"), say("user", "用户"), say("from", "来源"), say("state", "状态"),
        say("rows", "行数"), say("file", "文件"),
    )  # fmt: skip
    cells = [
        (
            one.number,
            time_text(one.at, tz),
            one.user,
            one.address,
            state_text(one.shown),
            one.figures.get("rows"),
            one.name,
        )
        for one in found
    ]
    Console(highlight=False).print(table("", columns, cells, (columns[0], columns[5])))


def _password(*, ask: bool) -> str:
    if not ask:
        return one_time_password()
    return str(
        typer.prompt(say("One-time password", "一次性密码"), hide_input=True, confirmation_prompt=True)
    )


def _public(one: User) -> dict[str, str]:
    return {"name": one.name, "role": one.role, "changed": one.changed, "one_time_until": one.until}


def _told(made: User, password: str, *, json: bool) -> None:
    if json:
        print(_json.dumps(_public(made) | {"password": password or None}, ensure_ascii=False))
        return
    if password:
        print(say(f"One-time password of {made.name}: {password}", f"{made.name} 的一次性密码：{password}"))
    Console(stderr=True, highlight=False, soft_wrap=True).print(
        say(
            "It is asked for a password of its own at the first sign-in, within 14 days.",
            "首次登录时须设置自己的密码；14 天内有效。",
        ),
        markup=False,
    )
