"""The layout language of `functions.toml`: rows of fields, repeated for tariffs and counts, read from bytes."""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count, takewhile

from protocols.gdw1376_1.formats import FORMATS, Format, NotBcd, absent, digits
from protocols.gdw1376_1.units import decode_unit

__all__ = ["BadData", "Cell", "Layout", "Reader", "parse"]

_MOST_TARIFFS = 48
_USUAL_TARIFFS = 4
_FILL = frozenset({0xEE, 0xEF, 0xFF})
_TOKEN = re.compile(r"\[|\]\*\w+|[^\s\[\]]+")
_FIELD = re.compile(r"(\^?)([^\s]+):([A-Z]\d*)(?:/(\d+))?")
_COUNT = re.compile(r"([nb])=([A-Z]\d+)")


class BadData(ValueError):
    """Bytes that a layout cannot take: cut short, or a count that is none."""


class Reader:
    """Bytes from which fields are taken one by one."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    @property
    def left(self) -> int:
        """Bytes not taken yet."""
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        """The next bytes; raises BadData where there are fewer."""
        if self.left < count:
            raise BadData(f"{count} bytes wanted, {self.left} left")
        self.at += count
        return self.data[self.at - count : self.at]


@dataclass(slots=True)
class Cell:
    """One value as it was read; `occurred` is the text of a time of its own, `error` says why there is no value."""

    name: str
    value: Decimal | str | None
    error: str | None = None
    occurred: str | None = None


@dataclass(slots=True)
class _State:
    reader: Reader
    cells: list[Cell] = field(default_factory=list)
    names: dict[str, Cell] = field(default_factory=dict)
    tariffs: int = _USUAL_TARIFFS
    numbers: Sequence[int] = ()


_Step = Callable[[_State, int], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout ready to read; `fields` are the names as they stand in the table."""

    steps: tuple[_Step, ...]
    fields: tuple[str, ...]

    def read(self, reader: Reader) -> list[Cell]:
        """The cells in order; raises BadData."""
        state = _State(reader)
        for step in self.steps:
            step(state, 0)
        return state.cells


@functools.cache
def parse(text: str) -> Layout:
    """A layout from its text; raises ValueError for one that cannot be read."""
    tokens = _TOKEN.findall(text)
    names: list[str] = []
    steps = tuple(_steps(iter(tokens), names, closing=False)[0])
    return Layout(steps, tuple(names))


def _steps(tokens: Iterator[str], names: list[str], *, closing: bool) -> tuple[list[_Step], str]:
    steps: list[_Step] = []
    for word in tokens:
        if word == "[":
            inner, by = _steps(tokens, names, closing=True)
            steps.append(_repeat(inner, by))
        elif word.startswith("]*"):
            return steps, word[2:]
        elif word == "M":
            steps.append(_tariffs)
        elif match := _COUNT.fullmatch(word):
            steps.append(_count(FORMATS[match[2]], flags=match[1] == "b"))
        elif match := _FIELD.fullmatch(word):
            occurred, name, form, over = match.groups()
            if not occurred:
                names.append(name)
            steps.append(_when(name, FORMATS[form]) if occurred else _field(name, form, int(over or 1)))
        else:
            raise ValueError(f"layout word {word!r}")
    if closing:
        raise ValueError("a layout's bracket is not closed")
    return steps, ""


def _repeat(inner: Sequence[_Step], by: str) -> _Step:
    def step(state: _State, index: int) -> None:
        for number in _numbers(state, by):
            for one in inner:
                one(state, number)

    return step


def _numbers(state: _State, by: str) -> Iterable[int]:
    """The numbers that a repetition goes through."""
    if by == "M":
        return range(state.tariffs + 1)
    if by in ("n", "b"):
        return state.numbers
    if by == "z":
        return takewhile(lambda number: state.reader.left > 0, count(1))
    return range(1, int(by) + 1)


def _tariffs(state: _State, index: int) -> None:
    number = state.reader.take(1)[0]
    if number in _FILL:
        number = _USUAL_TARIFFS
    if number > _MOST_TARIFFS:
        raise BadData(f"{number} tariffs")
    state.tariffs = number


def _count(form: Format, *, flags: bool) -> _Step:
    def step(state: _State, index: int) -> None:
        number = int.from_bytes(state.reader.take(form.size), "little")
        bits = range(1, 8 * form.size + 1)
        state.numbers = [bit for bit in bits if number >> bit - 1 & 1] if flags else range(1, number + 1)

    return step


def _field(name: str, form: str, over: int) -> _Step:
    read = _reader_of(form)

    def step(state: _State, index: int) -> None:
        cell = Cell(name.format(t=index, i=index), None)
        try:
            value = read(state.reader)
            cell.value = value / over if isinstance(value, Decimal) and over != 1 else value
        except NotBcd:
            cell.error = "bcd"
        state.cells.append(cell)
        state.names[cell.name] = cell

    return step


def _when(name: str, form: Format) -> _Step:
    def step(state: _State, index: int) -> None:
        raw = state.reader.take(form.size)
        cell = state.names.get(name.format(t=index, i=index))
        if cell is None or absent(raw):
            return
        try:
            cell.occurred = str(form.read(raw))
        except NotBcd:
            return  # a demand that never occurred has zeros for its time

    return step


def _reader_of(form: str) -> Callable[[Reader], Decimal | str | None]:
    if form in FORMATS:
        known = FORMATS[form]

        def number(reader: Reader) -> Decimal | str | None:
            raw = reader.take(known.size)
            return None if absent(raw) and form[0] == "A" else known.read(raw)

        return number
    kind, size = form[0], int(form[1:] or 0)
    special = _READERS[kind]
    return lambda reader: special(reader, size)


def _hexed(reader: Reader, size: int) -> str:
    return reader.take(size).hex().upper()


def _text(reader: Reader, size: int) -> str:
    """ASCII; what is none is shown as hex."""
    raw = reader.take(size).rstrip(b"\x00 ")
    return raw.decode("ascii") if raw.isascii() and raw.decode("ascii").isprintable() else raw.hex().upper()


def _ip(reader: Reader, size: int) -> str:
    return ".".join(str(byte) for byte in reader.take(size))


def _phone(reader: Reader, size: int) -> str:
    return reader.take(size).hex().upper().rstrip("F")


def _unit(reader: Reader, size: int) -> str:
    raw = reader.take(size)
    try:
        pns, fns = decode_unit(raw)
    except ValueError:
        return raw.hex().upper()
    return f"p{','.join(map(str, pns))} F{','.join(map(str, fns))}"


def _route(reader: Reader, size: int) -> str:
    levels = reader.take(1)[0]
    return ",".join(digits(reader.take(6)) for _ in range(levels))


def _schedule(reader: Reader, size: int) -> str:
    """F33: port, control word, days of the month, time, interval, time to set clocks, and k periods of two times."""
    port, control, days = reader.take(1), reader.take(2), reader.take(4)
    at, interval, setting = reader.take(2), reader.take(1), reader.take(3)
    periods = [reader.take(4) for _ in range(reader.take(1)[0])]
    parts = [
        f"port {port[0]}, control {_shown(control)}, days {_shown(days)}, at {_clock(at)}, every {interval[0]} min",
        f"clocks set on day {setting[2]:02X} at {_clock(setting)}",
    ]
    return ", ".join(parts + [f"{_clock(one)}-{_clock(one[2:])}" for one in periods])


def _clock(raw: bytes) -> str:
    """A.19, and the beginning of A.18."""
    return f"{raw[1]:02X}:{raw[0]:02X}"


def _shown(raw: bytes) -> str:
    return raw[::-1].hex().upper()


def _behind_length(reader: Reader, size: int) -> str:
    raw = reader.take(reader.take(1)[0])
    return raw.decode("ascii") if raw.isascii() and raw.decode("ascii").isprintable() else raw.hex().upper()


def _members(reader: Reader, size: int) -> str:
    """A total group: its number, and its members as byte for byte (D5-0 point less one, D6 direction, D7 sign)."""
    group, many = reader.take(2)
    members = [
        f"{'-' if byte & 0x80 else '+'}p{(byte & 0x3F) + 1}{' reverse' if byte & 0x40 else ''}"
        for byte in reader.take(many)
    ]
    return f"{group}: {' '.join(members)}"


def _bits(reader: Reader, size: int) -> str:
    """A minor user class and the groups of its bit strings."""
    minor, many = reader.take(2)
    return f"{minor}: {reader.take(many).hex().upper()}"


def _point(reader: Reader, size: int) -> str:
    """PN: the measuring point, and in D15 whether the event begins there."""
    word = int.from_bytes(reader.take(2), "little")
    return f"{word & 0x0FFF} {'began' if word & 0x8000 else 'ended'}"


_READERS: dict[str, Callable[[Reader, int], str]] = {
    "X": _hexed,
    "S": _text,
    "I": _ip,
    "P": _phone,
    "D": _unit,
    "R": _route,
    "F": _schedule,
    "N": _point,
    "V": _behind_length,
    "G": _members,
    "K": _bits,
}
