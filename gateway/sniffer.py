"""Listening on a link without ever sending: for `meterd sniff`."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from drivers.gate import build_gate
from drivers.link import Gate, Link
from gateway.clock import Clock
from protocols.dlt645.explain import explain
from protocols.dlt645.frame import BadFrame, Frame, Splitter, encode

__all__ = ["Sniffer", "shut_gate"]

# A frame whose bytes stop for so many seconds (Tb, clause 5.3.3) will not go on.
_GAP = 0.5


def shut_gate() -> Gate:
    """A gate through which nothing passes."""
    return build_gate([])


class Sniffer:
    """Explains every frame that passes on an open link; `show` gets its time and the object."""

    def __init__(self, link: Link, clock: Clock, show: Callable[[datetime, dict[str, Any]], None]) -> None:
        self._link = link
        self._clock = clock
        self._show = show
        self._splitter = Splitter()
        self.frames = 0

    @property
    def noise(self) -> int:
        """Bytes that belonged to no frame."""
        return self._splitter.noise

    async def run(self, seconds: float | None = None) -> None:
        """Listen, for so many seconds or until cancelled; raises LinkLost."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds if seconds is not None else float("inf")
        while loop.time() < end:
            try:
                async with asyncio.timeout_at(min(end, loop.time() + _GAP)):
                    found = self._splitter.feed(await self._link.receive())
            except TimeoutError:
                found = self._splitter.flush()
            for frame in found:
                self._tell(frame)

    def _tell(self, frame: Frame | BadFrame) -> None:
        self.frames += 1
        raw = frame.raw if isinstance(frame, BadFrame) else encode(frame)
        self._show(self._clock.now(), explain(frame, raw))
