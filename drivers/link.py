"""The channel to equipment. Every byte that leaves passes the send gate here and nowhere else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import final

from drivers.errors import SendRefused
from protocols.session import Effect

__all__ = ["RADIO_FRAME", "Gate", "Link", "Wire"]

RADIO_FRAME = 255
"""Bytes of the longest frame on a radio channel (Q/GDW 1376.1, 5.2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """What a channel costs in time.

    `baud` in bit/s (0: not a paced line), `bits` per character on the line (8E1 is 11), `latency` in seconds.
    `longest` is how many bytes a frame may have (0: as many as its protocol allows).
    """

    baud: int = 0
    bits: int = 11
    latency: float = 0.0
    longest: int = 0

    def room(self, frame_bytes: int) -> int:
        """Bytes of the longest frame to equipment that takes so many."""
        return min(frame_bytes, self.longest or frame_bytes)

    def seconds(self, characters: int) -> float:
        """Time of so many characters on the line."""
        return characters * self.bits / self.baud if self.baud else 0.0


class Gate:
    """The allow-list at a link's send point: only reading, and what has its own switch on.

    `classify` names the effect of one whole send; what it cannot name is refused.
    """

    __slots__ = ("_allowed", "_classify", "refused")

    def __init__(self, classify: Callable[[bytes], Effect], switches: Iterable[Effect] = ()) -> None:
        never = {Effect.CONTROL, Effect.UNKNOWN}
        self._allowed = ({Effect.READ} | set(switches)) - never
        self._classify = classify
        self.refused = 0

    def allows(self, data: bytes) -> bool:
        """Whether `data` would pass; nothing is counted."""
        return self._classify(data) in self._allowed

    def check(self, data: bytes) -> None:
        """Raise SendRefused unless every effect in `data` is allowed."""
        effect = self._classify(data)
        if effect not in self._allowed:
            self.refused += 1
            raise SendRefused(f"{effect} frame held back: {data.hex().upper()}")


class Link(ABC):
    """One physical channel. `open` and `close` may be called again and again.

    `on_lost` is called as soon as the channel is known to be gone, once for each opening, even while
    nobody reads.
    """

    def __init__(self, name: str, gate: Gate, wire: Wire) -> None:
        self.name = name
        self.wire = wire
        self.sent_bytes = 0
        self.received_bytes = 0
        self.on_lost: Callable[[], None] | None = None
        self._gate = gate

    is_called = False
    """Whether the equipment calls, and opening only waits for it."""

    @final
    def allows(self, data: bytes) -> bool:
        """Whether this may be sent: for those that do something else where it may not."""
        return self._gate.allows(data)

    @final
    async def send(self, data: bytes) -> None:
        """Write all of `data`; raises SendRefused, LinkLost."""
        self._gate.check(data)
        await self._write(data)
        self.sent_bytes += len(data)

    @property
    def refused(self) -> int:
        """Frames that the send gate held back."""
        return self._gate.refused

    @property
    @abstractmethod
    def alive(self) -> bool:
        """Whether the channel is open as far as anybody knows."""

    @abstractmethod
    async def open(self) -> None:
        """Make the channel ready, letting go of an earlier one; raises LinkLost.

        May wait as long as it takes for equipment to dial in.
        """

    @abstractmethod
    async def receive(self) -> bytes:
        """The next bytes, at least one; raises LinkLost when the channel ends."""

    @abstractmethod
    def pending(self) -> bytes:
        """Bytes that came unasked for; never waits."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of the channel; never raises."""

    @abstractmethod
    async def _write(self, data: bytes) -> None: ...
