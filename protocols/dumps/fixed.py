"""Fixed-width text: columns are bytes, cut before they are decoded; record types by their prefix."""

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from itertools import islice
from typing import BinaryIO

from protocols.dumps.build import Builder
from protocols.dumps.cells import CellError, implied
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Notes, Row, Trailer
from protocols.dumps.spec import RecordSpec, Slice, Spec
from protocols.dumps.text import Encoding, clean, detect, lines

__all__ = ["fit", "rows"]

_SHOWN = 80
_PROBE = 50
_WORDS = frozenset(
    {"cons_name", "addr", "ex_text", "reader_name", "remark", "photo_ref", "battery", "signal"}
)
_EDGE = 3
_FIGURES = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,8})?")


def fit(reader: BinaryIO, spec: Spec, tz: tzinfo) -> int:
    """How many fields the profile has if the first lines are its records, else 0.

    Lines that end before the reading would begin speak for no profile: every shorter one is such.
    """
    encoding = detect(reader, spec.encoding)
    head = [raw for _, _, raw in islice(lines(reader, encoding), _PROBE) if raw.strip()]
    if not head or any(_record(spec, raw) is None for raw in head):
        return 0
    cutter = _Cutter(spec, tz, encoding, Notes())
    found = [(item, raw) for raw in head for item in cutter.take(0, 0, raw)]
    good = sum(isinstance(item, Row) and _reaches_reading(spec, raw) for item, raw in found)
    return sum(len(record.slices) for record in spec.records) if good * 2 > len(found) else 0


def rows(reader: BinaryIO, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The rows of a file; one whose profile has a trailer is refused without it."""
    encoding = detect(reader, spec.encoding)
    notes.encoding = encoding.name
    cutter = _Cutter(spec, tz, encoding, notes)
    for line, offset, raw in lines(reader, encoding):
        if raw.strip():
            yield from cutter.take(line, offset, raw)
    if not notes.records and notes.trailer is None:
        raise DumpError("empty")
    if notes.trailer is None and any(record.kind == "trailer" for record in spec.records):
        notes.refuse("trailer_missing")


def _record(spec: Spec, raw: bytes) -> RecordSpec | None:
    fitting = [record for record in spec.records if raw.startswith(record.prefix.encode())]
    return max(fitting, key=lambda record: len(record.prefix), default=None)


def _reaches_reading(spec: Spec, raw: bytes) -> bool:
    record = _record(spec, raw)
    places = [piece.start for piece in record.slices if piece.field == "this_read"] if record else []
    return len(raw) >= max(places, default=0)


class _Cutter:
    def __init__(self, spec: Spec, tz: tzinfo, encoding: Encoding, notes: Notes) -> None:
        self._spec, self._encoding, self._notes = spec, encoding.name, notes
        decimals = {
            piece.field: piece.decimals
            for record in spec.records
            for piece in record.slices
            if piece.decimals
        }
        self._builder = Builder(spec, tz, decimals)
        self._context: dict[str, str] = {}

    def take(self, line: int, offset: int, raw: bytes) -> Iterator[Row | Bad]:
        """What one line gives."""
        record = _record(self._spec, raw)
        if record is not None and self._notes.trailer is None and record.kind not in {"data", "trailer"}:
            self._told(record, raw)
            return
        if record is not None and record.kind == "trailer" and self._notes.trailer is None:
            self._end(record, raw)
            return
        self._notes.records += 1
        if self._notes.trailer is not None or record is None:
            reason = "after_trailer" if self._notes.trailer is not None else "record_type"
            yield Bad(line, offset, reason, "", clean(raw.decode(self._encoding, "replace"), _SHOWN))
            return
        try:
            cells = self._cells(record, raw)
        except CellError as error:
            yield Bad(line, offset, error.reason, "", str(len(raw)))
            return
        yield from self._builder.build({**self._context, **cells}, line, offset)

    def _told(self, record: RecordSpec, raw: bytes) -> None:
        """Fields of a header are facts of the file; those of a context belong to the rows that follow."""
        if record.kind == "skip":
            return
        try:
            cells = {name: text.strip() for name, text in self._cells(record, raw, whole=False).items()}
        except CellError:
            self._notes.refuse("header", clean(raw.decode(self._encoding, "replace"), _SHOWN))
            return
        self._context |= {name: text for name, text in cells.items() if name != "created"}
        if record.kind == "header":
            self._notes.facts |= {name: text for name, text in cells.items() if text}

    def _end(self, record: RecordSpec, raw: bytes) -> None:
        """The figures by their places; those of a loose trailer are all its numbers."""
        self._notes.trailer = Trailer()
        places = {piece.field: piece for piece in record.slices}
        try:
            cells = self._cells(record, raw, whole=False)
            if record.loose:
                found = _FIGURES.findall(raw[len(record.prefix) :].decode(self._encoding, "replace"))
                if not found:
                    raise CellError("trailer_unreadable")
                self._notes.trailer = Trailer(figures=tuple(found))
                return
            count = implied(cells.get("count", ""), 0)
            total = places.get("total")
            self._notes.trailer = Trailer(
                None if count is None else int(count),
                implied(cells["total"], total.decimals) if total else None,
            )
        except CellError:
            self._notes.refuse("trailer_unreadable", clean(raw.decode(self._encoding, "replace"), _SHOWN))

    def _cells(self, record: RecordSpec, raw: bytes, *, whole: bool = True) -> Mapping[str, str]:
        """The fields of a record. A line may lack blanks at its end, but no field may be cut through."""
        length = self._spec.length
        if whole and length and len(raw.rstrip(b" \x1a\0")) > length:
            raise CellError("length")
        cells: dict[str, str] = {}
        for piece in record.slices:
            begin, end = piece.start - 1, piece.start - 1 + piece.length
            if whole and begin < len(raw) < end and piece.field not in _WORDS:
                raise CellError("length")
            cells[piece.field] = self._decoded(raw[begin:end], piece)
        return cells

    def _decoded(self, part: bytes, piece: Slice) -> str:
        """A field's text; a character that the field's edge cuts through is left out."""
        part = part.rstrip(b"\0 ")
        try:
            return part.decode(self._encoding)
        except UnicodeDecodeError as error:
            if piece.field in _WORDS and len(part) - error.start <= _EDGE:
                return part[: error.start].decode(self._encoding)
            raise CellError("encoding") from None
