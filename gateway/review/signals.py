"""What meters say of themselves, as data: words with fault bits, counters that betray a hand, events."""

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ErcRow", "Fault", "covers", "erc_rows", "faults", "parameters", "records"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A bit of a status word that tells of a fault."""

    bit: int
    severity: int
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class ErcRow:
    """Which rule an event of a terminal belongs to: its flag under `mask` must be `value`."""

    mask: int
    value: int
    rule: str
    severity: int


@functools.cache
def _table() -> Mapping[str, Any]:
    text = importlib.resources.files(__package__).joinpath("signals.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@functools.cache
def parameters() -> frozenset[str]:
    """Points whose change means that somebody programmed the meter (R011)."""
    return frozenset(_table()["points"]["parameter"])


@functools.cache
def covers() -> frozenset[str]:
    """Counters of opened covers and magnetic fields (R059)."""
    return frozenset(_table()["points"]["cover"])


@functools.cache
def faults() -> Mapping[str, tuple[Fault, ...]]:
    """Fault bits by the point of their word (R010)."""
    return {point: tuple(Fault(*row) for row in rows) for point, rows in _table()["faults"].items()}


@functools.cache
def records() -> tuple[tuple[str, str, int], ...]:
    """Beginning of an event's name, its rule and severity."""
    return tuple(
        (str(head), str(rule), int(severity)) for head, rule, severity in _table()["events"]["record"]
    )


@functools.cache
def erc_rows() -> Mapping[int, tuple[ErcRow, ...]]:
    """Rules of a terminal's events by ERC."""
    rows: dict[int, tuple[ErcRow, ...]] = {}
    for erc, mask, value, rule, severity in _table()["events"]["erc"]:
        rows[erc] = (*rows.get(erc, ()), ErcRow(int(mask, 16), int(value, 16), rule, severity))
    return rows
