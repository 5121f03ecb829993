"""NEM12 (intervals) and NEM13 (registers), the meter data files of the Australian market operator.

Times are of one zone without daylight saving, the profile's; "export" is energy from the grid to the customer, and
suffix E is consumption, B feed-in, Q and K the same of reactive energy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import BinaryIO

from protocols.dumps.cells import CellError, Times, identity, number
from protocols.dumps.delimited import cut
from protocols.dumps.record import Bad, Mode, Notes, Row, Status
from protocols.dumps.spec import Spec
from protocols.dumps.text import clean, detect, lines

__all__ = ["rows12", "rows13"]

_SHOWN = 80
_DAY = 1_440
_LENGTHS = frozenset({1, 5, 10, 15, 30})
_POINTS = {"E": ("1", "kWh"), "B": ("2", "kWh"), "Q": ("3", "kvarh"), "K": ("4", "kvarh")}
_UNITS = {"wh": ("kWh", -3), "kwh": ("kWh", 0), "mwh": ("kWh", 3), "varh": ("kvarh", -3), "kvarh": ("kvarh", 0),
          "mvarh": ("kvarh", 3)}  # fmt: skip
_MEASURED, _NULL, _VARIES = "A", "N", "V"
_QUALITIES = frozenset("AEFNSV")
_STATES = 5  # cells of a 300 record behind its values


@dataclass(frozen=True, slots=True)
class _Channel:
    """What a 200 record says of the rows below it; `point` is empty for what is no energy."""

    nmi: str
    serial: str
    point: str
    unit: str
    power: int
    minutes: int


@dataclass(slots=True)
class _Day:
    """A 300 record that waits for its 400 records."""

    line: int
    offset: int
    channel: _Channel
    begins: datetime
    values: Sequence[str]
    quality: str
    ranges: list[tuple[int, int, str]]


class _Reader:
    """Records of one file with their places; looks after header and end."""

    def __init__(self, reader: BinaryIO, spec: Spec, tz: tzinfo, notes: Notes) -> None:
        encoding = detect(reader, spec.encoding)
        notes.encoding = encoding.name
        self._reader, self._encoding, self._notes = reader, encoding, notes
        self.times = Times(("auto",), tz)
        self.ended = False

    def records(self) -> Iterator[tuple[int, int, list[str] | Bad]]:
        for line, offset, raw in lines(self._reader, self._encoding):
            text = raw.decode(self._encoding.name, "replace").strip()
            if not text:
                continue
            try:
                cells = cut(text, ",")
            except CellError:
                cells = None
            if cells is None:
                yield line, offset, Bad(line, offset, "quote", "", clean(text, _SHOWN))
                continue
            cells = [cell.strip() for cell in cells]
            if cells[0] == "100":
                self.ended = False
                self._notes.facts |= {"version": clean(cells[1], 10)} if len(cells) > 1 else {}
            elif cells[0] == "900":
                self.ended = True
            elif self.ended:
                yield line, offset, Bad(line, offset, "after_trailer", "", clean(text, _SHOWN))
            else:
                yield line, offset, cells
        if not self.ended:
            self._notes.refuse("trailer_missing", "900")


def rows12(reader: BinaryIO, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The intervals of a NEM12 file, each a row with its end as time."""
    source = _Reader(reader, spec, tz, notes)
    days = _Days(source.times, notes)
    for line, offset, cells in source.records():
        try:
            yield from days.take(line, offset, cells)
        except CellError as error:
            text = "" if isinstance(cells, Bad) else ",".join(cells)
            yield Bad(line, offset, error.reason, "", clean(text, _SHOWN))
    yield from days.flush()


class _Days:
    """Days of intervals, each held back until the records that refine its quality have come."""

    def __init__(self, times: Times, notes: Notes) -> None:
        self._times, self._notes = times, notes
        self._channel: _Channel | None = None
        self._day: _Day | None = None

    def take(self, line: int, offset: int, cells: list[str] | Bad) -> Iterator[Row | Bad]:
        """One record; raises CellError."""
        if isinstance(cells, list) and cells[0] == "400":
            self._refine(cells)
            return
        yield from self.flush()
        if isinstance(cells, Bad):
            yield cells
        elif cells[0] == "200":
            self._channel = None
            self._channel = _channel(cells)
            if not self._channel.point:
                self._notes.remark("rows_not_energy", clean(cells[4], 10))
        elif cells[0] == "300":
            self._notes.records += 1
            self._day = _day(line, offset, cells, self._channel, self._times)
        elif cells[0] != "500":
            raise CellError("record_type")

    def flush(self) -> Iterator[Row | Bad]:
        """The day that waits."""
        day, self._day = self._day, None
        if day is not None:
            yield from _intervals(day)

    def _refine(self, cells: Sequence[str]) -> None:
        if self._day is None:
            if self._channel is not None and not self._channel.point:
                return
            raise CellError("order")
        try:
            self._day.ranges.append((int(cells[1]), int(cells[2]), cells[3]))
        except (ValueError, IndexError):
            raise CellError("quality") from None


def _channel(cells: Sequence[str]) -> _Channel:
    if len(cells) < 9:
        raise CellError("too_few_cells")
    quantity, _ = _POINTS.get(cells[4][:1].upper(), ("", ""))
    unit, power = _UNITS.get(cells[7].lower(), ("", 0))
    if not cells[8].isdigit() or int(cells[8]) not in _LENGTHS:
        raise CellError("values_count")
    fits = quantity and unit == _POINTS[cells[4][:1].upper()][1]
    point = f"1-0:{quantity}.29.0" if fits else ""
    return _Channel(identity(cells[1]), identity(cells[6]), point, unit, power, int(cells[8]))


def _day(line: int, offset: int, cells: Sequence[str], channel: _Channel | None, times: Times) -> _Day | None:
    if channel is None:
        raise CellError("order")
    if not channel.point:
        return None
    count = _DAY // channel.minutes
    if not 2 + count < len(cells) <= 2 + count + _STATES:
        raise CellError("values_count")
    found = times.read(cells[1]) if len(cells[1]) == len("20240501") else None
    if found is None:
        raise CellError("time")
    quality = cells[2 + count]
    if quality[:1] not in _QUALITIES or not quality:
        raise CellError("quality")
    return _Day(line, offset, channel, found[0], cells[2 : 2 + count], quality, [])


def _intervals(day: _Day) -> Iterator[Row | Bad]:
    try:
        qualities = _qualities(day)
    except CellError as error:
        yield Bad(day.line, day.offset, error.reason, "", day.quality)
        return
    channel, step = day.channel, timedelta(minutes=day.channel.minutes)
    for index, (text, quality) in enumerate(zip(day.values, qualities, strict=True), 1):
        kind = quality[:1]
        try:
            value = number(text, ".")
            if value is None and kind != _NULL:
                raise CellError("value_missing")
        except CellError as error:
            yield Bad(day.line, day.offset, error.reason, f"value {index}", clean(text, _SHOWN))
            continue
        missing = value is None or kind == _NULL
        yield Row(
            line=day.line,
            offset=day.offset,
            point=channel.point,
            unit=channel.unit,
            status=Status.UNREAD if missing else Status.READ,
            asset_no=channel.serial or channel.nmi,
            cons_no=channel.nmi,
            this_read=None if value is None or missing else value.scaleb(channel.power),
            read_time=day.begins + index * step,
            mode=Mode.FILE,
            estimated=not missing and kind != _MEASURED,
            quality=quality,
            interval=channel.minutes,
        )


def _qualities(day: _Day) -> list[str]:
    """The quality of each value: that of the day, or those of 400 records that cover it without gap or overlap."""
    count = len(day.values)
    if not day.quality.startswith(_VARIES):
        return [day.quality] * count
    found: list[str] = []
    for first, last, quality in sorted(day.ranges):
        if (
            first != len(found) + 1
            or last < first
            or last > count
            or quality[:1] not in "AEFNS"
            or not quality
        ):
            raise CellError("quality")
        found += [quality] * (last - first + 1)
    if len(found) != count:
        raise CellError("quality")
    return found


def rows13(reader: BinaryIO, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The registers of a NEM13 file: the current reading, with the previous one beside it."""
    source = _Reader(reader, spec, tz, notes)
    for line, offset, cells in source.records():
        if isinstance(cells, Bad):
            yield cells
            continue
        if cells[0] == "550":
            continue
        notes.records += 1
        try:
            yield _register(line, offset, cells, source.times)
        except CellError as error:
            yield Bad(line, offset, error.reason, "", clean(",".join(cells), _SHOWN))


def _register(line: int, offset: int, cells: Sequence[str], times: Times) -> Row:
    if cells[0] != "250":
        raise CellError("record_type")
    if len(cells) < 20:
        raise CellError("too_few_cells")
    unit, power = _UNITS.get(cells[19].lower(), ("", 0))
    if not unit:
        raise CellError("unit")
    now, before = times.read(cells[14]), times.read(cells[9])
    kind = cells[15][:1]
    if kind not in _QUALITIES:
        raise CellError("quality")
    value = _scaled(cells[13], power)
    missing = value is None or kind == _NULL
    if not missing and now is None:
        raise CellError("time_missing")
    return Row(
        line=line,
        offset=offset,
        point=_register_point(cells, unit),
        unit=unit,
        status=Status.UNREAD if missing else Status.READ,
        asset_no=identity(cells[6]) or identity(cells[1]),
        cons_no=identity(cells[1]),
        this_read=None if missing else value,
        read_time=now[0] if now else None,
        last_read=_scaled(cells[8], power),
        last_time=before[0] if before else None,
        mode=Mode.FILE,
        estimated=not missing and kind != _MEASURED,
        quality=cells[15],
        ex_code=clean(cells[16], 10),
    )


def _scaled(text: str, power: int) -> Decimal | None:
    value = number(text, ".")
    return value if value is None or not power else value.scaleb(power)


def _register_point(cells: Sequence[str], unit: str) -> str:
    """The register by direction; by the suffix's last digit the first is the total, others are tariffs."""
    outgoing = cells[7].upper()
    if outgoing not in {"E", "I"}:
        raise CellError("read_type")
    quantity = ("1" if outgoing == "E" else "2") if unit == "kWh" else ("3" if outgoing == "E" else "4")
    last = cells[4][-1:]
    tariff = int(last) - 1 if last.isdigit() and last > "1" else 0
    return f"1-0:{quantity}.8.{tariff}"
