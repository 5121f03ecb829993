"""What meters say of themselves, as data: words with fault bits, counters that betray a hand, events."""

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.patterns import Pattern, pattern

__all__ = ["Fault", "Signal", "covers", "faults", "parameters", "signals"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A bit of a status word that tells of a fault."""

    bit: int
    severity: int
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Signal:
    """Events that open the finding of a rule."""

    events: Pattern
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
def signals() -> tuple[Signal, ...]:
    """Every signal, in the order of the table."""
    return tuple(
        Signal(pattern(ident, *conditions), rule, severity)
        for ident, rule, severity, *conditions in _table()["events"]["rows"]
    )
