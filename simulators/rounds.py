"""A technician who walks a route: a list goes out as delimited text, the same list comes back filled in."""

import csv
import io
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

__all__ = ["Walk", "filled"]

# By what a column is called in lists, in both languages.
_COLUMNS = {
    "meter": ("资产编号", "asset_no"),
    "kind": ("示数类型", "read_type"),
    "last": ("上次示数", "last_read"),
    "this": ("本次示数", "this_read"),
    "at": ("抄表时间", "read_time"),
    "status": ("抄表标志", "status"),
    "code": ("异常代码", "ex_code"),
    "reader": ("抄表员", "reader_id"),
}
_TOTALS = ("正有总", "1-0:1.8.0", "11", "总")
_READ, _FAILED, _LOCKED = "1", "2", "07"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Who walks and when he is done (local); a share of meters behind locked doors; the largest advance in kWh."""

    seed: int = 0
    reader: str = "T001"
    end: datetime
    locked: float = 0.0
    most: int = 300


def filled(raw: bytes, walk: Walk) -> bytes:
    """The list with readings; raises ValueError for a file that is no such list."""
    text, encoding = _decoded(raw)
    table = [line for line in csv.reader(io.StringIO(text)) if line]
    places = _places(table[0] if table else [])
    rng = random.Random(walk.seed)
    meters: dict[str, list[list[str]]] = {}
    for line in table[1:]:
        meters.setdefault(line[places["meter"]], []).append(line)
    ways = [timedelta(seconds=rng.randrange(20, 90)) for _ in meters]
    at = walk.end - sum(ways, timedelta(0))
    for way, lines in zip(ways, meters.values(), strict=True):
        at += way
        is_locked = rng.random() < walk.locked
        for line, moved in zip(lines, _advances(lines, places, rng, walk.most), strict=True):
            _fill(line, places, walk.reader, None if is_locked else moved, at)
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(table)
    return out.getvalue().encode(encoding)


def _decoded(raw: bytes) -> tuple[str, str]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise ValueError("neither UTF-8 nor GB18030")


def _places(head: list[str]) -> dict[str, int]:
    places = {name: head.index(given) for name, names in _COLUMNS.items() for given in names if given in head}
    if lacking := {"meter", "last", "this", "at"} - places.keys():
        raise ValueError(f"no list of a route: without {', '.join(sorted(lacking))}")
    return places


def _advances(
    lines: Iterable[list[str]], places: Mapping[str, int], rng: random.Random, most: int
) -> list[Decimal]:
    """Tariffs move by chance, and the total by as much as they do together."""
    totals = ["kind" not in places or line[places["kind"]] in _TOTALS for line in lines]
    parts = [Decimal(rng.randrange(most * 100)).scaleb(-2) for _ in totals]
    tariffs = [part for part, is_total in zip(parts, totals, strict=True) if not is_total]
    whole = sum(tariffs, Decimal(0)) if tariffs else parts[0]
    return [whole if is_total else part for part, is_total in zip(parts, totals, strict=True)]


def _fill(
    line: list[str], places: Mapping[str, int], reader: str, moved: Decimal | None, at: datetime
) -> None:
    cells = {"reader": reader, "at": f"{at:%Y-%m-%d %H:%M:%S}"}
    if moved is None:
        cells |= {"status": _FAILED, "code": _LOCKED, "at": ""}
    else:
        cells |= {"status": _READ, "this": f"{Decimal(line[places['last']] or 0) + moved:.2f}"}
    for name, text in cells.items():
        if name in places:
            line[places[name]] = text
