"""Between a poller and the outbox: what comes in during one commit goes into the next, within bounds.

When the outbox is full the poller stops asking at `room`; nothing that was read is given up, and it goes on
by itself.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import chain
from typing import Protocol

from gateway import logs
from gateway.clock import Clock
from gateway.outbox.entry import Entry
from gateway.outbox.errors import OutboxFull
from gateway.round import Plan

__all__ = ["Sink", "Store", "cursor_key", "read_cursor"]

_log = logs.get("sink")
_LIMIT = 64
_ROWS = 500
_PAUSES = (1.0, 2.0, 5.0, 10.0)


class Store(Protocol):
    """What the daemon needs of an outbox."""

    async def append(self, entry: Entry) -> None:
        """Returns when the entry is durable; raises OutboxFull."""
        ...

    async def load(self, key: str) -> bytes | None:
        """A saved state."""
        ...

    async def slots(
        self, task: str, target: str, since: datetime, until: datetime | None = None
    ) -> Mapping[datetime, Mapping[str, str]]:
        """The ledger: outcomes by slot and meter, from `since` on and before `until`."""
        ...


def cursor_key(task: str, target: str) -> str:
    """Where the cursor of a task at a target is saved."""
    return f"cursor:{task}:{target}"


def read_cursor(blob: bytes | None) -> tuple[datetime | None, datetime | None]:
    """(since, done) of a saved cursor."""
    if blob is None:
        return None, None
    saved = json.loads(blob)
    return datetime.fromisoformat(saved["since"]), datetime.fromisoformat(saved["done"])


class Sink:
    """The way of one target into the outbox."""

    def __init__(self, outbox: Store, clock: Clock, on_full: Callable[[bool], None] | None = None) -> None:
        self._outbox = outbox
        self._clock = clock
        self._waiting: deque[Entry] = deque()
        self._some = asyncio.Event()
        self._free = asyncio.Event()
        self._free.set()
        self._cursors: dict[str, bytes] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self.full = False

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._some.wait()
            entry = self._gather()
            if entry is None:
                self._some.clear()
                self._idle.set()
                continue
            await self._write(entry)

    async def drain(self) -> None:
        """Wait until everything put so far is durable."""
        await self._idle.wait()

    def put(self, entry: Entry) -> None:
        """Hand over an entry; the caller waited for `room` before it asked."""
        if not (entry.rows or entry.marks or entry.saves):
            return
        self._waiting.append(entry)
        self._idle.clear()
        self._some.set()
        if len(self._waiting) >= _LIMIT:
            self._free.clear()

    async def room(self) -> None:
        """Wait until there is room: the back-pressure that stops asking."""
        await self._free.wait()

    def remember(self, plan: Plan, slot: datetime) -> None:
        """The cursor goes with the next entry."""
        since = plan.since = plan.since or slot
        text = json.dumps({"since": since.isoformat(), "done": slot.isoformat()})
        self._cursors[cursor_key(plan.task.name, plan.target)] = text.encode()

    async def marks(
        self, task: str, target: str, since: datetime, until: datetime | None = None
    ) -> Mapping[datetime, Mapping[str, str]]:
        """The ledger of a task at a target."""
        return await self._outbox.slots(task, target, since, until)

    def _gather(self) -> Entry | None:
        if not self._waiting:
            return None
        parts = [self._waiting.popleft()]
        rows = parts[0].rows
        while self._waiting and rows + self._waiting[0].rows <= _ROWS:
            parts.append(self._waiting.popleft())
            rows += parts[-1].rows
        cursors, self._cursors = self._cursors, {}
        if len(self._waiting) < _LIMIT:
            self._free.set()
        return Entry(
            readings=tuple(chain.from_iterable(part.readings for part in parts)),
            findings=tuple(chain.from_iterable(part.findings for part in parts)),
            events=tuple(chain.from_iterable(part.events for part in parts)),
            slots=tuple(chain.from_iterable(part.slots for part in parts)),
            audits=tuple(chain.from_iterable(part.audits for part in parts)),
            aggregates=tuple(chain.from_iterable(part.aggregates for part in parts)),
            marks=tuple(chain.from_iterable(part.marks for part in parts)),
            saves=(*cursors.items(), *chain.from_iterable(part.saves for part in parts)),
            urgent=any(part.urgent for part in parts),
        )

    async def _write(self, entry: Entry) -> None:
        tries = 0
        while True:
            try:
                await self._outbox.append(entry)
            except OutboxFull as error:
                if not self.full:
                    _log.warning("the outbox is full: polling pauses", reason=error.reason)
                self.full = True
                self._free.clear()
                await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
                tries += 1
                continue
            if self.full:
                _log.info("the outbox takes entries again")
            self.full = False
            if len(self._waiting) < _LIMIT:
                self._free.set()
            return
