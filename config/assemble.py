"""The archive's tables together, with what must hold between them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol, TypeVar

from config.archive import Archive, Exchange, Meter, Node, Relation
from config.errors import Problem
from config.tables import Row, convert, number, read_table, rename
from config.text import say
from protocols.points import find, nearest

__all__ = ["References", "load_archive", "there"]

T = TypeVar("T")
_FINAL, _INITIAL = "old:", "new:"
_PREFIXES = {
    "old:": _FINAL,
    "旧:": _FINAL,
    "旧表:": _FINAL,
    "new:": _INITIAL,
    "新:": _INITIAL,
    "新表:": _INITIAL,
}
_DIGITS = 12
_SHOWN = 20


class Digest(Protocol):
    """A hash as hashlib makes it."""

    def update(self, data: bytes, /) -> None:
        """Take more."""


@dataclass(frozen=True, slots=True)
class References:
    """What a meter's row may name: targets and protocols, and models with the protocol of each."""

    targets: tuple[str, ...]
    protocols: tuple[str, ...]
    models: Mapping[str, str]


def load_archive(folder: Path, problems: list[Problem], references: References | None = None) -> Archive:
    """Read meters, relations, nodes and exchanges from a folder; every mistake is added to `problems`."""
    digest = hashlib.sha256()
    meters = _meters(_records(Meter, "meters", folder, digest, problems), problems)
    if references is not None:
        _check_meters(meters, references, problems)
    relations = _records(Relation, "relations", folder, digest, problems)
    nodes = _records(Node, "nodes", folder, digest, problems)
    exchanges = _exchanges(*_table(Exchange, "exchanges", folder, digest, problems), problems)
    by_asset = {meter.asset_no: meter for _, _, meter in meters}
    _check_relations(relations, by_asset, {(node.kind, node.code) for _, _, node in nodes}, problems)
    _check_periods([*meters, *relations], problems)
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


def there(path: Path) -> bool:
    """Whether a path leads to something; not where it cannot be looked at."""
    try:
        return path.exists()
    except OSError:
        return False


def _table(
    kind: type, name: str, folder: Path, digest: Digest, problems: list[Problem]
) -> tuple[Path, list[Row]]:
    path = next((p for suffix in (".csv", ".xlsx") if there(p := folder / f"{name}{suffix}")), None)
    if path is None:
        if name == "meters":
            message = say("no such table", "没有这个表")
            expected = say(f"{name}.csv or {name}.xlsx", f"{name}.csv 或 {name}.xlsx")
            problems.append(
                Problem(file=str(folder), line=None, key=name, message=message, expected=expected)
            )
        return folder / f"{name}.csv", []
    table = read_table(path, problems)
    digest.update(name.encode())
    for _, cells in table.rows:
        digest.update("\x1f".join(f"{k}={v}" for k, v in cells.items()).encode("utf-8", "surrogatepass"))
        digest.update(b"\x1e")
    return path, rename(name, table, kind, problems, _PREFIXES if kind is Exchange else None)


def _records(
    kind: type[T], name: str, folder: Path, digest: Digest, problems: list[Problem]
) -> list[tuple[Path, int, T]]:
    path, rows = _table(kind, name, folder, digest, problems)
    made = []
    for row in rows:
        values = convert(kind, row, path, problems)
        if values is not None:
            made.append((path, row[0], kind(**values)))
    return made


def _meters(records: list[tuple[Path, int, Meter]], problems: list[Problem]) -> list[tuple[Path, int, Meter]]:
    """The meters with their addresses filled to 12 digits, without those that repeat another."""
    assets: dict[str, int] = {}
    places: dict[tuple[str, str], int] = {}
    good = []
    for path, line, meter in records:
        if not (meter.address.isascii() and meter.address.isdigit()) or len(meter.address) > _DIGITS:
            _wrong(problems, path, line, "address", meter.address, say("1 to 12 digits", "1 至 12 位数字"))
            continue
        full = replace(meter, address=meter.address.zfill(_DIGITS))
        if (before := assets.setdefault(full.asset_no, line)) != line:
            _repeats(problems, path, line, "asset_no", full.asset_no, before)
            continue
        alone = full.status == "in service" and full.point_no is None
        if alone and (before := places.setdefault((full.target, full.address), line)) != line:
            _repeats(problems, path, line, "address", full.address, before)
            continue
        good.append((path, line, full))
    return good


def _repeats(problems: list[Problem], path: Path, line: int, key: str, value: str, before: int) -> None:
    why = say(f"repeats line {before}", f"与第 {before} 行重复")
    _wrong(problems, path, line, key, value, say("a value not used before", "未用过的值"), why)


def _check_meters(
    meters: list[tuple[Path, int, Meter]], references: References, problems: list[Problem]
) -> None:
    """Targets, protocols and models that there are not, each with its row."""
    known = {
        "target": references.targets,
        "protocol": references.protocols,
        "model": ("", *references.models),
    }
    for path, line, meter in meters:
        for key, names in known.items():
            if (value := getattr(meter, key)) not in names:
                message = say(f"unknown {key} {value!r}", f"未知的 {key} {value!r}")
                _unknown(problems, path, line, key, message, value, names)
        protocol = references.models.get(meter.model, meter.protocol)
        if protocol != meter.protocol and meter.protocol in references.protocols:
            message = say(f"{meter.model} is a meter of {protocol}", f"{meter.model} 是 {protocol} 的表")
            problems.append(
                Problem(file=str(path), line=line, key="model", message=message, expected=meter.protocol)
            )


def _check_periods(records: Sequence[tuple[Path, int, Any]], problems: list[Problem]) -> None:
    for path, line, record in records:
        if record.valid_from and record.valid_to and record.valid_to < record.valid_from:
            expected = say(f"{record.valid_from} or later", f"不早于 {record.valid_from}")
            _wrong(problems, path, line, "valid_to", str(record.valid_to), expected)


def _unknown(  # noqa: PLR0913 (a place, a message, and what would be right)
    problems: list[Problem], path: Path, line: int, key: str, message: str, value: str, known: Iterable[str]
) -> None:
    names = [name for name in known if name]
    expected = ", ".join(names) if len(names) <= _SHOWN else ""
    problems.append(
        Problem(
            file=str(path),
            line=line,
            key=key,
            message=message,
            expected=expected,
            nearest=_near(value, names),
        )
    )


def _near(value: str, names: Iterable[str]) -> str:
    return next(iter(get_close_matches(value, names, 1)), "")


def _wrong(  # noqa: PLR0913 (a place, a value, and why)
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
            message = say(f"unknown meter {relation.meter!r}", f"档案中没有此表 {relation.meter!r}")
            _unknown(problems, path, line, "meter", message, relation.meter, meters)
        if nodes and (relation.node_kind, relation.node) not in nodes:
            message = say(f"unknown node {relation.node!r}", f"没有此节点 {relation.node!r}")
            codes = [code for kind, code in nodes if kind == relation.node_kind]
            _unknown(problems, path, line, "node", message, relation.node, codes)


def _exchanges(path: Path, rows: list[Row], problems: list[Problem]) -> tuple[Exchange, ...]:
    made = []
    _check_registers(path, rows, problems)
    for row in rows:
        values = convert(Exchange, row, path, problems)
        old = _registers(row, _FINAL, path, problems)
        new = _registers(row, _INITIAL, path, problems)
        if values is None:
            continue
        if values["at"].tzinfo is None:
            expected = say(
                "a time with offset, 2026-05-01T10:30:00+08:00", "带时差的时间 2026-05-01T10:30:00+08:00"
            )
            _wrong(problems, path, row[0], "at", row[1]["at"], expected)
            continue
        made.append(Exchange(**values, old_finals=old, new_initials=new))
    return tuple(made)


def _check_registers(path: Path, rows: list[Row], problems: list[Problem]) -> None:
    """The columns `old:<OBIS>` and `new:<OBIS>` name known registers."""
    for column in rows[0][1] if rows else ():
        prefix, _, code = column.partition(":")
        point = find(code)
        if f"{prefix}:" in (_FINAL, _INITIAL) and (point is None or point.kind != "register"):
            message = say(f"{code!r} is no register", f"{code!r} 不是示数")
            problems.append(
                Problem(
                    file=str(path),
                    line=1,
                    key=column,
                    message=message,
                    expected=f"{prefix}:1-0:1.8.0",
                    nearest=nearest(code),
                )
            )


def _registers(row: Row, prefix: str, path: Path, problems: list[Problem]) -> dict[str, Decimal]:
    registers = {}
    for column, text in row[1].items():
        if not column.startswith(prefix) or not text:
            continue
        try:
            registers[column.removeprefix(prefix)] = number(text)
        except (InvalidOperation, ValueError):
            _wrong(problems, path, row[0], column, text, say("a register reading", "示数"))
    return registers
