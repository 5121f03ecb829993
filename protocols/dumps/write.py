"""Lists for hand-held readers as bytes: delimited text, fixed-width text and JSON lines."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, Decimal

from protocols.dumps.record import Row
from protocols.dumps.sheet import Sheet, SheetError, Unfit, Words, harmless, meters
from protocols.dumps.spec import RecordSpec, Slice, Spec

__all__ = ["WRITERS", "delimited", "encoded", "fixed", "jsonl"]

_NUMBERS = frozenset({"multiplier", "last_read", "this_read", "lon", "lat", "digits", "count", "total"})
_MAY_BE_CUT = frozenset({"cons_name", "addr", "remark", "created", "batch_id"})

Writer = Callable[[Sheet, Spec, Words, str], bytes]
"""Takes the list, the profile, its words and the encoding; raises SheetError."""


def encoded(sheet: Sheet, text: str, encoding: str) -> bytes:
    """A text in an encoding; what it does not have becomes a question mark, and is counted."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        sheet.replaced += sum(not _has(encoding, letter) for letter in text)
        return text.encode(encoding, "replace")


def _has(encoding: str, letter: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def delimited(sheet: Sheet, spec: Spec, words: Words, encoding: str) -> bytes:
    """Text with a heading, or by the places of the profile; no cell is a formula."""
    mark = "," if spec.delimiter == "auto" else spec.delimiter
    if len(mark) != 1:
        raise SheetError("delimiter", mark)
    columns = words.columns() if spec.header else spec.positions
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=mark,
        lineterminator="\r\n",
        quoting=csv.QUOTE_MINIMAL if spec.quote else csv.QUOTE_NONE,
        escapechar=None if spec.quote else "\\",
    )
    if spec.header:
        writer.writerow([words.heading(name) for name in columns])
    for cells in _records(sheet, words):
        line = [harmless(cells.get(name, "")) for name in columns]
        if not spec.quote:
            # A layout without quotes has no way to write these letters in a cell.
            line = [cell.translate({ord(mark): " ", ord('"'): " ", ord("\\"): " "}) for cell in line]
        writer.writerow(line)
    return encoded(sheet, text.getvalue(), encoding)


def jsonl(sheet: Sheet, _spec: Spec, words: Words, encoding: str) -> bytes:
    """One object a line with the profile's names; empty cells are left out."""
    names = {name: words.heading(name) for name in words.columns()}
    lines = (
        json.dumps(
            {names[name]: text for name, text in cells.items() if text and name in names}, ensure_ascii=False
        )
        for cells in _records(sheet, words)
    )
    return encoded(sheet, "".join(f"{line}\n" for line in lines), encoding)


def _records(sheet: Sheet, words: Words) -> list[dict[str, str]]:
    if words.wide:
        return [words.broad(rows) for rows in meters(sheet.rows)]
    return [words.texts(row) for row in sheet.rows]


def fixed(sheet: Sheet, spec: Spec, words: Words, encoding: str) -> bytes:
    """Records of bytes with header and trailer where the profile has them; what has no room is left out."""
    kinds = {record.kind: record for record in spec.records}
    if "context" in kinds:
        raise SheetError("context_records", spec.name)
    places = {piece.field: piece for piece in kinds["data"].slices}
    room = places["read_type"].length if "read_type" in places else 0  # codes of such files are plain digits
    body: list[bytes] = []
    for row in sheet.rows:
        cells = words.texts(row, lambda code: not room or (code.isascii() and len(code) <= room))
        try:
            body.append(_record(sheet, spec, kinds["data"], (_known(row, cells), row), encoding))
        except Unfit as error:
            sheet.left_out.append(error)
    count = {"count": str(len(body)), "total": "0"}
    ends = [
        _record(sheet, spec, kinds[kind], (cells, None), encoding)
        for kind, cells in (("header", sheet.facts), ("trailer", count))
        if kind in kinds
    ]
    first, last = (ends[:1] if "header" in kinds else []), (ends[-1:] if "trailer" in kinds else [])
    return b"".join(line + b"\r\n" for line in (*first, *body, *last))


def _known(row: Row, cells: Mapping[str, str]) -> dict[str, str]:
    plain = {name: getattr(row, name) for name in ("multiplier", "last_read", "lon", "lat")}
    return {**cells, **{name: "" if value is None else f"{value:f}" for name, value in plain.items()}}


def _record(
    sheet: Sheet, spec: Spec, record: RecordSpec, said: tuple[Mapping[str, str], Row | None], encoding: str
) -> bytes:
    cells, row = said
    end = max((piece.start - 1 + piece.length for piece in record.slices), default=0)
    line = bytearray(b" " * max(spec.length, end, len(record.prefix)))
    line[: len(record.prefix)] = record.prefix.encode()
    for piece in record.slices:
        text = cells.get(piece.field, "")
        part = _number(text, piece) if piece.field in _NUMBERS else encoded(sheet, text, encoding)
        if len(part) > piece.length:
            if piece.field not in _MAY_BE_CUT and row is not None:
                raise Unfit(row, piece.field)
            # A character that the edge cuts through is left out.
            part = part[: piece.length].decode(encoding, "ignore").encode(encoding)
        line[piece.start - 1 : piece.start - 1 + piece.length] = part.ljust(piece.length)
    return bytes(line)


def _number(text: str, piece: Slice) -> bytes:
    """Digits with implied decimals, filled with zeros from the left; an unknown number stays blank."""
    if not text:
        return b""
    value = Decimal(text).quantize(Decimal(1).scaleb(-piece.decimals), rounding=ROUND_DOWN)
    return f"{value.scaleb(piece.decimals):.0f}".zfill(piece.length).encode()


WRITERS: dict[str, Writer] = {"delimited": delimited, "fixed": fixed, "jsonl": jsonl}
"""Layouts of text; tables and workbooks have writers of their own."""
