"""The conversation with DL/T 645 meters on one line: one question and its parts.

Nothing is taken for an answer that is not one.

A reply is matched by direction, function, identifier (and sequence number), then by address: another address counts
only where the question or the reply carries a wildcard, and a wildcard's further parts come from the meter that
gave the first. What does not match is counted and waited past, and who gave the right answer from a wrong address is
remembered (`stranger`); waited past is also the report of active states (04001501) that
some meters give in place of what was asked: it is no value of the question, and the next attempt gets one.
"""

from collections import Counter
from dataclasses import dataclass, replace

from protocols.dlt645 import errors, value
from protocols.dlt645.frame import BadFrame, Frame, Splitter, encode
from protocols.dlt645.plan import answer_bytes
from protocols.errors import CatalogueError, MeterRefused
from protocols.session import Answer, Item, Question, Send

__all__ = ["ADDRESS", "Dlt645Session", "is_wildcard"]

ADDRESS = "address"
_REPLY, _ABNORMAL, _FOLLOW = 0x80, 0x40, 0x20
_MAX_DATA = 200
_MAX_SEQUENCE = 255


@dataclass(frozen=True, slots=True)
class _Generation:
    """Function codes and identifier length of one generation; `sequence` tells whether follow-up parts are numbered."""

    read: int
    follow: int
    width: int
    sequence: bool


_GENERATIONS = {
    "1997": _Generation(0x01, 0x02, 2, sequence=False),
    "2007": _Generation(0x11, 0x12, 4, sequence=True),
}
_READ_ADDRESS = 0x13


def is_wildcard(address: str) -> bool:
    """Whether several meters may feel addressed: A for any digit, or all nines."""
    return address.startswith("AA") or address == "9" * 12


def _may_answer(asked: str, given: str) -> bool:
    """Whether a meter of the address `given` may answer `asked`; short addresses fix the digits that are no A."""
    if given == asked or is_wildcard(given) or asked == "9" * 12:
        return True
    return is_wildcard(asked) and all(a in ("A", g) for a, g in zip(asked, given, strict=True))


class Dlt645Session:
    """A conversation in one generation, "1997" or "2007"; `wakeup` bytes FEH go before each request."""

    def __init__(self, standard: str, wakeup: int = 4) -> None:
        self.counters: Counter[str] = Counter()
        self.stranger = ""
        self._standard = standard
        self._codes = _GENERATIONS[standard]
        self._wakeup = wakeup
        self._splitter = Splitter()
        self._question: Question | None = None
        self._sent: Frame | None = None
        self._function = 0
        self._identifier = b""
        self._sequence = 0
        self._parts: list[bytes] = []
        self._address = ""

    def ask(self, question: Question) -> Send:
        """Open a question, forgetting any earlier one; raises CatalogueError for an identifier of another form."""
        self._splitter.clear()
        self._question, self._parts, self._sequence = question, [], 0
        self._address = question.address
        self.stranger = ""
        if question.id == ADDRESS:
            if self._standard == "1997":
                raise CatalogueError("1997 meters have no read-address command")
            self._function, self._identifier = _READ_ADDRESS, b""
            return self._send(b"", 6)
        self._identifier = self._bytes_of(question.id)
        self._function = self._codes.read
        return self._send(self._identifier + _selection(question), self._expected(question))

    def feed(self, data: bytes) -> Send | Answer | None:
        """Take received bytes; none at all say that the line has gone quiet. Raises MeterRefused."""
        before = self._splitter.noise
        frames = self._splitter.feed(data) if data else self._splitter.flush()
        self.counters["noise_bytes"] += self._splitter.noise - before
        for index, frame in enumerate(frames):
            if isinstance(frame, BadFrame):
                self.counters[frame.kind] += 1
                continue
            self.counters["frames"] += 1
            step = self._take(frame)
            if step is not None:
                self.counters["late"] += len(frames) - index - 1
                return step
        return None

    def settle(self) -> Answer | None:
        """Give up waiting: the parts received so far as a partial answer, or None."""
        if not self._parts:
            return None
        answer = replace(self._answer(), partial=True)
        self._question = None
        return answer

    def _bytes_of(self, identifier: str) -> bytes:
        try:
            raw = bytes.fromhex(identifier)[::-1]
        except ValueError:
            raw = b""
        if len(raw) != self._codes.width:
            raise CatalogueError(f"{identifier!r} is no identifier of DL/T 645-{self._standard}")
        return raw

    def _send(self, data: bytes, expected: int) -> Send:
        self._sent = Frame(self._address, self._function, data)
        return Send(encode(self._sent, self._wakeup), 12 + self._wakeup + expected)

    def _expected(self, question: Question) -> int:
        return min(_MAX_DATA, answer_bytes(self._standard, question))

    def _take(self, frame: Frame) -> Send | Answer | None:
        if self._question is None:
            self.counters["late"] += 1
            return None
        if not frame.control & _REPLY:
            self.counters["echo" if frame == self._sent else "foreign"] += 1
            return None
        if not self._answers(frame) or not _may_answer(self._address, frame.address):
            self.counters["foreign"] += 1
            if self._answers(frame):
                self.stranger = frame.address
            return None
        if not is_wildcard(frame.address):
            self._address = frame.address
        if frame.control & _ABNORMAL:
            return self._refused(frame)
        return self._accept(frame)

    def _answers(self, frame: Frame) -> bool:
        """Whether this is an answer to the open question, whoever gave it."""
        if frame.control & 0x1F != self._function:
            return False
        if frame.control & _ABNORMAL:
            return True
        if self._function == _READ_ADDRESS and self._standard == "2007":
            return len(frame.data) == 6
        if not frame.data.startswith(self._identifier):
            return False
        numbered = self._function == self._codes.follow and self._codes.sequence
        return not numbered or (len(frame.data) > self._codes.width and frame.data[-1] == self._sequence)

    def _refused(self, frame: Frame) -> Answer:
        if self._parts:
            self.counters["follow_up_refused"] += 1
            partial = self.settle()
            assert partial is not None  # noqa: S101 (there are parts)
            return partial
        self._question = None
        raise MeterRefused(errors.bits(self._standard, frame.data), frame.data, self._address)

    def _accept(self, frame: Frame) -> Send | Answer:
        if self._function == _READ_ADDRESS and self._standard == "2007":
            address = frame.data[::-1].hex().upper()
            self._question = None
            return Answer(address, (Item(ADDRESS, None, address, ""),))
        body = frame.data[self._codes.width :]
        if self._function == self._codes.follow and self._codes.sequence:
            body = body[:-1]
        self._parts.append(body)
        if frame.control & _FOLLOW and self._sequence < _MAX_SEQUENCE:
            return self._next_part()
        answer = replace(self._answer(), partial=bool(frame.control & _FOLLOW))
        self._question = None
        return answer

    def _next_part(self) -> Send:
        self._sequence += 1
        self._function = self._codes.follow
        number = bytes((self._sequence,)) if self._codes.sequence else b""
        return self._send(self._identifier + number, _MAX_DATA)

    def _answer(self) -> Answer:
        assert self._question is not None  # noqa: S101 (only called with a question open)
        identifier, data = self._question.id, b"".join(self._parts)
        overrides = self._question.overrides
        items = value.decode_any(self._standard, identifier, data, overrides)
        return Answer(self._address, tuple(items))


def _selection(question: Question) -> bytes:
    """The record count and start time of a load record (2007, clause 7.1)."""
    if question.count is None:
        return b""
    if question.since is None:
        return bytes((question.count,))
    digits = question.since.strftime("%M%H%d%m%y")
    return bytes((question.count,)) + bytes.fromhex(digits)
