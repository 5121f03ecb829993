"""Readings as they pass, for whoever listens at the control socket (`meterd tail`): a look, never a brake.

What has become durable is offered to each listener's own short queue. A listener that does not keep up loses the
oldest of it and is told how many; the daemon waits for nobody.
"""

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

from gateway.cells import COLUMNS, rows_of
from gateway.outbox.entry import Entry
from protocols.reading import Reading

__all__ = ["MOST", "WAITING", "Listener", "Tap", "Wanted"]

MOST = 8
"""Listeners at once."""
WAITING = 1_000
"""Readings that wait for one listener."""
_AT_ONCE = 200
_LOOK_SECONDS = 1.0
_COLUMNS = COLUMNS["reading"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which readings; an empty set lets all pass."""

    meters: frozenset[str] = frozenset()
    points: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()

    def has(self, meter: str, point: str, target: str, state: str) -> bool:
        """Whether a reading is one of them."""
        return (
            (not self.meters or meter in self.meters)
            and (not self.points or point in self.points)
            and (not self.targets or target in self.targets)
            and (not self.states or state in self.states)
        )

    def pack(self) -> bytes:
        """As it is asked for, on one line."""
        return json.dumps({one.name: sorted(getattr(self, one.name)) for one in fields(self)}).encode()

    @classmethod
    def unpack(cls, text: bytes) -> "Wanted":
        """From such a line; raises ValueError."""
        found = json.loads(text)
        known = {one.name for one in fields(cls)}
        if not isinstance(found, dict) or not found.keys() <= known:
            raise ValueError(f"expected an object of {', '.join(sorted(known))}")
        if not all(
            isinstance(part, list) and all(isinstance(one, str) for one in part) for part in found.values()
        ):
            raise ValueError("expected lists of texts")
        return cls(**{name: frozenset(part) for name, part in found.items()})


class Listener:
    """One who listens: what waits for him, and how much he has `lost` since he was told."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._waiting: deque[Reading] = deque()
        self.some = asyncio.Event()
        self.lost = 0

    def offer(self, readings: Iterable[Reading]) -> None:
        """Take what is wanted; the oldest goes where there is no room."""
        for reading in readings:
            if not self._wanted.has(reading.meter, reading.point, reading.source, reading.state):
                continue
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(reading)
        if self._waiting:
            self.some.set()

    def take(self) -> list[bytes]:
        """Some of what waits as lines of JSON, led by {"lost": N} where something was lost."""
        lines = [json.dumps({"lost": self.lost}).encode() + b"\n"] if self.lost else []
        self.lost = 0
        count = min(_AT_ONCE, len(self._waiting))
        lines += _lines([self._waiting.popleft() for _ in range(count)])
        if not self._waiting:
            self.some.clear()
        return lines


def _lines(readings: Sequence[Reading]) -> Iterator[bytes]:
    for row in rows_of("reading", readings):
        yield json.dumps(dict(zip(_COLUMNS, row, strict=True)), ensure_ascii=False).encode() + b"\n"


class Tap:
    """All who listen. `pass_on` is called with what has become durable."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def pass_on(self, entry: Entry) -> None:
        """Offer the readings of an entry."""
        for listener in self._listeners:
            listener.offer(entry.readings)

    async def serve(self, asked: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send what is wanted until the other side hangs up; raises OSError then.

        The first line is {"ok": true} or {"ok": false, "problems": [...]}.
        """
        try:
            listener = Listener(Wanted.unpack(asked))
            if len(self._listeners) >= MOST:
                raise ValueError(f"{MOST} listen already")
        except (ValueError, RecursionError) as error:
            writer.write(json.dumps({"ok": False, "problems": [str(error)]}).encode() + b"\n")
            await writer.drain()
            return
        self._listeners.add(listener)
        try:
            writer.write(b'{"ok": true}\n')
            while not reader.at_eof():
                await self._send(listener, writer)
        finally:
            self._listeners.discard(listener)

    async def _send(self, listener: Listener, writer: asyncio.StreamWriter) -> None:
        if not listener.some.is_set():
            try:
                async with asyncio.timeout(_LOOK_SECONDS):  # then look whether the other side is still there
                    await listener.some.wait()
            except TimeoutError:
                return
        writer.writelines(listener.take())
        await writer.drain()
        await asyncio.sleep(0)  # `drain` gives nobody a turn while there is room
