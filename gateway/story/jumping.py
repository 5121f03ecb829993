"""Time that stands still while there is something to do and then jumps: days of slots pass in seconds.

Pollers, sinks, outbox and importer run as they are; only their clock and the loop's are these.
"""

import asyncio
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

__all__ = ["JumpingLoop", "StoryClock"]

_STEP = 900.0
"""Seconds; time jumps to the next multiple of it at least, so that who looks every second looks seldom."""


class _Selector(selectors.DefaultSelector):
    """Never sleeps for a timer: where the loop would, its time jumps; it waits only for other threads."""

    jump: Callable[[float], None]
    is_awaited: Callable[[], bool]

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout and self.is_awaited():
            timeout = None
        events = super().select(0 if timeout is not None else None)
        if not events and timeout:
            self.jump(timeout)
        return events


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while nothing is left to do. `time` begins at 0."""

    def __init__(self) -> None:
        selector = _Selector()
        selector.jump, selector.is_awaited = self._jump, lambda: self._awaited > 0
        self._now = 0.0
        self._awaited = 0
        super().__init__(selector)

    def time(self) -> float:
        """Seconds of the story."""
        return self._now

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Time stands still until what another thread does here is done."""
        self._awaited += 1
        try:
            yield
        finally:
            self._awaited -= 1

    def _jump(self, seconds: float) -> None:
        then = self._now + seconds
        self._now = then + (-then % _STEP)


class StoryClock:
    """The clock of a story: at `begin` (aware) when its loop began."""

    def __init__(self, begin: datetime, loop: JumpingLoop) -> None:
        self._begin, self._loop = begin, loop

    def now(self) -> datetime:
        """The wall time of the story."""
        return self._begin + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        """Seconds of the story."""
        return self._loop.time()

    def synced(self) -> bool:
        """Always: nobody else knows this time."""
        return True
