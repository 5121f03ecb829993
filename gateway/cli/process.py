"""`meterd process`: energies, sums, loss and the second review of what is stale in the master's databases."""

import json
from pathlib import Path
from typing import Annotated

import typer

from config.load import Loaded
from config.sealed import bare
from config.text import say
from gateway import logs
from gateway.cli.dates import day_of
from gateway.cli.ingest import configured, databases_of, protected
from gateway.cli.manual import examples
from gateway.cli.options import Json, MaybeConfig
from gateway.master.app import process
from gateway.master.process.lease import LeaseLost
from gateway.master.process.run import Figures
from gateway.master.stores import BadUrl, StoreProblem
from gateway.sealed import first_line, place

__all__ = ["command"]

HELP = say(
    """Compute energies, sums of lines and transformers, and line loss of every day that has ended.

    Only what is new, late or changed is computed; what comes out other than before is a new version. `meterd ingest`
    does the same by itself every minute.""",
    """计算已结束各日的电量、线路与台区汇总和线损。

    只计算新到、迟到或有变化的部分；结果与以前不同的成为新版本。`meterd ingest` 每分钟自行进行同样的处理。""",
)
EXAMPLES = examples(
    "meterd process -c /etc/meterd-master/master.toml",
    "meterd process --database postgresql:///meterd --day 2026-05-01 --again --json",
)


def command(
    config: MaybeConfig = None,
    database: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help=say(
                "sqlite:///PATH or postgresql://USER@HOST/DATABASE; may be repeated.",
                "sqlite:///PATH 或 postgresql://USER@HOST/DATABASE；可重复。",
            ),
        ),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD",
            help=say(
                "Only this day, and its month where that has ended.", "只处理这一天，及其所在的已结束的月份。"
            ),
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help=say(
                "With --day: the whole day, also what is not stale.",
                "与 --day 同用：整日重算，包括未变化的部分。",
            ),
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Processing by hand."""
    wanted = None if day is None else day_of(day, "--day")
    if again and wanted is None:
        raise _bad(say("--again needs --day", "--again 须与 --day 同用"))
    loaded = configured(config)
    urls = _urls(database or [], loaded)
    logs.setup()
    archive, limits = (loaded.master, loaded.settings.second) if loaded else (None, None)
    found: list[dict[str, object]] = []
    for url in urls:
        try:
            figures = process(url, day=wanted, again=again, archive=archive, limits=limits, tell=_tell)
        except BadUrl as error:
            raise _bad(str(error)) from None
        except (StoreProblem, LeaseLost) as error:
            typer.echo(f"{bare(url)}: {error}", err=True)
            raise typer.Exit(1) from None
        found.append({"database": bare(url), **figures.as_dict()})
        _say(figures)
    if as_json:
        print(json.dumps({"databases": found}))


def _urls(given: list[str], loaded: Loaded | None) -> list[str]:
    master = loaded.settings.master if loaded else None
    urls = given or (databases_of(master) if master else [])
    if not urls:
        raise _bad(
            say("give --database, or -c FILE with [master]", "请给出 --database，或 -c 含 [master] 的文件")
        )
    file: Path | None = None
    if master is not None:
        file = place(master.database_password_file, master.database_password_credential)
    try:
        password = first_line(file) if file is not None else None
        return protected(urls, password)
    except (BadUrl, OSError, ValueError) as error:
        raise _bad(str(error)) from None


def _tell(what: str, done: int, of: int) -> None:
    typer.echo(f"{what}  {done}/{of}", err=True)


def _say(figures: Figures) -> None:
    if figures.held:
        text = say("another worker is processing", "另一个进程正在处理")
    else:
        text = say(
            f"{figures.periods} periods, {figures.meters} meters, {figures.results} results new or changed, "
            f"{figures.seconds} s",
            f"{figures.periods} 个周期，{figures.meters} 块表，新增或变化 {figures.results} 条，{figures.seconds} 秒",
        )
    typer.echo(text, err=True)


def _bad(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(2)
