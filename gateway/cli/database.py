"""The master's database for commands that look into it or review what is there."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.errors import ConfigError
from config.text import say
from gateway.master.stores import BadUrl, Store, StoreProblem, store_of, with_password
from gateway.sealed import first_line, place

if TYPE_CHECKING:
    from config.schema import Settings

__all__ = ["ConfigFile", "DatabaseUrl", "PasswordFile", "opened", "settings_of"]

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help=say(
            "sqlite:///PATH or postgresql://USER@HOST/DATABASE.",
            "sqlite:///PATH 或 postgresql://USER@HOST/DATABASE。",
        ),
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "-c",
        "--config",
        help=say("Take the database of this file's [master].", "采用该文件 [master] 中的数据库。"),
    ),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--database-password-file",
        help=say(
            "File with the password of the database's user, first line.", "数据库用户的口令文件，取第一行。"
        ),
    ),
]


def _fail(text: str, code: int) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(code)


def settings_of(config: Path) -> "Settings":
    """What a configuration says; ends the command with 2 where it is none."""
    from config.load import load

    try:
        return load(config).settings
    except (ConfigError, OSError) as error:
        raise _fail(str(error), 2) from None


def _address(url: str | None, config: Path | None, password: Path | None) -> str:
    if config is not None:
        master = settings_of(config).master
        if master is not None:
            url = url or master.database
            password = password or place(master.database_password_file, master.database_password_credential)
    if url is None:
        raise _fail(
            say("give --database, or -c FILE with [master]", "请给出 --database，或 -c 含 [master] 的文件"), 2
        )
    if password is None:
        return url
    try:
        return with_password(url, first_line(password))
    except OSError as error:
        raise _fail(f"{password}: {error.strerror or error}", 2) from None


@contextlib.contextmanager
def opened(url: str | None, config: Path | None, password: Path | None) -> Iterator[Store]:
    """The store, connected; ends the command with 2 for a bad address, with 1 if the database fails."""
    try:
        where = _address(url, config, password)
        if where.startswith("sqlite:///") and not Path(where.removeprefix("sqlite:///")).exists():
            raise BadUrl(f"{where}: {say('no such file', '没有这个文件')}")
        store = store_of(where)
    except BadUrl as error:
        raise _fail(str(error), 2) from None
    try:
        with contextlib.closing(store):
            store.connect()
            yield store
    except StoreProblem as error:
        raise _fail(str(error), 1) from None
