"""What the types of application data carry: a table as data, which a site's dialect may change."""

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "CAUSES",
    "DENIALS",
    "FORMATS",
    "FUNCTIONS_DOWN",
    "FUNCTIONS_UP",
    "Part",
    "TypeUp",
    "down",
    "part",
    "up",
]

CAUSES = {
    3: "spontaneous",
    4: "initialised",
    5: "request",
    6: "activation",
    7: "activation confirmed",
    8: "deactivation",
    9: "deactivation confirmed",
    10: "activation terminated",
    13: "no such record",
    14: "no such type",
    15: "unknown record address",
    16: "unknown station",
    17: "no such object",
    18: "no such period",
    48: "time synchronisation",
}
DENIALS = frozenset(range(13, 19))
"""Causes with which a station says that it has not what was asked for."""

FUNCTIONS_DOWN = {
    0: "reset link",
    3: "send data",
    4: "send data, no reply",
    9: "request link status",
    10: "request class 1 data",
    11: "request class 2 data",
}
FUNCTIONS_UP = {
    0: "acknowledge",
    1: "busy",
    8: "data",
    9: "no data",
    11: "link status",
    14: "not working",
    15: "not complete",
}

FORMATS = {"u8": 1, "u16": 2, "i16": 2, "u24": 3, "i24": 3, "u32": 4, "i32": 4, "ta": 5, "tb": 7}
"""Bytes of each format of a part."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an object: its name and format."""

    name: str
    form: str

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return FORMATS[self.form]


@dataclass(frozen=True, slots=True)
class TypeUp:
    """A type that an ERTU sends. `addressed` objects begin with their address; `shared` is ta, tb or empty."""

    number: int
    name: str
    name_zh: str
    parts: tuple[Part, ...]
    shared: str = ""
    addressed: bool = True

    @property
    def size(self) -> int:
        """Bytes of an object without its address."""
        return sum(one.size for one in self.parts)


@dataclass(frozen=True, slots=True)
class TypeDown:
    """A type that a master sends; `body` is empty, range, span, objects or tb, `answers` the types that answer it."""

    number: int
    name: str
    name_zh: str
    body: str
    answers: tuple[int, ...] = ()


def part(text: str) -> Part:
    """A part written as name:format; raises ValueError."""
    name, _, form = text.partition(":")
    if not name.isidentifier() or form not in FORMATS:
        raise ValueError(f"{text!r} is not name:format with one of {', '.join(FORMATS)}")
    return Part(name, form)


@functools.cache
def _table() -> Mapping[str, list[list[Any]]]:
    text = (importlib.resources.files(__package__) / "data" / "types.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@functools.cache
def up() -> Mapping[int, TypeUp]:
    """The types from an ERTU by number."""
    addressed = [
        TypeUp(number, name, name_zh, tuple(map(part, parts)), shared)
        for number, name, name_zh, parts, shared in _table()["up"]
    ]
    plain = [
        TypeUp(number, name, name_zh, tuple(map(part, parts)), addressed=False)
        for number, name, name_zh, parts in _table()["plain_up"]
    ]
    return {one.number: one for one in addressed + plain}


@functools.cache
def down() -> Mapping[int, TypeDown]:
    """The types from a master by number."""
    return {
        number: TypeDown(number, name, name_zh, body, tuple(answers))
        for number, name, name_zh, body, answers in _table()["down"]
    }
