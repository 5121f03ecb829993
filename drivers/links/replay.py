"""replay:FILE, a link that plays a transcript, and a recorder that writes one.

A transcript is JSON lines: `{"t": seconds from the beginning, "dir": "tx" | "rx", "hex": "68...16"}`.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from config.link import LinkUrl
from drivers.errors import LinkLost
from drivers.inbox import Inbox
from drivers.link import Gate, Link, Wire

__all__ = ["RecorderLink", "ReplayLink", "Step", "load_transcript"]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a transcript: `t` in seconds, `sent` from our side or to it."""

    t: float
    sent: bool
    data: bytes


def load_transcript(path: Path) -> list[Step]:
    """Read a transcript; raises LinkLost naming the line that is not one."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LinkLost(f"{path}: {error}") from error
    steps = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            steps.append(
                Step(float(row["t"]), {"tx": True, "rx": False}[row["dir"]], bytes.fromhex(row["hex"]))
            )
        except (ValueError, TypeError, KeyError) as error:
            raise LinkLost(f"{path}:{number}: not a line of a transcript ({error!r})") from error
    return steps


class ReplayLink(Link):
    """Answers what was recorded after the same request, searching onwards from the last match and round.

    What was received before the first request comes unasked for. A request never recorded gets silence.
    """

    def __init__(self, name: str, gate: Gate, wire: Wire, url: LinkUrl) -> None:
        super().__init__(name, gate, wire)
        self._url = url
        self._steps: Sequence[Step] = ()
        self._next = 0
        self._inbox: Inbox | None = None
        self._timers: list[asyncio.TimerHandle] = []

    @property
    def alive(self) -> bool:
        """Whether the transcript is open."""
        return self._inbox is not None

    async def open(self) -> None:
        """Read the transcript; raises LinkLost."""
        await self.close()
        self._steps = load_transcript(Path(self._url.path))
        self._next = 0
        self._inbox = Inbox()
        self._play(0, self._steps[0].t if self._steps else 0.0)

    async def receive(self) -> bytes:
        """The next recorded bytes."""
        if self._inbox is None:
            raise LinkLost("not open")
        data = await self._inbox.take()
        self.received_bytes += len(data)
        return data

    def pending(self) -> bytes:
        """Bytes that came unasked for."""
        return self._inbox.take_now() if self._inbox else b""

    async def close(self) -> None:
        """Stop playing."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._inbox is not None:
            self._inbox.end("closed")
            self._inbox = None

    async def _write(self, data: bytes) -> None:
        if self._inbox is None:
            raise LinkLost("not open")
        count = len(self._steps)
        for offset in range(count):
            index = (self._next + offset) % count
            if self._steps[index].sent and self._steps[index].data == data:
                self._play(index + 1, self._steps[index].t)
                return

    def _play(self, index: int, since: float) -> None:
        """Deliver the received steps from `index` on, up to the next request."""
        loop = asyncio.get_running_loop()
        self._timers = [timer for timer in self._timers if timer.when() > loop.time()]
        while index < len(self._steps) and not self._steps[index].sent:
            step = self._steps[index]
            delay = max(0.0, step.t - since) / self._url.speed if self._url.speed else 0.0
            self._timers.append(loop.call_later(delay, self._deliver, step.data))
            index += 1
        self._next = index

    def _deliver(self, data: bytes) -> None:
        if self._inbox is not None:
            self._inbox.put(data)


class RecorderLink(Link):
    """Wraps a link and writes what passes to a transcript."""

    def __init__(self, inner: Link, gate: Gate, path: Path) -> None:
        super().__init__(inner.name, gate, inner.wire)
        self._inner = inner
        self._path = path
        self._file: TextIO | None = None
        self._began = 0.0

    @property
    def alive(self) -> bool:
        """Whether the wrapped link is."""
        return self._inner.alive

    async def open(self) -> None:
        """Open the wrapped link and the transcript; raises LinkLost."""
        await self._inner.open()
        self._inner.on_lost = lambda: self.on_lost() if self.on_lost else None
        if self._file is None:
            self._began = asyncio.get_running_loop().time()
            try:
                self._file = self._path.open("w", encoding="utf-8")
            except OSError as error:
                raise LinkLost(f"{self._path}: {error.strerror}") from error

    async def receive(self) -> bytes:
        """The next bytes of the wrapped link; raises LinkLost."""
        return self._note("rx", await self._inner.receive())

    def pending(self) -> bytes:
        """Bytes that came unasked for."""
        data = self._inner.pending()
        return self._note("rx", data) if data else data

    async def close(self) -> None:
        """Close both."""
        await self._inner.close()
        if self._file is not None:
            self._file.close()
            self._file = None

    async def _write(self, data: bytes) -> None:
        await self._inner.send(data)
        self._note("tx", data)

    def _note(self, direction: str, data: bytes) -> bytes:
        if direction == "rx":
            self.received_bytes += len(data)
        if self._file is not None:
            t = round(asyncio.get_running_loop().time() - self._began, 4)
            self._file.write(json.dumps({"t": t, "dir": direction, "hex": data.hex().upper()}) + "\n")
            self._file.flush()
        return data
