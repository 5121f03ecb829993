"""Words for a point that no meter of a task has where the task looks for it."""

import re
from functools import cache

from config.text import say
from protocols.alike import alike
from protocols.points import find, nearest, table

__all__ = ["words"]

_LIKE_OBIS = re.compile(r"[0-9]+-[0-9]+:.*")
_TARIFFS = range(5)
_ALIKE = 0.6
_MEMORIES = {
    "live": ("live values", "实时数据"),
    "freeze": ("daily freezes", "日冻结"),
    "load_record": ("load records", "负荷记录"),
    "settlement": ("settlements", "结算日数据"),
    "events": ("events", "事件记录"),
}


def words(point: str, protocol: str, memory: str, why: str) -> tuple[str, str, str]:
    """Message, what was expected, and the nearest point. `why` is what the protocol's plan says."""
    known = find(point) is not None
    reason = why.partition("; nearest")[0].removeprefix(point).lstrip(": ")
    if not known and _LIKE_OBIS.fullmatch(point):
        reason = "an OBIS code that nobody knows"
    names = _MEMORIES.get(memory, (memory, memory))
    message = say(
        f"{point!r}: {reason}",
        f"{point!r}：{protocol} 的{names[1]}中没有此项" if known else f"{point!r}：{protocol} 没有此项",
    )
    if known:
        return message, "", ""
    near = nearest(point) or _by_name(point)
    expected = say(
        f"an OBIS code like 1-0:1.8.0, or an identifier like {protocol}:…",
        f"OBIS 码，如 1-0:1.8.0，或规约自己的标识 {protocol}:…",
    )
    return message, expected, near


@cache
def _names() -> dict[str, str]:
    """Codes of points by their names in both languages."""
    codes = [
        code.replace("T", str(tariff))
        for code, point in table().items()
        if point.kind != "interval"
        for tariff in (_TARIFFS if "T" in code else (0,))
    ]
    found = [point for code in dict.fromkeys(codes) if (point := find(code)) is not None]
    return {name: point.code for point in found for name in (point.name, point.name_zh)}


def _by_name(text: str) -> str:
    begun = (name for name in _names() if len(text) > 1 and name.startswith(text))
    name = next(begun, None) or alike(text, _names(), _ALIKE)
    return _names().get(name, "")
