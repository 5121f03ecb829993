"""Several questions to one meter in one crossing of the network, where the module takes that.

A crossing takes seconds and may be lost, a frame more in it costs next to nothing: a daily freeze needs its stamp, its
registers and its stamp again.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from drivers.asking import Refusals, plan
from drivers.inquiry import Inquiry
from drivers.order import Want
from protocols.dlt645.frame import Frame, Splitter, decode, encode
from protocols.session import Question, Send

__all__ = ["Ahead", "Bundles", "frames_of", "questions_of"]

_MOST_FRAMES, _MOST_BYTES = 6, 200
# A module that brought back less than was asked so often, and never all, takes one frame at a time.
_DOUBTS = 3
# A meter that answers single questions only is tried again after so long: meters and their modules are exchanged.
_SINGLE = timedelta(days=1)
_REPLY, _ABNORMAL, _FUNCTION = 0x80, 0x40, 0x1F


class Bundles:
    """Which module and which meters take several frames at once, as far as they have shown."""

    def __init__(self) -> None:
        self.is_proven = False
        self._doubts = 0
        self._suspects: set[str] = set()
        self._single: dict[str, datetime] = {}

    def may(self, meter: str, now: datetime) -> bool:
        """Whether to try it with this meter at `now`, aware."""
        until = self._single.get(meter, now)
        return self._doubts < _DOUBTS and meter not in self._suspects and until <= now

    def worked(self) -> None:
        """All questions of one were answered."""
        self.is_proven, self._doubts = True, 0

    def failed(self, meter: str) -> None:
        """Answers were missing: that was the module, or where others have had all of theirs, the meter."""
        if self.is_proven:
            self._suspects.add(meter)
        else:
            self._doubts += 1

    def refused(self) -> None:
        """The module says that it does not take so many."""
        self._doubts = _DOUBTS

    def read_singly(self, meter: str, now: datetime, *, answered: bool) -> None:
        """An order was carried out by single questions: the suspicion against its meter held or did not."""
        if meter in self._suspects:
            self._suspects.discard(meter)
            if answered:
                self._single[meter] = now + _SINGLE


class Ahead:
    """Answers that came before their questions are put, by the question's frame, in the order in which they came."""

    def __init__(self) -> None:
        self._answers: dict[bytes, deque[bytes]] = {}

    def take(self, asked: Sequence[bytes], raw: bytes) -> bool:
        """Pair the frames that came with those that were asked; False, and nothing is kept, unless each one fits."""
        self.clear()
        splitter = Splitter()
        found = [one for one in splitter.feed(raw) + splitter.flush() if isinstance(one, Frame)]
        if len(found) != len(asked) or not all(map(_fits, map(decode, asked), found)):
            return False
        for frame, answer in zip(asked, found, strict=True):
            self._answers.setdefault(frame, deque()).append(encode(answer))
        return True

    def pop(self, asked: bytes) -> bytes | None:
        """The next answer to a frame.

        A frame that was not asked ahead goes to the meter now, so what is left here is older than its answer and is
        thrown away: of a stamp that is to hold for registers read before it nothing older may be taken.
        """
        answers = self._answers.get(asked)
        if answers:
            return answers.popleft()
        self.clear()
        return None

    def clear(self) -> None:
        """Forget all."""
        self._answers.clear()


def _fits(asked: Frame, answer: Frame) -> bool:
    """Whether one frame can be the answer to another: meter, function, and identifier unless it is a refusal."""
    if answer.address != asked.address or not answer.control & _REPLY:
        return False
    if answer.control & _FUNCTION != asked.control & _FUNCTION:
        return False
    return bool(answer.control & _ABNORMAL) or answer.data.startswith(asked.data)


def questions_of(inquiry: Inquiry, refusals: Refusals) -> list[Question]:
    """What an order will ask for, if all goes as the calendar says; empty where that is one question or too many."""
    order = inquiry.order
    more: dict[str, object] = {}
    stamps: list[Question] = []
    if order.want is Want.FREEZE and order.at is not None:
        k = (inquiry.local_now.date() - inquiry.local_at.date()).days + 1
        if not 1 <= k <= inquiry.kind.freezes:
            return []
        more = {"at": inquiry.local_at, "k": k}
        stamps = [inquiry.kind.freeze_stamp(inquiry.address, k)]
    elif order.want is not Want.LIVE:
        return []
    steps = [
        step for step in plan(inquiry, order.points, order.want, **more) if step.question.id not in refusals
    ]
    questions = [*stamps, *(step.question for step in steps), *stamps]
    return questions if steps and 1 < len(questions) <= _MOST_FRAMES else []


def frames_of(sends: Sequence[Send], room: int) -> list[bytes]:
    """Their frames, for one crossing; none where questions or answers are too long, these for `room` bytes."""
    frames = [send.frame for send in sends]
    fit = sum(map(len, frames)) <= _MOST_BYTES and sum(send.answer_bytes for send in sends) <= room
    return frames if fit else []
