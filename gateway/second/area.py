"""An area as a table: the supply's energy and each customer's, an interval a row."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from config.text import say

__all__ = ["Area", "AreaError", "Series", "read_area"]

Series = list[float | None]
_SUPPLY = frozenset({"supply", "供电", "供电量", "总表"})
_INSTANT = frozenset({"time", "at", "hour", "date", "start", "时间", "日期"})
_MOST_COLUMNS = 2_000


class AreaError(Exception):
    """The table is none of an area; the text says the line, and what was expected."""


@dataclass(slots=True)
class Area:
    """Energies in kWh by interval, from old to new, None where one is missing; customers by name."""

    supply: Series = field(default_factory=list)
    customers: dict[str, Series] = field(default_factory=dict)


def read_area(lines: Iterable[str]) -> Area:
    """The area of a CSV: a column `supply`, a column for each customer, perhaps one of times; empty is missing.

    Several supply columns add up. Raises AreaError.
    """
    rows = csv.reader(lines)
    names = [name.strip() for name in next(rows, [])]
    supplies = [place for place, name in enumerate(names) if name.casefold() in _SUPPLY]
    times = {place for place, name in enumerate(names) if not name or name.casefold() in _INSTANT}
    others = [place for place in range(len(names)) if place not in times and place not in supplies]
    _check(names, supplies, others)
    area = Area(customers={names[place]: [] for place in others})
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        cells = {place: _number(row, place, number, names) for place in (*supplies, *others)}
        known = [value for place in supplies if (value := cells[place]) is not None]
        area.supply.append(sum(known) if len(known) == len(supplies) else None)
        for place in others:
            area.customers[names[place]].append(cells[place])
    return area


def _check(names: Sequence[str], supplies: Sequence[int], others: Sequence[int]) -> None:
    if not supplies:
        raise AreaError(
            say("line 1: a column named supply is missing", "第 1 行：缺少名为 supply（供电）的列")
        )
    if not 2 <= len(others) <= _MOST_COLUMNS:
        raise AreaError(
            say(
                f"line 1: {len(others)} customers; 2 to {_MOST_COLUMNS} were expected",
                f"第 1 行：{len(others)} 个用户；应为 2 至 {_MOST_COLUMNS} 个",
            )
        )
    twice = sorted({name for place in others if (name := names[place]) and names.count(name) > 1})
    if twice:
        raise AreaError(say(f"line 1: twice the column {twice[0]}", f"第 1 行：列 {twice[0]} 重复"))


def _number(row: Sequence[str], place: int, line: int, names: Sequence[str]) -> float | None:
    text = row[place].strip() if place < len(row) else ""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -1e12 < value < 1e12:
        raise AreaError(
            say(
                f"line {line}, {names[place]}: {text[:40]!r}; a number of kWh or nothing was expected",
                f"第 {line} 行，{names[place]}：{text[:40]!r}；应为 kWh 数值或留空",
            )
        )
    return value
