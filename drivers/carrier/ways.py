"""The ways to a node: one at a time, several at once, by the module's own route, or without any routing."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from drivers.carrier.exchange import Anew, Exchange
from drivers.carrier.module import Module, Running
from drivers.carrier.routed import Routed
from drivers.errors import NoAnswer
from protocols.gdw1376_2 import commands
from protocols.gdw1376_2.commands import DENIALS, Command
from protocols.gdw1376_2.session import CarrierDialogue, Reply

__all__ = ["MeterSilent", "ModuleSilent", "TooManyFrames", "Ways"]

# What stands around an answer that F1H brings: frame, addresses, protocol, length.
_OVERHEAD = 40
# How often one question is put again because of the module's own state, not the node's.
_CURES = 8
_BUSY_SECONDS = 1.0
# After so many silences in a row the module itself is asked whether it is there.
_SILENCES = 2
_CONCURRENT, _POINT, _PLAIN = (0xF1, 1), (0x13, 1), (0x02, 1)
_BUSY = frozenset({DENIALS.BUSY, DENIALS.TOO_MANY, DENIALS.BEING_READ})
_MISREAD = frozenset({DENIALS.INVALID, DENIALS.LENGTH, DENIALS.FORMAT})
_NOT_OFFERED = frozenset({DENIALS.INVALID, DENIALS.UNKNOWN, DENIALS.UNSUPPORTED})


class ModuleSilent(NoAnswer):
    """The module itself does not answer."""


class MeterSilent(NoAnswer):
    """The node is there and its meter says nothing: perhaps it does not know what it was asked."""


class TooManyFrames(NoAnswer):
    """The module carries fewer frames at once."""


_DENIED: Mapping[int, type[NoAnswer]] = {8: MeterSilent, DENIALS.TOO_LONG: TooManyFrames}


class Ways:
    """Carries frames to nodes. `observe(node, phase)` takes what an answer tells of a node's phase."""

    def __init__(
        self,
        exchange: Exchange,
        dialogue: CarrierDialogue,
        module: Module,
        routed: Routed,
        observe: Callable[[str, int], None],
    ) -> None:
        self._exchange, self._dialogue, self._module, self._routed = exchange, dialogue, module, routed
        self._observe = observe
        self._single = asyncio.Lock()
        self._silences = 0
        self._tried_edition = False

    def room(self) -> int:
        """How many bytes of answers a node may give at once; 0 where one frame is carried at a time."""
        running = self._module.running
        return running.longest - _OVERHEAD if self._module.is_ready and _takes_several(running) else 0

    async def carry(self, node: str, protocol: str, frames: Sequence[bytes]) -> bytes:
        """What a node answers to DL/T 645 frames; raises NoAnswer and its kinds here, LinkLost, SendRefused."""
        for _ in range(_CURES):
            try:
                running = await self._module.ready()
            except Anew:
                continue
            except NoAnswer as error:
                raise ModuleSilent(str(error)) from error
            if len(frames) > 1 and not _takes_several(running):
                raise TooManyFrames("the module carries one frame at a time")
            frame = b"".join(frames)
            try:
                if running.route_leads:
                    return await self._routed.carry(node, frame, running.node_seconds)
                reply = await self._ask(
                    running, self._command(running, node, commands.PROTOCOLS[protocol], frame)
                )
            except Anew:
                continue
            if reply.denied is None:
                return self._taken(node, reply)
            if not await self._cure(reply, node):
                why = str(reply.body.data.get("code_name", reply.denied))
                raise _DENIED.get(reply.denied, NoAnswer)(f"denied: {why}")
        raise NoAnswer("the module does not take the question")

    def _command(self, running: Running, node: str, protocol: int, frame: bytes) -> Command:
        if not running.has_routing:
            data = bytes((protocol, len(frame))) + frame
            return Command(afn=_PLAIN[0], fn=_PLAIN[1], data=data, node=node)
        if running.is_concurrent:
            return commands.concurrent(node, protocol, frame)
        return commands.read_node(node, protocol, frame, is_2009=self._dialogue.is_2009)

    async def _ask(self, running: Running, command: Command) -> Reply:
        try:
            if command.afn == _CONCURRENT[0]:
                reply = await self._exchange.ask(command, running.node_seconds)
            else:
                async with self._single:
                    reply = await self._exchange.ask(command, running.node_seconds)
        except Anew:
            raise
        except NoAnswer as error:
            self._silences += 1
            if self._silences >= _SILENCES and not await self._module.is_there():
                raise ModuleSilent("the module is silent") from error
            raise
        self._silences = 0
        return reply

    def _taken(self, node: str, reply: Reply) -> bytes:
        if reply.phase:
            self._observe(node, reply.phase)
        if not reply.frame:
            raise NoAnswer("the module got nothing of the node")
        return reply.frame

    async def _cure(self, reply: Reply, node: str) -> bool:
        """What a denial asks for, where asking again makes sense then."""
        what, code = (reply.afn, reply.fn), reply.denied
        if code in _BUSY:
            await asyncio.sleep(_BUSY_SECONDS)
            return True
        if code == DENIALS.ABSENT:
            return await self._module.add_again(node)
        if what == _CONCURRENT and code in _NOT_OFFERED:
            self._module.running.is_concurrent = False
            return True
        if what == _POINT and code in _MISREAD and not self._tried_edition:
            self._tried_edition = True
            self._dialogue.is_2009 = not self._dialogue.is_2009
            return True
        return False


def _takes_several(running: Running) -> bool:
    """F1H is laid out for several frames, 13H and what 14H is answered with are for one."""
    return running.is_concurrent and not running.route_leads
