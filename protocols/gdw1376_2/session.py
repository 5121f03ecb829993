"""The conversation with one carrier module: questions by their numbers, and what the module begins by itself.

No clock, no socket. Several questions may be open at once. Reports and the word after a reset are confirmed, and
questions of the module answered, at any time.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from protocols.dialogue import Heard
from protocols.dlt645.effect import classify as classify_dlt645
from protocols.gdw1376_2.body import Body, decode_body
from protocols.gdw1376_2.commands import DENIALS, Command
from protocols.gdw1376_2.frame import BadFrame, Frame, Splitter, dt_of, encode
from protocols.session import Effect

__all__ = ["CarrierDialogue", "Given", "NodeReport", "Reply", "Started"]

_REQUEST, _ANSWER = 0x40, 0x00
_CONFIRM, _DENY = 1, 2
_ALL_WELL = b"\xff\xff\xff\xff\x00\x00"
_LAST = 255
_LONGEST = 4_096
_MODE_HPLC = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a module answered to question `number`.

    `denied` is the reason's number, None where it did not deny. `frame` is what it carried of the node, None where
    nothing is carried, empty where the node gave nothing. `phase` is what it measured, 0 for unknown.
    """

    number: int
    afn: int
    fn: int
    denied: int | None = None
    confirmed: bool = False
    body: Body = field(default_factory=Body)
    node: str = ""
    phase: int = 0

    @property
    def frame(self) -> bytes | None:
        """The carried frame."""
        return self.body.frame


@dataclass(frozen=True, slots=True)
class Started:
    """The module began anew (03H F10 unasked): what it knew of tasks is gone. `body` is its running mode."""

    body: Body


@dataclass(frozen=True, slots=True)
class NodeReport:
    """What a module reported unasked: AFN 06 by `fn`, or F1H F1 by a node. `phase` as in `Reply`."""

    afn: int
    fn: int
    body: Body
    node: str
    phase: int


@dataclass(frozen=True, slots=True)
class Given:
    """The module asked what to read of a node (14H F1), and `frame` was the answer; None: it will not be read."""

    node: str
    phase: int
    frame: bytes | None


ToRead = Callable[[str], bytes | None]


def _nothing(node: str) -> bytes | None:
    return b""


@dataclass(frozen=True, slots=True)
class _Open:
    afn: int
    fn: int
    node: str


class CarrierDialogue:
    """One module whose main node's address is `main_node`.

    `to_read` tells what to read of a node where the module asks: a DL/T 645 frame, empty where there is nothing to do,
    None where the node is not ours. Only reading frames are given. `is_2009` is set for modules that take no fields of
    later editions; `mode` is the medium that the module names.
    """

    def __init__(self, main_node: str, *, to_read: ToRead = _nothing, is_2009: bool = False) -> None:
        self.counters: Counter[str] = Counter()
        self.main_node = main_node
        self.mode = _MODE_HPLC
        self.is_2009 = is_2009
        self._to_read = to_read
        self._splitter = Splitter(_LONGEST)
        self._number = 0
        self._open: dict[int, _Open] = {}
        self._last: tuple[int, int, int, bytes] | None = None

    # -- asking --------------------------------------------------------------------------------------------------

    def request(self, command: Command) -> tuple[int, bytes]:
        """Open a question: its number and its frame. A number is not given again while its question is open."""
        number = self._number % _LAST + 1
        while number in self._open and len(self._open) < _LAST:
            number = number % _LAST + 1
        self._number = number
        self._open[number] = _Open(command.afn, command.fn, command.node)
        self.counters["frames"] += 1
        return number, self.frame_of(command, number)

    def frame_of(self, command: Command, number: int = 0) -> bytes:
        """The frame of a request, without opening a question."""
        return encode(
            Frame(
                control=_REQUEST | self.mode,
                seq=number,
                source=self.main_node if command.node else "",
                destination=command.node,
                afn=command.afn,
                dt=dt_of(command.fn),
                data=command.data,
            )
        )

    def drop(self, number: int) -> None:
        """Close a question without an answer."""
        self._open.pop(number, None)

    def reset(self) -> None:
        """The connection is a new one: half a frame and open questions of the old one are forgotten."""
        self._splitter.clear()
        self._open.clear()
        self._last = None

    @property
    def waiting(self) -> bool:
        """Whether half a frame is here: if the line stays quiet, it is to be flushed soon."""
        return self._splitter.waiting

    # -- hearing -------------------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> Heard:
        """Take received bytes."""
        return self._hear(self._splitter.feed(data))

    def flush(self) -> Heard:
        """The line went quiet: half a frame will not be completed."""
        return self._hear(self._splitter.flush())

    def _hear(self, found: Sequence[Frame | BadFrame]) -> Heard:
        heard = Heard()
        for frame in found:
            if isinstance(frame, BadFrame):
                self.counters[frame.kind] += 1
                continue
            self.counters["frames"] += 1
            if not frame.up:
                self.counters["echo"] += 1
                continue
            self.mode = frame.mode
            if frame.prm:
                self._unasked(frame, heard)
            else:
                self._answer(frame, heard)
        self.counters["noise"] += self._splitter.noise
        self._splitter.noise = 0
        return heard

    def _answer(self, frame: Frame, heard: Heard) -> None:
        number = self._which(frame)
        if number is None:
            self.counters["late"] += 1
            return
        asked = self._open.pop(number)
        body = decode_body(frame.afn, frame.fn, frame.data, up=True)
        is_verdict = frame.afn == 0x00
        code = body.data.get("code")
        heard.answers.append(
            Reply(
                number=number,
                afn=asked.afn,
                fn=asked.fn,
                denied=int(code or 0) if is_verdict and frame.fn == _DENY else None,
                confirmed=is_verdict and frame.fn == _CONFIRM,
                body=body,
                node=frame.source or asked.node,
                phase=frame.phase,
            )
        )

    def _which(self, frame: Frame) -> int | None:
        """The open question that a frame answers: by its number, and by what and whom it was about.

        Modules of the first edition may leave the number empty; then there must be one question only.
        """
        number = frame.seq
        if number == 0 and len(self._open) == 1:
            number = next(iter(self._open))
        asked = self._open.get(number)
        if asked is None or (frame.source and asked.node and frame.source != asked.node):
            return None
        fits = (frame.afn, frame.fn) == (asked.afn, asked.fn)
        return number if fits or (frame.afn == 0x00 and frame.fn in (_CONFIRM, _DENY)) else None

    # -- what the module begins ----------------------------------------------------------------------------------

    def _unasked(self, frame: Frame, heard: Heard) -> None:
        what = (frame.seq, frame.afn, frame.fn, frame.data)
        is_new, self._last = what != self._last, what
        self.counters["repeated"] += not is_new
        body = decode_body(frame.afn, frame.fn, frame.data, up=True)
        if (frame.afn, frame.fn) == (0x03, 10):
            self._open.clear()
            heard.replies.append(self._reply(frame, 0x00, _CONFIRM, _ALL_WELL))
            heard.news.append(Started(body))
        elif frame.afn in (0x06, 0xF1):
            confirm = (0x00, _CONFIRM, _ALL_WELL) if frame.afn == 0x06 else (0xF1, 2, b"")
            heard.replies.append(self._reply(frame, *confirm))
            if is_new:
                heard.news.append(NodeReport(frame.afn, frame.fn, body, frame.source, frame.phase))
        elif frame.afn == 0x14:
            self._asked(frame, body, heard)
        elif frame.afn == 0xF0:
            self.counters["vendor"] += 1
        else:
            heard.replies.append(self._reply(frame, 0x00, _DENY, bytes((DENIALS.UNKNOWN,))))

    def _asked(self, frame: Frame, body: Body, heard: Heard) -> None:
        """14H: the module wants to know what to read, or what to send in place of a frame."""
        if frame.fn == 1 and "address" in body.data:
            node = str(body.data["address"])
            wanted = self._to_read(node)
            if wanted and classify_dlt645(wanted) is not Effect.READ:
                wanted = None
            heard.replies.append(self._reply(frame, 0x14, 1, self._give(wanted)))
            heard.news.append(Given(node, int(body.data["phase"]), wanted))
        elif frame.fn == 3 and body.frame is not None:
            # Nothing that we read depends on the time it is sent; what is not reading is called off.
            is_reading = classify_dlt645(body.frame) is Effect.READ
            kept = body.frame if is_reading else b""
            heard.replies.append(self._reply(frame, 0x14, 3, bytes((len(kept),)) + kept))
        else:
            heard.replies.append(self._reply(frame, 0x00, _DENY, bytes((DENIALS.UNSUPPORTED,))))

    def _give(self, wanted: bytes | None) -> bytes:
        flag = 2 if wanted else 0 if wanted is None else 1
        delay = b"" if self.is_2009 else b"\x00"
        carried = wanted or b""
        return bytes((flag,)) + delay + bytes((len(carried),)) + carried + b"\x00"

    def _reply(self, asked: Frame, afn: int, fn: int, data: bytes) -> bytes:
        """An answer with the number of what it answers."""
        self.counters["frames"] += 1
        return encode(Frame(control=_ANSWER | asked.mode, seq=asked.seq, afn=afn, dt=dt_of(fn), data=data))
