"""Which identifiers to ask a meter for the points that are wanted, from which of its memories.

Blocks (FF in place of a tariff, phase or period) are asked for where the meter's model allows them and at
least two members are wanted.
"""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from protocols.dlt645.catalogue import Entry, lookup
from protocols.dlt645.record import GROUPS, group_bytes
from protocols.errors import CatalogueError
from protocols.points import CLOCK, is_obis, nearest, without_period
from protocols.session import Question

__all__ = ["Planned", "answer_bytes", "identifier", "plan"]

_PREFIX = "dlt645-"
_TIME_OF_DAY = "1-0:0.9.1"
_CLOCKS = {"2007": "0400010C", "1997": "C011"}
_TERMINATOR = 1
_PERIOD = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Planned:
    """A question and the points that its answer is asked for, named as the answer's items name them."""

    question: Question
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    standard: str
    model: Mapping[str, Any]
    address: str
    at: datetime | None
    k: int

    def question(self, di: str) -> Question:
        return Question(address=self.address, id=di, overrides=self.model.get("overrides") or None)


def plan(  # noqa: PLR0913 (where to ask, and of when)
    standard: str,
    points: Sequence[str],
    want: str,
    *,
    at: datetime | None = None,
    model: Mapping[str, Any],
    address: str,
    k: int = 1,
) -> list[Planned]:
    """The questions for these points from one memory: live, freeze, load_record, settlement or events.

    A point is an OBIS code, `dlt645-2007:00010000`, or the identifier alone. `at` is the meter-local instant
    of a load record; `k` counts daily freezes (1 to 62) and settlements (2007: 1 to 12, 1997: 1 to 2)
    backwards. Raises CatalogueError naming the nearest known point for a point that is unknown or not in that
    memory.
    """
    wish = _Wish(standard=standard, model=model, address=address, at=at, k=k)
    if want not in _MEMORIES:
        raise CatalogueError(f"no memory {want!r}")
    return _MEMORIES[want](wish, list(dict.fromkeys(points)))


def identifier(standard: str, point: str, model: Mapping[str, Any] | None = None) -> str:
    """The identifier that holds a point live; raises CatalogueError for an unknown one."""
    if is_obis(point):
        di = _of_obis(standard, point, model or {})
    else:
        name, colon, rest = point.rpartition(":")
        if colon and name != f"{_PREFIX}{standard}":
            raise CatalogueError(f"{point}: {name!r} is not this meter's protocol, {_PREFIX}{standard}")
        rest, star, period = rest.partition("*")
        di = rest.upper()
        if star:
            di = _of_period(standard, di, int(period)) if _PERIOD.fullmatch(period) else ""
        if di and lookup(standard, di) is None and di not in (model or {}).get("overrides", {}):
            di = ""
    if not di:
        near = nearest(point)
        raise CatalogueError(
            f"{point} is not known to DL/T 645-{standard}" + (f"; nearest is {near}" if near else "")
        )
    return di


def _of_obis(standard: str, point: str, model: Mapping[str, Any]) -> str:
    if point == CLOCK:
        return str(model.get("clock") or _CLOCKS[standard])
    plain, _, period = point.partition("*")
    head, _, last = plain.rpartition(".")
    index = _index(standard)
    di = index.get(plain, "")
    if not di and (total := index.get(head + ".0", "")) and last.isdigit():
        di = _of_tariff(standard, total, int(last))
        known = lookup(standard, di) if di else None
        di = di if known is not None and known.point == plain else ""
    return _of_period(standard, di, int(period)) if di and period else di


@functools.cache
def _index(standard: str) -> Mapping[str, str]:
    """Identifiers of the running period's totals, and of everything that has no tariff, by OBIS code."""
    if standard == "1997":
        tried = [f"{c}{h}{q:X}0" for c in "9A" for h in "01" for q in range(1, 7)]
        tried += [f"B{q:X}{p:X}{n}" for q in (2, 6) for p in range(9) for n in range(8)] + ["C010", "C011"]
    else:
        tried = [f"{c:02X}{q:02X}0000" for c in (0, 1) for q in range(0x47)]
        tried += [f"02{q:02X}{p:02X}00" for q in range(1, 10) for p in range(4)]
        tried += [f"028000{n:02X}" for n in range(1, 12)] + [f"040005{n:02X}" for n in range(1, 8)]
        tried += ["0400010C", "04000101", "04000102", "03110000", "03300000", "03300D00", "03300E00"]
    found: dict[str, str] = {}
    for di in tried:
        entry = lookup(standard, di)
        if entry is not None and entry.point is not None:
            found.setdefault(entry.point, di)
    return found


def _of_tariff(standard: str, total: str, tariff: int) -> str:
    if standard == "1997":
        return f"{total[:3]}{tariff:X}" if total[0] in "9A" and tariff <= 0xE else ""
    return f"{total[:4]}{tariff:02X}00" if total[:2] in {"00", "01"} and tariff <= 0x3F else ""


def _of_period(standard: str, di: str, k: int) -> str:
    """The identifier of the k-th last settlement of a register or demand; empty where there is none."""
    if standard == "1997":
        shifted = f"{di[0]}{int(di[1], 16) % 4 + 4 * k:X}{di[2:]}" if di and di[0] in "9AB" and k <= 2 else ""
    else:
        shifted = f"{di[:6]}{k:02X}" if di[:2] in {"00", "01"} else ""
    return shifted if shifted and lookup(standard, shifted) else ""


def _live(wish: _Wish, points: Sequence[str]) -> list[Planned]:
    asked: dict[str, str] = {}
    for point in points:
        di = identifier(wish.standard, point, wish.model)
        named = _TIME_OF_DAY if point == CLOCK and _only_time(wish.standard, di) else point
        asked[named] = di
    return _questions(wish, asked)


def _only_time(standard: str, di: str) -> bool:
    entry = lookup(standard, di)
    return entry is not None and entry.point == _TIME_OF_DAY


def _questions(wish: _Wish, asked: Mapping[str, str]) -> list[Planned]:
    """One question per identifier, blocks where the model has them; in the order of the points."""
    blocks = _blocks(wish.standard, list(asked.values())) if wish.model.get("blocks") else {}
    grouped: dict[str, list[str]] = {}
    for point, di in asked.items():
        grouped.setdefault(blocks.get(di, di), []).append(point)
    return [Planned(wish.question(di), tuple(points)) for di, points in grouped.items()]


def _blocks(standard: str, wanted: Sequence[str]) -> dict[str, str]:
    """For each identifier the block to ask instead, where at least two wanted members share one."""
    chosen: dict[str, str] = {}
    for candidates in _FORMS[standard]:
        members: dict[str, list[str]] = {}
        for di in dict.fromkeys(wanted):
            if di not in chosen and (block := _block(standard, candidates(di), di)):
                members.setdefault(block, []).append(di)
        chosen |= {di: block for block, inside in members.items() if len(inside) > 1 for di in inside}
    return chosen


def _block(standard: str, block: str, member: str) -> str:
    entry = lookup(standard, block)
    return block if entry is not None and block != member and member in entry.members else ""


# In place of which digits a block has its FF: tariff or phase first, then period or number.
_FORMS: Mapping[str, tuple[Callable[[str], str], ...]] = {
    "2007": (lambda di: f"{di[:4]}FF{di[6:]}", lambda di: f"{di[:6]}FF"),
    "1997": (lambda di: f"{di[:3]}F",),
}


def _base(wish: _Wish, point: str) -> Entry:
    """The live entry of a point for a memory that keeps its own time: the period is left out."""
    entry = lookup(wish.standard, identifier(wish.standard, without_period(point), wish.model))
    if entry is None:
        raise CatalogueError(f"{point}: only the catalogue's own identifiers are kept in a meter's memories")
    return entry


def _freeze(wish: _Wish, points: Sequence[str]) -> list[Planned]:
    if wish.standard == "1997":
        raise CatalogueError("meters of DL/T 645-1997 keep no daily freezes")
    grouped: dict[str, list[str]] = {}
    for point in points:
        entry = _base(wish, point)
        if not (content := _frozen_as(entry.id)):
            raise CatalogueError(f"{point} is not part of a daily freeze")
        grouped.setdefault(f"0506{content}{wish.k:02X}", []).append(entry.point or entry.own)
    return [Planned(wish.question(di), tuple(points)) for di, points in grouped.items()]


def _frozen_as(di: str) -> str:
    """Which content of a freeze holds a live identifier."""
    quantity = int(di[2:4], 16)
    if di[:2] == "00" and 1 <= quantity <= 8:
        return f"{quantity:02X}"
    if di[:2] == "01" and quantity in (1, 2):
        return f"{8 + quantity:02X}"
    return "10" if di[:4] in {"0203", "0204"} else ""


def _load_record(wish: _Wish, points: Sequence[str]) -> list[Planned]:
    if wish.standard == "1997" or wish.model.get("load_record", True) is False:
        raise CatalogueError("this meter keeps no load records")
    kinds: set[int] = set()
    named: list[str] = []
    for point in points:
        entry = _base(wish, point)
        kind = next((i for i, group in enumerate(GROUPS, 1) if entry.id in group), 0)
        if not kind:
            raise CatalogueError(f"{point} is not part of a load record")
        kinds.add(kind)
        named.append(entry.point or entry.own)
    which = kinds.pop() if len(kinds) == 1 else 0
    question = wish.question(f"06{which:02X}000{'2' if wish.at is None else '1'}")
    return [Planned(replace(question, count=1, since=wish.at), tuple(named))]


def _settlement(wish: _Wish, points: Sequence[str]) -> list[Planned]:
    asked: dict[str, str] = {}
    for point in points:
        entry = _base(wish, point)
        di = _of_period(wish.standard, entry.id, wish.k)
        settled = lookup(wish.standard, di) if di else None
        if settled is None:
            raise CatalogueError(f"{point} has no settlement -{wish.k}")
        asked[settled.point or settled.own] = di
    return _questions(wish, asked)


def _events(wish: _Wish, points: Sequence[str]) -> list[Planned]:
    """Event records: of a counter the k-th last record, of any other identifier itself."""
    asked: dict[str, str] = {}
    for point in points:
        di = identifier(wish.standard, point, wish.model)
        last = f"{di[:6]}{wish.k:02X}"
        is_counter = di[:2] == "03" and di.endswith("00") and lookup(wish.standard, last) is not None
        asked[f"{_PREFIX}{wish.standard}:{last}" if is_counter else point] = last if is_counter else di
    return [Planned(wish.question(di), (point,)) for point, di in asked.items()]


_MEMORIES: Mapping[str, Callable[[_Wish, Sequence[str]], list[Planned]]] = {
    "live": _live,
    "freeze": _freeze,
    "load_record": _load_record,
    "settlement": _settlement,
    "events": _events,
}


def answer_bytes(standard: str, question: Question, tariffs: int = 4) -> int:
    """How many bytes of data an answer is likely to have, its identifier and all its parts included."""
    entry = lookup(standard, question.id)
    head = len(question.id) // 2
    if entry is None:
        return head + 20
    if entry.category == "load_record" and entry.length == "var":
        kind = int(question.id[2:4], 16)
        return head + group_bytes(range(1, 7) if kind == 0 else (kind,)) * (question.count or 1)
    return head + _length(entry, tariffs)


def _length(entry: Entry, tariffs: int) -> int:
    """The bytes of an entry's data where it has `tariffs` tariffs."""
    if isinstance(entry.length, int):
        return entry.length
    size, star, count = entry.length.partition("*")
    if star:
        blocks = 6 if entry.standard == "1997" and count == "m" and entry.members else 1
        values = int(count) if count.isdigit() else (tariffs + 1) * blocks
        return int(size) * values + (_TERMINATOR if entry.standard == "1997" else 0)
    return int(entry.length[2:]) if entry.length.startswith(">=") else 180
