"""The functions of Q/GDW 1376.2 by AFN and Fn; the table is `functions.toml`."""

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from protocols.gdw1376_2.layout import Layout, parse

__all__ = ["Fn", "functions", "lookup"]

_MACRO = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class Fn:
    """One function: what it is called, and its layouts in each direction, the newest first."""

    name: str
    name_zh: str
    down: tuple[Layout, ...]
    up: tuple[Layout, ...]


@functools.cache
def functions() -> Mapping[tuple[int, int], Fn]:
    """All of them by (AFN, Fn)."""
    text = (importlib.resources.files(__package__) / "functions.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    found: dict[tuple[int, int], Fn] = {}
    for key, row in table["fn"].items():
        afn, _, fn = key.partition("-F")
        both = row.get("both", [])
        ways = [
            tuple(parse(_spelt(one, table["macros"]), table["names"]) for one in row.get(way, both))
            for way in ("down", "up")
        ]
        found[int(afn, 16), int(fn)] = Fn(row["name"], row["zh"], *ways)
    return found


def _spelt(text: str, macros: Mapping[str, str]) -> str:
    return _MACRO.sub(lambda match: macros[match[1]], text)


def lookup(afn: int, fn: int) -> Fn | None:
    """A function, None where the table has none."""
    return functions().get((afn, fn))
