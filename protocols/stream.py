"""Frames in a stream of bytes, however it is cut: the search that splitters of several protocols share."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from protocols.errors import FrameError

__all__ = ["BadFrame", "Search"]

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class BadFrame:
    """Bytes of a fitting shape that are no valid frame; `kind` is checksum, length, end or header."""

    kind: str
    raw: bytes


class Search(Generic[F]):
    """Finds frames in a stream and counts what lies between them; a protocol says what its frames look like.

    A candidate that fails is searched again from its next byte, so a false start costs nothing but itself. A failed
    candidate is reported only if it is worth a word and no valid frame overlaps it. Memory is bounded by the longest
    frame.
    """

    start = b"\x68"

    def __init__(self) -> None:
        self.noise = 0
        self.checksum_errors = 0
        self._buffer = bytearray()
        self._bad: BadFrame | None = None
        self._bad_left = 0

    @property
    def waiting(self) -> bool:
        """Whether the beginning of a frame is here and its rest is not."""
        return bool(self._buffer)

    def clear(self) -> None:
        """Forget what waits for its rest, without counting it as noise."""
        self._buffer.clear()
        self._bad = None

    def feed(self, data: bytes) -> list[F | BadFrame]:
        """Take bytes; give the frames that are complete."""
        self._buffer += data
        return self._scan(final=False)

    def flush(self) -> list[F | BadFrame]:
        """The stream paused for longer than a frame may: what waits for its rest will not get it."""
        found = self._scan(final=True)
        self._end_bad(found)
        return found

    # -- what a protocol says ------------------------------------------------------------------------------------

    def _candidate(self, *, final: bool) -> int | None:
        """Size of the candidate at the buffer's head; 0: none begins here; None: wait for more."""
        raise NotImplementedError

    def _decode(self, raw: bytes) -> F:
        """The frame of these bytes; raises FrameError."""
        raise NotImplementedError

    def _is_told(self, kind: str, raw: bytes) -> bool:
        """Whether a failed candidate is worth a word."""
        return kind != "header"

    def _before(self) -> int:
        """How many bytes at the buffer's head begin no frame for certain."""
        place = self._buffer.find(self.start)
        return len(self._buffer) if place < 0 else place

    # -- the search ----------------------------------------------------------------------------------------------

    def _scan(self, *, final: bool) -> list[F | BadFrame]:
        found: list[F | BadFrame] = []
        buffer = self._buffer
        while buffer:
            if count := self._before():
                self._skip(count, found)
                continue
            size = self._candidate(final=final)
            if size is None:
                break
            if size:
                raw = bytes(buffer[:size])
                try:
                    frame = self._decode(raw)
                except FrameError as error:
                    self._suspect(error.kind, raw)
                else:
                    self._drop_bad()
                    found.append(frame)
                    del buffer[:size]
                    continue
            self._skip(1, found)
        return found

    def _skip(self, count: int, found: list[F | BadFrame]) -> None:
        """Drop bytes at the front: those of a failed candidate stand in its report, others are noise."""
        del self._buffer[:count]
        if self._bad is not None:
            inside = min(count, self._bad_left)
            self._bad_left -= inside
            count -= inside
            if not self._bad_left:
                self._end_bad(found)
        self.noise += count

    def _suspect(self, kind: str, raw: bytes) -> None:
        if self._bad is None and self._is_told(kind, raw):
            self._bad = BadFrame(kind, raw)
            self._bad_left = len(raw)

    def _end_bad(self, found: list[F | BadFrame]) -> None:
        if self._bad is not None:
            found.append(self._bad)
            self.checksum_errors += self._bad.kind == "checksum"
            self._bad = None

    def _drop_bad(self) -> None:
        """A valid frame begins within the failed candidate: what came before it is noise."""
        if self._bad is not None:
            self.noise += len(self._bad.raw) - self._bad_left
            self._bad = None
