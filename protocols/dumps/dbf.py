"""DBF tables (dBASE III and IV, FoxPro, Visual FoxPro): layout, types, deleted records, and files cut short."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import BinaryIO

from protocols.dumps.build import Builder
from protocols.dumps.delimited import Header
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Notes, Row
from protocols.dumps.spec import Spec
from protocols.dumps.text import clean

__all__ = ["Table", "fit", "rows", "table"]

_DESCRIPTOR = 32
_MOST_FIELDS = 255
_ACTIVE, _DELETED = 0x20, 0x2A
_BLOCK = 65_536
_JULIAN_1 = 1_721_425  # of 0001-01-01
_EDGE = 3
# Language ids that name an East Asian code page. Others, 0 among them, say nothing reliable about such files.
_PAGES = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "cp950", 0x78: "cp950", 0x4E: "cp949", 0x79: "cp949",
          0x13: "cp932", 0x7B: "cp932"}  # fmt: skip
_MEMOS = frozenset("MGPBW")


@dataclass(frozen=True, slots=True)
class Field:
    """One column: where it stands in a record."""

    name: str
    kind: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Table:
    """The header: records it claims, where the first begins, how long each is, its language id, its columns."""

    count: int
    begins: int
    length: int
    language: int
    version: int
    fields: tuple[Field, ...]


def table(reader: BinaryIO) -> Table:
    """The header of a file; raises DumpError."""
    reader.seek(0)
    head = reader.read(_DESCRIPTOR)
    if len(head) < _DESCRIPTOR:
        raise DumpError("truncated", "header")
    count, begins, length = struct.unpack_from("<IHH", head, 4)
    rest = reader.read(max(0, begins - _DESCRIPTOR))
    if len(rest) < begins - _DESCRIPTOR:
        raise DumpError("truncated", "header")
    fields: list[Field] = []
    start = 1
    for at in range(0, len(rest), _DESCRIPTOR):
        part = rest[at : at + _DESCRIPTOR]
        if part[:1] in (b"\r", b"") or len(part) < _DESCRIPTOR:
            break
        name = part[:11].partition(b"\0")[0].decode("gb18030", "replace").strip()
        fields.append(Field(name, chr(part[11]), start, part[16]))
        start += part[16]
    if not fields or len(fields) > _MOST_FIELDS or start != length:
        raise DumpError("header", f"{len(fields)} fields, {start} != {length}")
    return Table(count, begins, length, head[29], head[0], tuple(fields))


def fit(reader: BinaryIO, spec: Spec) -> int:
    """How well a profile fits a table, as `Header.fit`."""
    return Header(spec, [field.name for field in table(reader).fields]).fit


def rows(reader: BinaryIO, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The rows of a table. One that is shorter or longer than its header says is refused at its end."""
    found = table(reader)
    header = Header(spec, [field.name for field in found.fields])
    if header.missing:
        raise DumpError("columns_missing", ", ".join(header.missing))
    header.remarks(notes)
    notes.encoding = _encoding(reader, found, spec)
    _measure(reader, found, notes)
    builder = Builder(spec, tz)
    wanted = [(field, name) for field, name in zip(found.fields, header.fields, strict=True) if name]
    for number, offset, record in _records(reader, found):
        if record[0] == _DELETED:
            notes.deleted += 1
            continue
        notes.records += 1
        if len(record) < found.length or record[0] != _ACTIVE:
            reason = "length" if len(record) < found.length else "record_type"
            yield Bad(number, offset, reason, "", str(len(record)))
            continue
        try:
            cells = {name: _cell(record, field, notes) for field, name in wanted}
        except UnicodeDecodeError:
            yield Bad(number, offset, "encoding")
            continue
        yield from builder.build(cells, number, offset)


def _measure(reader: BinaryIO, found: Table, notes: Notes) -> None:
    """The header's count against the file's size."""
    end = found.begins + found.count * found.length
    size = reader.seek(0, 2)
    if size < end:
        whole = max(0, size - found.begins) // found.length
        notes.refuse("truncated", f"{whole} / {found.count}")
        return
    reader.seek(end)
    if reader.read(1) in (b" ", b"*") and size - end >= found.length:
        notes.refuse("header", f"{(size - found.begins) // found.length} > {found.count}")


def _records(reader: BinaryIO, found: Table) -> Iterator[tuple[int, int, bytes]]:
    reader.seek(found.begins)
    at_once = max(1, _BLOCK // found.length)
    number, offset = 0, found.begins
    while number < found.count:
        block = reader.read(min(at_once, found.count - number) * found.length)
        if not block:
            return
        for start in range(0, len(block), found.length):
            number += 1
            yield number, offset, block[start : start + found.length]
            offset += found.length


def _encoding(reader: BinaryIO, found: Table, spec: Spec) -> str:
    """The profile's, the language id's, else UTF-8 where every text is and some is not plain ASCII, else GB18030."""
    if spec.encoding != "auto":
        return spec.encoding
    if found.language in _PAGES:
        return _PAGES[found.language]
    texts = [field for field in found.fields if field.kind == "C"]
    plain = True
    for _, _, record in _records(reader, found):
        if record.isascii():
            continue
        plain = False
        for field in texts:
            part = record[field.start : field.start + field.length]
            if not part.isascii() and not _utf8(part.rstrip(b" \0")):
                return "gb18030"
    return "gb18030" if plain else "utf-8"


def _utf8(part: bytes) -> bool:
    try:
        part.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(part) - error.start <= _EDGE and error.reason == "unexpected end of data"
    return True


def _cell(record: bytes, field: Field, notes: Notes) -> str:
    part = record[field.start : field.start + field.length]
    kind = field.kind
    if kind in "CNFD":
        return _text(part, notes.encoding) if kind == "C" else part.decode("ascii", "replace").strip(" \0")
    if kind == "L":
        return {b"T": "1", b"Y": "1", b"F": "0", b"N": "0"}.get(part.upper(), "")
    if kind in "T@" and len(part) == 8:
        return _stamp(part)
    if kind in "I+" and len(part) == 4:
        return str(struct.unpack("<i", part)[0])
    if kind in "BO" and len(part) == 8:
        return f"{struct.unpack('<d', part)[0]:.15g}"
    if kind == "Y" and len(part) == 8:
        units = struct.unpack("<q", part)[0]
        return f"{'-' if units < 0 else ''}{abs(units) // 10_000}.{abs(units) % 10_000:04}"
    if kind in _MEMOS and part.strip(b" 0\0"):
        notes.remark("memo_absent")
    return ""


def _text(part: bytes, encoding: str) -> str:
    """A character field; a character that its edge cuts through is left out."""
    part = part.rstrip(b" \0")
    try:
        return part.decode(encoding)
    except UnicodeDecodeError as error:
        if len(part) - error.start > _EDGE:
            raise
        return part[: error.start].decode(encoding)


def _stamp(part: bytes) -> str:
    day, millisecond = struct.unpack("<ii", part)
    if not day:
        return ""
    try:
        at = datetime.combine(date.fromordinal(day - _JULIAN_1), time()) + timedelta(milliseconds=millisecond)
    except (ValueError, OverflowError):
        return clean(part.hex())
    return (at + timedelta(milliseconds=500)).replace(microsecond=0).isoformat(sep=" ")
