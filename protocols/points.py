"""The canonical points: what a reading is a reading of, named by OBIS code.

The table is `points.toml`. A point without an OBIS code is named `protocol:identifier`.
"""

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from protocols.alike import alike

__all__ = ["CLOCK", "Point", "find", "is_obis", "nearest", "obis", "table", "without_period"]

CLOCK = "0-0:1.0.0"

_OBIS = re.compile(r"\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}(?:\*\d{1,2})?", re.ASCII)
_TARIFF = re.compile(r"(1-0:\d+\.[68]\.)(\d+)", re.ASCII)
_MOST_TARIFFS = 63


@dataclass(frozen=True, slots=True)
class Point:
    """A point with its names and unit; `kind` is register, interval, demand, instantaneous, status or clock."""

    code: str
    name: str
    name_zh: str
    unit: str
    kind: str


@functools.cache
def table() -> Mapping[str, Point]:
    """Every row of the table by its code as it stands there, `T` for the tariff."""
    text = (importlib.resources.files(__package__) / "points.toml").read_text(encoding="utf-8")
    kinds = tomllib.loads(text)
    return {
        row[0]: Point(row[0], row[1], row[2], row[3], kind) for kind, rows in kinds.items() for row in rows
    }


@functools.lru_cache(maxsize=1024)
def find(code: str) -> Point | None:
    """The point of an OBIS code, with its tariff and settlement in its names; None for an unknown one."""
    if not is_obis(code):
        return None
    plain, _, period = code.partition("*")
    found = table().get(plain)
    tariff = ""
    if found is None and (match := _TARIFF.fullmatch(plain)) and int(match[2]) <= _MOST_TARIFFS:
        found, tariff = table().get(match[1] + "T"), match[2]
    if found is None or (period and found.kind not in {"register", "demand"}):
        return None
    name, name_zh = found.name, found.name_zh
    if tariff:
        name += ", total" if tariff == "0" else f", tariff {tariff}"
        name_zh += "(总)" if tariff == "0" else f"(费率{tariff})"
    if period:
        name, name_zh = f"(settlement -{period}) {name}", f"(上{period}结算日){name_zh}"
    return Point(code, name, name_zh, found.unit, found.kind)


def is_obis(point: str) -> bool:
    """Whether this is written as an OBIS code, known or not."""
    return _OBIS.fullmatch(point) is not None


def obis(point: str | None) -> str | None:
    """The OBIS code of a point; None where it is named by protocol and identifier."""
    return point if point is not None and is_obis(point) else None


def without_period(point: str) -> str:
    """The point of a settlement value as the register it is, for a value that carries its instant."""
    return point.partition("*")[0]


def nearest(point: str, known: Iterable[str] = ()) -> str:
    """The known point written most like this one, or an empty text."""
    asked = [code for code, point in table().items() if point.kind != "interval"]
    codes = [code.replace("T", tariff) for code in asked for tariff in ("0", "1")]
    return alike(point, (*codes, *known), 0.5)
