"""`meterd concentrator`: the archive that a concentrator or terminal has of its own."""

import asyncio
import json as _json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from config.errors import ConfigError
from config.load import load
from config.schema import Target
from config.text import say
from drivers.errors import DriverError
from gateway.archivesync import ArchiveSync, Outcome, SyncError
from gateway.cli.ends import refuse
from gateway.cli.manual import examples
from gateway.cli.options import Config, Json
from gateway.clock import SystemClock
from protocols.outer import OUTERS

__all__ = ["app"]

app = typer.Typer(
    name="concentrator",
    no_args_is_help=True,
    help=say(
        """The archive that a concentrator or terminal has of its own (AFN 0A and 04 F10).

        The equipment is asked directly: while the daemon holds its line or port, stop that first.""",
        """集中器或终端自己的电能表档案（AFN 0A、04 F10）。

        直接与设备通信：守护进程占用其链路或端口时，请先停止守护进程。""",
    ),
)

TargetName = Annotated[str, typer.Argument(metavar="TARGET", help=say("Name of the target.", "采集点名称。"))]


def _sync(config: Path, name: str) -> ArchiveSync:
    try:
        loaded = load(config)
    except ConfigError as error:
        refuse(str(error), 2)
    found: Target | None = next((one for one in loaded.settings.target if one.name == name), None)
    if found is None or found.driver not in OUTERS:
        names = ", ".join(one.name for one in loaded.settings.target if one.driver in OUTERS) or "-"
        refuse(
            say(
                f"{name}: no such concentrator or terminal; there are {names}",
                f"{name}：没有这个集中器或终端；现有 {names}",
            ),
            2,
        )
    return ArchiveSync(loaded, found, SystemClock(), _progress)


def _progress(what: str, done: int, of: int) -> None:
    words = {
        "dial in": say("waiting for it to dial in", "等待其主动连接"),
        "read": say("reading the archive", "读取档案"),
        "write": say("writing", "写入"),
        "delete": say("deleting", "删除"),
        "read back": say("reading back", "回读"),
    }
    Console(stderr=True, highlight=False).print(f"{words[what]} {done}/{of}", end="\r" if done < of else "\n")


def _run(work: Callable[[], Coroutine[Any, Any, Outcome]], *, as_json: bool) -> None:
    try:
        outcome = asyncio.run(work())
    except SyncError as error:
        refuse(str(error), 2)
    except (DriverError, OSError, ValueError) as error:
        refuse(str(error), 1)
    if as_json:
        print(_json.dumps(_as_dict(outcome), ensure_ascii=False))
    else:
        _show(outcome)
    raise typer.Exit(1 if outcome.left else 0)


def _as_dict(outcome: Outcome) -> dict[str, Any]:
    return {
        "target": outcome.target,
        "entries": outcome.entries,
        "differences": list(outcome.lines),
        "written": outcome.written,
        "deleted": outcome.deleted,
        "undo": str(outcome.undo) if outcome.undo else None,
        "left": list(outcome.left),
    }


def _show(outcome: Outcome) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for line in outcome.lines:
        console.print(line, markup=False)
    console.print(
        say(
            f"{outcome.target}: {outcome.entries} entries, {len(outcome.lines)} differences, "
            f"{outcome.written} written, {outcome.deleted} deleted",
            f"{outcome.target}：档案 {outcome.entries} 条，不符 {len(outcome.lines)} 条，"
            f"写入 {outcome.written} 条，删除 {outcome.deleted} 条",
        ),
        markup=False,
    )
    if outcome.undo:
        console.print(
            say(f"the entries as they were: {outcome.undo}", f"原档案已保存：{outcome.undo}"), markup=False
        )
    for line in outcome.left:
        console.print(say(f"still different: {line}", f"仍不符：{line}"), markup=False)


@app.command(
    "sync",
    help=say(
        """Compare a concentrator's archive with ours and write the differences down to it.

        Needs send.archive_write; not from 23:45 to 02:00. The entries as they were are kept in a file first, and what
        was written is read back. Exit 1 if differences are left.""",
        """将集中器档案与本方比较，并把不同之处写入集中器。

        需要开启 send.archive_write；23:45 至 02:00 不写入。写入前先把原档案存为文件，写入后回读核对。
        仍有不符时返回 1。""",
    ),
    epilog=examples(
        "meterd concentrator sync -c /etc/meterd/meterd.toml jzq1 --dry-run",
        "meterd concentrator sync -c /etc/meterd/meterd.toml jzq1",
    ),
)
def sync(
    config: Config,
    target: TargetName,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=say("Only show what differs.", "只显示不同之处。"))
    ] = False,
    delete: Annotated[
        bool,
        typer.Option(
            "--delete",
            help=say("Also remove meters that are not ours there.", "同时删除不属于本方的电能表。"),
        ),
    ] = False,
    most: Annotated[
        int,
        typer.Option(
            "--up-to",
            min=0,
            max=2040,
            help=say(
                "Look at device numbers up to this; 0: 512, or as many as ours.",
                "装置序号查到此数；0 为 512 或本方最大序号。",
            ),
        ),
    ] = 0,
    json: Json = False,
) -> None:
    """Write our archive down to a concentrator."""
    one = _sync(config, target)
    _run(lambda: one.run(dry_run=dry_run, delete=delete, most=most), as_json=json)


@app.command(
    "restore",
    help=say(
        """Write back the entries that a file of `sync` holds.

        Needs send.archive_write; not from 23:45 to 02:00. Meters that `sync` had added are removed.""",
        """把 `sync` 保存的原档案写回集中器。

        需要开启 send.archive_write；23:45 至 02:00 不写入。`sync` 新增的电能表会被删除。""",
    ),
    epilog=examples(
        "meterd concentrator restore -c /etc/meterd/meterd.toml jzq1 state/concentrators/jzq1-20260501-101500.json"
    ),
)
def restore(
    config: Config,
    target: TargetName,
    undo: Annotated[
        Path, typer.Argument(metavar="FILE", help=say("What `sync` has kept.", "`sync` 保存的文件。"))
    ],
    json: Json = False,
) -> None:
    """Write an earlier archive back."""
    one = _sync(config, target)
    _run(lambda: one.restore(undo), as_json=json)
