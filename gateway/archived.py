"""The archive's tables as cells: as a gateway publishes them and as the master keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from config.archive import Archive, Exchange

__all__ = ["COLUMNS", "MAIN", "Table", "tables_of"]

MAIN = "meters"
"""The table that the first pages hold."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "meters": (
        "asset_no", "mp_no", "status", "protocol", "model", "target", "customer_class", "wiring", "digits",
        "decimals", "tariffs", "ct", "pt", "register_is_primary", "metering_side", "valid_from", "valid_to",
        "accuracy", "phase", "rated_voltage", "rated_current", "max_current", "capacity_kva", "pf_standard",
        "supply_type", "route",
    ),
    "relations": ("meter", "node_kind", "node", "side", "sign", "valid_from", "valid_to"),
    "nodes": ("kind", "code", "name", "voltage", "capacity_kva", "line"),
    "exchanges": ("mp_no", "old_asset", "new_asset", "at", "ct", "pt", "old_finals", "new_initials"),
}  # fmt: skip
"""Columns of each table; no names, addresses or customer numbers of people. Part of the contract."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; a cell is a text, a whole number, true or false, null, or a list of pairs of texts."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


def tables_of(archive: Archive) -> dict[str, Table]:
    """All tables of an archive, those without rows too."""
    records: dict[str, Sequence[object]] = {
        "meters": archive.meters,
        "relations": archive.relations,
        "nodes": archive.nodes,
        "exchanges": archive.exchanges,
    }
    return {name: Table(columns, _Rows(columns, records[name])) for name, columns in COLUMNS.items()}


class _Rows(Sequence[Sequence[object]]):
    """Rows that are made when they are looked at: those of thousands of meters at once would be some MiB."""

    def __init__(self, columns: Sequence[str], records: Sequence[object]) -> None:
        self._columns, self._records = columns, records

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, place: int) -> Sequence[object]: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Sequence[object]]: ...

    def __getitem__(self, place: int | slice) -> Sequence[object] | Sequence[Sequence[object]]:
        if isinstance(place, slice):
            return _Rows(self._columns, self._records[place])
        return [_cell(self._records[place], column) for column in self._columns]


def _cell(record: object, column: str) -> object:
    value = getattr(record, column)
    if isinstance(value, dict):
        return [[point, str(register)] for point, register in sorted(value.items())]
    if isinstance(record, Exchange) and column == "at":
        return record.at.isoformat()
    return value if isinstance(value, str | int | None) else str(value)
