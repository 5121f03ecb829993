"""Archive tables from CSV or XLSX to records, with the row and column of every mistake.

Text is decoded as BOM, then strict UTF-8, then GB18030; never by guessing.
"""

import csv
import io
import re
import struct
import sys
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from config.errors import Problem
from config.text import say

__all__ = ["Row", "Table", "aliases", "convert", "decode_text", "names_of", "number", "read_table", "rename"]

Row = tuple[int, dict[str, str]]
_MAX_FILE = 256 * 1024 * 1024
_LARGEST = Decimal(10) ** 15
# What openpyxl raises for files that only look like a workbook.
_NO_XLSX = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ParseError,
    NotImplementedError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
)


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


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read: its file, its headers with their line, and its rows; `whole` unless it could not be read."""

    path: Path
    line: int = 1
    headers: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    whole: bool = True


def read_table(path: Path, problems: list[Problem]) -> Table:
    """All rows of a table with their line numbers; the first row that is not empty holds the headers."""
    file = str(path)
    try:
        if path.stat().st_size > _MAX_FILE:
            raise OSError(say("larger than 256 MiB", "超过 256 MiB"))
        if path.suffix.lower() == ".xlsx":
            return _table(path, _xlsx(path), problems)
        return _table(path, _csv(path), problems)
    except UnicodeDecodeError as error:
        message = say("neither UTF-8 nor GB18030", "既不是 UTF-8 也不是 GB18030")
        problems.append(Problem(file=file, line=None, key=f"byte {error.start}", message=message))
    except _BadCsv as error:
        problems.append(Problem(file=file, line=error.line, key="row", message=str(error)))
    except (OSError, ValueError) as error:
        problems.append(Problem(file=file, line=None, key="file", message=str(error)))
    return Table(path, whole=False)


class _BadCsv(Exception):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(decode_text(path.read_bytes()), newline=""), strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise _BadCsv(str(error), reader.line_num) from error


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        import openpyxl
    except ImportError as error:
        raise OSError(
            say("XLSX needs pip install 'meterd[dumps]'", "XLSX 需要 pip install 'meterd[dumps]'")
        ) from error
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(member.file_size for member in packed.infolist()) > _MAX_FILE:
                raise OSError(say("larger than 256 MiB", "超过 256 MiB"))
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
                yield number, ["" if cell is None else _cell(cell) for cell in row]
        finally:
            book.close()
    except _NO_XLSX as error:
        raise OSError(say(f"no XLSX file: {error}", f"不是 XLSX 文件：{error}")) from error


def _cell(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat() if (cell.hour or cell.minute or cell.second) else cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _table(path: Path, rows: Iterable[tuple[int, list[str]]], problems: list[Problem]) -> Table:
    headers: tuple[str, ...] = ()
    first, kept = 1, []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if not headers:
            headers, first = tuple(cell.strip() for cell in cells), number
            continue
        if any(cell.strip() for cell in cells[len(headers) :]):
            message = say("more cells than headers", "单元格多于表头")
            problems.append(Problem(file=str(path), line=number, key="row", message=message))
        kept.append((number, {h: c.strip() for h, c in zip(headers, cells, strict=False) if h}))
    return Table(path, first, tuple(filter(None, headers)), tuple(kept))


@cache
def names_of(table: str) -> dict[str, str]:
    """Every header that a table may have, in lower case, with the field it names."""
    known = aliases()[table].items()
    return {name.lower(): field for field, others in known for name in (field, *others)}


def rename(
    name: str, table: Table, kind: type, problems: list[Problem], prefixes: Mapping[str, str] | None = None
) -> list[Row]:
    """Rows with the fields' own names. Headers that are unknown, double or missing are problems.

    A header that begins with one of `prefixes` keeps its end and begins with the prefix's own name.
    """
    file, names = str(table.path), names_of(name)
    mapping: dict[str, str] = {}
    for header in table.headers:
        prefix = next((given for given in prefixes or {} if header.startswith(given)), "")
        field = names.get(header.lower(), "")
        if prefix and prefixes:
            field = prefixes[prefix] + header.removeprefix(prefix)
        if not field:
            near = get_close_matches(header.lower(), names, 1)
            message = say("unknown column", "未知的列")
            problems.append(
                Problem(
                    file=file, line=table.line, key=header, message=message, nearest=near[0] if near else ""
                )
            )
        elif field in mapping.values() or header in mapping:
            message = say(f"a second column {field}", f"{field} 列重复")
            problems.append(Problem(file=file, line=table.line, key=header, message=message))
        mapping[header] = field or header
    if not table.headers and table.whole:
        expected = ", ".join(column for column, required, _, _ in _columns(kind) if required)
        message = say("no headers", "没有表头")
        problems.append(Problem(file=file, line=1, key="row", message=message, expected=expected))
    if not _complete(name, table, kind, set(mapping.values()), problems):
        return []
    return [(number, {mapping[h]: v for h, v in row.items()}) for number, row in table.rows]


def _complete(name: str, table: Table, kind: type, fields: set[str], problems: list[Problem]) -> bool:
    missing = [column for column, required, _, _ in _columns(kind) if required and column not in fields]
    for column in missing if table.headers else ():
        others = ", ".join(aliases()[name][column])
        message = say("missing column", "缺少列")
        problems.append(
            Problem(file=str(table.path), line=table.line, key=column, message=message, expected=others)
        )
    return not missing


def number(text: str) -> Decimal:
    """A finite number of a sensible size; raises ValueError or InvalidOperation."""
    found = Decimal(text)
    if not found.is_finite() or abs(found) > _LARGEST:
        raise ValueError(text)
    return found


def _ratio(text: str) -> Decimal:
    over, _, under = text.partition("/")
    ratio = number(over) / number(under) if under else number(over)
    if not ratio > 0:
        raise ValueError(text)
    return ratio


def _within(least: int, most: int) -> tuple[Callable[[str], Any], str]:
    def read(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read, f"{least} .. {most}"


def _degrees(most: int) -> tuple[Callable[[str], Any], str]:
    def read(text: str) -> Decimal:
        angle = number(text)
        if abs(angle) > most:
            raise ValueError(text)
        return angle

    return read, f"-{most} .. {most}"


def _positive(text: str) -> Decimal:
    amount = number(text)
    if amount <= 0:
        raise ValueError(text)
    return amount


def _sign(text: str) -> int:
    return {"1": 1, "+1": 1, "+": 1, "-1": -1, "-": -1}.get(text) or int("")


def _choice(name: str) -> tuple[Callable[[str], Any], str]:
    def pick(text: str) -> Any:
        for value, others in aliases()["values"][name].items():
            if text.lower() == value.lower() or text.lower() in others or text in others:
                return value == "true" if name == "register_is_primary" else str(value)
        raise ValueError(text)

    return pick, ", ".join(aliases()["values"][name])


_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00(?::00)?)?")


def _day(text: str) -> date:
    match = _DAY.fullmatch(text)
    return date(int(match[1]), int(match[2]), int(match[3])) if match else date.fromisoformat(text)


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "ct": (_ratio, "300/5, 60"),
    "pt": (_ratio, "10000/100, 100"),
    "register_is_primary": _choice("register_is_primary"),
    "status": _choice("status"),
    "node_kind": _choice("node_kind"),
    "kind": _choice("node_kind"),
    "side": _choice("side"),
    "wiring": _choice("wiring"),
    "sign": (_sign, "1, -1"),
    "digits": _within(1, 12),
    "decimals": _within(0, 8),
    "tariffs": _within(0, 63),
    "baud": _within(50, 921_600),
    "lat": _degrees(90),
    "lon": _degrees(180),
    "rated_voltage": (_positive, "220"),
    "rated_current": (_positive, "5"),
    "max_current": (_positive, "60"),
    "capacity_kva": (_positive, "315"),
    "at": (datetime.fromisoformat, "2026-05-01T10:30:00+08:00"),
}
_BY_TYPE: dict[Any, tuple[Callable[[str], Any], str]] = {
    int: _within(-(2**31), 2**31 - 1),
    int | None: _within(0, 2**31 - 1),
    Decimal: (number, "0.9"),
    Decimal | None: (number, "0.9"),
    date | None: (_day, "2026-05-01"),
    str: (sys.intern, ""),
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
