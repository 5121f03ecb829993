"""Events of a terminal (AFN 0E): ERC 1 to 35 by their tables, others and odd lengths kept as bytes."""

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.gdw1376_1.layout import BadData, Layout, Reader, parse

__all__ = ["Record", "decode_events", "records_of"]

_HEAD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One event; times are the terminal's, naive. `pn` is the measuring point, None where it is the terminal's own.

    `raw` is ERC, length and data; `is_known` tells that the table fits.
    """

    erc: int
    name: str
    name_zh: str
    began: datetime | None
    ended: datetime | None
    pn: int | None
    data: Mapping[str, Any]
    raw: bytes
    is_known: bool


@functools.cache
def _table() -> Mapping[int, tuple[str, str, Sequence[Layout]]]:
    text = (importlib.resources.files(__package__) / "functions.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["events"]["erc"]
    found: dict[int, tuple[str, str, list[Layout]]] = {}
    for erc, name, name_zh, layout in rows:
        found.setdefault(erc, (name, name_zh, []))[2].append(parse(layout))
    return found


def decode_events(raw: bytes) -> tuple[Mapping[str, int], list[Record], int]:
    """Counters and pointers, the records, and how many bytes they take; raises BadData for what is cut short."""
    reader = Reader(raw)
    ec1, ec2, first, last = reader.take(_HEAD)
    records = []
    for _ in range((last - first) % 256):
        if not reader.left:
            break
        at = reader.at
        erc, size = reader.take(2)
        body = reader.take(size)
        records.append(_record(erc, body, raw[at : reader.at]))
    return {"EC1": ec1, "EC2": ec2, "Pm": first, "Pn": last}, records, reader.at


def _record(erc: int, body: bytes, raw: bytes) -> Record:
    known = _table().get(erc)
    name, name_zh = (known[0], known[1]) if known else (f"ERC {erc}", f"ERC {erc}")
    fitting = (_values(layout, body) for layout in known[2]) if known else iter(())
    values = next((found for found in fitting if found is not None), None)
    data: dict[str, Any] = {"raw": body.hex().upper()} if values is None else values
    point = str(data.pop("point", "")).split()
    if point:
        data["pn"], data["state"] = int(point[0]), point[1]
    return Record(
        erc=erc,
        name=name,
        name_zh=name_zh,
        began=_time(data.get("began")) if values else _leading_time(body),
        ended=_time(data.get("ended")),
        pn=int(point[0]) if point else None,
        data=data,
        raw=raw,
        is_known=values is not None,
    )


def _values(layout: Layout, body: bytes) -> dict[str, Any] | None:
    """The table's fields, None where the length is another."""
    reader = Reader(body)
    try:
        cells = layout.read(reader)
    except BadData:
        return None
    if reader.left:
        return None
    return {cell.name: None if cell.value is None else str(cell.value) for cell in cells}


def _leading_time(body: bytes) -> datetime | None:
    """Every record begins with its time, whatever follows."""
    try:
        return _time(str(parse("began:A15").read(Reader(body))[0].value))
    except BadData:
        return None


def _time(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def records_of(data: Mapping[str, Any]) -> Sequence[Record]:
    """The records in the data of a decoded unit of AFN 0E."""
    found = data.get("records", ())
    return [record for record in found if isinstance(record, Record)]
