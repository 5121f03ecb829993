"""The meter table in force as retained pages: `up/archive` tells how many, `up/archive/<n>` hold it."""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

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


def paginate(gateway: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Pages:
    """Cut the table into pages numbered from 1.

    `sha256` in the manifest and on every page is that of the compact JSON text `[columns,rows]` of the whole
    table. Raises ValueError for a row that fits into no page.
    """
    digest = hashlib.sha256(_text([list(columns), [list(row) for row in rows]])).hexdigest()
    head = {"v": 1, "gateway": gateway, "sha256": digest}
    parts = _cut(rows)
    pages = []
    for number, part in enumerate(parts, 1):
        pages.append(_body({**head, "page": number, "columns": list(columns), "rows": part}))
    manifest = {**head, "pages": len(pages), "rows": len(rows), "columns": list(columns)}
    return Pages(_body(manifest), tuple(pages))


def _cut(rows: Sequence[Sequence[object]]) -> list[list[list[object]]]:
    parts: list[list[list[object]]] = []
    room = 0
    for row in rows:
        size = len(_text(list(row))) + 1
        if size > MAX_BODY // 2:
            raise ValueError(f"a row of the archive takes {size} bytes")
        if not parts or size > room or len(parts[-1]) >= _ROWS:
            parts.append([])
            room = MAX_BODY // 2
        parts[-1].append(list(row))
        room -= size
    return parts
