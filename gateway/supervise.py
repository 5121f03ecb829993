"""Keeps the parts of the daemon alive: restart with back-off, signals, and an honest watchdog.

This is the one place that catches whatever a part may raise: it is logged, counted, and the part begins anew.
"""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from gateway import logs
from gateway.notify import Notifier

__all__ = ["Pulse", "Supervisor", "Watchdog", "on_signals"]

_FIRST, _LAST = 1.0, 60.0
_CALM = 300.0
_log = logs.get("supervise")
T = TypeVar("T")


class Supervisor:
    """Runs parts and starts them again when they fail; `restarts` counts that, by part."""

    def __init__(self) -> None:
        self.restarts: dict[str, int] = {}

    async def keep(self, name: str, part: Callable[[], Awaitable[None]]) -> None:
        """Run `part` until it returns or this is cancelled; after an exception run it again, ever later."""
        loop = asyncio.get_running_loop()
        pause = _FIRST
        while True:
            began = loop.time()
            try:
                await part()
            except Exception as error:  # noqa: BLE001 - the supervisor's purpose
                self.restarts[name] = self.restarts.get(name, 0) + 1
                _log.error("part failed", part=name, again_in=round(pause, 1), exc_info=error)
            else:
                return
            if loop.time() - began > _CALM:
                pause = _FIRST
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, no secret
            pause = min(2 * pause, _LAST)

    async def attempt(
        self, name: str, part: Callable[[], Awaitable[T]], instead: Callable[[Exception], T]
    ) -> T:
        """Run `part` once; whatever it may raise is logged, and what `instead` makes of it is the result."""
        try:
            return await part()
        except Exception as error:  # noqa: BLE001 - the supervisor's purpose
            _log.error("part failed", part=name, exc_info=error)
            return instead(error)


@dataclass(frozen=True, slots=True)
class Pulse:
    """A number that changes while a part lives; `patience`: the seconds for which it may rightly stand still."""

    beat: int
    patience: float = 0.0


class Watchdog:
    """Feeds the service manager's watchdog, only while everything really moves.

    `pulses` are those of the parts at work, by name; a part that rightly rests is not among them.
    `probe` goes through the outbox's writer and back.
    """

    def __init__(
        self,
        notifier: Notifier,
        pulses: Callable[[], Mapping[str, Pulse]],
        probe: Callable[[], Awaitable[Any]],
        status: Callable[[], str],
    ) -> None:
        self._notifier, self._pulses, self._probe, self._status = notifier, pulses, probe, status
        self._last: dict[str, tuple[int, float]] = {}
        self.stuck: tuple[str, ...] = ()

    async def run(self) -> None:
        """Feed until cancelled, at a third of the time the service manager grants."""
        period = self._notifier.watchdog_seconds / 3 or 20.0
        while True:
            await asyncio.sleep(period)
            await self.check(period)

    async def check(self, within: float) -> bool:
        """One look; feeds and returns True if every part moved since the last one, or may still take its time."""
        stuck = self._standing()
        try:
            async with asyncio.timeout(within):
                await self._probe()
        except TimeoutError:
            stuck.append("outbox")
        if stuck and tuple(stuck) != self.stuck:
            _log.error("parts stand still", parts=stuck)
        self.stuck = tuple(stuck)
        if not stuck:
            self._notifier.alive(self._status())
        return not stuck

    def _standing(self) -> list[str]:
        """The parts that have stood still for longer than they may."""
        now, pulses, last = asyncio.get_running_loop().time(), self._pulses(), self._last
        self._last = {
            name: last[name] if name in last and last[name][0] == pulse.beat else (pulse.beat, now)
            for name, pulse in pulses.items()
        }
        return [name for name, pulse in pulses.items() if now - self._last[name][1] > pulse.patience]


def on_signals(stop: Callable[[], object], reload: Callable[[], object]) -> None:
    """SIGTERM and SIGINT stop, SIGHUP reloads."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)
