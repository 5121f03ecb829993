"""`meterd outbox export`: the readings of an outbox as a table, for carrying them by hand or looking at them."""

import csv
import json as _json
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any, TextIO
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress

from config.text import say
from gateway.cli.ends import instant, loaded, refuse, refusing
from gateway.cli.manual import examples
from gateway.outbox import inspect
from gateway.payload import COLUMNS, Row

__all__ = ["EXAMPLES", "HELP", "command"]

HELP = say(
    """The readings that lie in the outbox, as CSV or JSON lines.

    Changes nothing and holds nothing up: beside the running daemon, without one, and with --folder on a copied state
    folder of another machine. Column `outbox` says what each reading's batch waits for (waiting, committed, again,
    gone up, dead); with --waiting only what the master does not have. What the daemon frees while the export
    runs may be missing.""",
    """把待发库中的读数导出为 CSV 或 JSON 行。

    只读，不影响守护进程：守护进程运行与否均可；用 --folder 可读取从别的机器拷来的状态目录。outbox 列说明
    该读数所在批次的状态（waiting 待发、committed 已入库、again 待重发、gone up 已上送、dead 死信）；
    --waiting 只导出主站还没有的读数。导出期间刚入库并被清除的读数可能缺失。""",
)
EXAMPLES = examples(
    "meterd outbox export -c /etc/meterd/meterd.toml --since 2026-05-01 --output readings.csv",
    "meterd outbox export --folder /media/usb/meterd --waiting --json",
)
_FILE = "outbox.db"
_COLUMNS = COLUMNS["reading"]
_METER, _POINT, _AT = map(_COLUMNS.index, ("meter", "point", "at"))
_VALUE = _COLUMNS.index("value")
# What a table program would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which readings; an empty collection lets all pass."""

    since: datetime | None
    meters: Collection[str]
    points: Collection[str]

    def has(self, row: Row) -> bool:
        if (self.meters and row[_METER] not in self.meters) or (
            self.points and row[_POINT] not in self.points
        ):
            return False
        return self.since is None or datetime.fromisoformat(row[_AT]) >= self.since


def command(
    config: Annotated[
        Path | None,
        typer.Option("-c", "--config", metavar="FILE", help=say("Configuration file.", "配置文件。")),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help=say("State folder, in place of a configuration.", "状态目录，代替配置文件。")
        ),
    ] = None,
    since: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help=say(
                "Values of this time and later, 2026-05-01 or 2026-05-01T00:00:00+08:00; without offset in the "
                "gateway's zone, with --folder in UTC.",
                "此时刻及以后的值，如 2026-05-01 或 2026-05-01T00:00:00+08:00；不写时差则按网关时区，"
                "用 --folder 时按 UTC。",
            ),
        ),
    ] = "",
    meter: Annotated[
        list[str] | None,
        typer.Option(metavar="M", help=say("Only this asset number; several.", "只要该资产编号，可重复。")),
    ] = None,
    point: Annotated[
        list[str] | None,
        typer.Option(metavar="P", help=say("Only this point; several.", "只要该数据项，可重复。")),
    ] = None,
    waiting: Annotated[
        bool,
        typer.Option("--waiting", help=say("Only what the master does not have.", "只要主站还没有的读数。")),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help=say("A new file, in place of stdout.", "写入新文件，而不是标准输出。"),
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help=say("JSON lines in place of CSV.", "输出 JSON 行，而不是 CSV。"))
    ] = False,
) -> None:
    """The readings of the outbox as a table."""
    place, zone = _place(config, folder)
    wanted = _Wanted(instant(since, zone) if since else None, meter or (), point or ())
    with refusing(), _opened(output) as file, _progress() as step:
        total = sum(batches for batches, _ in inspect.summary(place).states.values())
        put = _writer(file, json=json)
        count = 0
        for state, row in _rows(place, wanted, lambda: step(total)):
            if not waiting or state not in ("committed", "gone up"):
                put(state, row)
                count += 1
    Console(stderr=True, highlight=False).print(say(f"{count} readings", f"{count} 条读数"))


def _place(config: Path | None, folder: Path | None) -> tuple[Path, tzinfo]:
    if (config is None) == (folder is None):
        refuse(say("give -c FILE or --folder DIR", "请给出 -c FILE 或 --folder DIR"), 2)
    if folder is not None:
        return folder / _FILE, UTC
    gateway = loaded(config or Path()).settings.gateway
    return gateway.state_dir / _FILE, ZoneInfo(gateway.timezone)


def _rows(place: Path, wanted: _Wanted, step: Callable[[], None]) -> Iterator[tuple[str, Row]]:
    for state, batch in inspect.batches(place, "reading"):
        step()
        yield from ((state, row) for row in batch.rows if wanted.has(row))


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    with output.open("x", encoding="utf-8", newline="") as file:
        yield file


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Called with the number of all batches for each one that is done."""
    console = Console(stderr=True)
    bar = Progress(console=console, transient=True)
    with bar if console.is_terminal else nullcontext():
        job = bar.add_task(say("batches", "批次"), total=None)
        yield lambda total: bar.update(job, total=total, advance=1)


def _writer(file: TextIO, *, json: bool) -> Callable[[str, Row], None]:
    columns = (*_COLUMNS, "outbox")
    if json:

        def line(state: str, row: Row) -> None:
            told: dict[str, Any] = dict(zip(columns, (*row, state), strict=True))
            file.write(_json.dumps(told, ensure_ascii=False) + "\n")

        return line
    table = csv.writer(file, lineterminator="\n")
    table.writerow(columns)
    return lambda state, row: table.writerow([*map(_cell, range(len(row)), row), state])


def _cell(place: int, cell: object) -> object:
    """A foreign text is never a formula for the program that opens the table."""
    if isinstance(cell, str) and place != _VALUE and cell.startswith(_FORMULA):
        return f"'{cell}"
    return cell
