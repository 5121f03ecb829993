"""Green Button (ESPI): an Atom feed of usage points, meter readings, reading types and blocks of intervals.

Entries refer to each other by links, in any order, so links are collected in a first pass and rows made in a second.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import BinaryIO

from protocols.dumps.cells import CellError, identity, number
from protocols.dumps.record import Bad, Mode, Notes, Row, Status
from protocols.dumps.spec import Spec
from protocols.dumps.text import clean
from protocols.dumps.xml import Handler, elements, encoding_of
from protocols.points import find

__all__ = ["rows"]

_SHOWN = 80
_QUANTITIES = {(72, 1): "1", (72, 19): "2", (73, 1): "3", (73, 19): "4", (71, 1): "9", (71, 19): "10"}
_BULK, _DELTA = frozenset({1, 3, 9}), frozenset({4, 0})
_OWN_POWER = 3
_ESTIMATED = frozenset({7, 8, 9, 11, 12, 16})
_DOUBTED = 10
_POINT = re.compile(r"/UsagePoint/([^/?#]+)")
_READING = re.compile(r"(.*/MeterReading/[^/?#]+)")
_TYPE_FIELDS = frozenset(
    {"uom", "powerOfTenMultiplier", "flowDirection", "accumulationBehaviour", "intervalLength", "commodity"}
)


@dataclass(slots=True)
class _Entry:
    """One entry of the feed: its links and, of a reading type, its fields."""

    itself: str = ""
    up: str = ""
    related: list[str] = field(default_factory=list)
    title: str = ""
    kind: str = ""
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Feed:
    """What the links say."""

    types: dict[str, dict[str, str]] = field(default_factory=dict)
    readings: dict[str, list[str]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    blocks: list[str] = field(default_factory=list)

    def type_of(self, block: str) -> dict[str, str] | None:
        """The reading type of a block by its links, or the only one there is."""
        match = _READING.match(block)
        for related in self.readings.get(match[1] if match else "", ()):
            if related in self.types:
                return self.types[related]
        return next(iter(self.types.values())) if len(self.types) == 1 else None

    def meter_of(self, block: str) -> str:
        """The usage point's identifier: the last part of its link, else the only title."""
        match = _POINT.search(block)
        if match:
            return match[1]
        return next(iter(self.titles.values()), "") if len(self.titles) == 1 else ""


def rows(reader: BinaryIO, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The rows of a feed; raises DumpError for what is not well-formed or has a DTD."""
    del spec, tz  # nothing differs between such feeds, and their times are UTC
    notes.encoding = encoding_of(reader)
    feed = _Feed()
    for _ in elements(reader, _Links(feed)):
        pass
    yield from elements(reader, _Blocks(feed, notes))


class _Links(Handler):
    def __init__(self, feed: _Feed) -> None:
        super().__init__()
        self._feed = feed
        self._entry: _Entry | None = None

    def begin(self, name: str, attributes: dict[str, str], line: int, offset: int | None) -> None:
        """Links and what the content is."""
        if name == "entry":
            self._entry = _Entry()
        entry = self._entry
        if entry is None:
            return
        if name == "link":
            href = attributes.get("href", "")
            match attributes.get("rel", ""):
                case "self":
                    entry.itself = href
                case "up":
                    entry.up = href
                case "related":
                    entry.related.append(href)
        elif name in {"UsagePoint", "MeterReading", "ReadingType", "IntervalBlock"} and not entry.kind:
            entry.kind = name

    def end(self, name: str, text: str) -> None:
        """An entry is known when it ends."""
        entry = self._entry
        if entry is None:
            return
        if name in _TYPE_FIELDS and entry.kind == "ReadingType":
            entry.fields[name] = text
        elif name == "title":
            entry.title = text
        elif name == "entry":
            self._entry = None
            self._keep(entry)

    def _keep(self, entry: _Entry) -> None:
        feed = self._feed
        if entry.kind == "ReadingType":
            feed.types[entry.itself] = entry.fields
        elif entry.kind == "MeterReading":
            feed.readings[entry.itself] = entry.related
        elif entry.kind == "UsagePoint":
            feed.titles[entry.itself] = entry.title
        elif entry.kind == "IntervalBlock":
            feed.blocks.append(entry.itself or entry.up)


@dataclass(slots=True)
class _Reading:
    """One interval reading while its element is open."""

    line: int
    offset: int | None
    start: str = ""
    duration: str = ""
    value: str = ""
    quality: str = ""


class _Blocks(Handler):
    def __init__(self, feed: _Feed, notes: Notes) -> None:
        super().__init__()
        self._feed, self._notes = feed, notes
        self._entry = -1
        self._inside = False
        self._reading: _Reading | None = None
        self._meter = ""
        self._kind: tuple[str, str, int, bool] | None = None

    def begin(self, name: str, attributes: dict[str, str], line: int, offset: int | None) -> None:
        """Blocks are counted by entry, as in the first pass; an entry may hold several."""
        if name == "entry":
            self._inside = False
        elif name == "IntervalBlock" and not self._inside:
            self._inside = True
            self._entry += 1
            self._begin_block()
        elif name == "IntervalReading":
            self._reading = _Reading(line, offset)

    def _begin_block(self) -> None:
        blocks = self._feed.blocks
        link = blocks[self._entry] if self._entry < len(blocks) else ""
        self._meter = self._feed.meter_of(link)
        fields = self._feed.type_of(link)
        self._kind = _kind(fields) if fields is not None else None
        if self._kind is None:
            self._notes.remark("rows_not_energy", clean(str(fields or link), 80))

    def end(self, name: str, text: str) -> None:
        """A reading is complete when its element ends."""
        reading = self._reading
        if reading is None:
            return
        if name in {"start", "duration", "value", "quality"}:
            setattr(reading, name, text)
        elif name == "IntervalReading":
            self._reading = None
            if self._kind is not None:
                self._notes.records += 1
                self._put(reading, self._kind)

    def _put(self, reading: _Reading, kind: tuple[str, str, int, bool]) -> None:
        try:
            self.out.append(self._row(reading, kind))
        except CellError as error:
            text = clean(f"{reading.start} {reading.value}", _SHOWN)
            self.out.append(Bad(reading.line, reading.offset, error.reason, "", text))

    def _row(self, reading: _Reading, kind: tuple[str, str, int, bool]) -> Row:
        point, unit, power, delta = kind
        if not self._meter:
            raise CellError("identity_missing")
        start, duration = _whole(reading.start), _whole(reading.duration or "0")
        quality = _whole(reading.quality) if reading.quality else None
        value = number(reading.value, ".")
        try:
            at = datetime.fromtimestamp(start, UTC) + timedelta(seconds=duration)
        except (ValueError, OverflowError, OSError):
            raise CellError("time") from None
        return Row(
            line=reading.line,
            offset=reading.offset,
            point=point,
            unit=unit,
            status=Status.UNREAD if value is None else Status.READ,
            asset_no=identity(self._meter),
            this_read=None if value is None else value.scaleb(power),
            read_time=at,
            mode=Mode.FILE,
            estimated=value is not None and quality in _ESTIMATED,
            doubted=quality == _DOUBTED,
            quality=reading.quality,
            interval=duration // 60 if delta else None,
        )


def _kind(fields: dict[str, str]) -> tuple[str, str, int, bool] | None:
    """Point, unit, power of ten to that unit, and whether values are intervals; None for what is no energy."""
    try:
        numbers = {name: int(text) for name, text in fields.items()}
    except ValueError:
        return None
    quantity = _QUANTITIES.get((numbers.get("uom", 0), numbers.get("flowDirection", 1)))
    behaviour = numbers.get("accumulationBehaviour", 4)
    if quantity is None or behaviour not in _BULK | _DELTA:
        return None
    delta = behaviour in _DELTA
    point = find(f"1-0:{quantity}.29.0" if delta else f"1-0:{quantity}.8.0")
    if point is None:
        return None
    return point.code, point.unit, numbers.get("powerOfTenMultiplier", 0) - _OWN_POWER, delta


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise CellError("number")
    return int(text)
