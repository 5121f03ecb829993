"""The calendar of holidays and make-up workdays as data: one that comes with the program, or one of your own."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

__all__ = ["Holidays", "holidays", "parse"]


@dataclass(frozen=True, slots=True)
class Holidays:
    """Days off that are no weekend, and weekends on which people work; other days are as their weekday."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()


def _days(entries: Iterable[str]) -> Iterator[date]:
    for entry in entries:
        first, _, last = entry.partition("..")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            yield day
            day += timedelta(days=1)


def parse(text: str) -> Holidays:
    """A calendar in TOML with `holidays` and `workdays`; raises ValueError."""
    found = tomllib.loads(text)
    unknown = found.keys() - {"holidays", "workdays"}
    if unknown:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}; expected holidays, workdays")
    return Holidays(
        off=frozenset(_days(found.get("holidays", ()))), worked=frozenset(_days(found.get("workdays", ())))
    )


@cache
def holidays(name: str = "cn") -> Holidays:
    """A calendar that comes with the program; raises ValueError for a name that none has."""
    file = resources.files("config") / "calendars" / f"{name}.toml"
    if not file.is_file():
        raise ValueError(f"no calendar {name!r}")
    return parse(file.read_text("utf-8"))
