"""The first sheet of an XLSX file as rows of text; openpyxl, where it is installed, does the reading."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from config.text import say

__all__ = ["MAX_BYTES", "NotAWorkbook", "rows_of", "text_of"]

MAX_BYTES = 256 * 1024 * 1024
# A spreadsheet has no more rows; the file may claim any number.
_MAX_ROWS = 1_048_576
_MAX_CELLS = 20_000_000
# From here on a spreadsheet's number no longer holds every digit.
_EXACT = 10**15


def _foreign() -> tuple[type[Exception], ...]:
    """What openpyxl raises for files that only look like a workbook.

    Imported here: a gateway whose archive is CSV keeps this MiB for meters.
    """
    from lzma import LZMAError
    from xml.etree.ElementTree import ParseError
    from zipfile import BadZipFile

    return (
        BadZipFile, LZMAError, ParseError, zlib.error, struct.error, ArithmeticError, AssertionError, AttributeError,
        EOFError, LookupError, MemoryError, RuntimeError, TypeError, ValueError, OSError,
    )  # fmt: skip


class NotAWorkbook(Exception):
    """The file cannot be read as a workbook; the text says why."""


def rows_of(path: Path) -> Iterator[tuple[int, list[object]]]:
    """The sheet's rows with their numbers, from 1; raises NotAWorkbook, and OSError where it cannot be opened."""
    with path.open("rb") as file:
        try:
            yield from _rows(file)
        except ImportError as error:
            cure = say("XLSX needs pip install 'meterd[dumps]'", "XLSX 需要 pip install 'meterd[dumps]'")
            raise NotAWorkbook(cure) from error
        except _foreign() as error:
            why = f"{type(error).__name__}: {error}"
            said = say(f"not an XLSX file that can be read ({why})", f"不是可读取的 XLSX 文件（{why}）")
            raise NotAWorkbook(said) from error


def _rows(file: BinaryIO) -> Iterator[tuple[int, list[object]]]:
    import zipfile

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(file) as packed:
            if sum(member.file_size for member in packed.infolist()) > MAX_BYTES:
                raise ValueError(say("larger than 256 MiB", "超过 256 MiB"))
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        try:
            cells = 0
            for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
                cells += len(row)
                if number > _MAX_ROWS or cells > _MAX_CELLS:
                    raise ValueError(say("too many rows or cells", "行或单元格过多"))
                yield number, list(row)
        finally:
            book.close()


def text_of(cell: object) -> str:
    """A cell as the text that a person sees; a number that has lost digits with an exponent, so that none is taken."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        midnight = not (cell.hour or cell.minute or cell.second)
        return cell.date().isoformat() if midnight else cell.isoformat()
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= _EXACT:
        return f"{cell:e}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
