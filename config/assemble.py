"""The archive's tables together, with what must hold between them."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from config.archive import Archive, Exchange, Meter, Node, Relation
from config.errors import Problem
from config.tables import Row, convert, read_rows, rename
from config.text import say

__all__ = ["load_archive"]

T = TypeVar("T")
_FINAL, _INITIAL = "old:", "new:"
_DIGITS = 12


def load_archive(folder: Path, problems: list[Problem]) -> Archive:
    """Read meters, relations, nodes and exchanges from a folder; every mistake is added to `problems`."""
    digest = hashlib.sha256()
    meters = _meters(_table(folder, "meters", digest, problems, required=True), problems)
    relations = _records(Relation, _table(folder, "relations", digest, problems), problems)
    nodes = _records(Node, _table(folder, "nodes", digest, problems), problems)
    exchanges = _exchanges(
        _table(folder, "exchanges", digest, problems, extra=f"{_FINAL}|{_INITIAL}"), problems
    )
    by_asset = {meter.asset_no: meter for _, _, meter in meters}
    _check_relations(relations, by_asset, {(node.kind, node.code) for _, _, node in nodes}, problems)
    by_target: dict[str, list[Meter]] = {}
    for _, _, meter in meters:
        by_target.setdefault(meter.target, []).append(meter)
    return Archive(
        meters=tuple(meter for _, _, meter in meters),
        relations=tuple(record for _, _, record in relations),
        nodes=tuple(record for _, _, record in nodes),
        exchanges=exchanges,
        digest=digest.hexdigest(),
        by_asset=by_asset,
        by_target={name: tuple(members) for name, members in by_target.items()},
    )


def _table(
    folder: Path, name: str, digest: Any, problems: list[Problem], *, required: bool = False, extra: str = ""
) -> tuple[Path, list[Row]]:
    for suffix in (".csv", ".xlsx"):
        path = folder / f"{name}{suffix}"
        if path.exists():
            break
    else:
        if required:
            message = say("no such table", "没有这个表")
            expected = say(f"{name}.csv or {name}.xlsx", f"{name}.csv 或 {name}.xlsx")
            problems.append(
                Problem(file=str(folder), line=None, key=name, message=message, expected=expected)
            )
        return folder / f"{name}.csv", []
    rows = read_rows(path, problems)
    for _, cells in rows:
        digest.update("\x1f".join(f"{k}={v}" for k, v in cells.items()).encode())
        digest.update(b"\x1e")
    return path, rename(name, rows, path, problems, extra)


def _records(
    kind: type[T], table: tuple[Path, list[Row]], problems: list[Problem]
) -> list[tuple[Path, int, T]]:
    path, rows = table
    made = []
    for row in rows:
        values = convert(kind, row, path, problems)
        if values is not None:
            made.append((path, row[0], kind(**values)))
    return made


def _meters(table: tuple[Path, list[Row]], problems: list[Problem]) -> list[tuple[Path, int, Meter]]:
    seen: dict[str, int] = {}
    places: dict[tuple[str, str], int] = {}
    good = []
    for path, line, meter in _records(Meter, table, problems):
        address = meter.address.upper()
        if not address.isdigit() or len(address) > _DIGITS:
            _wrong(problems, path, line, "address", meter.address, say("1 to 12 digits", "1 至 12 位数字"))
            continue
        if meter.asset_no in seen:
            _wrong(
                problems,
                path,
                line,
                "asset_no",
                meter.asset_no,
                say("a number not used before", "未用过的编号"),
                say(f"repeats line {seen[meter.asset_no]}", f"与第 {seen[meter.asset_no]} 行重复"),
            )
            continue
        seen[meter.asset_no] = line
        meter = replace(meter, address=address.zfill(_DIGITS))
        place = (meter.target, meter.address)
        if place in places and meter.status == "in service" and meter.point_no is None:
            _wrong(
                problems,
                path,
                line,
                "address",
                meter.address,
                say("an address not used on this target", "本采集点未用过的地址"),
                say(f"repeats line {places[place]}", f"与第 {places[place]} 行重复"),
            )
            continue
        places[place] = line
        good.append((path, line, meter))
    return good


def _wrong(
    problems: list[Problem], path: Path, line: int, key: str, value: str, expected: str, why: str = ""
) -> None:
    message = f"{value!r} {why or say('is not right', '不正确')}"
    problems.append(Problem(file=str(path), line=line, key=key, message=message, expected=expected))


def _check_relations(
    relations: list[tuple[Path, int, Relation]],
    meters: Mapping[str, Meter],
    nodes: set[tuple[str, str]],
    problems: list[Problem],
) -> None:
    for path, line, relation in relations:
        if relation.meter not in meters:
            nearest = get_close_matches(relation.meter, meters, 1)
            problems.append(
                Problem(
                    file=str(path),
                    line=line,
                    key="meter",
                    message=say("unknown meter", "档案中没有此表") + f" {relation.meter!r}",
                    nearest=nearest[0] if nearest else "",
                )
            )
        if nodes and (relation.node_kind, relation.node) not in nodes:
            nearest = get_close_matches(relation.node, [code for _, code in nodes], 1)
            problems.append(
                Problem(
                    file=str(path),
                    line=line,
                    key="node",
                    message=say("unknown node", "没有此节点") + f" {relation.node!r}",
                    nearest=nearest[0] if nearest else "",
                )
            )


def _exchanges(table: tuple[Path, list[Row]], problems: list[Problem]) -> tuple[Exchange, ...]:
    path, rows = table
    made = []
    for row in rows:
        values = convert(Exchange, row, path, problems)
        old = _registers(row, _FINAL, path, problems)
        new = _registers(row, _INITIAL, path, problems)
        if values is None:
            continue
        if values["at"].tzinfo is None:
            _wrong(problems, path, row[0], "at", row[1]["at"], "2026-05-01T10:30:00+08:00")
            continue
        made.append(Exchange(**values, old_finals=old, new_initials=new))
    return tuple(made)


def _registers(row: Row, prefix: str, path: Path, problems: list[Problem]) -> dict[str, Decimal]:
    registers = {}
    for column, text in row[1].items():
        if not column.startswith(prefix) or not text:
            continue
        try:
            registers[column.removeprefix(prefix)] = Decimal(text)
        except InvalidOperation:
            _wrong(problems, path, row[0], column, text, say("a register reading", "示数"))
    return registers
