"""The conversation with one ERTU: unbalanced link service, and one question over it until the ERTU has said all.

No clock, no socket. The gateway speaks first and one frame is answered at a time; how long to wait is the caller's.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from protocols.dialogue import Heard
from protocols.errors import FrameError
from protocols.iec102 import asdu as app
from protocols.iec102.asdu import Asdu
from protocols.iec102.body import decode_wanted
from protocols.iec102.dialect import Dialect
from protocols.iec102.frame import BadFrame, Frame, Splitter, encode
from protocols.iec102.types import DENIALS

__all__ = ["Asking", "LinkDialogue", "Said"]

_PRM, _FCB, _FCV = 0x40, 0x20, 0x10
_RESET, _SEND, _STATUS, _CLASS1, _CLASS2 = 0, 3, 9, 10, 11
_REQUEST, _TERMINATED, _SYNCHRONISE = 5, 10, 48
_INITIALISED = 70
_SAID = {0: "ack", 1: "busy", 8: "data", 9: "none", 11: "status", 14: "fault", 15: "fault"}
# What answers what. An ERTU may answer data sent to it with data at once.
_FITS = {
    _RESET: frozenset({"ack", "busy", "fault"}),
    _SEND: frozenset({"ack", "busy", "data", "fault"}),
    _STATUS: frozenset({"status", "fault"}),
    _CLASS1: frozenset({"data", "none", "busy", "fault"}),
    _CLASS2: frozenset({"data", "none", "busy", "fault"}),
}
# A question whose answer does not end is given up after so many frames.
_MOST_FRAMES = 4096


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to one frame: `kind` is ack, busy, data, none, status or fault.

    `acd`: class 1 data waits. `asdu` is the data, None also where it could not be taken apart.
    """

    kind: str
    acd: bool = False
    dfc: bool = False
    asdu: Asdu | None = None


class LinkDialogue:
    """The primary station's side of one link address; each method that sends opens one frame's exchange.

    The frame count bit turns with every new frame that carries it, and stays in a repetition, so that the ERTU tells
    one from the other and a lost answer costs nothing.
    """

    def __init__(self, address: int, dialect: Dialect | None = None) -> None:
        self.address = address
        self.dialect = dialect or Dialect()
        self.counters: Counter[str] = Counter()
        self._splitter = Splitter(self.dialect.address_bytes, lenient=self.dialect.lenient)
        self._fcb = False
        self._open: int | None = None
        self._sent = b""
        self._disturbed = False

    # -- asking --------------------------------------------------------------------------------------------------

    def reset(self) -> bytes:
        """Reset of the remote link: the next frame that counts has FCB 1."""
        self._fcb = False
        return self._frame(_RESET)

    def status(self) -> bytes:
        """Request the link's status."""
        return self._frame(_STATUS)

    def send(self, asdu: Asdu) -> bytes:
        """Application data; raises FrameError for what does not fit."""
        return self._counted(_SEND, app.encode(asdu, self.dialect))

    def poll(self, data_class: int) -> bytes:
        """Request data of class 1 or 2."""
        return self._counted(_CLASS1 if data_class == 1 else _CLASS2, None)

    def again(self) -> bytes:
        """The open frame as it was."""
        self._disturbed = False
        return self._sent

    def _counted(self, function: int, asdu: bytes | None) -> bytes:
        self._fcb = not self._fcb
        return self._frame(function | _FCV | (_FCB if self._fcb else 0), asdu)

    def _frame(self, control: int, asdu: bytes | None = None) -> bytes:
        frame = Frame(control | _PRM, self.address, asdu)
        self._sent = encode(frame, self.dialect.address_bytes)
        self._open, self._disturbed = frame.function, False
        self._splitter.clear()
        self.counters["frames"] += 1
        return self._sent

    # -- hearing -------------------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> Heard:
        """Take received bytes; the answer to the open frame stands in `answers` as `Said`."""
        return self._hear(self._splitter.feed(data))

    def flush(self) -> Heard:
        """The line went quiet: half a frame will not be completed."""
        return self._hear(self._splitter.flush())

    def _hear(self, found: Iterable[Frame | BadFrame]) -> Heard:
        heard = Heard()
        self._count_noise()
        for frame in found:
            if isinstance(frame, BadFrame):
                self.counters[frame.kind] += 1
                self._disturbed = True
                continue
            self.counters["frames"] += 1
            said = self._said(frame)
            if said is not None:
                self._open = None
                heard.answers.append(said)
        return heard

    def _count_noise(self) -> None:
        splitter = self._splitter
        if splitter.noise:
            self._disturbed = True
            self.counters["noise"] += splitter.noise
            splitter.noise = 0
        if splitter.forgiven:
            self.counters["forgiven"] += splitter.forgiven
            splitter.forgiven = 0

    def _said(self, frame: Frame) -> Said | None:
        """What a frame says to the open one; None where it is not its answer."""
        if self._open is None:
            self.counters["late"] += 1
            return None
        if frame.single:
            return self._single()
        if frame.prm:
            self.counters["echo"] += 1
            return None
        if frame.address != self.address:
            self.counters["foreign"] += 1
            return None
        kind = _SAID.get(frame.function, "")
        if kind not in _FITS[self._open]:
            self.counters["late"] += 1
            return None
        return Said(kind, frame.acd, frame.dfc, self._asdu(frame) if kind == "data" else None)

    def _single(self) -> Said | None:
        """E5: an acknowledgement, or nothing to say. One byte is soon seen in noise: there it counts for nothing."""
        if self._disturbed or self._open == _STATUS:
            self.counters["noise"] += 1
            return None
        return Said("none" if self._open in (_CLASS1, _CLASS2) else "ack")

    def _asdu(self, frame: Frame) -> Asdu | None:
        try:
            return app.decode(frame.asdu or b"", self.dialect)
        except FrameError as error:
            self.counters[error.kind] += 1
            return None


@dataclass(slots=True)
class Asking:
    """One question: the link made ready where `fresh`, the question sent, classes polled until all is said.

    `begin` gives the first frame, `heard` the one after each answer, None at the end. Before that one the caller
    waits a while if `pauses`. Then `data` holds what came, `complete` whether the ERTU said that this is all,
    `denied` the cause with which it has it not (0: it has), `fault` why nothing more can come (empty: nothing is
    wrong). `unasked` is what it said beside: single points, restarts. `step` is status, reset, send or poll.
    """

    link: LinkDialogue
    question: Asdu
    fresh: bool = True
    pauses: bool = False
    confirmed: bool = False
    complete: bool = False
    denied: int = 0
    fault: str = ""
    data: list[Asdu] = field(default_factory=list)
    unasked: list[Asdu] = field(default_factory=list)
    step: str = ""
    _class: int = 1
    _empty: int = 0
    _frames: int = 0

    def begin(self) -> bytes:
        """The first frame."""
        if not self.fresh:
            return self._send()
        if self.link.dialect.status_first:
            self.step = "status"
            return self.link.status()
        return self._reset()

    def _reset(self) -> bytes:
        self.step = "reset"
        return self.link.reset()

    def _send(self) -> bytes:
        self.step = "send"
        return self.link.send(self.question)

    def heard(self, said: Said) -> bytes | None:
        """The next frame, None where the question is finished."""
        self._frames += 1
        self.pauses = False
        if said.kind == "fault":
            self.fault = "the link service does not work"
        elif self._frames > _MOST_FRAMES:
            self.fault = "an answer without end"
        elif said.kind == "busy":
            return self._wait()
        else:
            return self._next(said)
        return None

    def _next(self, said: Said) -> bytes | None:
        if self.step == "status":
            return self._reset()
        if self.step == "reset":
            return self._send()
        if self.step == "send":
            self.step = "poll"
            # E5 cannot say whether class 1 waits: what was asked for is class 1.
            self._class = 1
        elif said.kind == "none":
            return self._none(said)
        if said.asdu is not None:
            self._take(said.asdu)
        if said.kind == "data":
            self._empty = 0
        if self.complete or self.denied:
            return None
        return self.link.poll(self._class)

    def _none(self, said: Said) -> bytes | None:
        """Nothing of that class: the other, unless class 1 is announced; after both, a pause."""
        before, self._class = self._class, 1 if said.acd else 3 - self._class
        if said.acd and before != 1:
            return self.link.poll(1)
        return self._wait()

    def _wait(self) -> bytes | None:
        """Not yet: the same step again after a pause, as often as the dialect says."""
        self._empty += 1
        if self._empty > self.link.dialect.empty_polls:
            self.fault = (
                "the ERTU stays busy" if self.step != "poll" else "the ERTU has not said that this is all"
            )
            return None
        self.pauses = True
        steps = {"reset": self._reset, "send": self._send}
        return steps[self.step]() if self.step in steps else self.link.poll(self._class)

    def _take(self, asdu: Asdu) -> None:
        asked = self.question
        if asdu.type == _INITIALISED:
            self.unasked.append(asdu)
        elif asdu.station != asked.station:
            self.link.counters["foreign"] += 1
        elif asdu.type == asked.type:
            self._mirror(asdu)
        elif asdu.type in self.link.dialect.answers(asked.type) and asdu.cause == _REQUEST:
            self.data.append(asdu)
            self.complete = asked.cause == _REQUEST
        else:
            self.unasked.append(asdu)

    def _mirror(self, asdu: Asdu) -> None:
        """The question come back with another cause; one of an earlier question says nothing of this."""
        if not self._is_ours(asdu):
            self.link.counters["late"] += 1
        elif asdu.cause in DENIALS or asdu.negative:
            self.denied = asdu.cause
        elif asdu.cause == _TERMINATED:
            self.complete = True
        else:
            self.confirmed = True
            self.complete = self.question.cause == _SYNCHRONISE

    def _is_ours(self, asdu: Asdu) -> bool:
        """Whether it names the objects and times of the question; the rest of a time is told in many ways."""
        ours, theirs = (decode_wanted(one, self.link.dialect) for one in (self.question, asdu))
        if ours is None or theirs is None or self.question.cause == _SYNCHRONISE:
            return True
        return ours.named == theirs.named
