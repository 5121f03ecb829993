"""`meterd import`: dumps of hand-held readers and files of other systems."""

import asyncio
import json as _json
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.errors import ConfigError
from config.profiles import ProfileError
from config.text import say
from drivers.handover import HandoverFailed
from gateway import logs
from gateway.cli.manual import examples
from gateway.clock import SystemClock
from gateway.dumps.desk import Desk, DeskError, Way
from gateway.dumps.report import Report
from gateway.dumps.tray import Tray, link_of, receive
from gateway.dumps.words import told
from protocols.dumps.spec import Spec

__all__ = ["command"]

HELP = say(
    """Import dumps of hand-held readers and files of other systems.

    Without a configuration only the files are checked. With one a running daemon takes them, or the command itself
    where none runs. The same content again changes nothing. Exit 1 where a file is refused, 2 where it is no dump
    at all or cannot be opened.""",
    """导入抄表机文件和其他系统的文件。

    不给配置则只检查文件。给出配置时由运行中的守护进程导入；没有守护进程时由本命令导入。
    相同内容再次导入不作任何改变。文件被拒绝时退出码为 1，不是抄表文件或无法打开时为 2。""",
)
EXAMPLES = examples(
    "meterd import route17.txt",
    "meterd import -c /etc/meterd/meterd.toml route17.txt",
    "meterd import -c /etc/meterd/meterd.toml --serial /dev/ttyUSB0",
    "meterd import --profiles",
)
_CONFIG = ("Configuration; without it files are only checked", "配置文件；不给则只检查")
_PROFILE = (
    "Name of a profile or a .toml file; by default the one that fits",
    "格式模板名或 .toml 文件；默认自动选择",
)
_SERIAL = (
    "Receive from a reader on this device or link in place of files",
    "不读文件，而从该串口或链路接收抄表机发送的文件",
)
_SHOWN = 20


def command(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE ...", help=say("Files to import", "要导入的文件"))
    ] = None,
    config: Annotated[Path | None, typer.Option("-c", "--config", metavar="FILE", help=say(*_CONFIG))] = None,
    profile: Annotated[str, typer.Option(help=say(*_PROFILE))] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=say("Check only, take nothing", "只检查，不导入"))
    ] = False,
    wait: Annotated[
        float,
        typer.Option(min=0, help=say("Seconds to wait for the daemon's report", "等待守护进程报告的秒数")),
    ] = 600.0,
    listing: Annotated[
        bool, typer.Option("--profiles", help=say("List the profiles", "列出格式模板"))
    ] = False,
    serial: Annotated[str, typer.Option(metavar="LINK", help=say(*_SERIAL))] = "",
    xmodem: Annotated[
        bool, typer.Option("--xmodem/--ymodem", help=say("How the reader sends", "抄表机的发送方式"))
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help=say("One JSON object a file", "每个文件一个 JSON 对象"))
    ] = False,
) -> None:
    """Dumps of hand-held readers, checked and imported."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        if config is not None:
            logs.setup(level="warning")  # it may stand in for the daemon, whose lines are not the answer
        desk = Desk.of(config, profile, SystemClock(), wait)
        if listing:
            _list(desk.shape.profiles, as_json=as_json)
            return
        if serial:
            reports = _from_line(desk, serial, errors, batch=not xmodem, commit=not dry_run, as_json=as_json)
        else:
            if not files:
                raise DeskError(say("no file given", "没有给出文件"))
            reports = [_one(desk, path, errors, commit=not dry_run, as_json=as_json) for path in files]
    except (ConfigError, ProfileError, DeskError) as error:
        errors.print(str(error), markup=False)
        raise typer.Exit(2) from None
    raise typer.Exit(max(map(_code, reports)))


def _code(report: Report) -> int:
    if report.ok:
        return 0
    return 1 if report.format or report.receipt else 2


def _from_line(
    desk: Desk, text: str, errors: Console, *, batch: bool, commit: bool, as_json: bool
) -> list[Report]:
    """What a reader sends, each whole file by itself; one that breaks off leaves nothing of its last file."""
    try:
        link = link_of(text)
    except ValueError as error:
        raise DeskError(str(error)) from None
    reports: list[Report] = []
    with TemporaryDirectory(prefix="meterd-") as folder:
        with _bar(errors, say("receiving", "接收"), quiet=as_json) as moved:
            tray = Tray(Path(folder), moved)
            try:
                asyncio.run(receive(link, tray, batch=batch, limit=desk.port_max_bytes))
                broken = None
            except HandoverFailed as error:
                broken = error
        for came in tray.came:
            way = Way(name=came.name, via="line", origin=link)
            reports.append(_one(desk, came.path, errors, commit=commit, as_json=as_json, way=way))
    if broken is not None:
        errors.print(f"{text}: {told(broken.reason)}  {broken.detail}".rstrip(), markup=False)
        reports.append(Report(file=text, format="line", refused=[(broken.reason, broken.detail)]))
    return reports


def _one(
    desk: Desk, path: Path, errors: Console, *, commit: bool, as_json: bool, way: Way | None = None
) -> Report:
    way = way or Way()
    with _bar(errors, way.name or path.name, quiet=as_json) as moved:
        report = desk.run(path, commit=commit, progress=moved, way=way)
    if as_json:
        for piece in report.json_pieces():
            sys.stdout.write(piece)
        print(flush=True)
    else:
        show(Console(highlight=False, soft_wrap=True), report, checked=not commit or desk.loaded is None)
    return report


def _list(known: Iterable[Spec], *, as_json: bool) -> None:
    if as_json:
        for spec in known:
            names = {"title": spec.title, "title_zh": spec.title_zh}
            print(_json.dumps({"name": spec.name, "format": spec.format} | names, ensure_ascii=False))
        return
    table = Table(say("profile", "模板"), say("layout", "格式"), "")
    for spec in known:
        table.add_row(spec.name, spec.format, say(spec.title, spec.title_zh))
    Console().print(table)


class _bar:  # noqa: N801 - used like a function
    """A progress line on stderr, unless nobody looks at it."""

    def __init__(self, console: Console, name: str, *, quiet: bool) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}"),
            TimeElapsedColumn(),
        )
        hidden = quiet and not console.is_terminal
        self._progress = Progress(*columns, console=console, transient=True, disable=hidden)
        self._name = name

    def __enter__(self) -> Any:
        self._progress.start()
        task = self._progress.add_task(self._name.replace("[", "("), total=None)
        return lambda rows: self._progress.update(task, completed=rows)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def show(console: Console, report: Report, *, checked: bool) -> None:
    """The report for the technician who brought the file."""

    def line(text: str, style: str = "") -> None:
        console.print(text, markup=False, style=style)

    line(f"{report.file}  {report.format} / {report.profile} / {report.encoding}", "bold")
    line(
        say(
            f"rows {report.rows}: accepted {report.accepted}, not read {report.unread} "
            f"(failed {report.failed}), duplicates {report.duplicates}, quarantined {report.quarantined}",
            f"共 {report.rows} 行：接收 {report.accepted}，未抄 {report.unread}（其中失败 {report.failed}），"
            f"重复 {report.duplicates}，隔离 {report.quarantined}",
        )
    )
    if report.unknown:
        names = ", ".join(list(report.unknown)[:_SHOWN])
        line(
            say(
                f"unknown meters {len(report.unknown)}: {names}",
                f"档案中没有的表 {len(report.unknown)}：{names}",
            )
        )
    for reason, detail in report.remarks:
        line(f"- {told(reason)}  {detail}")
    _bad_rows(console, report)
    _notes(console, report)
    for reason, detail in report.refused:
        line(say("REFUSED: ", "拒绝：") + f"{told(reason)}  {detail}", "bold red")
    line(_ending(report, checked=checked), "bold green" if report.ok else "bold red")


def _ending(report: Report, *, checked: bool) -> str:
    if not report.ok:
        return say("nothing was taken", "没有导入任何数据")
    if report.repeated:
        return say(f"imported before as {report.repeated}", f"此前已导入，回执号 {report.repeated}")
    if report.committed:
        return say(f"imported, receipt {report.receipt}", f"已导入，回执号 {report.receipt}")
    return say("checked only, nothing was taken", "仅检查，未导入") if checked else ""


def _bad_rows(console: Console, report: Report) -> None:
    if not report.quarantine:
        return
    table = Table(
        say("line", "行"), say("byte", "字节"), say("why", "原因"), say("field", "字段"), say("found", "内容")
    )
    for bad in report.quarantine[:_SHOWN]:
        offset = "" if bad.offset is None else str(bad.offset)
        table.add_row(str(bad.line), offset, told(bad.reason), bad.field, bad.text.replace("[", "\\["))
    console.print(table)
    if len(report.quarantine) > _SHOWN:
        more = len(report.quarantine) - _SHOWN
        console.print(say(f"... and {more} more (--json has all)", f"……另有 {more} 行（--json 列出全部）"))


def _notes(console: Console, report: Report) -> None:
    if not report.notes:
        return
    table = Table(
        say("line", "行"),
        say("rule", "规则"),
        say("meter", "表"),
        say("value", "值"),
        say("expected", "应为"),
        "",
    )
    worst = sorted(report.notes, key=lambda note: -note.severity)
    for note in worst[:_SHOWN]:
        style = "red" if note.severity > 1 else ""
        table.add_row(str(note.line), note.rule, note.meter, note.value, note.limit, note.text, style=style)
    console.print(table)
    if len(worst) > _SHOWN:
        console.print(say(f"... and {len(worst) - _SHOWN} more", f"……另有 {len(worst) - _SHOWN} 条"))
