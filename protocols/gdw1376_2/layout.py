"""The layout language of `functions.toml`: fields one after another, read from bytes."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Layout", "Misfit", "Read", "parse"]

_TOKEN = re.compile(r"\s*(?:(?P<open>\w+):\(|(?P<close>\))\*(?P<times>\w+)|(?P<name>\w+):(?P<type>[a-z]+)"
                    r"(?P<size>\d*)(?:=(?P<is>\d+))?(?:@(?P<names>\w+))?(?:\{(?P<bits>[^}]*)\})?)")  # fmt: skip
_CLOCK = 6
_PROTOCOLS = 4


class Misfit(Exception):
    """Bytes that this layout does not describe."""


@dataclass(slots=True)
class Read:
    """Where reading stands; `frame` is the carried frame, None where the layout has none."""

    raw: bytes
    at: int = 0
    frame: bytes | None = None

    def take(self, size: int) -> bytes:
        """The next bytes; raises Misfit where there are not so many."""
        piece = self.raw[self.at : self.at + size]
        if len(piece) != size:
            raise Misfit
        self.at += size
        return piece

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self.raw) - self.at


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    read: Callable[[Read], Any]
    must: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    bits: tuple[tuple[str, int], ...] = ()

    def into(self, read: Read, found: dict[str, Any]) -> None:
        value = self.read(read)
        if self.must is not None and value != self.must:
            raise Misfit
        found[self.name] = self._split(value) if self.bits else value
        if known := self.names.get(str(value)):
            found[f"{self.name}_name"] = known

    def _split(self, value: int) -> dict[str, int]:
        parts: dict[str, int] = {}
        for name, width in self.bits:
            parts[name] = value & (1 << width) - 1
            value >>= width
        return parts


@dataclass(frozen=True, slots=True)
class _Group:
    """Fields that repeat: as often as the field `times` says, or to the end where that is `rest`."""

    name: str
    times: str
    fields: "Sequence[_Field | _Group]"

    def into(self, read: Read, found: dict[str, Any]) -> None:
        rows: list[dict[str, Any]] = []
        while read.left if self.times == "rest" else len(rows) < found[self.times]:
            row: dict[str, Any] = {}
            for one in self.fields:
                one.into(read, row)
            rows.append(row)
        found[self.name] = rows


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to lay out a data unit."""

    fields: "tuple[_Field | _Group, ...]"

    def read(self, raw: bytes) -> tuple[dict[str, Any], Read]:
        """The fields and where they end; raises Misfit."""
        read, found = Read(raw), dict[str, Any]()
        for one in self.fields:
            one.into(read, found)
        return found, read


def parse(text: str, names: Mapping[str, Mapping[str, str]]) -> Layout:
    """A layout from its text; raises ValueError for a text that is none."""
    stack: list[tuple[str, list[_Field | _Group]]] = [("", [])]
    at = 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"no layout: {text[at:]!r}")
        at = token.end()
        if token["open"]:
            stack.append((token["open"], []))
        elif token["close"]:
            name, fields = stack.pop()
            stack[-1][1].append(_Group(name, token["times"], tuple(fields)))
        else:
            stack[-1][1].append(_field(token, names))
    return Layout(tuple(stack[0][1]))


def _field(token: re.Match[str], names: Mapping[str, Mapping[str, str]]) -> _Field:
    bits = tuple(
        (name, int(width)) for name, _, width in (b.partition(":") for b in (token["bits"] or "").split())
    )
    size = int(token["size"] or 0)
    kind = _KINDS[token["type"]]
    return _Field(
        token["name"],
        lambda read: kind(read, size),
        int(token["is"]) if token["is"] else None,
        names[token["names"]] if token["names"] else {},
        bits,
    )


def _unsigned(read: Read, size: int) -> int:
    return int.from_bytes(read.take(size), "little")


def _address(read: Read, size: int) -> str:
    return read.take(6)[::-1].hex().upper()


def _hex(read: Read, size: int) -> str:
    return read.take(size).hex().upper()


def _ascii(read: Read, size: int) -> str:
    raw = read.take(size)
    return raw.decode("ascii") if raw.isascii() and raw.decode("ascii").isprintable() else raw.hex().upper()


def _up_to(most: int) -> Callable[[Read, int], int]:
    def value(read: Read, size: int) -> int:
        number = read.take(1)[0]
        if number >= most:
            raise Misfit
        return number

    return value


def _clock(read: Read, size: int) -> str:
    """Second, minute, hour, day, month, year; as they stand where that is no time."""
    raw = read.take(_CLOCK)
    text = raw.hex()
    if not text.isdigit():
        return text.upper()
    second, minute, hour, day, month, year = (text[i : i + 2] for i in range(0, 12, 2))
    return f"20{year}-{month}-{day}T{hour}:{minute}:{second}"


def _date(read: Read, size: int) -> str:
    text = read.take(3).hex()
    return f"20{text[4:]}-{text[2:4]}-{text[:2]}" if text.isdigit() else text.upper()


def _carried(read: Read, size: int) -> str:
    read.frame = read.take(_unsigned(read, size))
    return read.frame.hex().upper()


def _text(read: Read, size: int) -> str:
    return read.take(_unsigned(read, size)).hex().upper()


def _identity(read: Read, size: int) -> dict[str, Any]:
    length, form = read.take(2)
    return {"format": form, "id": read.take(length).hex().upper()}


def _remaining(read: Read, size: int) -> int:
    number = read.take(1)[0]
    if number != read.left:
        raise Misfit
    return number


_KINDS: dict[str, Callable[[Read, int], Any]] = {
    "u": _unsigned,
    "addr": _address,
    "hex": _hex,
    "bcd": _hex,
    "ascii": _ascii,
    "protocol": _up_to(_PROTOCOLS),
    "flag": _up_to(2),
    "clock": _clock,
    "dmy": _date,
    "frame": _carried,
    "text": _text,
    "ident": _identity,
    "size": _remaining,
    "rest": lambda read, size: read.take(read.left).hex().upper(),
}
