"""From the cells of a batch to what a store keeps: integers for readings, clean texts for all else.

A row that makes no sense (a time without offset, a value that is no number) is given back with a reason;
the store keeps it as it came, so that a good batch is never held up by one bad row.
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.master import partial
from protocols.reading import Method, Origin, State

__all__ = [
    "EPOCH",
    "KINDS",
    "ORIGINS",
    "Aside",
    "Columns",
    "Quality",
    "Small",
    "parse_readings",
    "parse_small",
    "shift",
]

ORIGINS: tuple[Origin, ...] = (
    Origin.TERMINAL,
    Origin.WIRED,
    Origin.PLC,
    Origin.RF,
    Origin.HHU_AUTO,
    Origin.HHU_KEYED,
    Origin.FILE,
    Origin.MANUAL,
    Origin.DERIVED,
)
"""Numbers of the origins in the database: the place here, from 0. Only ever appended to."""

_BROUGHT = frozenset(
    map(ORIGINS.index, (Origin.HHU_AUTO, Origin.HHU_KEYED, Origin.FILE, Origin.MANUAL, Origin.DERIVED))
)
_ORIGIN = {str(origin): number for number, origin in enumerate(ORIGINS)}
_STATES = frozenset(map(str, State))
_METHODS = frozenset(map(str, Method))
_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,15})?", re.ASCII)
_NUMBERS = re.compile(r"(?:-?[0-9]{1,12}(?:\.[0-9]{1,6})?(?:\n|\Z))+", re.ASCII)
"""Numbers that need no look at their size, one a line."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = EPOCH, datetime(2200, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_INT64 = 1 << 63
_INT31 = (1 << 31) - 1
_VERSIONS = 2047
_SHOWN = 64
_ORDER = {"open": 0, "confirmed": 1, "cleared": 2, "closed": 3}

Quality = tuple[str, int, str, str, str, int, str]
"""unit, scale (decimal places), state, method, reason, flags, source: few different ones, kept once each."""

Row = tuple[int, int | None, str, Quality, int, str, int]
"""at (microseconds since 1970), scaled value, meter, quality, lag (seconds from at to read_at), point, variant."""


@dataclass(slots=True)
class Columns:
    """Readings of a batch, column by column as in `Row`; `quality` are places in `qualities`."""

    at: Sequence[int]
    value: Sequence[int | None]
    meter: Sequence[str]
    quality: Sequence[int]
    lag: Sequence[int]
    point: Sequence[str]
    variant: Sequence[int]
    qualities: list[Quality]

    def newest(self) -> float | None:
        """When the last value that the gateway read itself was read, seconds since 1970; None without one."""
        for place in range(len(self.at) - 1, -1, -1):
            if self.variant[place] & 15 not in _BROUGHT:
                return self.at[place] / 1e6 + self.lag[place]
        return None


Small = tuple[Any, ...]
"""A row of another kind as its statement takes it, the gateway's number left out."""


@dataclass(slots=True)
class Aside:
    """Rows that make no sense: their place in the batch, what is wrong, and the cells as they came."""

    rows: list[tuple[int, str, str]] = field(default_factory=list)

    def put(self, place: int, reason: str, cells: Sequence[Any]) -> None:
        """Keep one."""
        self.rows.append((place, reason, json.dumps(cells, ensure_ascii=False)))


def shift(micros: int) -> datetime:
    """The instant of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"no time: {text[:_SHOWN]!r}") from None
    if found.tzinfo is None:
        raise ValueError(f"a time without offset: {text[:_SHOWN]!r}")
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"a time out of range: {text[:_SHOWN]!r}") from None
    if not _FIRST <= found < _LAST:
        raise ValueError(f"a time out of range: {text[:_SHOWN]!r}")
    return found


def _micros(text: str, known: dict[str, int]) -> int:
    found = known[text] = (_instant(text) - EPOCH) // _MICRO
    return found


def _scaled(text: str) -> tuple[int, int]:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"no number: {text[:_SHOWN]!r}")
    head, _, tail = text.partition(".")
    value = int(head + tail)
    if not -_INT64 < value < _INT64:
        raise ValueError(f"a number beyond 64 bits: {text[:_SHOWN]!r}")
    return value, len(tail)


def _checked(quality: Quality) -> Quality:
    if quality[2] not in _STATES:
        raise ValueError(f"no state: {quality[2][:_SHOWN]!r}")
    if quality[3] not in _METHODS:
        raise ValueError(f"no method: {quality[3][:_SHOWN]!r}")
    if not 0 <= quality[5] <= _INT31:
        raise ValueError("flags out of range")
    return quality


def _variant(origin: str, version: int) -> int:
    if origin not in _ORIGIN:
        raise ValueError(f"no origin: {origin[:_SHOWN]!r}")
    if not 0 < version <= _VERSIONS:
        raise ValueError(f"version out of range: {version}")
    return version << 4 | _ORIGIN[origin]


class _Parser:
    """Remembers what cells of one batch repeat."""

    def __init__(self) -> None:
        self.times: dict[str, int] = {}
        self.qualities: dict[Quality, Quality] = {}
        self.variants: dict[tuple[str, int], int] = {}

    def row(self, cells: Sequence[Any]) -> Row:
        """One reading; raises ValueError."""
        meter, point, text, unit, at, read_at, origin, state, method, reason, flags, source, version = cells
        value, scale = (None, 0) if text is None else _scaled(text)
        when = self.times.get(at)
        if when is None:
            when = _micros(at, self.times)
        then = self.times.get(read_at)
        if then is None:
            then = _micros(read_at, self.times)
        key = (unit, scale, state, method, reason, flags, source)
        quality = self.qualities.get(key)
        if quality is None:
            quality = self.qualities[key] = _checked(key)
        variant = self.variants.get((origin, version))
        if variant is None:
            variant = self.variants[origin, version] = _variant(origin, version)
        lag = (then - when) // 1_000_000
        if not -_INT31 <= lag <= _INT31:
            raise ValueError("read_at is too far from at")
        return when, value, meter, quality, lag, point, variant


def _fast(rows: Sequence[Sequence[Any]]) -> Columns:
    """All rows, column by column; raises ValueError where one of them makes no sense, without saying which."""
    (
        meters,
        points,
        texts,
        units,
        ats,
        read_ats,
        origins,
        states,
        methods,
        reasons,
        flags,
        sources,
        versions,
    ) = zip(*rows, strict=True)
    numbers = [text for text in texts if text is not None]
    joined = "\n".join(numbers)
    if numbers and (joined.count("\n") != len(numbers) - 1 or not _NUMBERS.fullmatch(joined)):
        raise ValueError("not all numbers")
    values = [None if text is None else int(text.replace(".", "", 1)) for text in texts]
    scales = [0 if text is None or "." not in text else len(text) - text.index(".") - 1 for text in texts]
    times = {text: (_instant(text) - EPOCH) // _MICRO for text in {*ats, *read_ats}}
    instants = [times[text] for text in ats]
    lags = [(times[text] - at) // 1_000_000 for text, at in zip(read_ats, instants, strict=True)]
    if min(lags) < -_INT31 or max(lags) > _INT31:
        raise ValueError("read_at is too far from at")
    pairs = list(zip(origins, versions, strict=True))
    variants = {pair: _variant(*pair) for pair in set(pairs)}
    places: dict[Quality, int] = {}
    qualities = zip(units, scales, states, methods, reasons, flags, sources, strict=True)
    quality = [places.setdefault(one, len(places)) for one in qualities]
    known = [variants[pair] for pair in pairs]
    return Columns(instants, values, meters, quality, lags, points, known, [_checked(one) for one in places])


def parse_readings(rows: Sequence[Sequence[Any]], aside: Aside) -> Columns | None:
    """Readings of a batch; what makes no sense goes to `aside`, and None says that nothing else is there."""
    try:
        return _fast(rows)
    except ValueError:
        return _careful(rows, aside)


def _careful(rows: Sequence[Sequence[Any]], aside: Aside) -> Columns | None:
    parser = _Parser()
    found: list[Row] = []
    for place, cells in enumerate(rows):
        try:
            found.append(parser.row(cells))
        except ValueError as error:
            aside.put(place, str(error), cells)
    if not found:
        return None
    at, value, meter, qualities, lag, point, variant = zip(*found, strict=True)
    places = {quality: place for place, quality in enumerate(dict.fromkeys(qualities))}
    return Columns(at, value, meter, [places[one] for one in qualities], lag, point, variant, list(places))


def _time(text: str) -> str:
    return _instant(text).isoformat(timespec="microseconds")


def _time_or_none(text: str | None) -> str | None:
    return None if text is None else _time(text)


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()[:32]


def _finding(cells: Sequence[Any], gateway: str) -> Small:
    key, rule, meter, point, began, ended, severity, state, value, limit, check, count, source = cells
    if not 0 <= severity <= 9 or not 0 <= count < _INT31 // 4:
        raise ValueError("severity or count out of range")
    rank = count * 4 + _ORDER.get(state, 0)
    head = (key, _time(began), rank, _time_or_none(ended), rule, meter, point)
    return (*head, severity, state, value, limit, check, count, source)


def _event(cells: Sequence[Any], gateway: str) -> Small:
    meter, event, name, began, ended, detail, read_at, source = cells
    start, end = _time_or_none(began), _time_or_none(ended)
    digest = _digest(gateway, meter, event, start, end, detail)
    return digest, 0, meter, event, name, start, end, detail, _time(read_at), source


def _slot(cells: Sequence[Any], gateway: str) -> Small:
    task, target, slot, due, present, outcomes = cells
    if not (0 <= due <= _INT31 and 0 <= present <= _INT31):
        raise ValueError("due or present out of range")
    when = _time(slot)
    told = json.dumps(outcomes, ensure_ascii=False)
    # What came late is told beside what was told when the slot closed.
    return _digest(gateway, task, target, when, told), present, task, target, when, due, told


def _audit(cells: Sequence[Any], gateway: str) -> Small:
    at, actor, action, what, outcome, detail = cells
    when = _time(at)
    return _digest(gateway, *cells[1:], when), 0, when, actor, action, what, outcome, detail


def _aggregate(cells: Sequence[Any], gateway: str) -> Small:
    return (partial.parse(cells, _instant(cells[4]), _instant(cells[5])),)


_SMALL: dict[str, Callable[[Sequence[Any], str], Small]] = {
    "finding": _finding,
    "event": _event,
    "slot": _slot,
    "audit": _audit,
    "aggregate": _aggregate,
}

KINDS = ("reading", *_SMALL)
"""Kinds of batches that the stores keep."""


def parse_small(kind: str, rows: Sequence[Sequence[Any]], gateway: str, aside: Aside) -> list[Small]:
    """Rows of the other kinds as their statements take them, the gateway's number left out."""
    found: list[Small] = []
    for place, cells in enumerate(rows):
        try:
            found.append(_SMALL[kind](cells, gateway))
        except ValueError as error:
            aside.put(place, str(error), cells)
    return found
