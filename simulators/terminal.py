"""A simulated concentrator or load-control terminal of Q/GDW 1376.1: archive, freezes, curves, events, a clock.

What would change a load is counted in `controls` and denied, unless it `obeys`; the way to the meters behind goes
through `forward`.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from protocols.dlt645.frame import Frame, Splitter, encode
from simulators.bcd import stamp5
from simulators.dlt645_meter import Meter
from simulators.faults import Faults, Mischief, Piece
from simulators.gdw_wire import Request, clock6, pack, requests, unit
from simulators.terminal_memory import PointMemory

__all__ = ["Entry", "Terminal", "TerminalSpec"]

_BITS = 11
_CHUNK = 64
_REPLY, _DENIED = 0x88, 2
_FIR, _FIN, _CON = 0x40, 0x20, 0x10
_EVENTS = 256
_CURVE, _MONTH = 7, 2
_CARRIER = 170
_TRIP, _PERMIT, _TRIP_EVENT = 1, 2, 5

Told = Callable[[str, int, int, bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the terminal's own archive (AFN 04 F10)."""

    pn: int
    address: str
    protocol: int = 30
    port: int = 31
    tariffs: int = 4
    collector: str = "000000000000"
    user_class: int = 0x51

    def packed(self) -> bytes:
        """As F10 lays it out, serial number and measuring point being the same."""
        number = self.pn.to_bytes(2, "little")
        return (
            number
            + number
            + bytes((0x60 | self.port, self.protocol))
            + bytes.fromhex(self.address)[::-1]
            + bytes(6)
            + bytes((self.tariffs, 0x09))
            + bytes.fromhex(self.collector)[::-1]
            + bytes((self.user_class,))
        )

    @classmethod
    def parse(cls, raw: bytes) -> "Entry":
        """From 27 bytes of F10."""
        return cls(
            pn=int.from_bytes(raw[2:4], "little"),
            port=raw[4] & 0x1F,
            protocol=raw[5],
            address=raw[11:5:-1].hex(),
            tariffs=raw[18] & 0x3F,
            collector=raw[25:19:-1].hex(),
            user_class=raw[26],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSpec:
    """What one terminal is.

    `drift_seconds` is how far its clock is ahead; `frame_bytes` the longest frame it sends; `think` the seconds
    before it answers; `plc_seconds` and `plc_loss` what forwarding to a meter takes and how often it fails.
    `multiplier` is PT and CT as set in F25.
    """

    address: str
    seed: int = 0
    drift_seconds: float = 0.0
    frame_bytes: int = 1024
    think: float = 0.02
    plc_seconds: float = 1.5
    plc_loss: float = 0.0
    multiplier: tuple[int, int] = (1, 1)
    three_phase: bool = False


@dataclass(slots=True)
class _Point:
    entry: Entry
    meter: Meter
    memory: PointMemory


@dataclass(slots=True)
class _Ring:
    """Events of one kind; the counter is modulo 256."""

    records: list[bytes] = field(default_factory=list)

    @property
    def counter(self) -> int:
        return len(self.records) % _EVENTS


class Terminal:
    """Answers bytes with pieces (see `serve.Responder`); `told(address, pn, fn, data)` hears every data it gave.

    `phases` are those that the carrier network reports by point (F170); `absent` are the rows of its archive whose
    meter does not hang behind it: it keeps them and has no values for them.
    `tripped` are the control rounds that are open. It denies the AFN in `refuses`; with `all_or_none` also a whole
    request of which it lacks something.
    """

    def __init__(  # noqa: PLR0913 (what it is, what hangs on it, and its world)
        self,
        spec: TerminalSpec,
        meters: Sequence[Meter],
        *,
        port: int = 31,
        now: Callable[[], datetime] | None = None,
        tz: tzinfo | None = None,
        baud: int = 0,
        faults: Faults | None = None,
        told: Told | None = None,
    ) -> None:
        self.spec = spec
        self.baud = baud
        self.points: dict[int, _Point] = {}
        self.absent: dict[int, Entry] = {}
        self.meters = {meter.address: meter for meter in meters}
        for pn, meter in enumerate(meters, 1):
            self._put(
                Entry(
                    pn=pn,
                    address=meter.address,
                    protocol=30 if meter.spec.standard == "2007" else 1,
                    port=port,
                )
            )
        self.important, self.normal = _Ring(), _Ring()
        self.mischief = Mischief(faults or Faults())
        self.controls: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.confirmed = 0
        self.refuses: set[int] = set()
        self.all_or_none = False
        self.obeys = False
        self.tripped: set[int] = set()
        self.phases: dict[int, int] = {}
        self.busy_seconds = 0.0
        self.ahead = timedelta(seconds=spec.drift_seconds)
        self._now = now or (lambda: datetime.now(UTC))
        self._tz = tz or ZoneInfo("Asia/Shanghai")
        self._told = told
        self._random = random.Random(f"terminal {spec.seed} {spec.address}")
        self._buffer = bytearray()
        self._own = 0
        self.wire_address = _wire_address(spec.address)

    def _put(self, entry: Entry) -> None:
        self._remove(entry.pn)
        meter = self.meters.get(entry.address)
        if meter is None:
            self.absent[entry.pn] = entry
        else:
            self.points[entry.pn] = _Point(entry, meter, PointMemory(meter.electric))

    def _remove(self, pn: int) -> None:
        self.points.pop(pn, None)
        self.absent.pop(pn, None)

    # -- time and wire -------------------------------------------------------------------------------------------

    def clock(self) -> datetime:
        """What its clock shows, naive."""
        return self._now().astimezone(self._tz).replace(tzinfo=None) + self.ahead

    def _wire(self, characters: int) -> float:
        return characters * _BITS / self.baud if self.baud else 0.0

    def reset(self) -> None:
        """The other end hung up."""
        self._buffer.clear()

    def respond(self, data: bytes) -> list[Piece]:
        """What it sends for these bytes."""
        heard = self._wire(len(data))
        self.busy_seconds += heard
        self._buffer += data
        pieces: list[Piece] = []
        for request in requests(self._buffer):
            frames, pause = self._answer(request)
            for frame in frames:
                pieces += self._paced(self.mischief.mangle(frame), heard + pause)
                heard = pause = 0.0
        return pieces

    def _paced(self, pieces: list[Piece], pause: float) -> list[Piece]:
        paced: list[Piece] = []
        for piece in pieces:
            start = pause + piece.delay
            for at in range(0, len(piece.data), _CHUNK) or (0,):
                chunk = piece.data[at : at + _CHUNK]
                seconds = self._wire(len(chunk))
                self.busy_seconds += seconds
                paced.append(Piece(chunk, start + seconds, piece.cut))
                start = 0.0
            pause = 0.0
        return paced

    # -- spontaneous ---------------------------------------------------------------------------------------------

    def login(self) -> bytes:
        """AFN 02 F1, to be confirmed."""
        return self._spontaneous(0xC9, 0x02, unit(0, 1))

    def heartbeat(self) -> bytes:
        """AFN 02 F3."""
        return self._spontaneous(0xC9, 0x02, unit(0, 3))

    def report(self) -> bytes:
        """The last important event, unasked, to be confirmed."""
        ring = self.important
        body = unit(0, 1) + bytes(
            (ring.counter, self.normal.counter, (ring.counter - 1) % _EVENTS, ring.counter)
        )
        return self._spontaneous(0xC4, 0x0E, body + ring.records[-1])

    def _spontaneous(self, control: int, afn: int, body: bytes) -> bytes:
        self._own = (self._own + 1) % 16
        return pack(control, self.wire_address, afn, _FIR | _FIN | _CON | self._own, body)

    def happen(self, erc: int, body: bytes, *, important: bool = True) -> None:
        """An event is recorded; `body` follows its time."""
        record = stamp5(self.clock()) + body
        ring = self.important if important else self.normal
        ring.records.append(bytes((erc, len(record))) + record)

    # -- answers -------------------------------------------------------------------------------------------------

    def _answer(self, request: Request) -> tuple[list[bytes], float]:
        if request.name != self.spec.address:
            return [], 0.0
        if not request.control & 0x40:
            self.confirmed += 1
            return [], 0.0
        self.asked[f"{request.afn:02X}"] += 1
        handler = {
            0x0A: self._parameters,
            0x0C: self._class1,
            0x0D: self._class2,
            0x0E: self._events,
            0x04: self._set,
            0x05: self._control,
            0x10: self._forward,
        }.get(request.afn)
        cells = list(handler(request)) if handler is not None and request.afn not in self.refuses else []
        if self.all_or_none and len(cells) < sum(len(part.pns) * len(part.fns) for part in request.units):
            cells = []
        pause = self.spec.think
        if request.afn == 0x10:
            pause += self.spec.plc_seconds
        if request.afn in (0x04, 0x05):
            return [
                self._frame(request, 0x00, _FIR | _FIN, 0, cells[0] if cells else unit(0, _DENIED))
            ], pause
        if not cells:
            return [self._frame(request, 0x00, _FIR | _FIN, 0, unit(0, _DENIED))], pause
        return list(self._frames(request, cells)), pause

    def _frames(self, request: Request, cells: list[bytes]) -> Iterator[bytes]:
        """As many frames as the cells need; a data unit is never cut."""
        room = self.spec.frame_bytes - 8 - 8 - 8
        loads: list[bytes] = [b""]
        for cell in cells:
            if loads[-1] and len(loads[-1]) + len(cell) > room:
                loads.append(b"")
            loads[-1] += cell
        for number, load in enumerate(loads):
            bits = (_FIR if number == 0 else 0) | (_FIN if number == len(loads) - 1 else 0)
            yield self._frame(request, request.afn, bits, number, load)

    def _frame(self, request: Request, afn: int, bits: int, number: int, load: bytes) -> bytes:
        counters = b""
        control = _REPLY
        if self.important.records:
            control |= 0x20
            counters = bytes((self.important.counter, self.normal.counter))
        seq = bits | (request.seq + number) & 0xF | (0x80 if request.tag else 0)
        return pack(control, request.address, afn, seq, load + counters + request.tag)

    def _said(self, pn: int, fn: int, data: bytes) -> bytes:
        if self._told is not None:
            self._told(self.spec.address, pn, fn, data)
        return data

    def _class1(self, request: Request) -> Iterator[bytes]:
        now = self.clock()
        for part in request.units:
            for pn in part.pns:
                for fn in part.fns:
                    data = self._itself(fn, now) if pn == 0 else self._live(pn, fn, now)
                    if data is not None:
                        yield unit(pn, fn) + self._said(pn, fn, data)

    def _itself(self, fn: int, now: datetime) -> bytes | None:
        if fn == 2:
            return clock6(now)
        if fn == 7:
            return bytes((self.important.counter, self.normal.counter))
        return None

    def _live(self, pn: int, fn: int, now: datetime) -> bytes | None:
        if fn == _CARRIER and pn in self.phases:
            return bytes((31, 0, self.phases[pn], 0x55, 0)) + clock6(now) + clock6(now) + b"\0"
        point = self.points.get(pn)
        return point.memory.live(fn, now) if point else None

    def _class2(self, request: Request) -> Iterator[bytes]:
        now = self.clock()
        for part in request.units:
            for pn in part.pns:
                point = self.points.get(pn)
                for fn in part.fns if point else ():
                    assert point is not None  # noqa: S101 - narrows
                    data = _stored(point.memory, fn, part.extra, now)
                    if data is not None:
                        yield unit(pn, fn) + part.extra + self._said(pn, fn, data)

    def _parameters(self, request: Request) -> Iterator[bytes]:
        for part in request.units:
            for fn in part.fns:
                for pn in part.pns:
                    data = self._parameter(pn, fn, part.extra)
                    if data is not None:
                        yield unit(pn, fn) + data

    def _parameter(self, pn: int, fn: int, extra: bytes) -> bytes | None:
        if fn == 10:
            count = int.from_bytes(extra[:2], "little")
            wanted = [int.from_bytes(extra[2 + 2 * n : 4 + 2 * n], "little") for n in range(count)]
            there = {pn: point.entry for pn, point in self.points.items()} | self.absent
            rows = [there[number].packed() for number in wanted if number in there]
            return len(rows).to_bytes(2, "little") + b"".join(rows) if rows else None
        if fn == 25 and pn in self.points:
            pt, ct = self.spec.multiplier
            wiring = 2 if self.spec.three_phase else 3
            head = pt.to_bytes(2, "little") + ct.to_bytes(2, "little")
            return head + b"\x00\x22" + b"\x50" + b"\x00\x00\x01" + bytes((wiring,))
        return None

    def _events(self, request: Request) -> Iterator[bytes]:
        for part in request.units:
            for fn in part.fns:
                ring = self.important if fn == 1 else self.normal
                first, last = part.extra[0], part.extra[1]
                span = (last - first) % _EVENTS
                age = (ring.counter - first) % _EVENTS
                start = len(ring.records) - age
                found = [r for r in ring.records[max(0, start) : start + span] if start >= 0 or r]
                if not found:
                    continue
                counters = bytes((self.important.counter, self.normal.counter))
                end = (first + len(found)) % _EVENTS
                yield unit(0, fn) + counters + bytes((first, end)) + b"".join(found)

    def _set(self, request: Request) -> Iterator[bytes]:
        part = request.units[0]
        if part.fns != (10,):
            self.controls[f"04 F{part.fns[0]}"] += 1
            return
        body = part.extra
        for at in range(2, len(body) - 26, 27):
            serial, pn = (
                int.from_bytes(body[at : at + 2], "little"),
                int.from_bytes(body[at + 2 : at + 4], "little"),
            )
            if pn:
                self._put(Entry.parse(body[at : at + 27]))
            else:
                self._remove(serial)
        yield unit(0, 1)

    def _control(self, request: Request) -> Iterator[bytes]:
        part = request.units[0]
        if part.fns == (31,):
            digits = [f"{byte & (0x1F if n == 4 else 0xFF):02x}" for n, byte in enumerate(part.extra[:6])]
            second, minute, hour, day, month, year = map(int, digits)
            wanted = datetime(2000 + year, month, day, hour, minute, second)  # noqa: DTZ001 - local time
            self.ahead += wanted - self.clock()
            yield unit(0, 1)
            return
        self.controls[f"05 F{part.fns[0]}"] += 1
        if self.obeys:
            self._switch(part.fns[0], part.pns)
            yield unit(0, 1)

    def _switch(self, fn: int, rounds: Sequence[int]) -> None:
        """05 F1 opens rounds, which is an event; F2 lets them be closed."""
        if fn == _TRIP:
            self.tripped |= set(rounds)
            mask = sum(1 << number - 1 for number in rounds if number)
            self.happen(_TRIP_EVENT, bytes((mask,)) + bytes(4))
        elif fn == _PERMIT:
            self.tripped -= set(rounds)

    def _forward(self, request: Request) -> Iterator[bytes]:
        """AFN 10 F1: a frame for a meter behind, which the carrier may lose."""
        extra = request.units[0].extra
        port, size = extra[0], int.from_bytes(extra[4:6], "little")
        splitter = Splitter()
        for inner in splitter.feed(extra[6 : 6 + size]):
            if not isinstance(inner, Frame):
                continue
            self.asked[f"inner {inner.control:02X}"] += 1
            meter = self.meters.get(inner.address)
            if meter is None or self._random.random() < self.spec.plc_loss:
                return
            reply = meter.answer(inner, self.clock() - self.ahead)
            if reply is not None:
                raw = encode(reply, 0)
                yield unit(0, 1) + bytes((port,)) + len(raw).to_bytes(2, "little") + raw


def _stored(memory: PointMemory, fn: int, tag: bytes, now: datetime) -> bytes | None:
    """Data for a tag of the request, None where the terminal has none."""
    try:
        numbers = [int(f"{byte:02x}") for byte in tag[: 5 if len(tag) == _CURVE else 3]]
        if len(tag) == _CURVE:
            minute, hour, day, month, year = numbers
            start = datetime(2000 + year, month, day, hour, minute)  # noqa: DTZ001 - local time
            return memory.curve(fn, start, tag[5], tag[6], now)
        if len(tag) == _MONTH:
            month, year = numbers
            after = datetime(2000 + year + month // 12, month % 12 + 1, 1)  # noqa: DTZ001 - local time
            return memory.frozen(fn, after, now)
        day, month, year = numbers
        return memory.frozen(fn, datetime(2000 + year, month, day) + timedelta(days=1), now)  # noqa: DTZ001
    except ValueError:
        return None


def _wire_address(printed: str) -> bytes:
    """Region and terminal, each with its low byte first, and no master station."""
    raw = bytes.fromhex(printed)
    return bytes((raw[1], raw[0], raw[3], raw[2], 0))
