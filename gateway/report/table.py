"""A table for people and machines: one list of columns, and the same rows as text, CSV, XLSX or JSON."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from config.text import say

__all__ = ["Column", "Table", "as_csv", "as_json", "as_xlsx"]

_SHEET_NAME = 31
"""Letters that a spreadsheet's name may have."""
_NO_SHEET_NAME = frozenset("[]:*?/\\'")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is the attribute of a row and the machine's name; `percent` shows a share as per cent to people.

    A column with a rank in `spare` may go where there is no room, the highest first. `words` are what a machine's
    words are called in Chinese; in English they speak for themselves, with spaces.
    """

    key: str
    en: str
    zh: str
    percent: bool = False
    places: int | None = None
    spare: int = 0
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """In the reader's language."""
        return say(self.en, self.zh)

    def shown(self, row: object) -> str:
        """The cell as people read it; empty where there is nothing."""
        value = getattr(row, self.key)
        if value is None:
            return ""
        if isinstance(value, bool):
            return say("yes", "是") if value else say("no", "否")
        if self.percent:
            return f"{100 * value:.{2 if self.places is None else self.places}f} %"
        if self.places is not None:
            return f"{value:.{self.places}f}"
        if isinstance(value, date | datetime):
            return value.isoformat()
        text = str(value)
        return say(text.replace("_", " "), self.words[text]) if text in self.words else text


@dataclass(frozen=True, slots=True)
class Table:
    """Rows are records with the attributes that the columns name."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[object]

    @property
    def spare(self) -> list[str]:
        """Titles of columns that may go where there is no room, in that order."""
        return [one.title for one in sorted(self.columns, key=lambda one: -one.spare) if one.spare]

    def cells(self) -> Iterator[list[str]]:
        """Rows as people read them."""
        for row in self.rows:
            yield [column.shown(row) for column in self.columns]


def _plain(value: Any) -> Any:
    """A value for machines: exact numbers as text, instants in ISO 8601."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def as_json(table: Table) -> list[dict[str, Any]]:
    """One object a row, by key."""
    return [{column.key: _plain(getattr(row, column.key)) for column in table.columns} for row in table.rows]


def _inert(text: str) -> str:
    """A text that a spreadsheet would run as a formula is shown as text."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_csv(table: Table) -> str:
    """With a header of keys; numbers exact, shares as shares."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(column.key for column in table.columns)
    for row in table.rows:
        cells = [getattr(row, column.key) for column in table.columns]
        writer.writerow(_inert(cell) if isinstance(cell, str) else _plain(cell) for cell in cells)
    return out.getvalue()


def as_xlsx(*tables: Table) -> bytes:
    """A workbook of a sheet for each table with titles in the reader's language; needs openpyxl."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for table in tables:
        name = "".join(" " if char in _NO_SHEET_NAME else char for char in table.title)
        _fill(book.create_sheet(name[:_SHEET_NAME].strip()), table)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Any, table: Table) -> None:
    from openpyxl.styles import Font

    sheet.append([column.title for column in table.columns])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in table.rows:
        sheet.append([_cell(getattr(row, column.key)) for column in table.columns])
    for number, column in enumerate(table.columns, 1):
        for (cell,) in sheet.iter_rows(min_row=2, min_col=number, max_col=number):
            if isinstance(cell.value, str):
                cell.data_type = "s"  # never a formula
            elif column.percent:
                cell.number_format = "0.00 %"
    sheet.freeze_panes = "A2"


def _cell(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
