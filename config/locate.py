"""Where in a TOML text a key stands, so that a message can name its line."""

import re

__all__ = ["line_of"]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\"'-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\"'-]+(?:\.[A-Za-z0-9_\"'-]+)*)\s*=")


def _index(text: str) -> dict[tuple[str | int, ...], int]:
    places: dict[tuple[str | int, ...], int] = {}
    seen: dict[str, int] = {}
    prefix: tuple[str | int, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADER.match(line):
            names = tuple(part.strip("\"'") for part in match[2].split("."))
            prefix = names
            if match[1] == "[[":
                count = seen.get(match[2], -1) + 1
                seen[match[2]] = count
                prefix = (*names, count)
            places.setdefault(prefix, number)
        elif match := _KEY.match(line):
            keys = tuple(part.strip("\"'") for part in match[1].split("."))
            places.setdefault((*prefix, *keys), number)
    return places


def line_of(text: str, path: tuple[str | int, ...]) -> int | None:
    """The line, from 1, of a key's path such as ("target", 0, "link"), or of the nearest thing around it."""
    places = _index(text)
    while path:
        if path in places:
            return places[path]
        path = path[:-1]
    return None
