"""What stands in a cell of the archive, as a value of the field that its column names."""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from config.aliases import aliases
from config.errors import Problem
from config.numbers import decimal, whole
from config.text import say

__all__ = ["Column", "Row", "columns", "convert", "required"]

Row = tuple[int, dict[str, str]]
Reader = Callable[[str], Any]
_LONGEST = 200
_SHOWN = 60
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[T ]00:00(?::00)?)?")
_TIME = re.compile(r"[0-9T:+.Z -]{10,40}")
_BLANKS = re.compile(r"[\t\r\n]+")
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SHORTENED = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")
_FAULTS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")


class _Unfit(ValueError):
    """A text that must not be taken, with the reason."""


def _text(text: str) -> str:
    plain = _BLANKS.sub(" ", text)
    if _INVISIBLE.search(plain):
        raise _Unfit(say("a character that cannot be seen", "含有不可见字符"))
    if len(plain) > _LONGEST:
        raise _Unfit(say(f"longer than {_LONGEST} characters", f"超过 {_LONGEST} 个字符"))
    if _SHORTENED.fullmatch(plain):
        raise _Unfit(
            say(
                "a spreadsheet has rounded this number; format the column as text and enter it again",
                "数字已被电子表格取整为科学计数；请将该列设为文本后重新录入",
            )
        )
    if plain in _FAULTS:
        raise _Unfit(say("a formula of the spreadsheet has failed", "电子表格公式出错"))
    return sys.intern(plain)


def _ratio(text: str) -> Decimal:
    over, _, under = text.partition("/")
    below = decimal(under) if under else Decimal(1)
    if not below or not (ratio := decimal(over) / below) > 0:
        raise ValueError(text)
    return ratio


def _within(least: int, most: int) -> tuple[Reader, str]:
    return lambda text: whole(text, least, most), f"{least} .. {most}"


def _degrees(most: int) -> tuple[Reader, str]:
    def read(text: str) -> Decimal:
        angle = decimal(text)
        if abs(angle) > most:
            raise ValueError(text)
        return angle

    return read, f"-{most} .. {most}"


def _positive(text: str) -> Decimal:
    amount = decimal(text)
    if amount <= 0:
        raise ValueError(text)
    return amount


def _sign(text: str) -> int:
    signs = {"1": 1, "+1": 1, "+": 1, "-1": -1, "-": -1}
    if text not in signs:
        raise ValueError(text)
    return signs[text]


def _choice(name: str) -> tuple[Reader, str]:
    table: Mapping[str, list[str]] = aliases()["values"][name]
    meant = {other.lower(): value for value, others in table.items() for other in (value, *others)}

    def pick(text: str) -> Any:
        if (value := meant.get(text.lower())) is None:
            raise ValueError(text)
        return value == "true" if name == "register_is_primary" else value

    return pick, ", ".join(f"{value} ({others[0]})" for value, others in table.items())


def _year(found: date) -> date:
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise ValueError(found)
    return found


def _day(text: str) -> date:
    if not (match := _DAY.fullmatch(text)):
        raise ValueError(text)
    return _year(date(int(match[1]), int(match[2]), int(match[3])))


def _instant(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise _Unfit(say("without its offset from UTC", "缺少时差"))
    _year(found)
    return found


@cache
def _readers() -> dict[str, tuple[Reader, str]]:
    return {
        "ct": (_ratio, "300/5, 60"),
        "pt": (_ratio, "10000/100, 100"),
        "register_is_primary": _choice("register_is_primary"),
        "status": _choice("status"),
        "node_kind": _choice("node_kind"),
        "kind": _choice("node_kind"),
        "side": _choice("side"),
        "wiring": _choice("wiring"),
        "sign": (_sign, "1, -1"),
        "digits": _within(1, 12),
        "decimals": _within(0, 8),
        "tariffs": _within(0, 63),
        "baud": _within(50, 921_600),
        "lat": _degrees(90),
        "lon": _degrees(180),
        "rated_voltage": (_positive, "220"),
        "rated_current": (_positive, "5"),
        "max_current": (_positive, "60"),
        "capacity_kva": (_positive, "315"),
        "at": (_instant, "2026-05-01T10:30:00+08:00"),
    }


_BY_TYPE: dict[Any, tuple[Reader, str]] = {
    int: _within(-(2**31), 2**31 - 1),
    int | None: _within(0, 2**31 - 1),
    Decimal: (decimal, "0.9"),
    Decimal | None: (decimal, "0.9"),
    date | None: (_day, "2026-05-01"),
    str: (_text, ""),
}
_OWN_COLUMNS = ("old_finals", "new_initials")


@dataclass(frozen=True, slots=True)
class Column:
    """A field that a column fills: whether every row needs it, how it is read, and what a good cell looks like."""

    name: str
    required: bool
    read: Reader
    expected: str


@cache
def columns(kind: type) -> tuple[Column, ...]:
    """The columns of the record `kind`."""
    found = []
    for field in fields(kind):
        if field.name in _OWN_COLUMNS:
            continue
        read, expected = _readers().get(field.name) or _BY_TYPE[field.type]
        required = field.default is MISSING and field.default_factory is MISSING
        found.append(Column(field.name, required, read, expected))
    return tuple(found)


def convert(kind: type, row: Row, path: Path, problems: list[Problem]) -> tuple[dict[str, Any], bool]:
    """A row's good cells as values of the record `kind`, and whether all were; each other one is a problem."""
    line, cells = row
    values: dict[str, Any] = {}
    before = len(problems)
    for column in columns(kind):
        text = cells.get(column.name, "")
        try:
            if text:
                values[column.name] = column.read(text)
            elif column.required:
                problems.append(_problem(path, line, column, say("missing", "缺失")))
        except _Unfit as error:
            problems.append(_problem(path, line, column, f"{_short(text)!r}: {error}"))
        except ValueError:
            message = say(f"{_short(text)!r} is not right", f"{_short(text)!r} 不正确")
            problems.append(_problem(path, line, column, message))
    return values, len(problems) == before


def _problem(path: Path, line: int, column: Column, message: str) -> Problem:
    return Problem(file=str(path), line=line, key=column.name, message=message, expected=column.expected)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def required(kind: type) -> Iterable[str]:
    """Names of the columns that every row needs."""
    return (column.name for column in columns(kind) if column.required)
