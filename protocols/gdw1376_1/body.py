"""Data units of Q/GDW 1376.1 as values: which point, which Fn, what it holds; any bytes end in units and a raw tail."""

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from protocols.gdw1376_1.catalogue import Fn, lookup
from protocols.gdw1376_1.events import decode_events
from protocols.gdw1376_1.formats import FORMATS, NotBcd
from protocols.gdw1376_1.layout import BadData, Cell, Reader
from protocols.gdw1376_1.parameters import ENTRY_BYTES, decode_f10
from protocols.gdw1376_1.units import SIZE, decode_unit
from protocols.points import find, is_obis
from protocols.session import Item

__all__ = ["Body", "Unit", "decode_body", "named"]

_CLASS1, _CLASS2, _EVENTS, _QUERY, _SET, _FORWARD, _CONFIRM = 0x0C, 0x0D, 0x0E, 0x0A, 0x04, 0x10, 0x00
_CONTROL, _RESET, _LINK, _AUTHENTICATION, _FILE = 0x05, 0x01, 0x02, 0x06, 0x0F
_WITH_DATA = frozenset({_SET, _CONTROL, _FORWARD, _RESET, _CONFIRM, _LINK, _AUTHENTICATION, _FILE})
_STEPS = {1: 15, 2: 30, 3: 60, 254: 5, 255: 1}
_HOUR, _OWN = 60, "h"
_WITH_SELECTOR = frozenset({11, 13, 33, 34, 38, 39})
_DAY = timedelta(days=1)
_CLOCK_BYTES = 6
_UNITS = (("power", "kW"), ("energy", "kWh"), ("minutes", "min"), ("voltage", "V"), ("current", "A"))


@dataclass(frozen=True, slots=True)
class Unit:
    """Data of one point and one Fn. `data` holds what is no value of a point: times, tags, parameters, events."""

    pn: int
    fn: int
    items: tuple[Item, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Body:
    """The units of a frame; `tail` could not be decoded and `error` tells why, empty if all was."""

    units: tuple[Unit, ...]
    tail: bytes = b""
    error: str = ""


@dataclass(slots=True)
class _Tag:
    """A time tag: the data it gives, the instant of a freeze, the points of a curve."""

    data: dict[str, Any]
    at: datetime | None = None
    start: datetime | None = None
    step: timedelta | None = None
    count: int = 0


def decode_body(afn: int, data: bytes, *, up: bool, freeze_offset: int = 1) -> Body:
    """The data units of one frame; never raises. `freeze_offset` is the days from a freeze's date to its midnight."""
    return _Decoder(afn, data, up=up, offset=freeze_offset).run()


def named(body: Body) -> tuple[list[int], list[int]]:
    """All measuring points and all Fn that a frame's data name, ascending, and those of a unit that was not decoded."""
    pns = {unit.pn for unit in body.units if unit.data.get("points") != "all"}
    fns = {unit.fn for unit in body.units}
    if len(body.tail) >= SIZE:
        try:
            more = decode_unit(body.tail[:SIZE])
        except ValueError:
            more = (), ()
        pns |= set(more[0])
        fns |= set(more[1])
    return sorted(pns), sorted(fns)


class _Decoder:
    def __init__(self, afn: int, data: bytes, *, up: bool, offset: int, shared: bool = True) -> None:
        self._afn, self._up, self._offset, self._shared = afn, up, offset, shared
        self._reader = Reader(data)
        self._units: list[Unit] = []

    def run(self) -> Body:
        """Unit by unit; where several points share an identifier, all have one tag, or each its own."""
        body = self.attempt()
        if body.error and self._afn == _CLASS2 and self._up:
            data = self._reader.data
            other = _Decoder(self._afn, data, up=True, offset=self._offset, shared=False).attempt()
            return other if len(other.tail) < len(body.tail) else body
        return body

    def attempt(self) -> Body:
        """Unit by unit, as far as it goes."""
        reader = self._reader
        while reader.left >= SIZE:
            at, known = reader.at, len(self._units)
            try:
                self._one()
            except (BadData, NotBcd, ValueError, OverflowError) as error:
                del self._units[known:]
                return Body(tuple(self._units), reader.data[at:], str(error))
        tail = reader.data[reader.at :]
        return Body(tuple(self._units), tail, f"{len(tail)} bytes left over" if tail else "")

    def _one(self) -> None:
        pns, fns = decode_unit(self._reader.take(SIZE))
        if not self._up:
            self._request(pns, fns)
            return
        if not pns:
            raise BadData("all points at once is no answer")
        tag: _Tag | None = None
        for pn in pns:
            for number in fns:
                fn = lookup(self._afn, number)
                if fn is None:
                    raise BadData(f"AFN {self._afn:02X} F{number} is not known")
                if fn.tag and (tag is None or not self._shared or fn.tag == _OWN):
                    tag = self._tag(fn)
                self._units.append(self._unit(pn, fn, tag if fn.tag else None))

    # -- what is asked -------------------------------------------------------------------------------------------

    def _request(self, pns: tuple[int, ...], fns: tuple[int, ...]) -> None:
        if self._afn in _WITH_DATA:
            for pn in pns:
                for number in fns:
                    fn = lookup(self._afn, number)
                    if fn is None:
                        raise BadData(f"AFN {self._afn:02X} F{number} is not known")
                    self._units.append(self._unit(pn, fn, None))
            return
        data = self._selector(fns) | ({} if pns else {"points": "all"})
        for pn in pns or (0,):
            self._units += [Unit(pn, number, data=data) for number in fns]

    def _selector(self, fns: tuple[int, ...]) -> dict[str, Any]:
        """What follows the identifier of a question: a time tag, pointers, numbers."""
        reader = self._reader
        if self._afn == _CLASS2:
            fn = lookup(_CLASS2, fns[0])
            if fn is None:
                raise BadData(f"AFN 0D F{fns[0]} is not known")
            return self._tag(fn).data
        if self._afn == _EVENTS:
            return dict(zip(("Pm", "Pn"), reader.take(2), strict=True))
        if self._afn == _QUERY and fns == (10,):
            count = int.from_bytes(reader.take(2), "little")
            return {"serials": [int.from_bytes(reader.take(2), "little") for _ in range(count)]}
        if self._afn == _QUERY and len(fns) == 1 and fns[0] in _WITH_SELECTOR and reader.left:
            return {"numbers": list(reader.take(reader.take(1)[0]))}
        return {}

    # -- what is said --------------------------------------------------------------------------------------------

    def _unit(self, pn: int, fn: Fn, tag: _Tag | None) -> Unit:
        at = self._reader.at
        if fn.special:
            data: dict[str, Any] = getattr(self, f"_{fn.special}")()
            return Unit(pn, fn.fn, data=data, raw=self._reader.data[at : self._reader.at])
        if tag is not None and tag.step is not None:
            items = tuple(self._curve(fn, tag))
            data = tag.data
        else:
            items, data = self._cells(fn, tag)
        return Unit(pn, fn.fn, items, data, self._reader.data[at : self._reader.at])

    def _cells(self, fn: Fn, tag: _Tag | None) -> tuple[tuple[Item, ...], dict[str, Any]]:
        assert fn.layout is not None  # noqa: S101 - special ones went another way
        cells = fn.layout.read(self._reader)
        data = dict(tag.data) if tag is not None else {}
        read = next((cell for cell in cells if cell.name == "read_time"), None)
        if read is not None:
            data["read_time"] = read.value
        instant = tag.at if tag is not None else None
        seen = instant or _iso(read.value if read is not None else None)
        items = tuple(
            _item(fn, cell, _occurred(cell.occurred, seen) if cell.occurred else instant)
            for cell in cells
            if cell is not read
        )
        return items, data

    def _curve(self, fn: Fn, tag: _Tag) -> Iterator[Item]:
        assert fn.layout is not None  # noqa: S101 - special ones went another way
        assert tag.step is not None  # noqa: S101 - a curve's tag has it
        for number in range(tag.count):
            at = tag.start + number * tag.step if tag.start is not None else None
            for cell in fn.layout.read(self._reader):
                yield _item(fn, cell, at)

    def _tag(self, fn: Fn) -> _Tag:
        raw = self._reader.take(fn.tag_bytes)
        if fn.tag == "h":
            return _hour(raw)
        if fn.tag in ("d", "r"):
            day = str(FORMATS["A20"].read(raw))
            return _Tag({"Td_d": day}, at=datetime.fromisoformat(day) + self._offset * _DAY)
        if fn.tag == "m":
            month = str(FORMATS["A21"].read(raw))
            first = datetime.fromisoformat(f"{month}-01")
            return _Tag({"Td_m": month}, at=first + calendar.monthrange(first.year, first.month)[1] * _DAY)
        if not fn.tag:
            raise BadData(f"F{fn.fn} has no time tag")
        start = datetime.fromisoformat(str(FORMATS["A15"].read(raw[:5])))
        density, count = raw[5], raw[6]
        if density not in _STEPS and count > 1:
            raise BadData(f"density {density}")
        step = timedelta(minutes=_STEPS.get(density, 0))
        data = {"ts": start.isoformat(timespec="minutes"), "density": density, "n": count}
        return _Tag(data, start=start, step=step, count=count)

    # -- layouts that are code -----------------------------------------------------------------------------------

    def _confirms(self) -> dict[str, Any]:
        """00 F3: an application function, then identifiers with an error each."""
        reader = self._reader
        data: dict[str, Any] = {"afn": f"{reader.take(1)[0]:02X}", "items": []}
        while reader.left >= SIZE + 1:
            pns, fns = decode_unit(reader.take(SIZE))
            data["items"].append({"pn": list(pns), "fn": list(fns), "error": reader.take(1)[0]})
        return data

    def _clock(self) -> dict[str, Any]:
        """A heartbeat may carry the terminal's clock."""
        if self._reader.left < _CLOCK_BYTES:
            return {}
        return {"clock": FORMATS["A1"].read(self._reader.take(_CLOCK_BYTES))}

    def _forward(self) -> dict[str, Any]:
        reader = self._reader
        data: dict[str, Any] = {"port": reader.take(1)[0]}
        if not self._up:
            data["control"] = reader.take(1).hex().upper()
            limit = reader.take(1)[0]
            data["frame_timeout_s"] = str(Decimal(limit & 0x7F) / (1 if limit & 0x80 else 100))
            data["byte_timeout_s"] = str(Decimal(reader.take(1)[0]) / 100)
        size = int.from_bytes(reader.take(2), "little")
        data["content"] = reader.take(size).hex().upper()
        return data

    def _file(self) -> dict[str, Any]:
        """0F F1: a segment downwards, the number of one upwards."""
        reader = self._reader
        if self._up:
            return {"segment": int.from_bytes(reader.take(4), "little")}
        head = dict(zip(("file", "attribute", "command"), reader.take(3), strict=True))
        segments, segment, size = (int.from_bytes(reader.take(width), "little") for width in (2, 4, 2))
        return head | {"segments": segments, "segment": segment, "content": reader.take(size).hex().upper()}

    def _events(self) -> dict[str, Any]:
        reader = self._reader
        pointers, records, taken = decode_events(reader.data[reader.at :])
        reader.take(taken)
        return {**pointers, "records": records}

    def _archive(self) -> dict[str, Any]:
        reader = self._reader
        head = reader.take(2)
        rows = reader.take(int.from_bytes(head, "little") * ENTRY_BYTES)
        return {"entries": [asdict(entry) for entry in decode_f10(head + rows)]}

    def _relays(self) -> dict[str, Any]:
        first = self._reader.take(1)[0]
        addresses = [self._reader.take(2)[::-1].hex().upper() for _ in range(first & 0x7F)]
        return {"enabled": bool(first & 0x80), "addresses": addresses}


def _hour(raw: bytes) -> _Tag:
    """Td_h of class 1: an hour of a day that the frame does not name, and the density of its values."""
    hour, density = f"{raw[0] & 0x3F:02X}", raw[1]
    if not hour.isdigit() or density not in (*_STEPS, 0):
        raise BadData(f"hour {hour}, density {density}")
    step = _STEPS.get(density, 0)
    many = _HOUR // step if step else 0
    return _Tag({"hour": int(hour), "density": density, "n": many}, step=timedelta(minutes=step), count=many)


def _item(fn: Fn, cell: Cell, at: datetime | None) -> Item:
    identifier = f"{fn.afn:02X}-F{fn.fn}"
    if is_obis(cell.name):
        point = find(cell.name)
        return Item(identifier, cell.name, cell.value, point.unit if point else "", at, cell.error)
    unit = next((unit for word, unit in _UNITS if word in cell.name), "")
    name = f"{identifier}/{cell.name}"
    return Item(name, f"gdw1376.1:{name}", cell.value, unit, at, cell.error, cell.name)


def _iso(text: Decimal | str | None) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _occurred(text: str, seen: datetime | None) -> datetime | None:
    """A time that lacks its year, or year and month, in the last such period before `seen`."""
    day, _, clock = text.partition("T")
    fields = day.split("-")
    if len(fields) == 3:
        return datetime.fromisoformat(text)
    if seen is None:
        return None
    before = seen - timedelta(minutes=1)
    month = int(fields[0]) if len(fields) == 2 else before.month
    try:
        at = datetime.fromisoformat(f"{before.year:04d}-{month:02d}-{fields[-1]}T{clock}")
        if at > seen and len(fields) == 2:
            at = at.replace(year=at.year - 1)
    except ValueError:
        return None
    return at if at <= seen else None
