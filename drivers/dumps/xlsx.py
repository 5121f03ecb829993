"""Workbooks: one sheet with a header, read row by row, after a look at what the archive would unfold to."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, tzinfo
from typing import Any
from xml.etree.ElementTree import ParseError

from drivers.dumps.files import Limits, Opened
from protocols.dumps.build import Builder
from protocols.dumps.delimited import Header
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Notes, Row
from protocols.dumps.spec import Spec
from protocols.dumps.text import clean
from protocols.dumps.xml import without_dtd

__all__ = ["fit", "rows"]

# What openpyxl raises for files that only look like a workbook.
_NO_WORKBOOK = (
    zipfile.BadZipFile, zlib.error, ParseError, AttributeError, EOFError, IndexError, KeyError, NotImplementedError,
    RuntimeError, TypeError, ValueError,
)  # fmt: skip
_MOST_COLUMNS = 500
_PROBE = 20


def fit(file: Opened, spec: Spec) -> int:
    """How well a profile fits the sheet, as `Header.fit`."""
    for number, cells in enumerate(_cells(file, spec, Notes())):
        if any(cells):
            return Header(spec, cells).fit
        if number > _PROBE:
            break
    return 0


def rows(file: Opened, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The rows of the sheet that the profile names, else of the first; `line` is the sheet's row number."""
    notes.encoding = "utf-8"
    builder, header = Builder(spec, tz), None
    for number, cells in enumerate(_cells(file, spec, notes), 1):
        if not any(cells):
            continue
        if header is None:
            header = Header(spec, cells)
            if header.missing:
                raise DumpError("columns_missing", ", ".join(header.missing))
            header.remarks(notes)
            continue
        notes.records += 1
        yield from builder.build(
            {name: cell for name, cell in zip(header.fields, cells, strict=False) if name}, number, None
        )


def _cells(file: Opened, spec: Spec, notes: Notes) -> Iterator[list[str]]:
    try:
        import openpyxl
    except ImportError:
        raise DumpError("needs_extra", "openpyxl, defusedxml") from None
    try:
        _measure(file, file.limits)
        file.reader.seek(0)
        book = openpyxl.load_workbook(file.reader, read_only=True, data_only=True, keep_links=False)
    except _NO_WORKBOOK as error:
        raise DumpError("damaged", clean(str(error))) from None
    try:
        yield from _sheet(book, spec, notes)
    except _NO_WORKBOOK as error:
        raise DumpError("damaged", clean(str(error))) from None
    finally:
        book.close()


def _sheet(book: Any, spec: Spec, notes: Notes) -> Iterator[list[str]]:
    wanted = {name.lower() for name in spec.tables}
    sheets = [sheet for sheet in book.worksheets if not wanted or sheet.title.lower() in wanted]
    if not sheets:
        raise DumpError("empty")
    if len(book.worksheets) > 1 and not wanted:
        notes.remark("sheets_more", clean(sheets[0].title, 40))
    for row in sheets[0].iter_rows(values_only=True):
        yield [_text(value) for value in row[:_MOST_COLUMNS]]


def _measure(file: Opened, limits: Limits) -> None:
    """Refuse what unfolds to too much, has too many members, members that overlap, or a DTD in its XML."""
    file.reader.seek(0)
    with zipfile.ZipFile(file.reader) as packed:
        members = packed.infolist()
        if len(members) > limits.max_members:
            raise DumpError("bomb", f"{len(members)} > {limits.max_members}")
        total = sum(member.file_size for member in members)
        if total > limits.max_expanded:
            raise DumpError("bomb", f"{total} > {limits.max_expanded}")
        if total > limits.max_ratio * max(file.size, 1):
            raise DumpError("bomb", f"{total // max(file.size, 1)} > {limits.max_ratio}")
        _apart(members)
        for member in members:
            if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise DumpError("damaged", clean(member.filename, 60))
            if member.filename.lower().endswith((".xml", ".rels")):
                with packed.open(member) as part:
                    without_dtd(part.read)


def _apart(members: Sequence[zipfile.ZipInfo]) -> None:
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise DumpError("bomb", clean(member.filename, 60))
        end = member.header_offset + member.compress_size


def _text(value: object) -> str:
    """A cell as it would be written: whole numbers without a point, what a spreadsheet rounded in its own way."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.15g}" if abs(value) < 1e15 else f"{value:.14E}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
