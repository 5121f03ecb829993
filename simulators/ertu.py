"""A simulated ERTU of IEC 60870-5-102: tie meters with totals at the end of each period, a class 1 queue, a clock."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from simulators.ertu_wire import Heard, Widths, frames, long_frame, short_frame, ta, tb, when
from simulators.faults import Faults, Mischief, Piece

__all__ = ["Ertu", "ErtuSpec", "TieMeter"]

_EPOCH = datetime(2012, 1, 1)  # noqa: DTZ001 - equipment knows local time only
_ACTIVATED, _TERMINATED = 7, 10
_NO_RECORD, _NO_TYPE, _NO_ADDRESS_OF_RECORD, _NO_STATION, _NO_OBJECT, _NO_PERIOD = 13, 14, 15, 16, 17, 18
_RANGES = {120: 2, 121: 5, 170: 160}
_TARIFFS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TieMeter:
    """A tie meter at the objects from `first`: so many registers, each rising by `rate` in a minute."""

    first: int
    registers: int = 4
    start: int = 1_000_000
    rate: int = 7

    def total(self, register: int, local: datetime) -> int:
        """The counter of a register, from 0, at a naive local instant."""
        minutes = int((local - _EPOCH).total_seconds() // 60)
        return self.start * (register + 1) + (self.rate + register) * minutes

    def tariff(self, register: int, number: int, local: datetime) -> int:
        """Its part in tariff 1 to 4."""
        whole, share = self.total(register, local), self.total(register, local) // 10 * number
        return share if number < _TARIFFS else whole - self.total(register, local) // 10 * 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ErtuSpec:
    """What one ERTU is.

    `record`: the only record address it knows, None: any. `period` in minutes. `good` and `bad` are the status of a
    value that is right and of one that is not. `frame_objects` go into one frame. `ends`: it says when an answer is
    over. `spoilt` is added to the checksums of its data. `drift_seconds`: how far its clock is ahead.
    `single`: it acknowledges with E5.
    """

    link: int = 1
    station: int = 1
    widths: Widths = field(default_factory=Widths)
    record: int | None = None
    period: int = 15
    keep_days: int = 40
    good: int = 0x00
    bad: int = 0x80
    frame_objects: int = 20
    ends: bool = True
    spoilt: int = 0
    drift_seconds: float = 0.0
    single: bool = False
    think: float = 0.0


@dataclass(slots=True)
class _Question:
    kind: int
    head: bytes
    """VSQ of the question."""
    station: int
    record: int
    body: bytes


class Ertu:
    """Answers bytes with pieces (see `serve.Responder`).

    `denied` names causes by type with which it answers whatever is asked; `gaps` are instants of which it has nothing,
    `invalid` pairs of object and instant that are no good. `asked` counts questions by type, `repeats` answers that
    were said again, `changes` whatever would have changed it.
    """

    def __init__(
        self,
        spec: ErtuSpec,
        meters: Sequence[TieMeter],
        *,
        now: Callable[[], datetime] | None = None,
        tz: tzinfo | None = None,
        baud: int = 0,
        faults: Faults | None = None,
    ) -> None:
        self.spec, self.meters, self.baud = spec, tuple(meters), baud
        self.mischief = Mischief(faults or Faults())
        self.denied: dict[int, int] = {}
        self.gaps: set[datetime] = set()
        self.invalid: set[tuple[int, datetime]] = set()
        self.asked: Counter[int] = Counter()
        self.changes: Counter[int] = Counter()
        self.repeats = self.resets = 0
        self.ahead = timedelta(seconds=spec.drift_seconds)
        self._now = now or (lambda: datetime.now(UTC))
        self._tz = tz or ZoneInfo("Asia/Shanghai")
        self._queue: deque[bytes] = deque()
        self._buffer = bytearray()
        self._reset_done = False
        self._fcb = False
        self._said = b""

    # -- the world -----------------------------------------------------------------------------------------------

    @property
    def clock(self) -> datetime:
        """Its own naive local time."""
        return self._now().astimezone(self._tz).replace(tzinfo=None) + self.ahead

    def restart(self) -> None:
        """Forgets its queue and the link; says so when it is asked for class 1 data."""
        self._queue.clear()
        self._reset_done = False
        self._buffer.clear()
        self._push(70, 4, b"\x00")

    def report(self, point: int, state: int) -> None:
        """A single point changes: told unasked with the next class 1 data."""
        self._push(1, 3, bytes((point, state)) + tb(self.clock))

    def reset(self) -> None:
        """The line is a new one; link and queue stay."""
        self._buffer.clear()

    # -- the link ------------------------------------------------------------------------------------------------

    def respond(self, data: bytes) -> list[Piece]:
        """What comes back for these bytes."""
        self._buffer += data
        pieces: list[Piece] = []
        for heard in frames(self._buffer, self.spec.widths):
            if heard.link == self.spec.link and heard.control & 0x40 and (said := self._serve(heard)):
                think = self.spec.think
                pieces += [Piece(one.data, one.delay + think, one.cut) for one in self.mischief.mangle(said)]
        return pieces

    def _serve(self, heard: Heard) -> bytes:
        function = heard.control & 0x0F
        if function == 9:
            return self._short(11)
        if function == 0:
            self._reset_done, self._fcb, self._said = True, False, b""
            self.resets += 1
            return b"\xe5" if self.spec.single else self._short(0)
        if not self._reset_done or function not in (3, 10, 11):
            self.changes[function] += function not in (3, 10, 11)
            return b""
        fcb = bool(heard.control & 0x20)
        if heard.control & 0x10 and fcb == self._fcb and self._said:
            self.repeats += 1
            return self._said
        self._fcb = fcb
        self._said = self._take(heard.data) if function == 3 else self._give(function)
        return self._said

    def _short(self, function: int) -> bytes:
        waiting = 0x20 if self._queue else 0
        return short_frame(function | waiting, self.spec.link, self.spec.widths)

    def _give(self, function: int) -> bytes:
        if function != 10 or not self._queue:
            return self._short(9)
        data = self._queue.popleft()
        waiting = 0x20 if self._queue else 0
        return long_frame(8 | waiting, self.spec.link, data, self.spec.widths, self.spec.spoilt)

    # -- questions -----------------------------------------------------------------------------------------------

    def _take(self, data: bytes) -> bytes:
        width = self.spec.widths.station
        asked = _Question(
            data[0],
            data[1:2],
            int.from_bytes(data[3 : 3 + width], "little"),
            data[3 + width],
            data[4 + width :],
        )
        self.asked[asked.kind] += 1
        if (cause := self._refusal(asked)) is not None:
            self._mirror(asked, cause)
        elif asked.kind == 103:
            self._push(72, 5, tb(self.clock), record=asked.record)
        elif asked.kind == 128:
            self._set_clock(asked)
        elif asked.kind == 171:
            self._measurements(asked)
        else:
            self._history(asked)
        return b"\xe5" if self.spec.single else self._short(0)

    def _refusal(self, asked: _Question) -> int | None:
        if asked.kind in self.denied:
            return self.denied[asked.kind]
        if asked.station != self.spec.station:
            return _NO_STATION
        if asked.kind not in {*_RANGES, 103, 128, 171}:
            self.changes[asked.kind] += 1
            return _NO_TYPE
        return _NO_ADDRESS_OF_RECORD if self.spec.record not in (None, asked.record) else None

    def _set_clock(self, asked: _Question) -> None:
        self.changes[128] += 1
        self.ahead += when(asked.body) - self.clock
        self._mirror(asked, 48)

    def _mirror(self, asked: _Question, cause: int) -> None:
        self._push(
            asked.kind, cause, asked.body, vsq=asked.head[0], station=asked.station, record=asked.record
        )

    def _push(
        self, kind: int, cause: int, body: bytes, *, vsq: int = 1, station: int | None = None, record: int = 0
    ) -> None:
        number = self.spec.station if station is None else station
        where = number.to_bytes(self.spec.widths.station, "little")
        self._queue.append(bytes((kind, vsq, cause)) + where + bytes((record,)) + body)

    def _objects(self, body: bytes) -> list[tuple[int, TieMeter, int]]:
        """Objects of a range that there are: number, meter, register."""
        width = self.spec.widths.object
        low, high = (int.from_bytes(body[at : at + width], "little") for at in (0, width))
        found = [(meter.first + n, meter, n) for meter in self.meters for n in range(meter.registers)]
        return [one for one in sorted(found, key=lambda one: one[0]) if low <= one[0] <= high]

    def _history(self, asked: _Question) -> None:
        objects, ends = self._objects(asked.body), list(self._ends(asked.body[-10:]))
        if not objects:
            self._mirror(asked, _NO_OBJECT)
        elif not ends:
            self._mirror(asked, _NO_PERIOD)
        else:
            self._mirror(asked, _ACTIVATED)
            for end in ends:
                self._tell(_RANGES[asked.kind], objects, end)
            if self.spec.ends:
                self._mirror(asked, _TERMINATED)

    def _ends(self, span: bytes) -> Iterable[datetime]:
        """The period ends from .. to of which there are records."""
        try:
            since, until = when(span[:5]), when(span[5:])
        except ValueError:
            return
        step = timedelta(minutes=self.spec.period)
        oldest = self.clock - timedelta(days=self.spec.keep_days)
        at = _EPOCH + -((_EPOCH - since) // step) * step
        while at <= min(until, self.clock):
            if at >= oldest and at not in self.gaps:
                yield at
            at += step

    def _tell(self, kind: int, objects: Sequence[tuple[int, TieMeter, int]], end: datetime) -> None:
        size = self.spec.frame_objects if kind != 160 else min(8, self.spec.frame_objects)
        for place in range(0, len(objects), size):
            some = objects[place : place + size]
            body = b"".join(self._object(kind, *one, end) for one in some)
            self._push(kind, 5, body + ta(end, tariff=True), vsq=len(some))

    def _object(self, kind: int, number: int, meter: TieMeter, register: int, end: datetime) -> bytes:
        numbers = [meter.total(register, end)]
        if kind == 5:
            numbers[0] -= meter.total(register, end - timedelta(minutes=self.spec.period))
        if kind == 160:
            numbers += [meter.tariff(register, tariff, end) for tariff in range(1, _TARIFFS + 1)] + [0]
        status = self.spec.bad if (number, end) in self.invalid else self.spec.good
        values = b"".join(one.to_bytes(4, "little") for one in numbers)
        return number.to_bytes(self.spec.widths.object, "little") + values + bytes((status, 0xFF))

    def _measurements(self, asked: _Question) -> None:
        objects = self._objects(asked.body)
        if not objects:
            self._mirror(asked, _NO_OBJECT)
            return
        self._mirror(asked, _ACTIVATED)
        body = b"".join(
            number.to_bytes(self.spec.widths.object, "little")
            + (100 * number).to_bytes(4, "little", signed=True)
            + bytes((self.spec.good,))
            for number, _, _ in objects
        )
        self._push(162, 5, body + ta(self.clock), vsq=len(objects))
        if self.spec.ends:
            self._mirror(asked, _TERMINATED)
