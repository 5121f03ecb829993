"""How tables of data name events: by a pattern of their id, and by what their name or detail must say."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

__all__ = ["Pattern", "pattern"]

_NAME = "name"


@dataclass(frozen=True, slots=True)
class Pattern:
    """`ident` is an id with `?` for any character and `*` for any rest; `fields` are key, mask and value."""

    ident: str
    name: str = ""
    fields: tuple[tuple[str, int, int], ...] = ()
    void: str = ""
    """A piece of JSON: what has it in its detail, as drivers write that, is not meant. Empty: there is none."""

    def knows(self, event: str) -> bool:
        """Whether an event of this id can be meant."""
        return fnmatchcase(event, self.ident)

    def fits(self, name: str, detail: Mapping[str, Any]) -> bool:
        """Whether an event of such an id is meant."""
        if self.name and self.name != name:
            return False
        return all(_bits(detail.get(key)) & mask == value for key, mask, value in self.fields)


def pattern(ident: str, conditions: Mapping[str, str] | None = None) -> Pattern:
    """From a row: `name` is the event's name itself, all else a field with mask and value as `C0/40`."""
    given = dict(conditions or {})
    name = given.pop(_NAME, "")
    parts = {key: text.split("/") for key, text in given.items()}
    fields = tuple((key, int(mask, 16), int(value, 16)) for key, (mask, value) in parts.items())
    zeros = (f'"{key}": "{"0" * len(mask)}"' for key, (mask, value) in parts.items() if int(value, 16))
    return Pattern(ident, name, fields, next(zeros, ""))


def _bits(text: Any) -> int:
    """A field as bits: the digits that records carry are hexadecimal; anything else has none set."""
    try:
        return int(str(text), 16)
    except ValueError:
        return 0
