"""A toy protocol with the same twists as the real ones, and links that behave as a script says."""

import asyncio
import selectors
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from drivers.errors import LinkLost
from drivers.inbox import Inbox
from drivers.link import Gate, Link, Wire
from protocols.errors import MeterRefused
from protocols.session import Answer, Effect, Item, Question, Send

T = TypeVar("T")
Reply = Iterable[tuple[float, bytes]]


def toy_classify(data: bytes) -> Effect:
    """Questions read, `T` sets the time, anything else is unknown."""
    return {b"?": Effect.READ, b"T": Effect.TIME_SET}.get(data[:1], Effect.UNKNOWN)


class ToySession:
    """`?ADDR:ID;` asks; `!ADDR:ID:VALUE;` answers, `+` has more to come, `-` refuses, `x...;` is garbled."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self.stranger = ""
        self._question: Question | None = None
        self._buffer = b""
        self._parts: list[str] = []

    def ask(self, question: Question) -> Send:
        self._question, self._buffer, self._parts = question, b"", []
        return Send(f"?{question.address}:{question.id};".encode(), 24)

    def feed(self, data: bytes) -> Send | Answer | None:
        self._buffer += data
        while b";" in self._buffer:
            frame, _, self._buffer = self._buffer.partition(b";")
            if (step := self._frame(frame.lstrip(b"~").decode())) is not None:
                return step
        return None

    def settle(self) -> Answer | None:
        return self._answer(partial=True) if self._parts else None

    def _frame(self, text: str) -> Send | Answer | None:
        assert self._question is not None
        self.counters["frames"] += 1
        kind, fields = text[:1], text[1:].split(":")
        if kind == "x":
            self.counters["checksum"] += 1
            return None
        if kind == "?":
            self.counters["echo"] += 1
            return None
        if fields[:2] != [self._question.address, self._question.id]:
            self.counters["foreign"] += 1
            return None
        if kind == "-":
            raise MeterRefused(("no requested data",), text.encode())
        self._parts.append(fields[2])
        if kind == "+":
            return Send(f"?{self._question.address}:{self._question.id}:{len(self._parts)};".encode(), 24)
        return self._answer(partial=False)

    def _answer(self, *, partial: bool) -> Answer:
        assert self._question is not None
        item = Item(self._question.id, None, "".join(self._parts), "")
        return Answer(self._question.address, [item], partial)


class ScriptedLink(Link):
    """Calls `script` with each send; it says what comes back after how many seconds."""

    def __init__(
        self, script: Callable[[bytes], Reply], *, wire: Wire | None = None, gate: Gate | None = None
    ):
        super().__init__("scripted", gate or Gate(toy_classify), wire or Wire())
        self.script = script
        self.sent: list[tuple[float, bytes]] = []
        self.opens = 0
        self.refuse_open = False
        self.inbox: Inbox | None = None

    @property
    def alive(self) -> bool:
        return self.inbox is not None and not self.inbox.ended

    async def open(self) -> None:
        if self.refuse_open:
            raise LinkLost("nobody there")
        self.opens += 1
        self.inbox = Inbox()

    async def receive(self) -> bytes:
        if self.inbox is None:
            raise LinkLost("not open")
        data = await self.inbox.take()
        self.received_bytes += len(data)
        return data

    def pending(self) -> bytes:
        return self.inbox.take_now() if self.inbox else b""

    async def close(self) -> None:
        if self.inbox is not None:
            self.inbox.end("closed")

    def cut(self) -> None:
        """The channel is gone from now on."""
        assert self.inbox is not None
        self.inbox.end("cut")
        if self.on_lost:
            self.on_lost()

    async def _write(self, data: bytes) -> None:
        if not self.alive:
            raise LinkLost("cut")
        loop = asyncio.get_running_loop()
        self.sent.append((loop.time(), data))
        for delay, reply in self.script(data):
            loop.call_later(delay, self._deliver, self.inbox, reply)

    def _deliver(self, inbox: Inbox, data: bytes) -> None:
        if inbox is self.inbox and not inbox.ended:
            inbox.put(data)


class _Selector(selectors.DefaultSelector):
    """Never sleeps: where the loop would wait for a timer, its clock jumps there."""

    jump: Callable[[float], None]

    def select(self, timeout: float | None = None) -> list[Any]:
        events = super().select(0 if timeout is not None else None)
        if not events and timeout:
            self.jump(timeout)
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while nothing is left to do."""

    def __init__(self) -> None:
        selector = _Selector()
        selector.jump = self._jump
        self._now = 1000.0
        super().__init__(selector)

    def time(self) -> float:
        return self._now

    def _jump(self, seconds: float) -> None:
        self._now += seconds


def virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
