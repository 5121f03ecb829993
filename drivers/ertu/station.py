"""One question at a time to one ERTU: its frames sent, waited for, and sent again as they were."""

import asyncio
from dataclasses import dataclass, field

from config.ertu import load_profile
from config.schema import Target
from drivers.errors import NoAnswer, SendRefused
from drivers.link import Link
from drivers.order import Failure
from drivers.talker import Talker
from protocols.iec102.asdu import Asdu
from protocols.iec102.session import Asking, LinkDialogue, Said
from protocols.iec102.types import CAUSES
from protocols.outer import OUTERS

__all__ = ["Station", "Told"]

_REPLY_SECONDS = 2.0
# Equipment that babbles must not hold a line for ever: an answer lasts at most as long as the longest frame.
_LONGEST_FRAME = 261
_SLOWEST_BAUD, _BITS = 600, 11
# What an ERTU has not, and what it will not.
_HAS_NOT = frozenset({13, 17, 18})


@dataclass(slots=True)
class Told:
    """What came of a question. `failure` says why there is no more; None where the ERTU said that this is all."""

    data: list[Asdu] = field(default_factory=list)
    unasked: list[Asdu] = field(default_factory=list)
    denied: int = 0
    failure: tuple[Failure, str] | None = None

    @property
    def is_silent(self) -> bool:
        """Whether asking for something else is of no use."""
        return self.failure is not None and self.failure[0] in (Failure.TIMEOUT, Failure.CHECKSUM)


class Station:
    """One target: its profile, its conversation, and its limits in time."""

    def __init__(self, link: Link, target: Target) -> None:
        self.target = target
        self.profile = load_profile(target.profile)
        self.address = int(OUTERS[target.driver].address(target.address or ""))
        self.dialogue = LinkDialogue(self.address, self.profile.dialect)
        self.retried = 0
        self._link = link
        self._talker = Talker(link, self.dialogue, lambda news: None)
        self._is_fresh = True
        self._quiet_since = float("-inf")

    @property
    def number(self) -> int:
        """The common address of the ERTU itself."""
        return self.address if self.profile.station is None else self.profile.station

    def renew(self) -> None:
        """Its link is reset before the next question: nobody tells whether the ERTU still counts frames as we do."""
        self._is_fresh = True

    async def ask(self, question: Asdu, retries: int, *, perishes: bool = False) -> Told:
        """Ask until all is said; once more from the beginning where it broke off. Raises LinkLost only.

        What `perishes`, as a time to set does, is sent once and never again.
        """
        told, heard = await self._try(question, retries, perishes=perishes)
        if heard and told.is_silent and not perishes:
            # An ERTU that was restarted in the middle has forgotten question and link.
            before = told
            told, _ = await self._try(question, retries, perishes=False)
            told.data[:0] = before.data
            told.unasked[:0] = before.unasked
            self.retried += 1
        return told

    async def _try(self, question: Asdu, retries: int, *, perishes: bool) -> tuple[Told, bool]:
        """What was told, and whether the ERTU said anything to this question."""
        asking = Asking(self.dialogue, question, fresh=self._is_fresh)
        broken = self.dialogue.counters["checksum"]
        failure: tuple[Failure, str] | None = None
        heard = 0
        self._is_fresh = True
        try:
            frame: bytes | None = asking.begin()
            while frame is not None:
                if asking.pauses:
                    await asyncio.sleep(self.profile.poll_ms / 1000)
                tries = 0 if perishes and asking.step == "send" else retries
                frame = asking.heard(await self._exchange(frame, tries))
                heard += 1
            self._is_fresh = bool(asking.fault)
        except NoAnswer as error:
            is_broken = self.dialogue.counters["checksum"] > broken
            failure = (
                (Failure.CHECKSUM, "answers with wrong checksums")
                if is_broken
                else (Failure.TIMEOUT, str(error))
            )
        except SendRefused as error:
            failure = (Failure.GATE, str(error))
        return _told(asking, failure), heard > 0

    async def _exchange(self, frame: bytes, retries: int) -> Said:
        """One frame and its answer; the same frame again after silence. Raises NoAnswer, LinkLost, SendRefused."""
        for attempt in range(1 + retries):
            if attempt:
                frame = self.dialogue.again()
                self.retried += 1
            said = await self._once(frame)
            if said is not None:
                return said
        raise NoAnswer("silence")

    async def _once(self, frame: bytes) -> Said | None:
        now = asyncio.get_running_loop().time
        wire = self._link.wire
        if wire.baud and (idle := now() - self._quiet_since) < self.target.turnaround_ms / 1000:
            await asyncio.sleep(self.target.turnaround_ms / 1000 - idle)
        if self._link.pending():
            self.dialogue.counters["late"] += 1
        await self._talker.send(frame)
        begun = now() + wire.seconds(len(frame)) + wire.latency
        try:
            return await self._listen(begun + self._reply)
        finally:
            self._quiet_since = now()

    @property
    def _reply(self) -> float:
        """Seconds to an answer's first byte."""
        return self.target.reply_ms / 1000 if "reply_ms" in self.target.model_fields_set else _REPLY_SECONDS

    async def _listen(self, deadline: float) -> Said | None:
        """The answer, whose bytes may come with gaps; None after silence."""
        now = asyncio.get_running_loop().time
        wire, gap = self._link.wire, self.target.gap_ms / 1000
        last = deadline + gap + max(wire.seconds(_LONGEST_FRAME), _LONGEST_FRAME * _BITS / _SLOWEST_BAUD)
        received = self._link.received_bytes
        while (left := deadline - now()) > 0:
            for said in await self._talker.step(left):
                if isinstance(said, Said):
                    return said
            if self._link.received_bytes != received:
                received = self._link.received_bytes
                deadline = min(max(deadline, now() + gap), last)
        return None


def _told(asking: Asking, failure: tuple[Failure, str] | None) -> Told:
    if asking.denied:
        why = CAUSES.get(asking.denied, f"cause {asking.denied}")
        reason = Failure.NO_RECORD if asking.denied in _HAS_NOT else Failure.REFUSED
        failure = (reason, f"the ERTU denies it: {why}")
    elif failure is None and not asking.complete:
        failure = (Failure.PROTOCOL, asking.fault or "the answer broke off")
    return Told(list(asking.data), list(asking.unasked), asking.denied, failure)
