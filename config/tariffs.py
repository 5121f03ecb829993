"""What tariffs are called (尖 峰 平 谷 深谷), by the day: the number alone says little to a person.

Which number is which is a matter of the province and of the year, so it can be configured; the number is always
shown beside the name.
"""

import re
from collections.abc import Sequence
from datetime import date

from config.schema import Tariffs
from config.text import say
from protocols.points import find

__all__ = ["point_name", "tariff_name"]

# DL/T 645 numbers them in this order; deep valley came later as the fifth.
_USUAL = (
    ("sharp", "尖"),
    ("peak", "峰"),
    ("flat", "平"),
    ("valley", "谷"),
    ("deep valley", "深谷"),
)
_OF_TARIFF = re.compile(r"1-0:[0-9]+\.[68]\.([1-9][0-9]?)(?:\*[0-9]+)?")


def tariff_name(tariffs: Sequence[Tariffs], number: int, day: date) -> str:
    """The name of tariff `number` (from 1) on a day, or an empty text; without any settings the usual one."""
    if not tariffs:
        return say(*_USUAL[number - 1]) if 1 <= number <= len(_USUAL) else ""
    begun = [one for one in tariffs if one.valid_from is None or one.valid_from <= day]
    if not begun:
        return ""
    names = max(begun, key=lambda one: one.valid_from or date.min).names
    return names[number - 1] if 1 <= number <= len(names) else ""


def point_name(point: str | None, tariffs: Sequence[Tariffs], day: date) -> str:
    """The point's name for a person, with its tariff's: "forward active energy, tariff 1 (sharp)"."""
    known = find(point or "")
    if known is None:
        return ""
    text = say(known.name, known.name_zh)
    match = _OF_TARIFF.fullmatch(known.code)
    name = tariff_name(tariffs, int(match[1]), day) if match else ""
    return (
        say(f"{text} ({name})", text.replace(f"费率{match[1]}", f"费率{match[1]} {name}"))
        if match and name
        else text
    )
