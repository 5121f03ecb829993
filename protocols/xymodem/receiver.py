"""The receiving side of XMODEM and YMODEM as a machine without line or clock.

`feed` takes bytes and gives what to answer; `silent` is told when nothing came for `patience` seconds. What was
received stands in `taken` until the caller takes it away, so memory is bounded by one read of the line.
"""

from dataclasses import dataclass

from protocols.errors import ProtocolError
from protocols.xymodem.block import ACK, CAN, CRC_START, EOT, NAK, SIZES, Head, head_of, opened
from protocols.xymodem.padding import Unpadded

__all__ = ["Begin", "Data", "End", "Receiver", "TransferError"]

_START_TRIES = 20
_CRC_TRIES = 4
_TRIES = 10
_START_PATIENCE, _BLOCK_PATIENCE, _QUIET = 3.0, 10.0, 1.0
_ABORT = bytes((CAN,)) * 5
_MOST_NOISE = 1 << 18
"""Bytes of no block, after which a line counts as one without a sender."""
_MOST_FILES = 200
_MOST_BEYOND = 1
"""Blocks behind the size that the sender told; some send an empty one."""


class TransferError(ProtocolError):
    """A transfer that came to nothing: send the file again.

    `reason` is cancelled, silence, noise, blocks, size or files (more than a reader has).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Begin:
    """A file begins; an empty name and no size in XMODEM, which says neither."""

    head: Head


@dataclass(frozen=True, slots=True)
class Data:
    """Its next bytes."""

    body: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The file is whole."""


class Receiver:
    """One session: one file by XMODEM, any number by YMODEM (`batch`). `limit` bounds the bytes of a file."""

    def __init__(self, *, batch: bool, limit: int) -> None:
        self._batch = batch
        self._limit = limit
        self._buffer = bytearray()
        self._crc = True
        self._waiting = True
        """For the first block of a session or, in a batch, of the next file."""
        self._number = 0 if batch else 1
        self._tries = 0
        self._ended = False
        self._deaf = False
        """After a broken block: nothing counts until the line is quiet."""
        self._cancels = 0
        self._noise = 0
        self._size: int | None = None
        self._received = self._beyond = 0
        self._padding = Unpadded()
        self._files = 0
        self.taken: list[Begin | Data | End] = []
        self.done = False

    @property
    def patience(self) -> float:
        """Seconds to wait for bytes before `silent`."""
        if self._buffer or self._deaf:
            return _QUIET
        return _START_PATIENCE if self._waiting else _BLOCK_PATIENCE

    def start(self) -> bytes:
        """What to send first."""
        return bytes((CRC_START,))

    def silent(self) -> bytes:
        """Nothing came for `patience`: what to send; raises TransferError when it is enough."""
        self._buffer.clear()
        self._cancels = 0
        was_deaf, self._deaf = self._deaf, False
        self._tries += 1
        if self._waiting and not was_deaf:
            if self._tries > _START_TRIES:
                raise TransferError("silence")
            # An old reader knows sums only: after some calls for CRC it is called by NAK.
            self._crc = self._batch or self._tries <= _CRC_TRIES
            return bytes((CRC_START if self._crc else NAK,))
        if self._tries > _TRIES:
            raise TransferError("noise" if was_deaf else "silence")
        return bytes((NAK,))

    def feed(self, data: bytes) -> bytes:
        """Take bytes of the line: what to answer, perhaps nothing; raises TransferError."""
        if self._deaf or self.done:
            self._count(len(data))
            return b""
        self._buffer += data
        answer = b""
        while self._buffer and not self._deaf and not self.done:
            said = self._next()
            if said is None:
                break
            answer += said
        return answer

    def abort(self) -> bytes:
        """What tells the sender that it is over."""
        return _ABORT

    def _next(self) -> bytes | None:
        """Use up what stands first in the buffer; None while it is not whole."""
        first = self._buffer[0]
        if first in SIZES:
            length = 3 + SIZES[first] + (2 if self._crc else 1)
            if len(self._buffer) < length:
                return None
            raw = bytes(self._buffer[:length])
            del self._buffer[:length]
            self._cancels = 0
            return self._block(raw)
        del self._buffer[0]
        if first == CAN:
            self._cancels += 1
            if self._cancels >= 2:
                raise TransferError("cancelled")
            return b""
        self._cancels = 0
        if first == EOT and self._waiting and self._files:
            return bytes((ACK, CRC_START))  # our answer to the last end was lost
        if first == EOT and not self._waiting:
            return self._end()
        if not self._waiting:
            return self._broken()
        self._count(1)
        return b""

    def _count(self, noise: int) -> None:
        self._noise += noise
        if self._noise > _MOST_NOISE:
            raise TransferError("noise")

    def _broken(self) -> bytes:
        self._count(len(self._buffer))
        self._buffer.clear()
        self._deaf = True
        return b""

    def _block(self, raw: bytes) -> bytes:
        found = opened(raw, crc=self._crc)
        if found is None:
            return self._broken()
        number, body = found
        if number == self._number & 0xFF:
            self._tries, self._ended = 0, False
            return self._accept(body)
        if number == (self._number - 1) & 0xFF and not self._waiting:
            # Our answer was lost: it came before.
            return bytes((ACK, CRC_START)) if self._batch and number == 0 else bytes((ACK,))
        raise TransferError("blocks")

    def _accept(self, body: bytes) -> bytes:
        if self._batch and self._waiting:
            return self._announced(head_of(body))
        if self._waiting:
            self.taken.append(Begin(Head("", None)))
            self._waiting = False
        self._number += 1
        self._take(body)
        return bytes((ACK,))

    def _announced(self, head: Head | None) -> bytes:
        if head is None:
            self.done = True
            return bytes((ACK,))
        if head.size is not None and head.size > self._limit:
            raise TransferError("size")
        if self._files >= _MOST_FILES:
            raise TransferError("files")
        self.taken.append(Begin(head))
        self._size, self._waiting, self._number = head.size, False, 1
        return bytes((ACK, CRC_START))

    def _take(self, body: bytes) -> None:
        if self._size is not None:
            body = body[: max(0, self._size - self._received)]
            self._beyond += not body
            if self._beyond > _MOST_BEYOND:
                raise TransferError("size")  # without an end: nothing of it would ever count
        self._received += len(body)
        if self._received > self._limit:
            raise TransferError("size")
        if self._size is None:
            body = self._padding.feed(body)
        if body:
            self.taken.append(Data(body))

    def _end(self) -> bytes:
        """The first end may be noise: it is asked for again."""
        if not self._ended:
            self._ended = True
            return bytes((NAK,))
        if self._size is not None and self._received < self._size:
            raise TransferError("size")
        if self._size is None and (rest := self._padding.end()):
            self.taken.append(Data(rest))
        self.taken.append(End())
        self._files += 1
        if not self._batch:
            self.done = True
            return bytes((ACK,))
        self._waiting, self._number, self._tries = True, 0, 0
        self._received, self._beyond, self._size, self._ended = 0, 0, None, False
        self._padding = Unpadded()
        return bytes((ACK, CRC_START))
