"""The batch that travels from a gateway to the master: contract version 1, written and read here alone.

A body is one UTF-8 JSON object, compressed with zlib when that makes it smaller.
Its SHA-256 covers the compact JSON text `[columns,rows]`: the content has one name however it travelled.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from gateway.finding import Finding, SlotReport
from protocols.reading import Event, Reading

__all__ = [
    "COLUMNS",
    "JSON",
    "JSON_ZLIB",
    "KINDS",
    "MAX_BODY",
    "MAX_EXPANDED",
    "Audit",
    "Batch",
    "PayloadError",
    "Row",
    "content_type",
    "decode",
    "encode",
    "rows_of",
    "split",
]

MAX_BODY = 65_536
"""Longest body in bytes, both as it travels and, from our own encoder, before compression."""
MAX_EXPANDED = 1_048_576
"""Longest JSON text in bytes that a compressed body may hold."""
JSON = "application/json"
JSON_ZLIB = "application/json+zlib"

_ENVELOPE = 512
_OUTCOMES = 1_000
_INT64 = 1 << 63
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HASH = re.compile(r"[0-9a-f]{64}")
_KEYS = {"v", "gateway", "epoch", "batch", "kind", "sha256", "columns", "rows"}

Row = Sequence[Any]
"""The cells of one record in the order of `COLUMNS[kind]`."""

_Types = frozenset[type[Any]]
_TEXT: _Types = frozenset({str})
_TEXT_OR_NONE: _Types = frozenset({str, type(None)})
_INT: _Types = frozenset({int})
_LIST: _Types = frozenset({list})

_TYPES: dict[str, dict[str, _Types]] = {
    "reading": {
        "meter": _TEXT,
        "point": _TEXT,
        "value": _TEXT_OR_NONE,
        "unit": _TEXT,
        "at": _TEXT,
        "read_at": _TEXT,
        "origin": _TEXT,
        "state": _TEXT,
        "method": _TEXT,
        "reason": _TEXT,
        "flags": _INT,
        "source": _TEXT,
        "version": _INT,
    },
    "finding": {
        "key": _TEXT,
        "rule": _TEXT,
        "meter": _TEXT,
        "point": _TEXT,
        "began": _TEXT,
        "ended": _TEXT_OR_NONE,
        "severity": _INT,
        "state": _TEXT,
        "value": _TEXT,
        "limit": _TEXT,
        "check": _TEXT,
        "count": _INT,
        "source": _TEXT,
    },
    "event": {
        "meter": _TEXT,
        "id": _TEXT,
        "name": _TEXT,
        "began": _TEXT_OR_NONE,
        "ended": _TEXT_OR_NONE,
        "detail": _TEXT,
        "read_at": _TEXT,
        "source": _TEXT,
    },
    "slot": {"task": _TEXT, "target": _TEXT, "slot": _TEXT, "due": _INT, "present": _INT, "outcomes": _LIST},
    "audit": {
        "at": _TEXT,
        "actor": _TEXT,
        "action": _TEXT,
        "object": _TEXT,
        "outcome": _TEXT,
        "detail": _TEXT,
    },
}

COLUMNS: dict[str, tuple[str, ...]] = {kind: tuple(types) for kind, types in _TYPES.items()}
"""Columns of a batch by its kind; part of the contract."""
KINDS = tuple(COLUMNS)
"""Kinds of a batch; each has a topic `up/<kind>`."""


class PayloadError(Exception):
    """A body that is no batch of this contract; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Something that was done or refused: who did what to which object, and how it ended; `at` is aware."""

    at: datetime
    actor: str
    action: str
    object: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A decoded body: cells of the right types in the order of `COLUMNS[kind]`.

    Times are texts in RFC 3339 and values decimal texts; whether they make sense is for the reader to judge.
    A slot with many meters comes in several rows with the same task, target and slot: their outcomes add up.
    """

    gateway: str
    epoch: str
    batch: int
    kind: str
    sha256: str
    rows: list[list[Any]]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the cells."""
        return COLUMNS[self.kind]


def _dump(value: object) -> str:
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, allow_nan=False)
_COLUMN_TEXT = {kind: _dump(columns).encode() for kind, columns in COLUMNS.items()}


def _reading_rows(records: Iterable[Reading]) -> Iterator[Row]:
    at = read_at = None
    at_text = read_text = ""
    for r in records:
        # Readings of one answer share their instants: formatting them once is a third of the work.
        if r.at is not at:
            at, at_text = r.at, r.at.isoformat()
        if r.read_at is not read_at:
            read_at, read_text = r.read_at, r.read_at.isoformat()
        value = r.value
        text = None if value is None else str(value)
        if text is not None and "E" in text:
            text = format(value, "f")
        yield (
            r.meter,
            r.point,
            text,
            r.unit,
            at_text,
            read_text,
            r.origin,
            r.state,
            r.method,
            r.reason,
            int(r.flags),
            r.source,
            r.version,
        )


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _finding_rows(records: Iterable[Finding]) -> Iterator[Row]:
    for f in records:
        began, ended = f.began.isoformat(), _time(f.ended)
        head = (f.key, f.rule, f.meter, f.point, began, ended, f.severity)
        yield (*head, f.state, f.value, f.limit, f.check, f.count, f.source)


def _event_rows(records: Iterable[Event]) -> Iterator[Row]:
    for e in records:
        began, ended = _time(e.began), _time(e.ended)
        yield (e.meter, e.id, e.name, began, ended, e.detail, e.read_at.isoformat(), e.source)


def _slot_rows(records: Iterable[SlotReport]) -> Iterator[Row]:
    for s in records:
        for start in range(0, max(len(s.outcomes), 1), _OUTCOMES):
            part = [list(pair) for pair in s.outcomes[start : start + _OUTCOMES]]
            yield (s.task, s.target, s.slot.isoformat(), s.due, s.present, part)


def _audit_rows(records: Iterable[Audit]) -> Iterator[Row]:
    for a in records:
        yield (a.at.isoformat(), a.actor, a.action, a.object, a.outcome, a.detail)


_ROWS: dict[str, Callable[[Any], Iterator[Row]]] = {
    "reading": _reading_rows,
    "finding": _finding_rows,
    "event": _event_rows,
    "slot": _slot_rows,
    "audit": _audit_rows,
}


def rows_of(kind: str, records: Iterable[object]) -> list[Row]:
    """The cells of records of one kind; a slot report with very many meters gives several rows."""
    return list(_ROWS[kind](records))


def content_type(body: bytes) -> str:
    """The MQTT 5 content type of a body."""
    return JSON_ZLIB if body[:1] == b"x" else JSON


def _clean(cell: object) -> object:
    if isinstance(cell, str):
        return cell.replace("\x00", "\ufffd")
    return [_clean(part) for part in cell] if isinstance(cell, list | tuple) else cell


def _text(rows: Sequence[Row]) -> bytes:
    text = _dump(rows)
    # No database of the master takes NUL or half a surrogate pair: they must not make a batch undeliverable.
    if "\\u0000" in text:
        text = _dump([_clean(row) for row in rows])
    return text.encode("utf-8", "replace")


def _body(header: tuple[str, str, int, str], rows: bytes) -> bytes:
    gateway, epoch, batch, kind = header
    columns = _COLUMN_TEXT[kind]
    digest = hashlib.sha256(b"[%b,%b]" % (columns, rows)).hexdigest()
    head = f'{{"v":1,"gateway":{_dump(gateway)},"epoch":{_dump(epoch)},"batch":{batch},"kind":"{kind}"'
    plain = b'%b,"sha256":"%b","columns":%b,"rows":%b}' % (head.encode(), digest.encode(), columns, rows)
    small = zlib.compress(plain, 1)
    return small if len(small) < len(plain) else plain


def encode(gateway: str, epoch: str, batch: int, kind: str, rows: Sequence[Row]) -> bytes:
    """The body of one batch; raises PayloadError when its JSON text would be longer than `MAX_BODY`."""
    text = _text(rows)
    if len(text) > MAX_BODY - _ENVELOPE:
        raise PayloadError(f"{len(rows)} rows take {len(text)} bytes, more than {MAX_BODY - _ENVELOPE}")
    return _body((gateway, epoch, batch, kind), text)


def split(
    kind: str, rows: Sequence[Row]
) -> Iterator[tuple[Sequence[Row], Callable[[str, str, int], bytes] | None]]:
    """Cut rows into batches that fit.

    Each part comes with the function (gateway, epoch, batch number) that gives its body; a single row that is
    too long for any batch comes with None.
    """
    text = _text(rows)
    if len(text) <= MAX_BODY - _ENVELOPE:
        yield rows, lambda gateway, epoch, batch: _body((gateway, epoch, batch, kind), text)
    elif len(rows) == 1:
        yield rows, None
    else:
        # Parts of equal numbers of rows, by the mean length; a part that is still too long is cut again.
        parts = max(2, -(-len(text) // (MAX_BODY - 2 * _ENVELOPE)))
        size = -(-len(rows) // parts)
        for start in range(0, len(rows), size):
            yield from split(kind, rows[start : start + size])


def _expand(body: bytes) -> bytes:
    if len(body) > MAX_BODY:
        raise PayloadError(f"{len(body)} bytes, more than {MAX_BODY}")
    if body[:1] != b"x":
        return body
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(body, MAX_EXPANDED + 1)
    except zlib.error as error:
        raise PayloadError(f"not zlib: {error}") from None
    if len(text) > MAX_EXPANDED:
        raise PayloadError(f"expands beyond {MAX_EXPANDED} bytes")
    if not inflate.eof or inflate.unused_data:
        raise PayloadError("compressed data cut off or followed by other bytes")
    return text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise PayloadError("a key stands twice")
    return found


def _constant(name: str) -> None:
    raise PayloadError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)


def _parse(text: bytes) -> dict[str, Any]:
    try:
        found = _DECODER.decode(text.decode())
    except RecursionError:
        raise PayloadError("nested too deeply") from None
    except ValueError as error:
        raise PayloadError(f"not JSON in UTF-8: {error}") from None
    if not isinstance(found, dict) or found.keys() != _KEYS:
        raise PayloadError("not the keys of a batch")
    return found


def _header(found: dict[str, Any]) -> None:
    if found["v"] != 1 or type(found["v"]) is not int:
        raise PayloadError(f"contract version {found['v']!r} is not known")
    for key in ("gateway", "epoch"):
        if not isinstance(found[key], str) or not _NAME.fullmatch(found[key]):
            raise PayloadError(f"{key} is no name")
    number = found["batch"]
    if type(number) is not int or not 0 < number < _INT64:
        raise PayloadError("batch is no positive number")
    kind = found["kind"]
    if not isinstance(kind, str) or kind not in COLUMNS:
        raise PayloadError("kind is not known")
    if found["columns"] != list(COLUMNS[kind]):
        raise PayloadError(f"not the columns of a {kind}")
    if not isinstance(found["sha256"], str) or not _HASH.fullmatch(found["sha256"]):
        raise PayloadError("sha256 is no hash")


def _pairs(cells: Sequence[list[Any]]) -> bool:
    pairs = list(chain.from_iterable(cells))
    if not set(map(type, pairs)) <= _LIST or not set(map(len, pairs)) <= {2}:
        return False
    return set(map(type, chain.from_iterable(pairs))) <= _TEXT


def _check_rows(kind: str, rows: Any) -> None:
    # Column by column: the loops run inside the interpreter's own functions, not once per cell here.
    types = _TYPES[kind]
    if not isinstance(rows, list) or not rows:
        raise PayloadError("no rows")
    if set(map(type, rows)) != {list} or set(map(len, rows)) != {len(types)}:
        raise PayloadError(f"a row has not the {len(types)} cells of a {kind}")
    for (name, allowed), cells in zip(types.items(), zip(*rows, strict=True), strict=True):
        if not set(map(type, cells)) <= allowed:
            raise PayloadError(f"{name} holds a cell of another type")
        if allowed is _INT and (min(cells) < -_INT64 or max(cells) >= _INT64):
            raise PayloadError(f"{name} holds a number beyond 64 bits")
        if allowed is _LIST and not _pairs(cells):
            raise PayloadError(f"{name} holds something else than pairs of texts")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _text_hash(kind: str, text: bytes) -> str:
    marker = b'"columns":%b,"rows":' % _COLUMN_TEXT[kind]
    start = text.find(marker)
    if start >= 0 and b"\\ud" not in text and b"\\uD" not in text and b"\\u0000" not in text:
        raw = b"[%b,%b]" % (_COLUMN_TEXT[kind], text[start + len(marker) : -1])
        return hashlib.sha256(raw).hexdigest()
    return ""


def _canonical_hash(kind: str, rows: list[list[Any]]) -> str:
    if any("\x00" in part for part in _texts(rows)):
        raise PayloadError("a text holds NUL")
    try:
        raw = b"[%b,%b]" % (_COLUMN_TEXT[kind], _dump(rows).encode())
    except UnicodeEncodeError:
        raise PayloadError("a text holds half a surrogate pair") from None
    return hashlib.sha256(raw).hexdigest()


def decode(body: bytes) -> Batch:
    """The batch in a body as it travelled; raises PayloadError for anything else, and nothing else."""
    text = _expand(bytes(body))
    found = _parse(text)
    _header(found)
    kind, rows, digest = found["kind"], found["rows"], found["sha256"]
    _check_rows(kind, rows)
    if digest != _text_hash(kind, text) and digest != _canonical_hash(kind, rows):
        raise PayloadError("sha256 does not match columns and rows")
    gateway, epoch, number = found["gateway"], found["epoch"], found["batch"]
    return Batch(gateway=gateway, epoch=epoch, batch=number, kind=kind, sha256=digest, rows=rows)
