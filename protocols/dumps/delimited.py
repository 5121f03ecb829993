"""Delimited text: quotes where needed, any of the usual delimiters, a header or fields by their place."""

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, tzinfo
from itertools import islice
from typing import BinaryIO, TypeVar

from protocols.dumps.build import Builder
from protocols.dumps.cells import CellError, fold, number, whole
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Notes, Row, Trailer
from protocols.dumps.spec import Spec
from protocols.dumps.text import Encoding, clean, detect, lines

__all__ = ["DELIMITERS", "Header", "cut", "fit", "header_of", "rows"]

DELIMITERS = (",", "\t", ";", "|", "^", "，")
_MOST_LINES = 20
_MOST_BYTES = 65_536
_SHOWN = 80
_PROBE = 20
T = TypeVar("T")


class Header:
    """Which field stands in which column; `unknown` are columns that no field has, `twice` later doubles."""

    def __init__(self, spec: Spec, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.fields: list[str] = []
        self.unknown: list[str] = []
        self.twice: list[str] = []
        for name in names:
            found = spec.columns.get(fold(name), "")
            if not found and name.strip():
                self.unknown.append(name.strip())
            if found and found in self.fields:
                self.twice.append(name.strip())
                found = ""
            self.fields.append(found)
        have = {name.partition(":")[0] for name in self.fields if name}
        have |= {"this_read"} if "this" in have else set()
        have |= {"asset_no"} if have & {"comm_addr", "cons_no"} else set()
        have |= {"read_time"} if "read_date" in have else set()
        have |= set(spec.constants)
        self.missing = [name for name in spec.required if name not in have]

    @property
    def known(self) -> int:
        """How many columns have a field."""
        return sum(map(bool, self.fields))

    @property
    def fit(self) -> int:
        """How many columns are known if none is missing; else how many are missing, below 0; 0 for a stranger's."""
        if not self.missing:
            return self.known
        return -len(self.missing) if self.known else 0

    def remarks(self, notes: Notes) -> None:
        """Tell what is passed over."""
        if self.unknown:
            notes.remark("columns_unknown", clean(", ".join(self.unknown)))
        if self.twice:
            notes.remark("columns_twice", clean(", ".join(self.twice)))


def cut(text: str, delimiter: str, *, quote: bool = True) -> list[str] | None:
    """The cells of a line; None where a quote is still open."""
    if not quote or '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "end of data" in str(error):
            return None
        raise CellError("quote") from None


def header_of(spec: Spec, text: str) -> tuple[str, Header]:
    """The delimiter and header that a first line gives: the delimiter by which most columns are known."""
    choices = DELIMITERS if spec.delimiter == "auto" else (spec.delimiter,)
    best: tuple[str, Header] | None = None
    for delimiter in choices:
        try:
            names = cut(text, delimiter, quote=spec.quote)
        except CellError:
            continue
        header = Header(spec, names or ())
        if best is None or header.known > best[1].known:
            best = delimiter, header
    return best or (choices[0], Header(spec, (text,)))


def fit(reader: BinaryIO, spec: Spec) -> int:
    """How well a profile fits a file, as `Header.fit`; without a header by whether the first lines are good rows."""
    encoding = detect(reader, spec.encoding)
    for _, _, raw in lines(reader, encoding):
        text = raw.decode(encoding.name, "replace")
        if not text.strip() or (spec.comment and text.startswith(spec.comment)):
            continue
        if spec.header:
            return header_of(spec, text)[1].fit
        found = list(islice(_File(reader, spec, Builder(spec, UTC), Notes()).rows(encoding), _PROBE))
        good = sum(isinstance(item, Row) for item in found)
        return int(good * 2 > len(found) and isinstance(found[0], Row))  # a header that is known says more
    return 0


def rows(reader: BinaryIO, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The rows of a file; raises DumpError where its header lacks what is needed."""
    encoding = detect(reader, spec.encoding)
    notes.encoding = encoding.name
    return _File(reader, spec, Builder(spec, tz), notes).rows(encoding)


class _File:
    def __init__(self, reader: BinaryIO, spec: Spec, builder: Builder, notes: Notes) -> None:
        self._reader, self._spec, self._builder, self._notes = reader, spec, builder, notes
        self._delimiter = spec.delimiter
        self._fields: Sequence[str] = spec.positions
        self._width = len(spec.positions)

    def rows(self, encoding: Encoding) -> Iterator[Row | Bad]:
        ended = False
        for line, offset, cells in self._records(encoding):
            if not isinstance(cells, Bad) and not ended and self._trails(cells):
                ended = True
                self._end(cells)
                continue
            self._notes.records += 1
            if isinstance(cells, Bad):
                yield cells
            elif ended:
                yield Bad(line, offset, "after_trailer", "", clean("".join(cells), _SHOWN))
            elif len(cells) > self._width and any(cell.strip() for cell in cells[self._width :]):
                yield Bad(line, offset, "too_many_cells", "", str(len(cells)))
            elif len(cells) < self._width and len(cells) < self._needed():
                yield Bad(line, offset, "too_few_cells", "", str(len(cells)))
            else:
                named = {name: cell for name, cell in zip(self._fields, cells, strict=False) if name}
                yield from self._builder.build(named, line, offset)
        if not self._fields:
            raise DumpError("empty")

    def _needed(self) -> int:
        """Cells that a row must have: trailing empty ones may be left out by some programs."""
        wanted = [place for place, name in enumerate(self._fields, 1) if name in ("asset_no", "read_type")]
        return max(wanted, default=1)

    def _records(self, encoding: Encoding) -> Iterator[tuple[int, int, "list[str] | Bad"]]:
        """Rows cut into cells. An open quote that does not close soon costs one line, not the file."""
        feed = _Feed(lines(self._reader, encoding))
        begun = not self._spec.header
        if begun and self._delimiter == "auto":
            self._delimiter = self._sniffed(feed, encoding)
        while (found := feed.next()) is not None:
            line, offset, raw = found
            try:
                text = raw.decode(encoding.name)
            except UnicodeDecodeError as error:
                yield line, offset, Bad(line, offset, "encoding", "", f"byte {offset + error.start}")
                continue
            if not text.strip() or (self._spec.comment and text.startswith(self._spec.comment)):
                continue
            if not begun:
                begun = True
                self._begin(text)
                continue
            yield line, offset, self._cut(feed, encoding, (line, offset, text))

    def _sniffed(self, feed: "_Feed", encoding: Encoding) -> str:
        found = feed.next()
        if found is None:
            raise DumpError("empty")
        feed.back([found])
        text = found[2].decode(encoding.name, "replace")
        return max(DELIMITERS, key=lambda mark: (text.count(mark) == self._width - 1, text.count(mark)))

    def _begin(self, text: str) -> None:
        self._delimiter, header = header_of(self._spec, text)
        if header.missing:
            raise DumpError("columns_missing", ", ".join(header.missing))
        header.remarks(self._notes)
        self._fields, self._width = header.fields, len(header.fields)

    def _cut(self, feed: "_Feed", encoding: Encoding, first: tuple[int, int, str]) -> "list[str] | Bad":
        line, offset, text = first
        taken: list[tuple[int, int, bytes]] = []
        try:
            cells = cut(text, self._delimiter, quote=self._spec.quote)
            while cells is None and len(taken) < _MOST_LINES and len(text) < _MOST_BYTES:
                following = feed.next()
                if following is None:
                    break
                taken.append(following)
                text = f"{text}\n{following[2].decode(encoding.name)}"
                cells = cut(text, self._delimiter, quote=self._spec.quote)
        except (CellError, UnicodeDecodeError):
            cells = None
        if cells is None:
            feed.back(taken)
            return Bad(line, offset, "quote", "", clean(first[2], _SHOWN))
        return cells

    def _trails(self, cells: Sequence[str]) -> bool:
        trailer = self._spec.trailer
        return trailer is not None and fold(cells[0]) in {fold(name) for name in trailer.first}

    def _end(self, cells: Sequence[str]) -> None:
        """The figures of the trailer."""
        trailer = self._spec.trailer
        self._notes.trailer = Trailer()
        if trailer is None:
            return
        try:
            self._notes.trailer = Trailer(
                _figure(cells, trailer.count, whole),
                _figure(cells, trailer.total, lambda text: number(text, self._spec.decimal)),
            )
        except CellError:
            self._notes.refuse("trailer_unreadable", clean(self._delimiter.join(cells), _SHOWN))


def _figure(cells: Sequence[str], place: int | None, read: Callable[[str], T | None]) -> T | None:
    return read(cells[place - 1]) if place is not None and place <= len(cells) else None


class _Feed:
    """Lines that may be given back."""

    def __init__(self, source: Iterator[tuple[int, int, bytes]]) -> None:
        self._source = source
        self._waiting: deque[tuple[int, int, bytes]] = deque()

    def next(self) -> tuple[int, int, bytes] | None:
        return self._waiting.popleft() if self._waiting else next(self._source, None)

    def back(self, taken: Sequence[tuple[int, int, bytes]]) -> None:
        self._waiting.extendleft(reversed(taken))
