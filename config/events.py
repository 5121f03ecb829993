"""What events are, whatever protocol told them: kinds by the ids that stand in `event`, as data (events.toml)."""

import functools
import importlib.resources
import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from config.patterns import Pattern, pattern
from config.text import say

__all__ = ["kind_name", "kinds", "kinds_of", "may_be", "state_points", "states_of", "void"]


@dataclass(frozen=True, slots=True)
class _Row:
    """Events and their kind."""

    events: Pattern
    kind: str


@functools.cache
def _table() -> Mapping[str, Any]:
    text = importlib.resources.files(__package__).joinpath("events.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@functools.cache
def kinds() -> Mapping[str, tuple[str, str]]:
    """Every kind with its English and its Chinese name."""
    return {kind: (en, zh) for kind, (en, zh) in _table()["kinds"].items()}


def kind_name(kind: str) -> str:
    """The kind in the reader's language."""
    return say(*kinds()[kind])


@functools.cache
def _rows() -> tuple[_Row, ...]:
    return tuple(
        _Row(pattern(ident, *conditions), kind) for ident, kind, *conditions in _table()["events"]["rows"]
    )


@functools.lru_cache(4_096)
def _candidates(event: str) -> tuple[_Row, ...]:
    return tuple(row for row in _rows() if row.events.knows(event))


def may_be(event: str, wanted: Collection[str]) -> bool:
    """Whether an event of this id can be of one of these kinds."""
    return any(row.kind in wanted for row in _candidates(event))


def void(event: str, wanted: Collection[str]) -> str:
    """A piece of an event's detail that says that it is of none of these kinds; empty where no piece does.

    Terminals tell of every change of a status word: most of them need not be looked into.
    """
    found = {row.events.void for row in _candidates(event) if row.kind in wanted}
    return found.pop() if len(found) == 1 else ""


def kinds_of(event: str, name: str = "", detail: str = "{}") -> tuple[str, ...]:
    """The kinds of an event, by its id, name and detail (JSON); none for one that no row knows."""
    rows = _candidates(event)
    told = _parsed(detail) if any(row.events.fields for row in rows) else {}
    return tuple(dict.fromkeys(row.kind for row in rows if row.events.fits(name, told)))


def _parsed(detail: str) -> Mapping[str, Any]:
    try:
        found = json.loads(detail or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@functools.cache
def _states() -> tuple[tuple[str, int, int, str], ...]:
    return tuple(
        (point, int(mask, 16), int(value, 16), kind)
        for point, mask, value, kind in _table()["states"]["rows"]
    )


def state_points(wanted: Collection[str]) -> frozenset[str]:
    """Points of the status words that show one of these kinds."""
    return frozenset(point for point, _, _, kind in _states() if kind in wanted)


def states_of(point: str, word: int) -> tuple[str, ...]:
    """The kinds that a status word shows to be the case."""
    return tuple(kind for one, mask, value, kind in _states() if one == point and word & mask == value)
