"""The one loop that joins a link to a session: send, wait, feed, until there is an answer.

Time limits follow DL/T 645: the request's own time on the line, then the longest delay of a first byte, then
the longest gap between bytes. A frame ends on its own length, never on silence: a good answer does not wait.
"""

import asyncio
from dataclasses import dataclass

from drivers.errors import NoAnswer
from drivers.link import Link
from protocols.session import Answer, Question, Send, Session

__all__ = ["Pump", "Timing"]

# Equipment that babbles must not hold a bus for ever: a request lasts at most as long as the longest answer.
_LONGEST_FRAME = 12 + 255 + 16
# Speed assumed for that bound where nobody told us one.
_SLOWEST_BAUD = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds: `reply` to a first byte, `gap` between bytes, `turnaround` of quiet before a question.

    `late` of quiet after a question without an answer, where a late one could be taken for the next one's.
    """

    reply: float = 0.5
    gap: float = 0.5
    turnaround: float = 0.03
    late: float = 0.0


class Pump:
    """Asks questions over one link, one at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._quiet_since = float("-inf")
        self.questions = 0

    async def converse(self, session: Session, question: Question, timing: Timing) -> Answer:
        """Ask and wait for the answer; a follow-up that fails leaves a partial one.

        Raises NoAnswer, LinkLost, SendRefused, and what the session raises: MeterRefused, CatalogueError.
        """
        step: Send | Answer = session.ask(question)
        first = True
        while isinstance(step, Send):
            try:
                step = await self._exchange(session, step, timing, drain=first)
            except NoAnswer:
                partial = session.settle()
                if partial is None:
                    raise
                return partial
            first = False
        return step

    async def tell(self, frame: bytes, timing: Timing) -> None:
        """Send what nobody answers (a broadcast), until it is on the line; raises LinkLost, SendRefused."""
        await self._be_quiet(timing)
        await self._link.send(frame)
        await asyncio.sleep(self._link.wire.seconds(len(frame)))
        self._mark()

    async def overhear(self, timing: Timing) -> bytes:
        """What comes unasked for within the time of a first byte; raises LinkLost."""
        heard = bytearray()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timing.reply + self._link.wire.latency
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    heard += await self._link.receive()
            except TimeoutError:
                return bytes(heard)
            finally:
                self._mark()

    async def _exchange(self, session: Session, send: Send, timing: Timing, *, drain: bool) -> Send | Answer:
        await self._be_quiet(timing)
        if drain:
            _discard(self._link.pending(), session)
        self.questions += 1
        await self._link.send(send.frame)
        try:
            return await self._listen(session, send, timing)
        finally:
            self._mark()

    async def _listen(self, session: Session, send: Send, timing: Timing) -> Send | Answer:
        now = asyncio.get_running_loop().time
        wire = self._link.wire
        begin = now() + wire.seconds(len(send.frame)) + wire.latency
        first_byte = begin + timing.reply
        last = first_byte + timing.gap + max(wire.seconds(_LONGEST_FRAME), _babble(wire.baud))
        deadline, noise = first_byte, False
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    data = await self._link.receive()
            except TimeoutError:
                # The quiet line tells the session that what it holds will not be completed.
                step = session.feed(b"") if noise else None
                if step is None:
                    why = "bytes, but no answer" if noise else "silence"
                    raise NoAnswer(why, noise=noise) from None
                return step
            noise = True
            step = session.feed(data)
            if step is not None:
                return step
            # A late frame of somebody else may come first: the right one still has its own time.
            deadline = min(max(first_byte, now() + timing.gap + wire.latency), last)

    async def _be_quiet(self, timing: Timing) -> None:
        idle = asyncio.get_running_loop().time() - self._quiet_since
        if idle < timing.turnaround:
            await asyncio.sleep(timing.turnaround - idle)

    def _mark(self) -> None:
        self._quiet_since = asyncio.get_running_loop().time()


def _babble(baud: int) -> float:
    return 0.0 if baud else _LONGEST_FRAME * 11 / _SLOWEST_BAUD


def _discard(data: bytes, session: Session) -> None:
    """Bytes from before the question answer an earlier one, if anything."""
    if data:
        session.counters["late_bytes"] += len(data)
