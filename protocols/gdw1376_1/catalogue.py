"""The Fn of Q/GDW 1376.1 by application function, and where a point is found; the table is `functions.toml`."""

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from protocols.gdw1376_1.layout import Layout, parse

__all__ = ["AFNS", "Fn", "lookup", "size_of", "where"]

_SET, _QUERY = 0x04, 0x0A
_MACRO = re.compile(r"\$(\w+)")
_TARIFF = re.compile(r"(1-0:\d+\.[68]\.)(\d+)", re.ASCII)
SPECIAL = frozenset({"confirms", "clock", "forward", "events", "archive", "relays", "file"})
"""Layouts that are code, because their lengths depend on what they carry."""
# Which tags, and which application function, hold what is wanted.
_WANTS = {
    "live": (0x0C, ""),
    "freeze": (0x0D, "d"),
    "reading_day": (0x0D, "r"),
    "settlement": (0x0D, "m"),
    "load_record": (0x0D, "c"),
}
_TAG_BYTES = {"": 0, "d": 3, "r": 3, "m": 2, "c": 7, "h": 2}

AFNS: Mapping[int, tuple[str, str]] = {
    0x00: ("confirm or deny", "确认/否认"),
    0x01: ("reset", "复位"),
    0x02: ("link test", "链路接口检测"),
    0x03: ("relay station command", "中继站命令"),
    0x04: ("set parameters", "设置参数"),
    0x05: ("control", "控制命令"),
    0x06: ("authentication and keys", "身份认证及密钥协商"),
    0x08: ("ask a cascaded terminal to report", "请求被级联终端主动上报"),
    0x09: ("terminal configuration", "请求终端配置及信息"),
    0x0A: ("query parameters", "查询参数"),
    0x0B: ("task data", "请求任务数据"),
    0x0C: ("class 1 data", "请求1类数据（实时数据）"),
    0x0D: ("class 2 data", "请求2类数据（历史数据）"),
    0x0E: ("class 3 data, events", "请求3类数据（事件数据）"),
    0x0F: ("file transfer", "文件传输"),
    0x10: ("data forward", "数据转发"),
}
"""Application functions (clause 4.3.3.1) in English and Chinese."""


@dataclass(frozen=True, slots=True)
class Fn:
    """One Fn: names, the kind of its time tag (d, r, m, c, h or none) and its layout, None where that is code."""

    afn: int
    fn: int
    name: str
    name_zh: str
    tag: str
    layout: Layout | None
    special: str = ""

    @property
    def tag_bytes(self) -> int:
        """Length of the time tag."""
        return _TAG_BYTES[self.tag]


@functools.cache
def _tables() -> Mapping[tuple[int, int], tuple[str, str, str, str]]:
    text = (importlib.resources.files(__package__) / "functions.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    macros = data["macros"]
    found: dict[tuple[int, int], tuple[str, str, str, str]] = {}
    for afn, rows in data["afn"].items():
        for fn, name, name_zh, tag, layout in rows:
            expanded = _MACRO.sub(lambda match: macros[match[1]], layout)
            found[int(afn, 16), fn] = (name, name_zh, tag, expanded)
    return found


@functools.cache
def lookup(afn: int, fn: int) -> Fn | None:
    """An Fn, None for one that is not known; what is set (04H) has the layout of what is queried (0AH)."""
    row = _tables().get((_QUERY if afn == _SET else afn, fn))
    if row is None:
        return None
    name, name_zh, tag, layout = row
    special = layout if layout in SPECIAL else ""
    return Fn(afn, fn, name, name_zh, tag, None if special else parse(layout), special)


def size_of(afn: int, fn: int, tariffs: int = 4) -> int:
    """Bytes of one point's data with so many tariffs, without identifier and tag; 64 where it is not fixed."""
    from protocols.gdw1376_1.layout import Reader

    found = lookup(afn, fn)
    if found is None or found.layout is None:
        return 64
    reader = Reader(bytes((tariffs,)) * 4096)
    found.layout.read(reader)
    return reader.at


@functools.cache
def _places() -> Mapping[tuple[str, str], tuple[tuple[int, int], ...]]:
    """(AFN, Fn) by point with {t} for the tariff and by what is wanted; those with the fewest fields first."""
    found: dict[tuple[str, str], list[tuple[int, tuple[int, int]]]] = {}
    for want, (afn, tag) in _WANTS.items():
        for (of, fn), row in _tables().items():
            if of != afn or row[2] != tag or row[3] in SPECIAL:
                continue
            layout = parse(row[3])
            for name in layout.fields:
                found.setdefault((name, want), []).append((len(layout.fields), (afn, fn)))
    return {key: tuple(place for _, place in sorted(rows)) for key, rows in found.items()}


@functools.cache
def where(point: str, want: str) -> tuple[tuple[int, int], ...]:
    """(AFN, Fn) in which a point is found as `want`: live, freeze, reading_day, settlement or load_record.

    A point is an OBIS code or `gdw1376.1:0C-F25`, with `/name` for one member of it.
    """
    if point.startswith("gdw1376.1:"):
        return _named(point.partition(":")[2], want)
    exact = _places().get((point, want), ())
    match = _TARIFF.fullmatch(point)
    return exact or (_places().get((match[1] + "{t}", want), ()) if match else ())


def _named(identifier: str, want: str) -> tuple[tuple[int, int], ...]:
    afn, _, rest = identifier.partition("-F")
    fn = rest.partition("/")[0]
    try:
        place = int(afn, 16), int(fn)
    except ValueError:
        return ()
    row = _tables().get(place)
    return (place,) if row is not None and _WANTS.get(want) == (place[0], row[2]) else ()
