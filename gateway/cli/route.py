"""`meterd route`: whom somebody has to visit, the list for the reader, and what came back."""

import json as _json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from config.archive import Meter
from config.errors import ConfigError
from config.load import load
from config.profiles import ProfileError
from config.text import say
from gateway.cli.manual import examples
from gateway.cli.options import Config, Json
from gateway.cli.tables import table
from gateway.clock import SystemClock
from gateway.dumps.rounds import RoundsError, Sent
from gateway.dumps.words import told
from gateway.outbox import OutboxError
from gateway.routes.desk import Desk
from gateway.routes.missed import Missed
from protocols.dumps.sheet import SheetError
from protocols.dumps.spec import Spec

__all__ = ["app"]

app = typer.Typer(
    name="route",
    no_args_is_help=True,
    help=say(
        """Whom somebody has to visit, the list for the reader, and what came back.

        Works beside the running daemon and without it.""",
        """需要上门抄表的表、给抄表机的清单，以及回收情况。

        守护进程运行与否均可使用。""",
    ),
)
_DAYS = 3
_AGAIN = 25
"""Days; less than a month, so that no billing period passes without somebody at the meter."""
_SHOWN = 10

Days = Annotated[
    int, typer.Option(min=1, max=60, help=say("Days without any value.", "连续多少天没有数据。"))
]
Route = Annotated[
    list[str] | None, typer.Option("--route", help=say("Only this route; several.", "只看该册，可重复。"))
]


def _refuse(text: str, code: int) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
    raise typer.Exit(code)


def _desk(config: Path) -> Desk:
    try:
        return Desk(load(config), SystemClock())
    except ConfigError as error:
        _refuse(str(error), 2)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (OutboxError, RoundsError, OSError) as error:
        _refuse(str(error), 1)
    except SheetError as error:
        _refuse(f"{told(error.reason)}  {error.detail}".rstrip(), 2)


@app.command(
    "missed",
    help=say(
        """Meters whose registers automatic collection did not get for some days.

        A day counts when the meter was due and gave nothing, also not later by backfill. Meters that a list of the
        last 25 days has out, or brought a value of, are marked.""",
        """自动采集连续若干天没有取到示数的表。

        某天应采而未采到（补采也未到）才算一天。最近 25 天的清单中未回或已抄的表有标记。""",
    ),
    epilog=examples("meterd route missed -c /etc/meterd/meterd.toml --days 3 --route 0010203"),
)
def missed(config: Config, route: Route = None, days: Days = _DAYS, json: Json = False) -> None:
    """Whom automatic collection missed."""
    desk = _desk(config)
    with _errors():
        found, engaged = desk.missed(days, route or ()), desk.engaged(_AGAIN)
    if json:
        shown = [_as_missed(one) | {"listed": one.meter.asset_no in engaged} for one in found]
        print(_json.dumps({"days": days, "missed": shown}, ensure_ascii=False))
        return
    columns = [
        say("route", "册号"),
        "#",
        say("meter", "表"),
        say("customer", "户名"),
        say("last value", "最后数据"),
        say("days", "天数"),
        say("on a list", "已在清单"),
    ]
    rows = [
        (one.meter.route, one.meter.sequence, one.meter.asset_no, one.meter.name, one.last, one.days,
         say("yes", "是") if one.meter.asset_no in engaged else None)
        for one in found
    ]  # fmt: skip
    if rows:
        Console().print(table("", columns, rows, right=("#", columns[5])))
    text = say(
        f"{len(found)} meters without a value for {days} days", f"{len(found)} 块表连续 {days} 天没有数据"
    )
    Console(stderr=True, highlight=False).print(text)


@app.command(
    "export",
    help=say(
        """Write the list of missed meters for the reader, and remember it.

        In the profile in which it comes back: what to read, where, the last reading, and a number in every row. Cells
        are never formulas. What the layout has no room for is left out and told.""",
        """为抄表机导出缺抄清单，并登记。

        使用抄回时的格式模板：抄什么、在哪里、上次示数，每行带清单号。单元格绝不会是公式。格式放不下的不列入并说明。""",
    ),
    epilog=examples(
        "meterd route export -c /etc/meterd/meterd.toml --route 0010203 -o route.csv",
        "meterd route export -c /etc/meterd/meterd.toml --profile fixed-160 -o route.txt",
        "meterd route export -c /etc/meterd/meterd.toml --meter 000123 --point 1-0:1.8.0 --point 1-0:1.8.1 -o list.csv",
    ),
)
def export(
    config: Config,
    out: Annotated[Path, typer.Option("-o", "--out", help=say("File to write.", "输出文件。"))],
    profile: Annotated[
        str, typer.Option(help=say("Profile in which it comes back.", "抄回时所用的格式模板。"))
    ] = "delimited",
    route: Route = None,
    days: Days = _DAYS,
    again: Annotated[
        int,
        typer.Option(
            min=0,
            max=400,
            help=say(
                "Leave out what a list of so many days has out or brought back; 0: nothing.",
                "略去该天数内清单中未回或已抄的表；0 为不略。",
            ),
        ),
    ] = _AGAIN,
    meter: Annotated[
        list[str] | None, typer.Option(help=say("These meters instead.", "改为指定的表，可重复。"))
    ] = None,
    point: Annotated[
        list[str] | None, typer.Option(help=say("Registers; by default the total.", "示数；默认总。"))
    ] = None,
    encoding: Annotated[
        str,
        typer.Option(
            help=say(
                "utf-8, gbk or gb18030; by default the layout's own", "utf-8、gbk 或 gb18030；默认按格式"
            )
        ),
    ] = "",
    json: Json = False,
) -> None:
    """The list for the reader."""
    if encoding not in ("", "utf-8", "gb18030", "gbk"):
        _refuse(
            say(
                f"--encoding {encoding}: utf-8, gbk or gb18030",
                f"--encoding {encoding}：utf-8、gbk 或 gb18030",
            ),
            2,
        )
    desk = _desk(config)
    spec = _profile(desk, profile)
    with _errors():
        meters = _named(desk, meter) if meter else _due(desk, days, route or (), again)
        made = desk.export(meters, point or ["1-0:1.8.0"], spec, who=_me(), encoding=encoding)
        _write(out, made.raw)
    if json:
        found = {"list": made.number, "file": str(out), "meters": len(meters), "registers": made.registers}
        print(
            _json.dumps(
                found | {"left_out": list(made.left_out), "replaced": made.replaced}, ensure_ascii=False
            )
        )
        return
    text = f"list {made.number}: {made.registers} registers of {len(meters)} meters in {out}"
    Console(highlight=False, soft_wrap=True).print(
        say(text, f"清单 {made.number}：{len(meters)} 块表共 {made.registers} 个示数，写入 {out}"),
        markup=False,
    )
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    if made.left_out:
        names = ", ".join(made.left_out)
        errors.print(
            say(f"left out, too long for the layout: {names}", f"超出格式长度，未列入：{names}"), markup=False
        )
    if made.replaced:
        errors.print(say(f"{made.replaced} characters did not fit", f"有 {made.replaced} 个字符无法写入"))


@app.command(
    "status",
    help=say(
        """What was sent out and what came back.

        Registers that were read, that came back without a value, that are out still, and meters that automatic
        collection got meanwhile.""",
        """清单的回收情况。

        已抄、抄不到、未回的示数，以及其间已自动采到的表。""",
    ),
    epilog=examples(
        "meterd route status -c /etc/meterd/meterd.toml",
        "meterd route status -c /etc/meterd/meterd.toml L261123-3F9A",
    ),
)
def status(
    config: Config,
    number: Annotated[str, typer.Argument(metavar="[LIST]", help=say("One list.", "只看一个清单。"))] = "",
    json: Json = False,
) -> None:
    """What was sent out and what came back."""
    with _errors():
        desk = _desk(config)
        found = [one for one in desk.lists() if number in ("", one.id)]
        recovered = desk.recovered(found)
    if number and not found:
        _refuse(say(f"no list {number}", f"没有清单 {number}"), 1)
    if json:
        print(_json.dumps({"lists": [_as_json(one, recovered) for one in found]}, ensure_ascii=False))
        return
    columns = [
        say("list", "清单"),
        say("made", "时间"),
        say("read", "已抄"),
        say("failed", "抄不到"),
        say("not back", "未回"),
        say("came by itself", "已自动采到"),
        say("meters not read", "未抄的表"),
    ]
    rows = [_status_row(desk, one, recovered, whole=bool(number)) for one in found]
    if rows:
        Console().print(table("", columns, rows, right=columns[2:6]))
    else:
        _refuse(say("no list was sent out yet", "尚未导出过清单"), 0)


def _status_row(
    desk: Desk, one: Sent, recovered: Mapping[str, tuple[str, ...]], *, whole: bool
) -> tuple[object, ...]:
    shown = one.missing if whole else one.missing[:_SHOWN]
    more = "" if len(shown) == len(one.missing) else " …"
    return (
        one.id,
        f"{one.at.astimezone(desk.zone):%Y-%m-%d %H:%M}",
        one.counts.get("read", 0),
        one.counts.get("failed", 0) + one.counts.get("unread", 0),
        one.counts.get("out", 0),
        len(recovered.get(one.id, ())),
        " ".join(shown) + more,
    )


def _as_missed(one: Missed) -> dict[str, object]:
    meter = one.meter
    return {
        "meter": meter.asset_no,
        "route": meter.route,
        "sequence": meter.sequence,
        "name": meter.name,
        "last": one.last.isoformat() if one.last else None,
        "days": one.days,
    }


def _as_json(one: Sent, recovered: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    return {
        "list": one.id,
        "at": one.at.isoformat(),
        "who": one.who,
        "profile": one.profile,
        "counts": one.counts,
        "missing": list(one.missing),
        "recovered": list(recovered.get(one.id, ())),
    }


def _due(desk: Desk, days: int, routes: Collection[str], again: int) -> list[Meter]:
    found = [one.meter for one in desk.missed(days, routes)]
    engaged = desk.engaged(again)
    meters = [meter for meter in found if meter.asset_no not in engaged]
    if meters:
        return meters
    if found:
        text = say(
            f"{len(found)} meters were missed, and all are on a list already (--again 0 takes them once more)",
            f"缺抄的 {len(found)} 块表都已在清单中（--again 0 可再次导出）",
        )
    else:
        text = say(
            f"no meter was missed for {days} days: nothing to write",
            f"没有连续 {days} 天缺抄的表：无需导出",
        )
    _refuse(text, 1)


def _profile(desk: Desk, name: str) -> Spec:
    try:
        return desk.profile(name)
    except KeyError:
        text = say(
            f"no profile {name!r}; see `meterd import --profiles`",
            f"没有格式模板 {name!r}；见 meterd import --profiles",
        )
        _refuse(text, 2)
    except ProfileError as error:
        _refuse(str(error), 2)


def _named(desk: Desk, wanted: list[str]) -> list[Meter]:
    known = desk.loaded.archive.by_asset
    if unknown := [asset for asset in wanted if asset not in known]:
        names = ", ".join(unknown)
        _refuse(say(f"not in the archive: {names}", f"档案中没有：{names}"), 2)
    return [known[asset] for asset in wanted]


def _write(path: Path, raw: bytes) -> None:
    """Beside the target first: a list is there whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(raw)
    fresh.replace(path)


def _me() -> str:
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or str(os.getuid())
