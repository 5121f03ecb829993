"""Simulated Modbus units behind one port: on a serial line one after another, on TCP for many clients at once."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from protocols.errors import FrameError
from protocols.modbus.frame import (
    RTU_OVERHEAD,
    TCP_HEADER,
    Frame,
    decode_rtu,
    decode_tcp,
    encode_rtu,
    encode_tcp,
)
from protocols.modbus.pdu import NO_SHAPE, REFUSED, request_size
from simulators.faults import Faults, Mischief, Piece
from simulators.modbus_unit import ModbusUnit

__all__ = ["ModbusLine", "ModbusTalk"]

_BITS = 11
_DEVICE_FAILURE = 4
_LONGEST = 260


def _wall() -> datetime:
    return datetime.now(UTC)


class ModbusLine:
    """Units that share a line. `baud` 0 answers at once; otherwise bytes take their time. `now` is aware."""

    def __init__(
        self,
        units: Iterable[ModbusUnit],
        *,
        name: str = "line",
        is_rtu: bool = False,
        baud: int = 0,
        faults: Faults | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.name = name
        self.meters = list(units)
        self.is_rtu = is_rtu
        self.baud = baud
        self.mischief = Mischief(faults or Faults())
        self.requests = 0
        self.functions: Counter[int] = Counter()
        self._now = now or _wall
        self._units = {unit.unit: unit for unit in self.meters}
        self._talk = ModbusTalk(self)

    def session(self) -> "ModbusTalk":
        """A conversation of its own, for one of several connections."""
        return ModbusTalk(self)

    def reset(self) -> None:
        """Forget half a request: the other end hung up."""
        self._talk.reset()

    def respond(self, data: bytes) -> list[Piece]:
        """What comes back for these bytes, where there is one conversation only."""
        return self._talk.respond(data)

    def reply(self, request: Frame) -> bytes | None:
        """The bytes of the reply to a request; None where nobody has this number."""
        self.requests += 1
        self.functions[request.function] += 1
        unit = self._units.get(request.unit)
        if unit is None:
            return None
        reply = unit.answer(request, self._now())
        if self.mischief.strikes("refused"):
            body = bytes([_DEVICE_FAILURE])
            reply = Frame(reply.unit, request.function | REFUSED, body, reply.transaction)
        if self.mischief.strikes("foreign"):
            reply = Frame(reply.unit % 247 + 1, reply.function, reply.body, reply.transaction)
        return (encode_rtu if self.is_rtu else encode_tcp)(reply)

    def wire(self, characters: int) -> float:
        """Seconds that so many characters take."""
        return characters * _BITS / self.baud if self.baud else 0.0


class ModbusTalk:
    """One conversation: bytes in, pieces out."""

    def __init__(self, line: ModbusLine) -> None:
        self._line = line
        self._buffer = bytearray()
        self._last = b""

    def reset(self) -> None:
        """Forget half a request."""
        self._buffer.clear()

    def respond(self, data: bytes) -> list[Piece]:
        """What comes back for these bytes; a delay counts from the piece before."""
        line = self._line
        pieces: list[Piece] = []
        if line.mischief.faults.echo and not line.mischief.frozen:
            pieces.append(Piece(data))
        self._buffer += data
        for request in self._requests():
            reply = line.reply(request)
            if reply is not None:
                pieces += self._mangled(reply, line.wire(len(data)))
        return pieces

    def _mangled(self, reply: bytes, heard: float) -> list[Piece]:
        line = self._line
        stale = [Piece(self._last, heard)] if self._last and line.mischief.strikes("stale") else []
        self._last = reply
        pieces = line.mischief.mangle(reply)
        pause = heard + line.wire(len(reply))
        return (
            stale + [Piece(piece.data, piece.delay + pause, piece.cut) for piece in pieces[:1]] + pieces[1:]
        )

    def _requests(self) -> list[Frame]:
        found = []
        while (request := self._next()) is not None:
            found.append(request)
        if len(self._buffer) > _LONGEST:
            self._buffer.clear()
        return found

    def _next(self) -> Frame | None:
        """The next whole request; bytes that begin none are skipped one by one."""
        buffer = self._buffer
        while len(buffer) > RTU_OVERHEAD:
            size = self._size()
            if size is None or size > len(buffer):
                return None
            try:
                frame = (decode_rtu if self._line.is_rtu else decode_tcp)(bytes(buffer[:size]))
            except FrameError:
                del buffer[0]
                continue
            del buffer[:size]
            return frame
        return None

    def _size(self) -> int | None:
        """How long the request at the buffer's begin is; None while that cannot be told."""
        buffer = self._buffer
        if not self._line.is_rtu:
            return int.from_bytes(buffer[4:6], "big") + 6 if len(buffer) > TCP_HEADER else None
        size = request_size(buffer[1], bytes(buffer[2:]))
        if size is None:
            return None
        return 0 if size == NO_SHAPE else size + RTU_OVERHEAD
