"""Archive tables from CSV or XLSX to rows with the fields' own names, with the line and column of every mistake.

Text is decoded as BOM, then strict UTF-8, then GB18030; never by guessing.
"""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern

from config.aliases import aliases, names_of
from config.cells import Row, required
from config.errors import Problem
from config.text import say
from config.workbook import MAX_BYTES, NotAWorkbook, rows_of, text_of
from protocols.alike import alike

__all__ = ["Table", "decode_text", "read_table", "rename"]

# What other programs put between columns: their own name for each, and in Chinese.
_SEPARATORS = {";": ("semicolons", "分号"), "\t": ("tabs", "制表符"), "|": ("bars", "竖线")}


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
    rows: deque[Row] = field(default_factory=deque)
    whole: bool = True


class _Bad(Exception):
    """A table that cannot be read; `line` and `key` say where, as far as that is known."""

    def __init__(self, message: str, line: int | None = None, key: str = "file", expected: str = "") -> None:
        super().__init__(message)
        self.line, self.key, self.expected = line, key, expected


def read_table(path: Path, problems: list[Problem]) -> Table:
    """All rows of a table with their line numbers; the first row that is not empty holds the headers."""
    try:
        if not path.is_file():
            raise _Bad(say("not a file", "不是文件"))
        if path.stat().st_size > MAX_BYTES:
            raise _Bad(say("larger than 256 MiB", "超过 256 MiB"))
        rows = rows_of(path) if path.suffix.lower() == ".xlsx" else _csv(path)
        return _table(path, rows, problems)
    except _Bad as error:
        line, key, message, expected = error.line, error.key, str(error), error.expected
    except OSError as error:
        line, key, message, expected = None, "file", error.strerror or str(error), ""
    except NotAWorkbook as error:
        line, key, message, expected = None, "file", str(error), ""
    problems.append(Problem(file=str(path), line=line, key=key, message=message, expected=expected))
    return Table(path, whole=False)


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    raw = path.read_bytes()
    if raw.startswith(b"PK\x03\x04"):
        raise _Bad(say("a workbook, not CSV", "是工作簿而不是 CSV"), expected=f"{path.stem}.xlsx")
    try:
        text = decode_text(raw)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = say("neither UTF-8 nor GB18030", "既不是 UTF-8 也不是 GB18030")
        raise _Bad(message, line, f"byte {error.start}") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        message = say(f"not CSV: {error}", f"不是 CSV：{error}")
        expected = say('quotes in pairs: "a ""quoted"" word"', '成对的引号："带""引号""的文字"')
        raise _Bad(message, reader.line_num, "row", expected) from error


def _table(path: Path, rows: Iterable[tuple[int, Sequence[object]]], problems: list[Problem]) -> Table:
    headers: tuple[str, ...] = ()
    first, kept = 1, deque[Row]()
    for number, cells in rows:
        texts = [text_of(cell).strip() for cell in cells]
        if not any(texts):
            continue
        if not headers:
            headers, first = tuple(texts), number
            _refuse_other_separators(headers, number)
            continue
        if any(texts[len(headers) :]):
            message = say("more cells than headers", "单元格多于表头")
            expected = say(f"{len(headers)} cells", f"{len(headers)} 个单元格")
            problems.append(
                Problem(file=str(path), line=number, key="row", message=message, expected=expected)
            )
        kept.append((number, {h: intern(c) for h, c in zip(headers, texts, strict=False) if h}))
    return Table(path, first, tuple(filter(None, headers)), kept)


def _refuse_other_separators(headers: Sequence[str], line: int) -> None:
    filled = [header for header in headers if header]
    for separator, (name, name_zh) in _SEPARATORS.items():
        if len(filled) == 1 and separator in filled[0]:
            message = say(f"columns are separated by {name}", f"列以{name_zh}分隔")
            raise _Bad(message, line, "row", say("commas", "逗号"))


def rename(
    name: str, table: Table, kind: type, problems: list[Problem], prefixes: Mapping[str, str] | None = None
) -> tuple[dict[str, str], Iterator[Row]]:
    """The field that each header names, and rows with the fields' own names, made as they are taken off the table.

    Headers that are unknown, double or missing are problems; with one missing there are no rows.

    A header that begins with one of `prefixes` keeps its end and begins with the prefix's own name.
    """
    names = names_of(name)
    mapping: dict[str, str] = {}
    for header in table.headers:
        prefix = next((given for given in prefixes or {} if header.startswith(given)), "")
        field = names.get(header.lower(), "")
        if prefix and prefixes:
            field = prefixes[prefix] + header.removeprefix(prefix)
        if not field:
            near = alike(header.lower(), names)
            _add(problems, table, header, say("unknown column", "未知的列"), nearest=near)
        elif field in mapping.values() or header in mapping:
            _add(problems, table, header, say(f"a second column {field}", f"{field} 列重复"))
        mapping[header] = field or header
    if not table.headers and table.whole:
        expected = ", ".join(required(kind))
        _add(problems, table, "row", say("no headers", "没有表头"), expected=expected)
    if not _complete(name, table, kind, set(mapping.values()), problems):
        return mapping, iter(())
    return mapping, _taken(table.rows, mapping)


def _taken(rows: deque[Row], mapping: Mapping[str, str]) -> Iterator[Row]:
    """Rows with the fields' own names; takes the rows, so that not all of both are in memory at once."""
    while rows:
        number, row = rows.popleft()
        yield number, {mapping[header]: text for header, text in row.items()}


def _complete(name: str, table: Table, kind: type, fields: set[str], problems: list[Problem]) -> bool:
    missing = [column for column in required(kind) if column not in fields]
    for column in missing if table.headers else ():
        others = ", ".join(aliases()[name][column])
        _add(problems, table, column, say("missing column", "缺少列"), expected=f"{column}, {others}")
    return not missing


def _add(
    problems: list[Problem], table: Table, key: str, message: str, *, expected: str = "", nearest: str = ""
) -> None:
    problems.append(
        Problem(
            file=str(table.path),
            line=table.line,
            key=key,
            message=message,
            expected=expected,
            nearest=nearest,
        )
    )
