"""From the cells of an archive's tables to what a store keeps. Rows that make no sense are left out and counted."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from gateway.archived import Table

__all__ = ["Kept", "kept_of"]

_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 200

Node = tuple[str, str]
"""kind and code."""


@dataclass(slots=True)
class Kept:
    """Rows with texts where the store has numbers: meters by asset, nodes by kind and code.

    A meter's cells are those of `archive_meter` after `meter`; a relation is (asset, node, side, sign,
    valid_from, valid_to); a node (kind and code, name, voltage, capacity, line); an exchange (old asset, new asset,
    mp_no, instant in microseconds, ct, pt, old finals, new initials).
    """

    meters: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    relations: list[tuple[Any, ...]] = field(default_factory=list)
    nodes: dict[Node, tuple[Any, ...]] = field(default_factory=dict)
    exchanges: list[tuple[Any, ...]] = field(default_factory=list)
    bad: int = 0

    def assets(self) -> set[str]:
        """Every meter that is named anywhere."""
        swapped = {asset for row in self.exchanges for asset in row[:2]}
        return {*self.meters, *(row[0] for row in self.relations), *swapped}

    def places(self) -> set[Node]:
        """Every node that is named anywhere."""
        return {*self.nodes, *(row[1] for row in self.relations)}


def kept_of(tables: dict[str, Table]) -> Kept:
    """All tables that are known; columns that a table lacks have their default."""
    kept = Kept()
    for name, make in _MAKERS.items():
        if name in tables:
            for row in _rows(tables[name]):
                try:
                    make(kept, row)
                except (ValueError, TypeError, KeyError, ArithmeticError):
                    kept.bad += 1
    return kept


def _rows(table: Table) -> Iterator[dict[str, Any]]:
    for row in table.rows:
        yield dict(zip(table.columns, row, strict=True))


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or "\x00" in value:
        raise ValueError(value)
    return value


def _name(value: object) -> str:
    text = _text(value)
    if not text:
        raise ValueError(value)
    return text


def _day(value: object) -> str | None:
    return None if value is None else date.fromisoformat(_text(value)).isoformat()


def _number(value: object) -> str | None:
    if value is None:
        return None
    text = _text(value) if isinstance(value, str) else str(value)
    if not _NUMBER.fullmatch(text):
        text = format(Decimal(text), "f")
        if not _NUMBER.fullmatch(text):
            raise ValueError(value)
    return text


def _ratio(value: object) -> str:
    found = _number(value)
    if found is None or not Decimal(found):
        raise ValueError(value)
    return found


def _whole(value: object) -> int:
    if type(value) is not int or not -99 <= value <= 99:
        raise ValueError(value)
    return value


def _flag(value: object) -> int:
    if not isinstance(value, bool):
        raise TypeError(value)
    return int(value)


_Convert = Callable[[object], Any]
_METER: Sequence[tuple[str, _Convert, object]] = (
    ("mp_no", _text, ""),
    ("status", _text, "in service"),
    ("protocol", _text, ""),
    ("model", _text, ""),
    ("target", _text, ""),
    ("customer_class", _text, ""),
    ("wiring", _text, ""),
    ("digits", _whole, 6),
    ("decimals", _whole, 2),
    ("tariffs", _whole, 4),
    ("ct", _ratio, "1"),
    ("pt", _ratio, "1"),
    ("register_is_primary", _flag, False),
    ("metering_side", _text, ""),
    ("valid_from", _day, None),
    ("valid_to", _day, None),
    ("accuracy", _text, ""),
    ("phase", _text, ""),
    ("rated_voltage", _number, None),
    ("rated_current", _number, None),
    ("max_current", _number, None),
    ("capacity_kva", _number, None),
    ("pf_standard", _number, None),
    ("supply_type", _text, ""),
    ("route", _text, ""),
)


def _meter(kept: Kept, row: dict[str, Any]) -> None:
    kept.meters[_name(row["asset_no"])] = tuple(
        convert(row.get(name, default)) for name, convert, default in _METER
    )


def _relation(kept: Kept, row: dict[str, Any]) -> None:
    side, sign = row["side"], row.get("sign", 1)
    if side not in ("supply", "sale") or sign not in (1, -1):
        raise ValueError(side)
    node = (_name(row["node_kind"]), _name(row["node"]))
    dates = _day(row.get("valid_from")), _day(row.get("valid_to"))
    kept.relations.append((_name(row["meter"]), node, side, int(sign), *dates))


def _node(kept: Kept, row: dict[str, Any]) -> None:
    numbers = _number(row.get("voltage")), _number(row.get("capacity_kva"))
    cells = (_text(row.get("name", "")), *numbers, _text(row.get("line", "")))
    kept.nodes[_name(row["kind"]), _name(row["code"])] = cells


def _registers(value: object) -> str:
    if not isinstance(value, list):
        raise TypeError(value)
    return json.dumps([[_name(point), _number(register)] for point, register in value], ensure_ascii=False)


def _exchange(kept: Kept, row: dict[str, Any]) -> None:
    at = datetime.fromisoformat(_text(row["at"]))
    if at.tzinfo is None:
        raise ValueError(at)
    micros = (at - _EPOCH) // timedelta(microseconds=1)
    assets = _name(row["old_asset"]), _name(row["new_asset"])
    ratios = _ratio(row.get("ct", "1")), _ratio(row.get("pt", "1"))
    registers = _registers(row["old_finals"]), _registers(row["new_initials"])
    kept.exchanges.append((*assets, _text(row.get("mp_no", "")), micros, *ratios, *registers))


_MAKERS: dict[str, Callable[[Kept, dict[str, Any]], None]] = {
    "meters": _meter,
    "relations": _relation,
    "nodes": _node,
    "exchanges": _exchange,
}
