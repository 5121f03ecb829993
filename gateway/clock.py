"""The only reader of the machine's clocks."""

import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Wall time for people and meters, monotonic time for intervals."""

    def now(self) -> datetime:
        """The wall time, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step."""
        ...

    def synced(self) -> bool:
        """Whether the wall time is known to be right."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """The wall time, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never step."""
        return time.monotonic()

    def synced(self) -> bool:
        """Whether the kernel says its clock is synchronised (adjtimex without STA_UNSYNC)."""
        raise NotImplementedError
