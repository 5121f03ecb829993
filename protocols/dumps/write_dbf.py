"""Lists for hand-held readers as DBF tables (dBASE III)."""

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.dumps.sheet import Sheet, SheetError, Unfit, Words, meters
from protocols.dumps.spec import Spec
from protocols.dumps.write import encoded

__all__ = ["dbf"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,9}")
# Type, bytes and decimals of a column; text of 20 bytes where nothing else is said.
_KINDS: dict[str, tuple[str, int, int]] = {
    "cons_name": ("C", 40, 0), "addr": ("C", 60, 0), "asset_no": ("C", 24, 0), "remark": ("C", 40, 0),
    "comm_addr": ("C", 16, 0), "seq": ("C", 8, 0), "read_type": ("C", 16, 0), "digits": ("N", 2, 0),
    "multiplier": ("N", 12, 2), "last_read": ("N", 14, 4), "this_read": ("N", 14, 4), "last_time": ("C", 19, 0),
    "read_time": ("C", 19, 0), "status": ("C", 8, 0), "mode": ("C", 8, 0), "ex_code": ("C", 8, 0),
    "lon": ("N", 12, 6), "lat": ("N", 11, 6),
}  # fmt: skip
_MAY_BE_CUT = frozenset({"cons_name", "addr", "remark"})
_GBK, _NO_PAGE = 0x4D, 0x00


@dataclass(frozen=True, slots=True)
class _Column:
    field: str
    name: bytes
    kind: str
    length: int
    decimals: int


def dbf(sheet: Sheet, spec: Spec, words: Words, encoding: str) -> bytes:
    """The list as a table with the profile's names; a register that has no room is left out."""
    columns = [column for name in words.columns() if (column := _column(spec, name)) is not None]
    if not columns:
        raise SheetError("no_names", spec.name)
    body = b"".join(_records(sheet, words, columns, encoding))
    length = 1 + sum(column.length for column in columns)
    begins = 32 + 32 * len(columns) + 1
    page = _GBK if encoding in {"gbk", "gb18030"} else _NO_PAGE
    head = struct.pack("<BBBBIHH17xB2x", 3, *_day(sheet), len(body) // length, begins, length, page)
    described = b"".join(
        column.name.ljust(11, b"\0")
        + column.kind.encode()
        + struct.pack("<4xBB14x", column.length, column.decimals)
        for column in columns
    )
    return head + described + b"\r" + body + b"\x1a"


def _day(sheet: Sheet) -> tuple[int, int, int]:
    created = sheet.facts.get("created", "20000101")
    return int(created[:4]) - 1900, int(created[4:6]), int(created[6:8])


def _column(spec: Spec, name: str) -> _Column | None:
    """A column under the first of its names that a DBF can have: ten plain letters, digits and lines."""
    found = next((given for given in spec.names[name] if _NAME.fullmatch(given)), None)
    if found is None:
        return None
    base = f"{name.partition(':')[0]}_read" if ":" in name else name
    return _Column(name, found.upper().encode(), *_KINDS.get(base, ("C", 20, 0)))


def _records(sheet: Sheet, words: Words, columns: Sequence[_Column], encoding: str) -> list[bytes]:
    made: list[bytes] = []
    for rows in meters(sheet.rows):
        found = [words.broad(rows)] if words.wide else [words.texts(row) for row in rows]
        for row, cells in zip(rows, found, strict=False):
            try:
                made.append(b" " + b"".join(_cell(sheet, column, cells, encoding) for column in columns))
            except ValueError as error:
                sheet.left_out.append(Unfit(row, str(error)))
    return made


def _cell(sheet: Sheet, column: _Column, cells: Mapping[str, str], encoding: str) -> bytes:
    text = cells.get(column.field, "")
    if column.kind == "N":
        part = text.replace(",", ".").encode()
        whole = part.rjust(column.length)
    else:
        part = encoded(sheet, text, encoding)
        if len(part) > column.length and column.field in _MAY_BE_CUT:
            part = part[: column.length].decode(encoding, "ignore").encode(encoding)
        whole = part.ljust(column.length)
    if len(part) > column.length:
        raise ValueError(column.field)
    return whole
