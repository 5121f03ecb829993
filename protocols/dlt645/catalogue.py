"""What every identifier of DL/T 645-2007 and -1997 means, as families of identifiers in data files.

A data file holds `axis` tables, `family` tables and plain `table`s of single identifiers.
A family's `di` is a pattern: upper-case hex digits stand for themselves, a run of one lower-case letter for
the digits that the axes of that letter know. An axis row is `[first, last, English, Chinese, {more}]`; `{n}`
in its texts is the number itself. A family's texts may name its letters (`{k}`) and whatever `more` its rows
give. An axis `name+` is the axis `name` repeated per phase as `[shift]` says.
`members` and `live` are `[pattern, first, last, ...]`, `**` counting: the identifiers a block consists of,
and those whose points a frozen or recorded value carries.
Files are read when the first identifier of their class is asked for.
"""

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from protocols.dlt645.layout import length_of, scale_of

__all__ = ["STANDARDS", "Entry", "identifiers", "lookup", "own_name"]

STANDARDS = ("2007", "1997")

_ORIGINS = {
    "2007": "DL/T645-2007",
    "1997": "DL/T645-1997",
    "sgcc": "SGCC extension (seen in meter firmware / terminal tables)",
    "curve": "CSG/SGCC load-curve extension (protocol description file)",
    "vendor": "vendor 1997 firmware table",
    "alias": "real DTSD22 meter log + one DIN-rail meter manual",
}
_FILES_2007 = {
    "00": "2007-energy",
    "01": "2007-energy",
    "02": "2007-variable",
    "04": "2007-parameter",
    "05": "2007-freeze",
    "06": "2007-load",
    **dict.fromkeys(("03", "10", "11", "12", "13", "1D", "1E"), "2007-event"),
}
_LETTERS = re.compile(r"([g-z])\1*")
_NAMED = re.compile(r"\{(\w+)\}")
_HEX = frozenset("0123456789ABCDEF")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One identifier: how its data is laid out and what it is called.

    `format`, `length` (bytes, or a rule such as "4*n") and `scale` follow the notation of the data files.
    `point` is an OBIS code, None where none is fixed; `own` is the point's name in that case. `members` are
    the identifiers of a block in the order of its values; `live` those whose points frozen and recorded
    values carry.
    """

    standard: str
    id: str
    name: str
    name_zh: str
    format: str
    length: int | str
    scale: Decimal | None
    unit: str
    signed: bool
    category: str
    rw: str
    origin: str
    notes: str
    point: str | None
    own: str
    members: tuple[str, ...]
    live: tuple[str, ...]


def own_name(standard: str, di: str) -> str:
    """The point of an identifier that has no OBIS code."""
    return f"dlt645-{standard}:{di}"


@functools.lru_cache(maxsize=2048)
def lookup(standard: str, di: str) -> Entry | None:
    """The entry of an identifier (8 hex digits, DI3 first; 1997: 4, DI1 first), None for an unknown one."""
    di = di.upper()
    if len(di) != (8 if standard == "2007" else 4) or not _HEX.issuperset(di):
        return None
    book = _book(standard, di)
    if book is None:
        return None
    if (single := book.singles.get(di)) is not None:
        return _entry(standard, di, single)
    for family in book.families:
        if (values := family.match(di)) is not None:
            return _member(standard, di, family.raw, values)
    return None


def identifiers(standard: str) -> Iterator[str]:
    """Every identifier that the data files expand to, for tests and listings; tens of thousands."""
    for name in sorted(set(_FILES_2007.values())) if standard == "2007" else ["1997"]:
        book = _load(name)
        yield from book.singles
        for family in book.families:
            yield from family.expand()


class _Family:
    """A pattern with the rows that its letters may take."""

    __slots__ = ("fields", "fixed", "raw", "width")

    def __init__(self, raw: Mapping[str, Any], axes: Mapping[str, list[Any]]) -> None:
        pattern: str = raw["di"]
        self.raw = raw
        self.width = len(pattern)
        self.fixed = [(i, c) for i, c in enumerate(pattern) if c in _HEX]
        self.fields = [
            (m[1], m.start(), m.end(), [row for name in raw["axes"][m[1]] for row in axes[name]])
            for m in _LETTERS.finditer(pattern)
        ]

    def match(self, di: str) -> dict[str, tuple[str, Any]] | None:
        """The digits and axis row of each letter, None if the identifier is not of this family."""
        if any(di[i] != c for i, c in self.fixed):
            return None
        found: dict[str, tuple[str, Any]] = {}
        for letter, start, end, rows in self.fields:
            digits = di[start:end]
            number = int(digits, 16)
            row = next((row for row in rows if row[0] <= number <= row[1]), None)
            if row is None:
                return None
            found[letter] = (digits, row)
        return found

    def expand(self) -> Iterator[str]:
        """Every identifier of the family."""
        texts = [self.raw["di"]]
        for letter, start, end, rows in self.fields:
            width = end - start
            digits = [f"{n:0{width}X}" for row in rows for n in range(row[0], row[1] + 1)]
            texts = [text.replace(letter * width, d) for text in texts for d in digits]
        yield from texts


@dataclass(frozen=True, slots=True)
class _Book:
    singles: dict[str, Mapping[str, Any]]
    families: list[_Family]


def _book(standard: str, di: str) -> _Book | None:
    name = "1997" if standard == "1997" else _FILES_2007.get(di[:2])
    return _load(name) if name else None


@functools.cache
def _load(name: str) -> _Book:
    file = importlib.resources.files(__package__) / "data" / f"{name}.toml"
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    axes = dict(data.get("axis", {}))
    for base, shifts in data.get("shift", {}).items():
        axes[base + "+"] = [_shifted(row, shift) for shift in shifts for row in axes[base]]
    families = [_Family(raw, axes) for raw in data.get("family", [])]
    singles: dict[str, Mapping[str, Any]] = {}
    for table in data.get("table", []):
        common = dict(table)
        rows = common.pop("rows")
        for di, en, zh, layout, unit, *more in rows:
            singles[di] = (
                common | {"en": en, "zh": zh, "format": layout, "unit": unit} | (more[0] if more else {})
            )
    return _Book(singles, families)


def _shifted(row: list[Any], shift: list[Any]) -> list[Any]:
    first, last, en, zh, *more = row
    added, prefix, prefix_zh, c = shift
    extra = dict(more[0]) if more else {}
    if "c" in extra:
        extra["c"] += c
    return [first + added, last + added, prefix + en, prefix_zh + zh, extra]


def _member(standard: str, di: str, raw: Mapping[str, Any], values: Mapping[str, tuple[str, Any]]) -> Entry:
    """The entry of one identifier of a family: its texts filled in with the rows that matched."""
    english: dict[str, Any] = {}
    chinese: dict[str, Any] = {}
    more: dict[str, Any] = {}
    for letter, (digits, row) in values.items():
        n = int(digits, 16)
        english[letter], chinese[letter] = row[2].replace("{n}", str(n)), row[3].replace("{n}", str(n))
        for key, value in (row[4] if len(row) > 4 else {}).items():
            more[key] = value.replace("{n}", str(n)) if isinstance(value, str) else value
    # What the family says of itself holds for all its rows.
    filled: dict[str, Any] = {key: more[key] for key in ("unit", "signed", "origin", "notes") if key in more}
    filled.update(raw)
    filled["en"], filled["zh"] = raw["en"].format_map(english), raw["zh"].format_map(chinese)
    digits_of = {letter: digits for letter, (digits, _) in values.items()}
    for key in ("unit", "format", "point"):
        if key in filled:
            filled[key] = _fill(filled[key], more)
    if "own" in raw:
        filled["own"] = _fill(raw["own"], {**more, **digits_of})
    for key in ("members", "live"):
        if key in raw:
            filled[key] = [
                _LETTERS.sub(lambda m: digits_of.get(m[1], m[0]), _fill(part, more))
                if isinstance(part, str)
                else part
                for part in raw[key]
            ]
    return _entry(standard, di, filled)


def _fill(text: str, values: Mapping[str, Any]) -> str:
    return _NAMED.sub(lambda m: str(values.get(m[1], m[0])), text)


def _entry(standard: str, di: str, raw: Mapping[str, Any]) -> Entry:
    layout = raw["format"]
    scale = Decimal(raw["scale"]) if raw.get("scale") else None if "scale" in raw else scale_of(layout)
    point = raw.get("point")
    return Entry(
        standard=standard,
        id=di,
        name=raw["en"],
        name_zh=raw["zh"],
        format=layout,
        length=raw["length"] if "length" in raw else length_of(layout),
        scale=scale,
        unit=raw.get("unit", ""),
        signed=bool(raw.get("signed")),
        category=raw["category"],
        rw=raw.get("rw", "R"),
        origin=_ORIGINS[raw.get("origin", standard)],
        notes=raw.get("notes", ""),
        # A quantity without an OBIS group leaves its place in the template unfilled.
        point=None if point is None or "{" in point else point,
        own=own_name(standard, raw.get("own", di)),
        members=_counted(raw.get("members", ())),
        live=_counted(raw.get("live", ())),
    )


def _counted(rules: Sequence[Any]) -> tuple[str, ...]:
    """The identifiers that `[pattern, first, last, ...]` stands for."""
    found: list[str] = []
    for pattern, first, last in zip(rules[::3], rules[1::3], rules[2::3], strict=True):
        stars = pattern.count("*")
        found += [
            pattern.replace("*" * stars, f"{n:0{stars}X}") if stars else pattern
            for n in range(first, last + 1)
        ]
    return tuple(found)
