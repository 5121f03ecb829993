"""Lists for hand-held readers in every layout that readers take, as bytes for a file."""

import io
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from protocols.dumps.sheet import Sheet, SheetError, Words, meters
from protocols.dumps.spec import Spec
from protocols.dumps.write import WRITERS, Writer
from protocols.dumps.write_dbf import dbf

__all__ = ["ENCODINGS", "ENDINGS", "encoding_of", "written"]

ENCODINGS = ("utf-8", "gbk", "gb18030")
"""Encodings that a person may choose."""
ENDINGS = {
    "delimited": ".csv", "fixed": ".txt", "jsonl": ".jsonl", "dbf": ".dbf", "xlsx": ".xlsx", "sqlite": ".db",
}  # fmt: skip
"""Layouts that a list can be written in, and how their files' names end."""
_TABLE = "route"


def encoding_of(spec: Spec, wanted: str = "") -> str:
    """The encoding to write: the wanted one, the profile's, else what programs for this layout take.

    Old readers know GBK only; a spreadsheet takes text for UTF-8 by its mark.
    """
    if not wanted and spec.encoding != "auto":
        return spec.encoding
    if not wanted:
        wanted = "gbk" if spec.format in {"fixed", "dbf"} else "utf-8"
    return "utf-8-sig" if wanted == "utf-8" and spec.format == "delimited" else wanted


def written(sheet: Sheet, spec: Spec, words: Words, encoding: str) -> bytes:
    """The list in the profile's layout; raises SheetError where that is none for readers."""
    writer = _WRITERS.get(spec.format)
    if writer is None:
        raise SheetError("no_route_layout", spec.format)
    return writer(sheet, spec, words, encoding)


def _texts(sheet: Sheet, words: Words) -> tuple[list[str], list[list[str]]]:
    columns = words.columns()
    records = (
        [words.broad(rows) for rows in meters(sheet.rows)]
        if words.wide
        else [words.texts(row) for row in sheet.rows]
    )
    return [words.heading(name) for name in columns], [
        [cells.get(name, "") for name in columns] for cells in records
    ]


def _xlsx(sheet: Sheet, spec: Spec, words: Words, _encoding: str) -> bytes:
    """A workbook whose cells are all texts: nothing in it is computed, and no number loses its zeros."""
    try:
        import openpyxl
        from openpyxl.cell import WriteOnlyCell
    except ImportError:
        raise SheetError("needs_extra", "openpyxl") from None
    book = openpyxl.Workbook(write_only=True)
    table = book.create_sheet(spec.tables[0] if spec.tables else _TABLE)
    head, records = _texts(sheet, words)
    for record in (head, *records):
        cells = []
        for text in record:
            cell = WriteOnlyCell(table, text)
            cell.data_type = "s"  # openpyxl takes a text that begins with = for a formula
            cells.append(cell)
        table.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sqlite(sheet: Sheet, spec: Spec, words: Words, _encoding: str) -> bytes:
    head, records = _texts(sheet, words)
    name = spec.tables[0] if spec.tables else _TABLE
    columns = ", ".join(f"{_quoted(heading)} TEXT" for heading in head)
    places = ", ".join("?" * len(head))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "route.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=OFF").close()
            connection.execute(f"CREATE TABLE {_quoted(name)} ({columns})").close()
            connection.execute("BEGIN").close()
            rows = [[text or None for text in record] for record in records]
            insert = f"INSERT INTO {_quoted(name)} VALUES ({places})"  # noqa: S608 - a quoted name and marks
            connection.executemany(insert, rows).close()
            connection.execute("COMMIT").close()
        return path.read_bytes()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_WRITERS: dict[str, Writer] = {**WRITERS, "dbf": dbf, "xlsx": _xlsx, "sqlite": _sqlite}
