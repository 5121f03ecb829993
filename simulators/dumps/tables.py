"""Dumps as tables: DBF, SQLite, workbooks."""

import sqlite3
import struct
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from simulators.dumps.text import HEAD
from simulators.dumps.values import Value

__all__ = ["dbf", "sqlite", "xlsx"]

_FIELDS = (
    ("MRSECT", "C", 10, 0), ("SEQ", "N", 5, 0), ("CONSNO", "C", 13, 0), ("CONSNAME", "C", 40, 0), ("ADDR", "C", 60, 0),
    ("ASSETNO", "C", 22, 0), ("RTYPE", "C", 2, 0), ("TFACTOR", "N", 8, 2), ("LASTREAD", "N", 12, 4),
    ("THISREAD", "N", 12, 4), ("READTIME", "C", 19, 0), ("READER", "C", 8, 0), ("RMODE", "C", 1, 0),
    ("EXCODE", "C", 4, 0), ("CBBZ", "C", 1, 0), ("LON", "N", 12, 6), ("LAT", "N", 12, 6),
)  # fmt: skip


def _record(v: Value, encoding: str) -> bytes:
    read = v.this is not None
    when = f"{v.at:%Y-%m-%d %H:%M:%S}" if read else ""
    cells = (
        *(v.route, v.seq, v.cons, v.name, "", v.asset, v.kind_code, v.multiplier, v.last),
        *(v.this if read else "", when, v.reader, v.mode, v.code, "1" if read else "0", v.lon, v.lat),
    )
    record = b" "
    for cell, (_, kind, length, decimals) in zip(cells, _FIELDS, strict=True):
        if kind == "N" and cell != "":
            record += f"{cell:{length}.{decimals}f}".encode()
        else:
            record += str(cell).encode(encoding)[:length].ljust(length)
    return record


def dbf(
    path: Path, values: Iterable[Value], *, language: int = 0, encoding: str = "gb18030", deleted: int = 0
) -> None:
    """A dBASE III table; every `deleted`-th record is marked as deleted."""
    begins = 32 + 32 * len(_FIELDS) + 1
    length = 1 + sum(field[2] for field in _FIELDS)
    count = 0
    with path.open("wb") as file:
        file.write(bytes(begins))
        for v in values:
            record = _record(v, encoding)
            count += 1
            file.write(b"*" + record[1:] if deleted and count % deleted == 0 else record)
        file.write(b"\x1a")
        file.seek(0)
        file.write(struct.pack("<4BIHH17xB2x", 3, 124, 5, 1, count, begins, length, language))
        for name, kind, size, decimals in _FIELDS:
            file.write(struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), size, decimals))
        file.write(b"\r")


_ROWS = """
CREATE TABLE record (id INTEGER PRIMARY KEY, route TEXT, seq INTEGER, cons_no TEXT, cons_name TEXT, asset_no TEXT,
    read_type TEXT, multiplier REAL, last_read REAL, this_read REAL, read_time INTEGER, reader_id TEXT, mode TEXT,
    status INTEGER, ex_code TEXT, lon REAL, lat REAL);
CREATE TABLE META_INFO (version TEXT, machine_no TEXT);
"""


def sqlite(path: Path, values: Iterable[Value]) -> None:
    """The database of an Android reader, with times in milliseconds."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_ROWS)
        connection.execute("INSERT INTO META_INFO VALUES ('2.1', 'A-0042')")
        connection.executemany(
            f"INSERT INTO record VALUES (NULL{', ?' * 16})",  # noqa: S608 - question marks
            (
                (
                    v.route, v.seq, v.cons, v.name, v.asset, v.point, float(v.multiplier), float(v.last),
                    None if v.this is None else float(v.this),
                    None if v.this is None else int(v.at.timestamp() * 1000), v.reader, "keyed",
                    0 if v.this is None else 1, v.code, float(v.lon), float(v.lat),
                )
                for v in values
            ),
        )  # fmt: skip
        connection.commit()


def xlsx(path: Path, values: Iterable[Value]) -> None:
    """A workbook with one sheet; numbers of meters are texts, times are times."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("抄表数据")
    sheet.append(HEAD.split(","))
    for v in values:
        read = v.this is not None
        this, when = (float(v.this or 0), v.at.replace(tzinfo=None)) if read else (None, None)
        head = [v.route, v.seq, v.cons, v.name, v.asset, v.kind, float(v.multiplier), float(v.last)]
        sheet.append([*head, this, when, v.reader, v.mode, v.code, float(v.lon), float(v.lat)])
    book.save(path)
