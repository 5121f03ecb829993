"""Archive tables from CSV or XLSX to records, with the row and column of every mistake.

Text is decoded as BOM, then strict UTF-8, then GB18030; never by guessing.
"""

import csv
import io
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from config.errors import Problem
from config.text import say

__all__ = ["Row", "convert", "read_rows", "rename"]

Row = tuple[int, dict[str, str]]
_MAX_FILE = 256 * 1024 * 1024


@cache
def aliases() -> dict[str, Any]:
    """Headers and values by table, as `aliases.toml` has them."""
    return tomllib.loads(resources.files("config").joinpath("aliases.toml").read_text(encoding="utf-8"))


def decode_text(raw: bytes) -> str:
    """BOM, then strict UTF-8, then GB18030; raises UnicodeDecodeError."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


def read_rows(path: Path, problems: list[Problem]) -> list[Row]:
    """All rows of a table with their line numbers; the first row holds the headers."""
    try:
        if path.suffix.lower() == ".xlsx":
            return list(_numbered(_xlsx(path), problems, path))
        if path.stat().st_size > _MAX_FILE:
            raise OSError(say("larger than 256 MiB", "超过 256 MiB"))
        text = decode_text(path.read_bytes())
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        return list(_numbered(((reader.line_num, row) for row in reader), problems, path))
    except UnicodeDecodeError as error:
        message = say("neither UTF-8 nor GB18030", "既不是 UTF-8 也不是 GB18030")
        problems.append(Problem(file=str(path), line=None, key=f"byte {error.start}", message=message))
    except csv.Error as error:
        problems.append(Problem(file=str(path), line=reader.line_num, key="row", message=str(error)))
    except (OSError, ValueError) as error:
        problems.append(Problem(file=str(path), line=None, key="file", message=str(error)))
    return []


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        import openpyxl
    except ImportError as error:
        raise OSError(
            say("XLSX needs pip install 'meterd[dumps]'", "XLSX 需要 pip install 'meterd[dumps]'")
        ) from error
    import zipfile

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise OSError(say(f"no XLSX file: {error}", f"不是 XLSX 文件：{error}")) from error
    try:
        sheet = book.worksheets[0]
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            yield number, ["" if cell is None else _cell(cell) for cell in row]
    finally:
        book.close()


def _cell(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat() if (cell.hour or cell.minute or cell.second) else cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _numbered(rows: Iterable[tuple[int, list[str]]], problems: list[Problem], path: Path) -> Iterator[Row]:
    headers: list[str] = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if not headers:
            headers = [cell.strip() for cell in cells]
            continue
        if len(cells) > len(headers) and any(cell.strip() for cell in cells[len(headers) :]):
            message = say("more cells than headers", "单元格多于表头")
            problems.append(Problem(file=str(path), line=number, key="row", message=message))
        yield number, {h: c.strip() for h, c in zip(headers, cells, strict=False) if h}


def rename(table: str, rows: list[Row], path: Path, problems: list[Problem], extra: str = "") -> list[Row]:
    """Rows with the fields' own names; an unknown header is a problem unless it begins with `extra`."""
    names: dict[str, str] = {}
    known = aliases()[table]
    for field, others in known.items():
        names |= dict.fromkeys((field, *others), field)
    folded = {name.lower(): field for name, field in names.items()}
    mapping: dict[str, str] = {}
    for header in rows[0][1] if rows else ():
        field = folded.get(header.lower())
        if field is None and not (
            extra and header.startswith(extra.split("|")[0]) or header.startswith("new:")
        ):
            nearest = get_close_matches(header, names, 1)
            problems.append(
                Problem(
                    file=str(path),
                    line=1,
                    key=header,
                    message=say("unknown column", "未知的列"),
                    nearest=nearest[0] if nearest else "",
                )
            )
        mapping[header] = field or header
    return [(number, {mapping[h]: v for h, v in row.items()}) for number, row in rows]


def _ratio(text: str) -> Decimal:
    over, _, under = text.partition("/")
    ratio = Decimal(over) / Decimal(under) if under else Decimal(over)
    if not ratio > 0:
        raise ValueError(text)
    return ratio


def _truth(text: str) -> bool:
    table = aliases()["values"]["register_is_primary"]
    lowered = text.lower()
    for name, others in table.items():
        if lowered == name or lowered in others:
            return bool(name == "true")
    raise ValueError(text)


def _choice(name: str) -> Callable[[str], str]:
    def pick(text: str) -> str:
        for value, others in aliases()["values"][name].items():
            if text == value or text in others:
                return str(value)
        raise ValueError(text)

    return pick


def _day(text: str) -> date:
    return date.fromisoformat(text.replace("/", "-").replace(".", "-"))


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "ct": (_ratio, "300/5 or 60"),
    "pt": (_ratio, "10000/100 or 100"),
    "register_is_primary": (_truth, "true, false"),
    "status": (_choice("status"), "in service, suspended, removed"),
    "node_kind": (_choice("node_kind"), "line, transformer"),
    "kind": (_choice("node_kind"), "line, transformer"),
    "side": (_choice("side"), "supply, sale"),
    "at": (datetime.fromisoformat, "2026-05-01T10:30:00+08:00"),
}
_BY_TYPE: dict[Any, tuple[Callable[[str], Any], str]] = {
    int: (int, "a whole number"),
    int | None: (int, "a whole number"),
    Decimal: (Decimal, "a number"),
    Decimal | None: (Decimal, "a number"),
    date | None: (_day, "2026-05-01"),
    str: (sys.intern, "text"),
}


@cache
def _columns(kind: type) -> tuple[tuple[str, bool, Callable[[str], Any], str], ...]:
    columns = []
    for field in fields(kind):
        if field.name in ("old_finals", "new_initials"):
            continue
        reader, expected = _READERS.get(field.name) or _BY_TYPE[field.type]
        required = field.default is MISSING and field.default_factory is MISSING
        columns.append((field.name, required, reader, expected))
    return tuple(columns)


def convert(kind: type, row: Row, path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """A row's cells as values of the record `kind`; None if any cell is wrong, each of which is a problem."""
    number, cells = row
    values: dict[str, Any] = {}
    wrong = False
    for name, required, reader, expected in _columns(kind):
        text = cells.get(name, "")
        if not text:
            if required:
                wrong = True
                message = say("missing", "缺失")
                problems.append(
                    Problem(file=str(path), line=number, key=name, message=message, expected=expected)
                )
            continue
        try:
            values[name] = reader(text)
        except (ValueError, InvalidOperation, ZeroDivisionError):
            wrong = True
            message = say(f"{text!r} is not right", f"{text!r} 不正确")
            problems.append(
                Problem(file=str(path), line=number, key=name, message=message, expected=expected)
            )
    return None if wrong else values
