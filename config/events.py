"""What events are, whatever protocol told them: kinds by the ids that stand in `event`, as data (events.toml)."""

import functools
import importlib.resources
import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from config.text import say

__all__ = ["kind_name", "kinds", "kinds_of", "may_be", "state_points", "states_of"]

_NAME = "name"


@dataclass(frozen=True, slots=True)
class _Row:
    """An id pattern, its kind, and what fields of the detail must be under a mask."""

    pattern: str
    kind: str
    name: str
    fields: tuple[tuple[str, int, int], ...]

    def fits(self, name: str, detail: Mapping[str, Any]) -> bool:
        if self.name and self.name != name:
            return False
        return all(_bits(detail.get(key)) & mask == value for key, mask, value in self.fields)


def _bits(text: Any) -> int:
    """A field as bits: the digits that records carry are hexadecimal; anything else has none set."""
    try:
        return int(str(text), 16)
    except ValueError:
        return 0


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
    return tuple(_row(*cells) for cells in _table()["events"]["rows"])


def _row(pattern: str, kind: str, conditions: Mapping[str, str] | None = None) -> _Row:
    given = dict(conditions or {})
    name = given.pop(_NAME, "")
    return _Row(pattern, kind, name, tuple(_field(key, *text.split("/")) for key, text in given.items()))


def _field(key: str, mask: str, value: str) -> tuple[str, int, int]:
    return key, int(mask, 16), int(value, 16)


@functools.lru_cache(4_096)
def _candidates(event: str) -> tuple[_Row, ...]:
    return tuple(row for row in _rows() if fnmatchcase(event, row.pattern))


def may_be(event: str, wanted: Collection[str]) -> bool:
    """Whether an event of this id can be of one of these kinds."""
    return any(row.kind in wanted for row in _candidates(event))


def kinds_of(event: str, name: str = "", detail: str = "{}") -> tuple[str, ...]:
    """The kinds of an event, by its id, name and detail (JSON); none for one that no row knows."""
    rows = _candidates(event)
    told = _parsed(detail) if any(row.fields for row in rows) else {}
    return tuple(dict.fromkeys(row.kind for row in rows if row.fits(name, told)))


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
