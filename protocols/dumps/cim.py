"""IEC 61968-9 MeterReadings: registers and intervals of many meters, any year in the namespace.

The meter's name may stand behind its intervals, so the names are collected in a first pass and the rows made in a
second: nothing has to be held back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import BinaryIO

from protocols.dumps.cells import CellError, Times, identity, number
from protocols.dumps.record import Bad, Mode, Notes, Row, Status
from protocols.dumps.spec import Spec
from protocols.dumps.text import clean
from protocols.dumps.xml import Handler, elements, encoding_of
from protocols.points import find, is_obis

__all__ = ["ReadingType", "quality_of", "reading_type", "rows"]

_SHOWN = 80
_PARTS = 18
_QUANTITIES = {(72, 1): "1", (72, 19): "2", (73, 1): "3", (73, 19): "4", (71, 1): "9", (71, 19): "10"}
_DEMAND = {(38, 1): "1", (38, 19): "2"}
_ENERGY, _DEMAND_KIND = 12, 8
_BULK, _DELTA = frozenset({1, 3}), frozenset({4})
_MINUTES = {1: 10, 2: 15, 3: 1, 4: 1_440, 5: 30, 6: 5, 7: 60}
_OWN_POWER = {"kWh": 3, "kvarh": 3, "kVAh": 3, "kW": 3}
_ESTIMATED, _EDITED, _PROJECTED, _DERIVED = "8", "7", "12", "11"
_MISSING, _SUSPECT = "259", "258"


@dataclass(frozen=True, slots=True)
class ReadingType:
    """What a code says: the point, the power of ten to its unit, minutes of an interval (0: not said), or None."""

    point: str
    unit: str
    power: int
    interval: int | None


def reading_type(code: str, spec: Spec) -> ReadingType | None:
    """The meaning of a dotted code of 18 parts, or of another one that the profile translates; None: no energy."""
    parts = code.split(".")
    known = spec.values.get("read_type", {}).get(code, "")
    if known and is_obis(known):
        point = find(known)
        power = int(parts[-2]) if len(parts) > 2 and parts[-2].isdigit() else 0
        unit = point.unit if point else ""
        return ReadingType(known, unit, power - _OWN_POWER.get(unit, 0), None)
    if len(parts) != _PARTS or not all(part.lstrip("-").isdigit() for part in parts):
        return None
    numbers = [int(part) for part in parts]
    period, accumulation, direction, kind = numbers[2], numbers[3], numbers[4], numbers[6]
    tariff, power, unit_code = numbers[11], numbers[15], numbers[16]
    if kind == _ENERGY and (unit_code, direction) in _QUANTITIES:
        quantity = _QUANTITIES[unit_code, direction]
        if accumulation in _BULK:
            return _typed(f"1-0:{quantity}.8.{tariff}", power, None)
        if accumulation in _DELTA:
            return _typed(f"1-0:{quantity}.29.0", power, _MINUTES.get(period, 0))
    if kind == _DEMAND_KIND and (unit_code, direction) in _DEMAND:
        return _typed(f"1-0:{_DEMAND[unit_code, direction]}.6.{tariff}", power, None)
    return None


def _typed(code: str, power: int, interval: int | None) -> ReadingType | None:
    point = find(code)
    if point is None:
        return None
    return ReadingType(code, point.unit, power - _OWN_POWER.get(point.unit, 0), interval)


def quality_of(codes: list[str]) -> tuple[bool, bool, bool]:
    """(missing, estimated, doubted) of quality codes system.category.index; no code is good."""
    missing = estimated = doubted = False
    for code in codes:
        _, category, index = (*code.split("."), "", "")[:3]
        missing = missing or index == _MISSING
        estimated = estimated or category in {_ESTIMATED, _EDITED, _PROJECTED, _DERIVED}
        doubted = doubted or index == _SUSPECT or (category == "6" and index == "0")
    return missing, estimated, doubted


def rows(reader: BinaryIO, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The rows of a document; raises DumpError for one that is not well-formed or has a DTD."""
    notes.encoding = encoding_of(reader)
    names = _Names()
    for _ in elements(reader, names):
        pass
    if not names.seen:
        notes.refuse("header", clean(names.root, 40))
    yield from elements(reader, _Readings(names.meters, spec, Times(("auto",), tz), notes))


class _Names(Handler):
    """The name of the meter of each MeterReading, in order; the customer's place where there is no meter."""

    def __init__(self) -> None:
        super().__init__()
        self.meters: list[tuple[str, str]] = []
        self.root = ""
        self.seen = False
        self._path: list[str] = []
        self._meter = self._place = ""
        self._named = False

    def begin(self, name: str, attributes: dict[str, str], line: int, offset: int | None) -> None:
        """Keep the path."""
        self.root = self.root or name
        self.seen = self.seen or name == "MeterReadings"
        self._path.append(name)
        if name == "MeterReading":
            self._meter = self._place = ""
            self._named = False

    def end(self, name: str, text: str) -> None:
        """The first name or identifier of the meter counts, a name before an identifier."""
        self._path.pop()
        if name == "MeterReading":
            self.meters.append((self._meter, self._place))
        elif name in {"name", "mRID"} and text:
            owner = self._path[-2:-1] if self._path[-1:] == ["Names"] else self._path[-1:]
            if owner == ["Meter"] and not self._named:
                self._meter = text
                self._named = name == "name"
            elif owner == ["UsagePoint"]:
                self._place = self._place or text


class _Readings(Handler):
    def __init__(self, meters: list[tuple[str, str]], spec: Spec, times: Times, notes: Notes) -> None:
        super().__init__()
        self._meters, self._spec, self._times, self._notes = meters, spec, times, notes
        self._index = -1
        self._block = ""
        self._types: dict[str, ReadingType | None] = {}
        self._value: _Value | None = None

    def begin(self, name: str, attributes: dict[str, str], line: int, offset: int | None) -> None:
        """Values begin; codes stand in attributes."""
        reference = attributes.get("ref", "")
        if name == "MeterReading":
            self._index += 1
        elif name == "IntervalBlocks":
            self._block = ""
        elif name in {"Readings", "IntervalReadings"}:
            self._value = _Value(line, offset, self._block if name == "IntervalReadings" else "")
        elif name == "ReadingType":
            if self._value is not None:
                self._value.code = reference
            else:
                self._block = reference
        elif name == "ReadingQualityType" and self._value is not None:
            self._value.qualities.append(reference)

    def end(self, name: str, text: str) -> None:
        """A value is complete when its element ends."""
        value = self._value
        if value is None:
            return
        if name == "timeStamp":
            value.at = text
        elif name == "value":
            value.text = text
        elif name in {"Readings", "IntervalReadings"}:
            self._value = None
            self._notes.records += 1
            self._put(value)

    def _put(self, value: "_Value") -> None:
        code = value.code
        if code not in self._types:
            self._types[code] = reading_type(code, self._spec)
        kind = self._types[code]
        if kind is None:
            self._notes.remark("rows_not_energy", clean(code, 60))
            self._notes.records -= 1
            return
        try:
            self.out.append(self._row(value, kind))
        except CellError as error:
            self.out.append(
                Bad(value.line, value.offset, error.reason, "", clean(value.text or value.at, _SHOWN))
            )

    def _row(self, value: "_Value", kind: ReadingType) -> Row:
        asset, place = self._meters[self._index]
        if not asset and not place:
            raise CellError("identity_missing")
        amount = number(value.text, ".")
        missing, estimated, doubted = quality_of(value.qualities)
        missing = missing or amount is None
        found = self._times.read(value.at)
        if found is None:
            raise CellError("time_missing")
        at: datetime = found[0]
        return Row(
            line=value.line,
            offset=value.offset,
            point=kind.point,
            unit=kind.unit,
            status=Status.UNREAD if missing else Status.READ,
            asset_no=identity(asset),
            cons_no=identity(place),
            this_read=None if amount is None or missing else _scaled(amount, kind.power),
            read_time=at,
            mode=Mode.FILE,
            estimated=estimated and not missing,
            doubted=doubted,
            quality=clean(",".join(value.qualities), 40),
            interval=kind.interval,
        )


@dataclass(slots=True)
class _Value:
    """One reading while its element is open."""

    line: int
    offset: int | None
    code: str
    at: str = ""
    text: str = ""
    qualities: list[str] = field(default_factory=list)


def _scaled(amount: Decimal, power: int) -> Decimal:
    return amount.scaleb(power) if power else amount
