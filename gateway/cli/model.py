"""`meterd model`: meter models as files: which there are, a new one, and whether one says what its vectors say."""

import json as _json
import re
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from config.models import ModelError, known_models, load_file, load_model
from config.models.vectors import Outcome, outcomes
from config.text import language, say
from gateway.cli.manual import examples
from gateway.cli.options import Json
from protocols.modbus.plan import points_of
from protocols.modbus.registers import FAMILY

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    help=say(
        "Meter models as files: which there are, a new one, and whether one is right.",
        "表型文件：列出、新建、检验。",
    ),
)
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


@app.callback()
def _root() -> None:
    """Meter models as files."""


@app.command("ls", help=say("The models that come with the program.", "列出程序自带的表型。"))
def ls(json: Json = False) -> None:
    """The models that come with the program."""
    rows = [_row(name, load_model(name)) for name in known_models()]
    if json:
        print(_json.dumps({"models": rows}, ensure_ascii=False))
        return
    table = Table(box=None)
    for title in (
        say("model", "表型"),
        say("protocol", "规约"),
        say("points", "数据项"),
        say("name", "名称"),
    ):
        table.add_column(title)
    for row in rows:
        table.add_row(*(str(row[key] or "") for key in ("model", "protocol", "points", "name")))
    Console().print(table)


def _row(name: str, model: dict[str, Any]) -> dict[str, Any]:
    is_modbus = model["protocol"] == FAMILY
    return {
        "model": name,
        "protocol": model["protocol"],
        "points": len(points_of(model)) if is_modbus else None,
        "name": model["name_zh" if language() == "zh" else "name"],
    }


@app.command(
    "new",
    help=say(
        "Start the file of a Modbus model: a template that explains itself and passes its own test.",
        "新建 Modbus 表型文件：一份自带说明、能通过自身检验的模板。",
    ),
    epilog=examples("meterd model new acme-3000", "meterd model test acme-3000.toml"),
)
def new(
    name: Annotated[
        str,
        typer.Argument(
            help=say(
                "Vendor and model in lower case, like eastron-sdm630.",
                "小写的厂家和型号，如 eastron-sdm630。",
            )
        ),
    ],
    folder: Annotated[
        Path, typer.Option(metavar="FOLDER", help=say("Where the file goes.", "文件所在目录。"))
    ] = Path(),
    json: Json = False,
) -> None:
    """Start the file of a Modbus model: a template that explains itself and passes its own test."""
    if not _NAME.fullmatch(name):
        _fail(
            f"{name}: {say('expected lower case letters, digits, hyphen, dot', '应为小写字母、数字、连字符、点')}"
        )
    path = folder / f"{name}.toml"
    text = resources.files("config.models").joinpath("template.txt").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text.replace("NAME", name))
    except FileExistsError:
        _fail(f"{path}: {say('is there already', '已存在')}")
    except OSError as error:
        _fail(f"{path}: {error.strerror}")
    if json:
        print(_json.dumps({"file": str(path)}))
    else:
        print(say(f"{path}; then: meterd model test {path}", f"{path}；然后：meterd model test {path}"))


@app.command(
    "test",
    help=say(
        """Check model files and run their vectors.

        Exit 1 if a vector fails, 2 for a file that is no model.""",
        """检查表型文件并运行其中的测试向量。

        有向量不符时退出码为 1，不是表型文件时为 2。""",
    ),
    epilog=examples("meterd model test acme-3000.toml"),
)
def run_vectors(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE ...", help=say("Files of models.", "表型文件。"))
    ],
    json: Json = False,
) -> None:
    """Check model files and run their vectors; exit 1 if one fails, 2 for a file that is no model."""
    found: list[tuple[Path, list[Outcome]]] = []
    for path in files:
        try:
            found.append((path, list(outcomes(load_file(path)))))
        except ModelError as error:
            _fail(str(error))
    if json:
        print(_json.dumps({"files": [_tested(path, rows) for path, rows in found]}, ensure_ascii=False))
    else:
        for path, rows in found:
            _show(path, rows)
    raise typer.Exit(0 if all(row.ok for _, rows in found for row in rows) else 1)


def _tested(path: Path, rows: list[Outcome]) -> dict[str, Any]:
    return {
        "file": str(path),
        "ok": all(row.ok for row in rows),
        "values": [asdict(row) | {"ok": row.ok} for row in rows],
    }


def _show(path: Path, rows: list[Outcome]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for row in rows:
        if not row.ok:
            why = row.error or f"{row.found} {say('in place of', '而应为')} {row.expected}"
            console.print(f"{path}: {say('vector', '向量')} {row.vector}: {row.point}: {why}", markup=False)
    good = sum(row.ok for row in rows)
    console.print(
        say(f"{path}: {good} of {len(rows)} values right", f"{path}：{len(rows)} 个值中 {good} 个正确"),
        markup=False,
    )


def _fail(message: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, markup=False)
    raise typer.Exit(2)
