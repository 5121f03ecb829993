"""The archive in force as retained pages: `up/archive` tells how many, `up/archive/<n>` hold it."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.archived import MAIN, Table
from gateway.payload import MAX_BODY

__all__ = ["Pages", "paginate"]

_ROWS = 200


@dataclass(frozen=True, slots=True)
class Pages:
    """Bodies ready to publish: the manifest comes last, so that it never names a page that is not there."""

    manifest: bytes
    pages: tuple[bytes, ...]


def _text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _body(value: object) -> bytes:
    plain = _text(value)
    small = zlib.compress(plain, 6)
    return small if len(small) < len(plain) else plain


def paginate(gateway: str, tables: Mapping[str, Table]) -> Pages:
    """Cut tables into pages numbered from 1: first those of the meters, then the others.

    `sha256` of a table, in the manifest and on each of its pages, is that of the compact JSON text
    `[columns,rows]` of the whole table. Raises ValueError for a row that fits into no page.
    """
    head = {"v": 1, "gateway": gateway}
    pages: list[bytes] = []
    described: dict[str, dict[str, object]] = {}
    for name in sorted(tables, key=lambda name: (name != MAIN, name)):
        table = tables[name]
        columns, first = list(table.columns), len(pages) + 1
        digest = _digest(columns, table.rows)
        extra = {} if name == MAIN else {"table": name}
        for number, part in enumerate(_cut(table.rows), first):
            page = {**head, "sha256": digest, "page": number, **extra, "columns": columns, "rows": part}
            pages.append(_body(page))
        said = {
            "sha256": digest,
            "pages": len(pages) + 1 - first,
            "rows": len(table.rows),
            "columns": columns,
        }
        described[name] = said if name == MAIN else {"first": first, **said}
    main = described.pop(MAIN)
    return Pages(_body({**head, **main, "tables": described}), tuple(pages))


def _digest(columns: list[str], rows: Iterable[Sequence[object]]) -> str:
    """Of the whole table's text, row by row: thousands of meters as one text would be some MiB."""
    digest = hashlib.sha256(b"[" + _text(columns) + b",[")
    for number, row in enumerate(rows):
        digest.update((b"," if number else b"") + _text(list(row)))
    digest.update(b"]]")
    return digest.hexdigest()


def _cut(rows: Iterable[Sequence[object]]) -> Iterator[list[list[object]]]:
    part: list[list[object]] = []
    room = MAX_BODY // 2
    for row in rows:
        size = len(_text(list(row))) + 1
        if size > MAX_BODY // 2:
            raise ValueError(f"a row of the archive takes {size} bytes")
        if part and (size > room or len(part) >= _ROWS):
            yield part
            part, room = [], MAX_BODY // 2
        part.append(list(row))
        room -= size
    if part:
        yield part
