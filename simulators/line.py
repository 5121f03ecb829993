"""A bus with simulated meters on it: what one request brings back, and how long that takes."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from protocols.dlt645.frame import Frame, Splitter, encode
from simulators.dlt645_meter import Meter
from simulators.faults import Faults, Mischief, Piece

__all__ = ["Line"]

_BITS = 11
_CHUNK = 24


def _wall() -> datetime:
    return datetime.now(UTC)


class Line:
    """Meters on one half-duplex bus.

    `baud` 0 answers at once; otherwise requests and replies take their time on the wire. `now` gives the
    aware true time, `tz` is the meters' zone. `busy_seconds` is the wire time used so far.
    """

    def __init__(
        self,
        meters: Iterable[Meter],
        *,
        name: str = "line",
        baud: int = 0,
        faults: Faults | None = None,
        now: Callable[[], datetime] | None = None,
        tz: tzinfo | None = None,
    ) -> None:
        self.name = name
        self.meters = list(meters)
        self.baud = baud
        self.mischief = Mischief(faults or Faults())
        self.busy_seconds = 0.0
        self.requests = 0
        self.collisions = 0
        self.controls: Counter[int] = Counter()
        self._now = now or _wall
        self._tz = tz or ZoneInfo("Asia/Shanghai")
        self._by_address = {meter.address: meter for meter in self.meters}
        self._splitter = Splitter()

    def _wire(self, characters: int) -> float:
        return characters * _BITS / self.baud if self.baud else 0.0

    def reset(self) -> None:
        """Forget half a request: the other end hung up."""
        self._splitter = Splitter()

    def respond(self, data: bytes) -> list[Piece]:
        """What the line sends for these received bytes, in order; a delay counts from the piece before."""
        pieces: list[Piece] = []
        heard = self._wire(len(data))
        self.busy_seconds += heard
        if self.mischief.faults.echo and not self.mischief.frozen:
            pieces.append(Piece(data, heard))
            heard = 0.0
        for frame in self._splitter.feed(data):
            if isinstance(frame, Frame):
                pieces += self._replies(frame, heard)
                heard = 0.0
        return pieces

    def _replies(self, request: Frame, heard: float) -> list[Piece]:
        if request.control & 0x80:
            return []
        self.requests += 1
        self.controls[request.control] += 1
        true = self._now().astimezone(self._tz).replace(tzinfo=None)
        answers: list[tuple[Meter, bytes]] = []
        for meter in self._addressed(request):
            reply = meter.answer(request, true)
            if reply is not None:
                answers.append((meter, encode(reply, meter.spec.wakeup)))
        if not answers:
            return []
        data = self._overlay([data for _, data in answers])
        pause = min(meter.spec.reply_delay for meter, _ in answers) if self.baud else 0.0
        return self._paced(self.mischief.mangle(data), heard + pause)

    def _addressed(self, request: Frame) -> Iterable[Meter]:
        meter = self._by_address.get(request.address)
        return self.meters if meter is None else (meter,)

    def _overlay(self, replies: list[bytes]) -> bytes:
        """Several meters at once: the line shows the AND of their bits, as an open-collector bus does."""
        if len(replies) == 1:
            return replies[0]
        self.collisions += 1
        mixed = bytearray(b"\xff" * max(map(len, replies)))
        for reply in replies:
            for i, byte in enumerate(reply):
                mixed[i] &= byte
        return bytes(mixed)

    def _paced(self, pieces: list[Piece], pause: float) -> list[Piece]:
        if not self.baud:
            return pieces
        paced: list[Piece] = []
        for piece in pieces:
            start = pause + piece.delay
            for at in range(0, len(piece.data), _CHUNK) or (0,):
                chunk = piece.data[at : at + _CHUNK]
                time = self._wire(len(chunk))
                self.busy_seconds += time
                paced.append(Piece(chunk, start + time, piece.cut))
                start = 0.0
            pause = 0.0
        return paced
