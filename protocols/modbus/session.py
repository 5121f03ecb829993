"""A conversation with Modbus equipment: the bytes of a request, and which received bytes answer it.

On TCP a reply carries its request's number. On a serial line it carries none: it is the answer only if unit,
function and length fit, and if nothing else that fits comes with it.
"""

import struct
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from protocols.errors import FrameError, MeterRefused
from protocols.modbus.frame import (
    RTU_OVERHEAD,
    TCP_HEADER,
    Frame,
    decode_rtu,
    decode_tcp,
    encode_rtu,
    encode_tcp,
)
from protocols.modbus.pdu import BITS, EXCEPTIONS, REFUSED, answer_bytes, read_request
from protocols.modbus.plan import Request, request_of
from protocols.session import Answer, Item, Question, Send

__all__ = ["ModbusSession", "refusal_of", "unit_of", "words_in"]

_LAST_TRANSACTION = 0xFFFF
_REFUSAL_BODY = 1
_LONGEST_ADU = 260


def unit_of(address: str) -> int:
    """The unit of an address; raises ValueError unless it is a number from 0 to 255."""
    if not (address.isascii() and address.isdigit()) or not 0 <= int(address) <= 0xFF:
        raise ValueError(f"{address!r} is no unit from 0 to 255")
    return int(address)


def refusal_of(frame: Frame) -> MeterRefused:
    """What an exception reply says."""
    code = frame.body[0]
    return MeterRefused((EXCEPTIONS.get(code, f"exception {code}"),), frame.body, str(frame.unit))


def words_in(frame: Frame, count: int) -> list[int]:
    """The registers of a good reply, or its first `count` bits."""
    data = frame.body[1:]
    if frame.function in BITS:
        return [data[place // 8] >> place % 8 & 1 for place in range(count)]
    return list(struct.unpack(f">{len(data) // 2}H", data))


class ModbusSession:
    """Finds the reply to one request in what comes in; `counters` counts what was dropped and why.

    `is_rtu` chooses the framing. `image` holds the registers that the answers of one order brought,
    `unit` and `request` are what is asked now.
    """

    def __init__(self, wakeup: int = 0, *, is_rtu: bool) -> None:
        del wakeup  # of the meter protocols that wake their line up
        self.counters: Counter[str] = Counter()
        self.stranger = ""  # units have no numbers of their own that an archive could be compared with
        self.is_rtu = is_rtu
        self.image: dict[tuple[int, int], int] = {}
        self._transaction = 0
        self._buffer = bytearray()
        self.unit = 0
        self.request = Request(3, 0, 1)

    def ask(self, question: Question) -> Send:
        """The bytes of a question, and how long its answer will be; raises CatalogueError, ValueError."""
        transaction = self.open(question)
        request = self.request
        frame = Frame(self.unit, request.function, read_request(request.start, request.count), transaction)
        data = (encode_rtu if self.is_rtu else encode_tcp)(frame)
        overhead = 5 if self.is_rtu else TCP_HEADER + 2
        return Send(data, overhead + answer_bytes(request.function, request.count))

    def keep(self, words: Sequence[int]) -> None:
        """Put the registers of an answer where they belong."""
        function, start = self.request.function, self.request.start
        self.image.update(((function, start + offset), word) for offset, word in enumerate(words))

    def open(self, question: Question) -> int:
        """Begin to wait for the answer to a question; returns the number of the transaction."""
        self.request = request_of(question)
        self.unit = unit_of(question.address)
        self._buffer.clear()
        self._transaction = 0 if self.is_rtu else self._transaction % _LAST_TRANSACTION + 1
        return self._transaction

    def feed(self, data: bytes) -> Answer | None:
        """The registers as they are, one item each; raises MeterRefused."""
        replies = self.take(data)
        if not replies:
            return None
        frame = replies[0]
        if frame.function & REFUSED:
            raise refusal_of(frame)
        first = self.request.start
        items = tuple(
            Item(f"{frame.function}/{first + offset}", None, Decimal(word), "")
            for offset, word in enumerate(words_in(frame, self.request.count))
        )
        return Answer(str(frame.unit), items)

    def settle(self) -> None:
        """There are no partial answers."""

    def take(self, data: bytes) -> list[Frame]:
        """The frames that answer, among these bytes and those left from before."""
        self._buffer += data
        return self._take_rtu() if self.is_rtu else self._take_tcp()

    @property
    def left(self) -> int:
        """Bytes received that made no frame yet."""
        return len(self._buffer)

    # -- serial line --------------------------------------------------------------------------------------------

    def _take_rtu(self) -> list[Frame]:
        """Look for the head of the reply wanted, and of a refusal, wherever it begins."""
        found: list[Frame] = []
        request, buffer = self.request, self._buffer
        count = answer_bytes(request.function, request.count)
        good = bytes((self.unit, request.function, count))
        refused = bytes((self.unit, request.function | REFUSED))
        place = 0
        while place < len(buffer):
            size = 0
            if buffer.startswith(good, place):
                size = len(good) + count + 2
            elif buffer.startswith(refused, place):
                size = len(refused) + _REFUSAL_BODY + 2
            if not size:
                place += 1
                continue
            if place + size > len(buffer):
                break
            place += self._rtu_reply(bytes(buffer[place : place + size]), found)
        self._drop(min(place, len(buffer)), found)
        return found

    def _rtu_reply(self, raw: bytes, found: list[Frame]) -> int:
        """Take a frame whose CRC is right; returns how far to go on."""
        try:
            found.append(decode_rtu(raw))
        except FrameError:
            self.counters["checksum"] += 1
            return 1
        self.counters["frames"] += 1
        return len(raw)

    def _drop(self, end: int, found: list[Frame]) -> None:
        """Bytes that belong to no answer: an echo, noise, another unit's or an earlier question's reply."""
        # The last bytes may be the beginning of a head.
        keep = 2 if not found and end == len(self._buffer) else 0
        end = max(0, end - keep)
        if strange := end - sum(len(frame.body) + RTU_OVERHEAD for frame in found):
            self.counters["noise"] += max(0, strange)
        del self._buffer[:end]

    # -- TCP ----------------------------------------------------------------------------------------------------

    def _take_tcp(self) -> list[Frame]:
        found: list[Frame] = []
        buffer = self._buffer
        while len(buffer) > TCP_HEADER:
            size = int.from_bytes(buffer[4:6], "big") + 6
            if buffer[2] or buffer[3] or not TCP_HEADER < size <= _LONGEST_ADU:
                # Nothing tells where the next frame begins; the one waited for will be asked for again.
                self.counters["header"] += 1
                buffer.clear()
                break
            if len(buffer) < size:
                break
            raw = bytes(buffer[:size])
            del buffer[:size]
            self._tcp_reply(raw, found)
        return found

    def _tcp_reply(self, raw: bytes, found: list[Frame]) -> None:
        frame, request = decode_tcp(raw), self.request
        if frame.transaction != self._transaction:
            self.counters["late"] += 1
        elif frame.unit != self.unit or frame.function & ~REFUSED != request.function:
            self.counters["foreign"] += 1
        elif not self._is_whole(frame):
            self.counters["length"] += 1
        else:
            self.counters["frames"] += 1
            found.append(frame)

    def _is_whole(self, frame: Frame) -> bool:
        if frame.function & REFUSED:
            return len(frame.body) == _REFUSAL_BODY
        count = answer_bytes(self.request.function, self.request.count)
        return len(frame.body) == count + 1 and frame.body[0] == count
