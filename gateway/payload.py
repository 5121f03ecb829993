"""The batch that travels from a gateway to the master: contract version 1, written and read here alone.

A body is one UTF-8 JSON object, compressed with zlib when that makes it smaller.
Its SHA-256 covers the compact JSON text `[columns,rows]`: the content has one name however it travelled.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from gateway.cells import COLUMNS, INT, KINDS, LIST, TYPES, Audit, Row, rows_of

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
_INT64 = 1 << 63
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HASH = re.compile(r"[0-9a-f]{64}")
_KEYS = {"v", "gateway", "epoch", "batch", "kind", "sha256", "columns", "rows"}


class PayloadError(Exception):
    """A body that is no batch of this contract; the text says what is wrong with it."""


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
    if not set(map(type, pairs)) <= {list} or not set(map(len, pairs)) <= {2}:
        return False
    return set(map(type, chain.from_iterable(pairs))) <= {str}


def _check_rows(kind: str, rows: Any) -> None:
    # Column by column: the loops run inside the interpreter's own functions, not once per cell here.
    types = TYPES[kind]
    if not isinstance(rows, list) or not rows:
        raise PayloadError("no rows")
    if set(map(type, rows)) != {list} or set(map(len, rows)) != {len(types)}:
        raise PayloadError(f"a row has not the {len(types)} cells of a {kind}")
    for (name, allowed), cells in zip(types.items(), zip(*rows, strict=True), strict=True):
        if not set(map(type, cells)) <= allowed:
            raise PayloadError(f"{name} holds a cell of another type")
        if allowed is INT and (min(cells) < -_INT64 or max(cells) >= _INT64):
            raise PayloadError(f"{name} holds a number beyond 64 bits")
        if allowed is LIST and not _pairs(cells):
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
