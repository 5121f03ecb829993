"""One question at a time to one terminal, while it may speak unasked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.errors import NoAnswer
from drivers.link import Link
from drivers.talker import Talker
from protocols.gdw1376_1.session import Ask, Reply, TerminalDialogue

__all__ = ["Conversation", "Patience"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds: `reply` to the first byte of an answer, `gap` between bytes and frames, `turnaround` of quiet before."""

    reply: float = 10.0
    gap: float = 3.0
    turnaround: float = 0.0


class Conversation:
    """Asks one terminal over a link."""

    def __init__(self, link: Link, dialogue: TerminalDialogue, talker: Talker) -> None:
        self.dialogue = dialogue
        self._link, self._talker = link, talker
        self._quiet_since = float("-inf")
        self.requests = 0
        self.retried = 0

    async def ask(
        self, afn: int, asks: Sequence[Ask], patience: Patience, *, retries: int, extra: float = 0.0
    ) -> Reply:
        """Ask and wait, and ask again after silence; an answer that breaks off is given as far as it came.

        `extra` seconds are granted where the terminal has to ask others. Raises NoAnswer, LinkLost, SendRefused.
        """
        frame = self.dialogue.request(afn, asks)
        for attempt in range(1 + retries):
            self.retried += attempt > 0
            reply = await self._exchange(frame, patience, extra)
            if reply is not None:
                return reply
            frame = self.dialogue.again()
        self.dialogue.drop()
        raise NoAnswer("silence")

    async def _exchange(self, frame: bytes, patience: Patience, extra: float) -> Reply | None:
        now = asyncio.get_running_loop().time
        wire = self._link.wire
        if (idle := now() - self._quiet_since) < patience.turnaround:
            await asyncio.sleep(patience.turnaround - idle)
        self.requests += 1
        await self._talker.send(frame)
        heard = self._link.received_bytes
        deadline = now() + wire.seconds(len(frame)) + wire.latency + patience.reply + extra
        try:
            while (left := deadline - now()) > 0:
                for reply in await self._talker.step(left):
                    if isinstance(reply, Reply):
                        return reply
                if self._link.received_bytes != heard:
                    heard = self._link.received_bytes
                    deadline = max(deadline, now() + patience.gap + wire.latency)
            return self.dialogue.settle()
        finally:
            self._quiet_since = now()
