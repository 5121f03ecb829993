"""Where in a TOML text a key stands, so that a message can name its line."""

import re
from functools import lru_cache

__all__ = ["Place", "line_of"]

_NAME = r"(?:[\w-]+|\"[^\"]*\"|'[^']*')"
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*\]\]?")
_KEY = re.compile(rf"^\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
_PART = re.compile(_NAME)

Place = tuple[str | int, ...]


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


@lru_cache(maxsize=2)
def _index(text: str) -> dict[Place, int]:
    places: dict[Place, int] = {}
    seen: dict[tuple[str, ...], int] = {}
    prefix: Place = ()
    for number, line in enumerate(text.split("\n"), 1):
        if match := _HEADER.match(line):
            names = _parts(match[2])
            places.setdefault(names, number)
            prefix = names
            if match[1] == "[[":
                seen[names] = seen.get(names, -1) + 1
                prefix = (*names, seen[names])
                places[prefix] = number
        elif match := _KEY.match(line):
            places.setdefault((*prefix, *_parts(match[1])), number)
    return places


def line_of(text: str, path: Place, value: str = "") -> int | None:
    """The line, from 1, of a key's path such as ("target", 0, "link"), or of the nearest thing around it.

    With a `value` the first line from there on that holds it as a text, if it comes before the next key.
    """
    places = _index(text)
    while path:
        if path in places:
            line = places[path]
            return (_within(text, line, value) if value else None) or line
        path = path[:-1]
    return None


def _within(text: str, line: int, value: str) -> int | None:
    for number, content in enumerate(text.split("\n")[line - 1 :], line):
        if number > line and (_KEY.match(content) or _HEADER.match(content)):
            return None
        if f'"{value}"' in content or f"'{value}'" in content:
            return number
    return None
