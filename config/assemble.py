"""The archive's tables together as records."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, TypeVar

from config.archive import Archive, Exchange, Meter, Node, Relation
from config.cells import Row, convert
from config.errors import Problem
from config.numbers import decimal
from config.relate import (
    Line,
    References,
    check_meters,
    check_periods,
    check_relations,
    fill_addresses,
)
from config.tables import read_table, rename
from config.text import say
from protocols.alike import alike
from protocols.points import find, nearest

__all__ = ["References", "load_archive", "load_exchanges", "odd_tables", "there"]

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
_NAMES = ("meters", "relations", "nodes", "exchanges")
_SUFFIXES = (".csv", ".xlsx")


class Digest(Protocol):
    """A hash as hashlib makes it."""

    def update(self, data: bytes, /) -> None:
        """Take more."""


def there(path: Path) -> bool:
    """Whether a path leads to something; not where it cannot be looked at."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def load_archive(folder: Path, problems: list[Problem], references: References | None = None) -> Archive:
    """Read meters, relations, nodes and exchanges from a folder; every mistake is added to `problems`."""
    reader = _Reader(folder, problems)
    meters = reader.lines(Meter, "meters")
    fill_addresses(meters, problems)
    if references is not None:
        check_meters(meters, references, problems)
    relations = reader.lines(Relation, "relations")
    nodes = reader.lines(Node, "nodes")
    exchanges = reader.exchanges()
    check_relations(relations, meters, nodes, problems)
    check_periods([*meters, *relations], problems)
    reader.name_headers()
    made = _made(Meter, meters)
    by_target: dict[str, list[Meter]] = {}
    for meter in made:
        by_target.setdefault(meter.target, []).append(meter)
    return Archive(
        meters=made,
        relations=_made(Relation, relations),
        nodes=_made(Node, nodes),
        exchanges=exchanges,
        digest=reader.digest.hexdigest(),
        by_asset={meter.asset_no: meter for meter in made},
        by_target={name: tuple(members) for name, members in by_target.items()},
    )


def load_exchanges(folder: Path, problems: list[Problem]) -> tuple[Exchange, ...]:
    """Read the table of exchanges alone; every mistake is added to `problems`."""
    return _Reader(folder, problems).exchanges()


def _made(kind: type[T], lines: list[Line]) -> tuple[T, ...]:
    """The records of the good lines; takes the lines, so that not all of both are in memory at once."""
    lines.reverse()
    found: list[T] = []
    while lines:
        if (line := lines.pop()).good:
            found.append(kind(**line.values))
    return tuple(found)


@dataclass(slots=True)
class _Reader:
    """Reads the tables of one folder; keeps what their own headers are called."""

    folder: Path
    problems: list[Problem]
    digest: Any = field(default_factory=hashlib.sha256)
    _headers: dict[str, dict[str, str]] = field(default_factory=dict)
    _first: int = -1

    def __post_init__(self) -> None:
        self._first = len(self.problems)

    def lines(self, kind: type, name: str) -> list[Line]:
        """The rows of a table, good and bad; none where there is no table."""
        path, rows = self._table(kind, name)
        return [Line(path, row[0], *convert(kind, row, path, self.problems)) for row in rows]

    def exchanges(self) -> tuple[Exchange, ...]:
        """Meter exchanges with their registers."""
        path, taken = self._table(Exchange, "exchanges")
        rows = list(taken)
        _check_registers(path, rows, self.problems)
        made = []
        for row in rows:
            line = Line(path, row[0], *convert(Exchange, row, path, self.problems))
            old = _registers(line, row, _FINAL, self.problems)
            new = _registers(line, row, _INITIAL, self.problems)
            if line.good:
                made.append(Exchange(**line.values, old_finals=old, new_initials=new))
        return tuple(made)

    def name_headers(self) -> None:
        """Problems of a column get the header that the table itself has for it."""
        for index in range(self._first, len(self.problems)):
            problem = self.problems[index]
            header = self._headers.get(problem.file, {}).get(problem.key, problem.key)
            if header != problem.key:
                self.problems[index] = replace(problem, written=header)

    def _table(self, kind: type, name: str) -> tuple[Path, Iterator[Row]]:
        path = next((p for suffix in _SUFFIXES if there(p := self.folder / f"{name}{suffix}")), None)
        if path is None:
            if name == "meters":
                self._no_meters()
            return self.folder / f"{name}.csv", iter(())
        table = read_table(path, self.problems)
        self.digest.update(name.encode())
        for _, cells in table.rows:
            self.digest.update(
                "\x1f".join(f"{k}={v}" for k, v in cells.items()).encode("utf-8", "surrogatepass")
            )
            self.digest.update(b"\x1e")
        mapping, rows = rename(name, table, kind, self.problems, _PREFIXES if kind is Exchange else None)
        self._headers[str(path)] = {field: header for header, field in mapping.items()}
        return path, rows

    def _no_meters(self) -> None:
        message = say("no such table", "没有这个表")
        expected = say("meters.csv or meters.xlsx", "meters.csv 或 meters.xlsx")
        near = alike("meters.csv", _others_in(self.folder), 0.7)
        self.problems.append(
            Problem(
                file=str(self.folder),
                line=None,
                key="meters",
                message=message,
                expected=expected,
                nearest=near,
            )
        )


def files_in(folder: Path) -> list[str]:
    """Names of what is in a folder; none where it cannot be looked at."""
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except (OSError, ValueError):
        return []


def _others_in(folder: Path) -> list[str]:
    """Files that are none of the tables."""
    return [name for name in files_in(folder) if name.partition(".")[0] not in _NAMES]


def odd_tables(folder: Path) -> list[Problem]:
    """Files that look as if they were meant for a table and are not read."""
    files = files_in(folder)
    read = {next((f"{n}{s}" for s in _SUFFIXES if f"{n}{s}" in files), "") for n in _NAMES}
    found = []
    for name in files:
        stem, dot, suffix = name.lower().rpartition(".")
        if name in read or f"{dot}{suffix}" not in (*_SUFFIXES, ".xls"):
            continue
        if not (near := alike(stem, _NAMES, 0.85)):
            continue
        message = say("not read", "未被读取")
        expected = say(f"{near}.csv, or {near}.xlsx where there is no CSV", f"{near}.csv，没有时 {near}.xlsx")
        found.append(
            Problem(file=str(folder / name), line=None, key="file", message=message, expected=expected)
        )
    return found


def _check_registers(path: Path, rows: Sequence[Row], problems: list[Problem]) -> None:
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


def _registers(line: Line, row: Row, prefix: str, problems: list[Problem]) -> dict[str, Decimal]:
    registers: dict[str, Decimal] = {}
    for column, text in row[1].items():
        if not column.startswith(prefix) or not text:
            continue
        try:
            registers[column.removeprefix(prefix)] = decimal(text)
        except ValueError:
            message = say(f"{text!r} is not right", f"{text!r} 不正确")
            line.mistake(problems, column, message, say("a register reading, 1234.56", "示数，如 1234.56"))
    return registers
