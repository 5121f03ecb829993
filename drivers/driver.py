"""What a bus needs of a driver, and what some drivers offer beyond it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from config.schema import Target
from drivers.order import Order, Result

__all__ = ["Attends", "Driver", "Leaves", "TakesMany", "Telephones"]


class Driver(Protocol):
    """What a bus needs of a driver."""

    @property
    def counters(self) -> Counter[str]:
        """Frames, retries, and what was dropped, by reason."""
        ...

    async def run(self, order: Order, target: Target, retries: int) -> Result:
        """Carry out an order; raises LinkLost only."""
        ...


@runtime_checkable
class TakesMany(Protocol):
    """A driver that takes up to `batch` orders at once, all with the same want, points and instant.

    `holding` is the target whose equipment it has on the line, for as long as that is worth keeping; else empty.
    """

    batch: int
    holding: str

    async def run_many(
        self,
        orders: Sequence[Order],
        target: Target,
        retries: int,
        done: Callable[[Order, Result], None],
        hurry: Callable[[], bool],
    ) -> None:
        """Carry out orders, telling each one's result; may return before all are done where `hurry` says so.

        Raises LinkLost only.
        """
        ...


@runtime_checkable
class Attends(Protocol):
    """A driver whose equipment speaks unasked."""

    async def attend(self, wake: asyncio.Event) -> None:
        """Serve the equipment while nothing is asked, until `wake` is set; raises LinkLost only."""
        ...


@runtime_checkable
class Telephones(Protocol):
    """A driver that calls its targets: `calls` are counted by outcome (`drivers.calling.OUTCOMES`).

    `unreached` has the targets that are not called or could not be, with the reason.
    """

    calls: Counter[str]
    unreached: Mapping[str, str]


@runtime_checkable
class Leaves(Protocol):
    """A driver whose equipment rests from its own work while it is asked."""

    async def leave(self) -> None:
        """Let it go on, before the link is closed; raises LinkLost."""
        ...
