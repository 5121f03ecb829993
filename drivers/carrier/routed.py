"""Reading that the module leads: it asks what to read of each node in turn, and reports what it read."""

import asyncio
from dataclasses import dataclass

from drivers.carrier.module import Module
from drivers.errors import NoAnswer
from protocols.dlt645.frame import Frame, Splitter
from protocols.gdw1376_2.session import NodeReport

__all__ = ["Routed"]

_SLICE = 0.5
# One question looks after the route, the others look whether that one is still there.
_OTHERS = 5.0
# A node is read so often in vain, or passed over so often, before it counts as silent.
_TRIES, _ROUNDS = 2, 3
_READING_ENDED = 1


@dataclass(slots=True)
class _Want:
    frame: bytes
    answer: asyncio.Future[bytes]
    given: int = 0
    rounds: int = 0

    def passed_over(self) -> None:
        self.rounds += 1
        if self.rounds >= _ROUNDS:
            self.give_up()

    def give_up(self) -> None:
        if not self.answer.done():
            self.answer.set_exception(NoAnswer("the module could not read the node"))


class Routed:
    """What is wanted of the nodes of one module."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._wanted: dict[str, _Want] = {}
        self._is_running = False
        self._active = float("-inf")
        self._starting = asyncio.Lock()

    def to_read(self, node: str) -> bytes | None:
        """The module asks: a frame, nothing to do, or None for a node that is not ours."""
        self._mark()
        if not self._module.knows(node):
            return None
        want = self._wanted.get(node)
        if want is None:
            return b""
        if want.given == _TRIES:
            want.give_up()
            return b""
        want.given += 1
        return want.frame

    def hear(self, report: NodeReport) -> None:
        """A report of what was read, or that all has been."""
        self._mark()
        if report.fn == 3 and report.body.data.get("task") == _READING_ENDED:
            self.ended()
        for frame in Splitter().feed(report.body.frame or b""):
            want = self._wanted.get(frame.address) if isinstance(frame, Frame) else None
            if want is not None and not want.answer.done():
                want.answer.set_result(report.body.frame or b"")

    def ended(self) -> None:
        """The module is through with its nodes, or began anew."""
        if self._is_running:
            self._is_running = False
            for want in self._wanted.values():
                want.passed_over()

    async def carry(self, node: str, frame: bytes, seconds: float) -> bytes:
        """The node's answer to a frame; `seconds` without a word of the module end it. Raises NoAnswer, LinkLost."""
        want = _Want(frame, asyncio.get_running_loop().create_future())
        self._wanted[node] = want
        try:
            while not want.answer.done():
                await self._keep_running(seconds)
                is_keeper = next(iter(self._wanted.values())) is want
                await asyncio.wait({want.answer}, timeout=_SLICE if is_keeper else _OTHERS)
            return want.answer.result()
        finally:
            del self._wanted[node]
            if not want.answer.cancel() and not want.answer.cancelled():
                want.answer.exception()

    async def _keep_running(self, seconds: float) -> None:
        async with self._starting:
            if self._is_running and asyncio.get_running_loop().time() - self._active > seconds:
                self.ended()
            if not self._is_running:
                await self._module.ready(leads_itself=True)
                self._mark()
                self._is_running = True
                try:
                    await self._module.restart_route()
                except NoAnswer:
                    self._is_running = False
                    raise

    def _mark(self) -> None:
        self._active = asyncio.get_running_loop().time()
