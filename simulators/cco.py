"""A simulated carrier module (CCO) of Q/GDW 1376.2 with a network of nodes behind it.

It is asked, and it asks: what to read next in routed reading, and it reports what it read, what happened to nodes and
that it began anew. What would change a load is counted in `controls` and denied.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from simulators.carrier_network import Network, frames_in
from simulators.carrier_wire import Heard, address, heard, pack, printed
from simulators.dlt645_meter import Meter

__all__ = ["Cco", "CcoSpec", "Said"]

_BITS = 11
_ANSWER, _OWN = 0x80, 0xC0
_CONFIRM, _DENY = (0x00, 1), (0x00, 2)
_INVALID, _UNKNOWN, _FORMAT, _TWICE, _ABSENT, _SILENT_METER, _UNSUPPORTED = 1, 4, 5, 6, 7, 8, 10
_NO_ANSWER, _NOT_JOINED, _TOO_MANY, _TOO_LONG = 11, 12, 109, 110
_PAGE = 64
_LISTED_AS = {"1997": 1, "2007": 2}
_VERSION = b"FCF8" + bytes((0x22, 0x11, 0x24, 0x01, 0x24))


@dataclass(frozen=True, slots=True, kw_only=True)
class CcoSpec:
    """What a module is.

    `mode` is its medium (1 narrow-band, 3 HPLC), `edition` 2009 or 2013 that of its data units; `cycle` who leads
    reading (1 host, 2 route, 3 both). `concurrent` is how many nodes it asks at once, 0 for none. `first` is the number
    of its first node in pages. `fail_seconds` pass before it gives up a node, `fails` how it says so: deny, empty or
    silent. `restart_after` so many readings it begins anew by itself, once. `speed` makes its time pass faster.
    `frames` are those that it carries to a node at once. `needs_list` tells that it reads only nodes on its own list.
    """

    main_node: str = "000000000000"
    mode: int = 3
    edition: int = 2013
    cycle: int = 3
    routing: bool = True
    concurrent: int = 8
    frames: int = 6
    first: int = 1
    think: float = 0.02
    fail_seconds: float = 4.0
    fails: str = "deny"
    monitor_seconds: int = 30
    longest_frame: int = 1024
    restart_after: int = 0
    needs_list: bool = True
    speed: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """A frame that leaves the module after `delay` seconds, unless it has begun anew since (`life`)."""

    delay: float
    frame: bytes
    life: int


class Cco:
    """Answers bytes with frames, each at its own time. `told(address)` hears each reading that arrived."""

    def __init__(  # noqa: PLR0913 (what it is, what hangs on it, and its world)
        self,
        spec: CcoSpec,
        meters: Iterable[Meter],
        *,
        loss: float = 0.0,
        delay: float = 0.4,
        baud: int = 9600,
        now: Callable[[], datetime] | None = None,
        tz: tzinfo | None = None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.spec = spec
        self.baud = baud
        self.network = Network(meters, seed=spec.seed, loss=loss, delay=delay)
        self.main_node = spec.main_node
        self.archive: dict[str, int] = {}
        self.asked: Counter[str] = Counter()
        self.controls: Counter[str] = Counter()
        self.confirmed = 0
        self.life = 0
        self.is_paused = True
        self.flying = 0
        self.readings = 0
        self.busy_seconds = 0.0
        self._steady, self._tz = steady, tz or ZoneInfo("Asia/Shanghai")
        self._now = now or (lambda: datetime.now(UTC))
        self._random = random.Random(f"cco {spec.seed}")
        self._buffer = bytearray()
        self._number = 0
        self._taken_line: list[tuple[float, float]] = []
        self._until: list[float] = []
        self._todo: list[str] = []
        self._asking: str = ""
        self.read_by_route: set[str] = set()

    # -- time and line -------------------------------------------------------------------------------------------

    def clock(self) -> datetime:
        """The true time where the meters are, naive."""
        return self._now().astimezone(self._tz).replace(tzinfo=None)

    def reset(self) -> None:
        """The other end hung up."""
        self._buffer.clear()

    def hear(self, data: bytes) -> list[Said]:
        """What it says to these bytes, in the order of its answers."""
        self._buffer += data
        said: list[Said] = []
        heard_seconds = self._wire(len(data))
        self.busy_seconds += heard_seconds
        for frame in heard(self._buffer):
            for after, raw in self._take(frame):
                said.append(self._later(heard_seconds + self.spec.think + after / self.spec.speed, raw))
        return said

    def _wire(self, characters: int) -> float:
        return characters * _BITS / self.baud / self.spec.speed if self.baud else 0.0

    def _later(self, seconds: float, raw: bytes) -> Said:
        """When the last byte is out: at the first time after `seconds` that the line has for so many bytes."""
        now = self._steady()
        took = self._wire(len(raw))
        self.busy_seconds += took
        at = now + seconds
        self._taken_line = sorted(one for one in self._taken_line if one[1] > now)
        for begin, end in self._taken_line:
            if at + took <= begin:
                break
            at = max(at, end)
        if took:
            self._taken_line.append((at, at + took))
        return Said(at + took - now, raw, self.life)

    def list_all(self) -> None:
        """Put every node of its network on its list, as whoever set it up did."""
        self.archive = {one: _LISTED_AS[node.meter.spec.standard] for one, node in self.network.nodes.items()}

    # -- what it begins ------------------------------------------------------------------------------------------

    def restart(self) -> Said:
        """It begins anew: what it was doing is gone, and it says so."""
        return self._later(0.0, self._anew())

    def _anew(self) -> bytes:
        self.life += 1
        self.is_paused, self._todo, self._asking = False, [], ""
        self._until.clear()
        self._taken_line.clear()
        return self._begin((0x03, 10), self._running())

    def report_power(self, event: int, addresses: Sequence[str]) -> Said:
        """06 F5 of meters that lost power (1) or have it again (2)."""
        body = bytes((event,)) + b"".join(address(one) for one in addresses)
        return self._later(0.0, self._begin((0x06, 5), bytes((1, 4, len(body))) + body))

    def report_area(self, meter: str, other: str) -> Said:
        """06 F5: a meter hears another area's main node."""
        data = bytes((byte + 0x33) % 256 for byte in b"\x03" + address(other))
        inner = b"\x68" + address(meter) + b"\x68\x9e\x07" + data
        inner += bytes((sum(inner) % 256, 0x16))
        return self._later(0.0, self._begin((0x06, 5), bytes((1, 2, len(inner))) + inner))

    def report_found(self, found: str) -> Said:
        """06 F1: a node that registered."""
        return self._later(0.0, self._begin((0x06, 1), b"\x01" + address(found) + b"\x02\x00\x00"))

    def _begin(self, what: tuple[int, int], data: bytes) -> bytes:
        self._number = self._number % 255 + 1
        return pack((_OWN | self.spec.mode, self._number, 0), what, data)

    # -- what it is asked ----------------------------------------------------------------------------------------

    def _take(self, frame: Heard) -> list[tuple[float, bytes]]:
        if not frame.is_request:
            return self._answered(frame)
        self.asked[f"{frame.afn:02X}-F{frame.fn}"] += 1
        if frame.afn in (0x13, 0xF1, 0x02):
            return self._carry(frame)
        if frame.afn == 0x12:
            return self._route(frame)
        handler = {
            0x01: self._init,
            0x03: self._query,
            0x05: self._set,
            0x10: self._nodes,
            0x11: self._list,
        }.get(frame.afn)
        reply = handler(frame) if handler is not None else None
        if reply is None:
            self.controls[f"{frame.afn:02X}-F{frame.fn}"] += frame.afn not in (0x03, 0x10)
            return [(0.0, self._deny(frame, _UNKNOWN if frame.afn in (0x03, 0x10) else _UNSUPPORTED))]
        if (frame.afn, frame.fn) in ((0x01, 1), (0x01, 2)):
            return [(0.0, reply), (2.0, self._begin((0x03, 10), self._running()))]
        return [(0.0, reply)]

    def _reply(self, frame: Heard, what: tuple[int, int], data: bytes) -> bytes:
        ends, phase = None, 0
        if frame.node:
            ends = (frame.node, self.main_node)
            node = self.network.nodes.get(frame.node)
            phase = node.phase if node else 0
        return pack((_ANSWER | self.spec.mode, frame.number, phase), what, data, ends)

    def _confirm(self, frame: Heard) -> bytes:
        status = b"\xff\xff\xff\xff" if self.spec.edition > 2009 else b"\xff\xff"
        return self._reply(frame, _CONFIRM, status + b"\x00\x00")

    def _deny(self, frame: Heard, code: int) -> bytes:
        return self._reply(frame, _DENY, bytes((code,)))

    def _init(self, frame: Heard) -> bytes | None:
        if frame.fn == 2:
            self.archive.clear()
        return self._confirm(frame) if frame.fn in (1, 2, 3) else None

    def _query(self, frame: Heard) -> bytes | None:
        data: dict[int, Callable[[], bytes]] = {
            1: lambda: _VERSION,
            4: lambda: address(self.main_node),
            7: lambda: bytes((self.spec.monitor_seconds,)),
            10: self._running,
            11: lambda: frame.data[:1] + self._support(frame.data[:1]),
        }
        if frame.fn not in data or (frame.fn == 11 and self.spec.edition == 2009):
            return None
        return self._reply(frame, (0x03, frame.fn), data[frame.fn]())

    def _support(self, afn: bytes) -> bytes:
        has = afn != b"\xf1" or self.spec.concurrent
        return (b"\x03" if has else b"\x00") + bytes(31)

    def _running(self) -> bytes:
        spec = self.spec
        medium = {1: 1, 2: 1, 3: 2, 4: 4, 10: 3}.get(spec.mode, 2)
        word = bytes((medium | spec.routing << 4 | 0x20 | spec.cycle << 6, 0x08, 0x03, 0, 0, 0))
        return (
            word
            + bytes((spec.monitor_seconds, 20, 0))
            + spec.longest_frame.to_bytes(2, "little")
            + (512).to_bytes(2, "little")
            + b"\x0a"
            + address(self.main_node)
            + (2040).to_bytes(2, "little")
            + len(self.archive).to_bytes(2, "little")
            + b"\x13\x10\x10\x13\x10\x10"
            + _VERSION
        )

    def _set(self, frame: Heard) -> bytes | None:
        if frame.fn == 1 and len(frame.data) == 6:
            self.main_node = printed(frame.data)
            return self._confirm(frame)
        return self._confirm(frame) if frame.fn in (2, 4, 6) else None

    def _nodes(self, frame: Heard) -> bytes | None:
        listed = list(self.archive)
        if frame.fn == 1:
            return self._reply(
                frame, (0x10, 1), len(listed).to_bytes(2, "little") + (2040).to_bytes(2, "little")
            )
        if (frame.fn == 31 and self.spec.mode == 1) or frame.fn not in (2, 31):
            return None
        start, count = int.from_bytes(frame.data[:2], "little") - self.spec.first, min(frame.data[2], _PAGE)
        if start < 0:
            return self._deny(frame, _INVALID)
        page = listed[start : start + count]
        rows = b"".join(address(one) + self._info(one, frame.fn) for one in page)
        head = len(listed).to_bytes(2, "little")
        head += frame.data[:2] if frame.fn == 31 else b""
        return self._reply(frame, (0x10, frame.fn), head + bytes((len(page),)) + rows)

    def _info(self, one: str, fn: int) -> bytes:
        node = self.network.nodes.get(one)
        phase, level = (1 << node.phase - 1, node.level) if node else (0, 0)
        if fn == 31:
            return bytes((phase, 0))
        return bytes((level | 0xA0, phase | self.archive[one] << 3))

    def _list(self, frame: Heard) -> bytes | None:
        rows = frame.data[1:]
        if frame.fn == 1 and len(rows) == 7 * frame.data[0]:
            found = {printed(rows[at : at + 6]): rows[at + 6] for at in range(0, len(rows), 7)}
            if found.keys() & self.archive.keys():
                return self._deny(frame, _TWICE)
            self.archive.update(found)
            return self._confirm(frame)
        if frame.fn == 2 and len(rows) == 6 * frame.data[0]:
            for at in range(0, len(rows), 6):
                self.archive.pop(printed(rows[at : at + 6]), None)
            return self._confirm(frame)
        return None

    # -- reading -------------------------------------------------------------------------------------------------

    def _carry(self, frame: Heard) -> list[tuple[float, bytes]]:
        """13H F1, 02H F1 and F1H F1."""
        if frame.afn == 0xF1 and frame.fn == 2:
            return []
        if frame.fn != 1 or (frame.afn == 0xF1 and not self.spec.concurrent):
            return [(0.0, self._deny(frame, _UNSUPPORTED))]
        inner = self._inner(frame)
        if inner is None:
            return [(0.0, self._deny(frame, _FORMAT))]
        if self.spec.needs_list and self.spec.routing and frame.node not in self.archive:
            return [(0.0, self._deny(frame, _ABSENT))]
        if frames_in(inner) > (self.spec.frames if frame.afn == 0xF1 else 1):
            return [(0.0, self._deny(frame, _TOO_LONG))]
        now = self._steady()
        self._until = [until for until in self._until if until > now]
        if len(self._until) >= (self.spec.concurrent if frame.afn == 0xF1 else 1):
            return [(0.0, self._deny(frame, _TOO_MANY))]
        after, said = self._ask_node(frame, inner)
        self._until.append(now + after / self.spec.speed)
        self.flying = max(self.flying, len(self._until))
        self.readings += 1
        if self.readings == self.spec.restart_after:
            return [(0.0, self._anew())]
        return [(after, said)] if said else []

    def _ask_node(self, frame: Heard, inner: bytes) -> tuple[float, bytes]:
        crossing = self.network.cross(frame.node, inner, self.clock())
        if crossing is None:
            return 0.0, self._deny(frame, _NOT_JOINED)
        if crossing.answer:
            return crossing.seconds, self._reply(frame, (frame.afn, 1), self._wrapped(frame, crossing.answer))
        after = crossing.seconds + self.spec.fail_seconds
        if self.spec.fails == "silent":
            return after, b""
        if self.spec.fails == "empty" or frame.afn == 0xF1:
            return after, self._reply(frame, (frame.afn, 1), self._wrapped(frame, b""))
        return after, self._deny(frame, _SILENT_METER if crossing.is_silent_meter else _NO_ANSWER)

    def _inner(self, frame: Heard) -> bytes | None:
        """What is to be carried; None where the edition lays it out otherwise."""
        data = frame.data
        if frame.afn == 0x13:
            at = 2 if self.spec.edition == 2009 else 3
            at += 6 * data[at - 1] if len(data) >= at else 0
            size, body = data[at : at + 1], data[at + 1 :]
        elif frame.afn == 0x02:
            size, body = data[1:2], data[2:]
        else:
            size, body = data[2:4], data[4:]
        return body if size and int.from_bytes(size, "little") == len(body) else None

    def _wrapped(self, frame: Heard, answer: bytes) -> bytes:
        protocol = frame.data[:1]
        if frame.afn == 0xF1:
            return protocol + len(answer).to_bytes(2, "little") + answer
        duration = b"\x02\x00" if frame.afn == 0x13 and self.spec.edition > 2009 else b""
        return duration + protocol + bytes((len(answer),)) + answer

    # -- routed reading ------------------------------------------------------------------------------------------

    def _route(self, frame: Heard) -> list[tuple[float, bytes]]:
        if frame.fn not in (1, 2, 3) or not self.spec.routing:
            return [(0.0, self._deny(frame, _UNSUPPORTED))]
        confirm = (0.0, self._confirm(frame))
        self.is_paused = frame.fn == 2
        if frame.fn == 1:
            self.read_by_route.clear()
            self._todo = list(self.archive)
        if self.is_paused or not self.spec.cycle & 2 or not self._todo:
            return [confirm]
        return [confirm, *self._next(0.1)]

    def _next(self, after: float) -> list[tuple[float, bytes]]:
        """Ask what to read of the next node, or tell that there is none."""
        self._asking = ""
        if self.is_paused:
            return []
        if not self._todo:
            return [(after, self._begin((0x06, 3), b"\x01"))]
        self._asking = self._todo.pop(0)
        node = self.network.nodes.get(self._asking)
        phase = bytes((node.phase if node else 0,))
        return [(after, self._begin((0x14, 1), phase + address(self._asking) + self._serial(self._asking)))]

    def _serial(self, one: str) -> bytes:
        return list(self.archive).index(one).to_bytes(2, "little")

    def _answered(self, frame: Heard) -> list[tuple[float, bytes]]:
        """The host's answer to what the module began."""
        self.confirmed += (frame.afn, frame.fn) == _CONFIRM
        if (frame.afn, frame.fn) != (0x14, 1) or not self._asking:
            return []
        one, flag = self._asking, frame.data[0]
        at = 1 if self.spec.edition == 2009 else 2
        inner = frame.data[at + 1 : at + 1 + frame.data[at]]
        if flag == 1:
            self.read_by_route.add(one)
        if flag != 2:
            return self._next(0.05)
        crossing = self.network.cross(one, inner, self.clock()) if frames_in(inner) == 1 else None
        self.readings += 1
        if crossing is None or not crossing.answer:
            return self._next((crossing.seconds if crossing else 0.0) + self.spec.fail_seconds)
        duration = b"\x02\x00" if self.spec.edition > 2009 else b""
        body = self._serial(one) + bytes((self.archive[one],)) + duration
        body += bytes((len(crossing.answer),)) + crossing.answer
        self.read_by_route.add(one)
        return [(crossing.seconds, self._begin((0x06, 2), body)), *self._next(crossing.seconds + 0.1)]
