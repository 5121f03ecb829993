"""modem:DEV?baud=&mode=&init=&dial_seconds=&guard_ms=&answer=: a telephone modem, which dials and is called.

While no call stands the modem takes commands, and only those of `protocols.modem_at.command` reach it; while one
stands, bytes go through the send gate like on any other link.
"""

import asyncio
from contextlib import suppress

from config.link import LinkUrl
from drivers.errors import CallFailed, LinkLost
from drivers.inbox import Inbox
from drivers.link import Gate, Wire
from drivers.links.serial import SerialLink
from protocols.modem_at import command
from protocols.modem_at.result import Code, DropWatch, Result, Results

__all__ = ["ModemLink"]

# V.250, 5.2.1: a modem answers a command at once; slow ones take a second to reset.
_COMMAND_SECONDS = 2.0
# Time with the DTR line off that every modem takes for "hang up".
_DTR_SECONDS = 0.3
# How often the carrier line is looked at, where there is one.
_CARRIER_SECONDS = 0.25
_NO_CALL = "no call stands"
_FAILURES = {
    Code.BUSY: "busy",
    Code.NO_ANSWER: "no_answer",
    Code.NO_CARRIER: "no_carrier",
    Code.NO_DIALTONE: "no_dialtone",
    Code.ERROR: "error",
    Code.DELAYED: "busy",
    Code.VOICE: "no_carrier",
}


class ModemLink(SerialLink):
    """A modem. `open` makes it take commands; bytes pass only while `connected`, after `dial` or `answer`.

    `called` is set while somebody rings long enough for us to pick up. `speed` is that of the call in bit/s, 0 where
    the modem does not tell.
    """

    def __init__(self, name: str, gate: Gate, wire: Wire, url: LinkUrl) -> None:
        super().__init__(name, gate, wire, url)
        self.called = asyncio.Event()
        self.speed = 0
        self.calls = 0
        self.dropped_calls = 0
        self._rings = 0
        self._asking = False
        self._results = Results()
        self._said: asyncio.Queue[Result] = asyncio.Queue()
        self._call: Inbox | None = None
        self._watch = DropWatch()
        self._has_carrier_line = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def connected(self) -> bool:
        """Whether a call stands."""
        return self._call is not None and not self._call.ended and self.alive

    # -- the modem itself ------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the port and set the modem up, hanging up what it may still have; raises LinkLost."""
        await super().open()
        self._command_mode()
        if not await self._attentive():
            await self._escape()
            if not await self._attentive():
                raise LinkLost(f"{self._url.path}: no modem answers; check speed and cable")
        for text in self._url.init:
            if (result := await self._tell(command.line(text))) is None or result.code is not Code.OK:
                said = "nothing" if result is None else result.code
                raise LinkLost(f"{self._url.path}: the modem answers {said} to {text}")

    async def dial(self, number: str) -> int:
        """Call; returns the call's speed in bit/s, 0 where unknown. Raises CallFailed, LinkLost, ValueError."""
        if self.connected:
            await self.hang_up()
        result = await self._tell(command.dial(number), self._url.dial_seconds)
        if result is None:
            await self._give_up()
            raise CallFailed("no_answer", f"{number}: no answer within {self._url.dial_seconds} s")
        if result.code is not Code.CONNECT:
            raise CallFailed(_FAILURES.get(result.code, "error"), f"{number}: {result.code}")
        return self._begin(result)

    async def answer(self) -> int:
        """Pick up; returns the call's speed. Raises CallFailed if the caller has given up, LinkLost."""
        self._rings = 0
        self.called.clear()
        result = await self._tell(command.ANSWER, self._url.dial_seconds)
        if result is None or result.code is not Code.CONNECT:
            await self._give_up()
            raise CallFailed("no_carrier", "the caller has given up")
        return self._begin(result)

    async def hang_up(self) -> None:
        """End the call; a modem that does not hear the escape has its DTR line dropped. Raises LinkLost."""
        if self._call is None:
            return
        standing = self.connected
        self._command_mode()
        if standing:
            await self._escape()

    async def close(self) -> None:
        """Hang up as far as the modem hears it, and let go of the port."""
        if self.connected:
            with suppress(LinkLost):
                await self.hang_up()
        self._end("closed")
        await super().close()

    async def _attentive(self) -> bool:
        result = await self._tell(command.ATTENTION, _COMMAND_SECONDS / 2)
        return result is not None and result.code is Code.OK

    async def _tell(self, line: bytes, seconds: float = _COMMAND_SECONDS) -> Result | None:
        """Say a command and wait for its result; None where there is none in time."""
        self._command_mode()
        await super()._write(line)
        return await self._listen(seconds)

    async def _listen(self, seconds: float) -> Result | None:
        self._asking = True
        try:
            async with asyncio.timeout(seconds):
                result = await self._said.get()
        except TimeoutError:
            return None
        finally:
            self._asking = False
        if not self.alive:
            raise LinkLost(f"{self._url.path}: the modem is gone")
        return result

    async def _escape(self) -> None:
        """Out of the call into command mode between two guard times, then on hook."""
        guard = self._url.guard_ms / 1000
        await asyncio.sleep(guard)
        heard = await self._after_silence(guard)
        result = await self._tell(command.HANG_UP)
        if (heard is None and result is None) or (result is not None and result.code is Code.ERROR):
            await self._drop_dtr()
        self._command_mode()

    async def _after_silence(self, guard: float) -> Result | None:
        await super()._write(command.ESCAPE)
        return await self._listen(guard + _COMMAND_SECONDS / 2)

    async def _give_up(self) -> None:
        """Any byte ends dialling (V.250, 5.6.1); what the modem says to it is of no interest."""
        await self._tell(command.ATTENTION)

    async def _drop_dtr(self) -> None:
        if self._port is None:
            return
        try:
            self._port.dtr = False
            await asyncio.sleep(_DTR_SECONDS)
            self._port.dtr = True
        except OSError:
            return  # a port without the line

    # -- the call --------------------------------------------------------------------------------------------

    async def receive(self) -> bytes:
        """The next bytes of the call; raises LinkLost when it is over."""
        if self._call is None:
            raise LinkLost(f"{self._url.path}: {_NO_CALL}")
        return await self._call.take()

    def pending(self) -> bytes:
        """Bytes of the call that came unasked for."""
        return self._call.take_now() if self._call is not None else b""

    async def _write(self, data: bytes) -> None:
        if not self.connected:
            raise LinkLost(f"{self._url.path}: {_NO_CALL}")
        await super()._write(data)

    def _begin(self, result: Result) -> int:
        self.speed = result.baud
        self.calls += 1
        self._rings = 0
        self._call, self._watch = Inbox(), DropWatch()
        rest, self._results.rest = self._results.rest, b""
        self._has_carrier_line = False
        self._look_at_carrier()
        if rest:
            self._take(rest)
        return self.speed

    def _command_mode(self) -> None:
        """What comes from now on are the modem's own words."""
        self._end(_NO_CALL)
        self._call = None
        self._results.clear()
        while not self._said.empty():
            self._said.get_nowait()

    def _take(self, data: bytes) -> None:
        if self._call is None:
            self._words(data)
        elif not self._call.ended:
            self._call.put(data)
            if self._watch.feed(data):
                self._dropped("the call was dropped: NO CARRIER")
        else:
            self._words(data)

    def _words(self, data: bytes) -> None:
        for result in self._results.feed(data):
            if result.code is Code.RING:
                self._rings += 1
                if 0 < self._url.answer <= self._rings:
                    self.called.set()
            elif self._rings and not self._asking and result.code is Code.NO_CARRIER:
                self._rings = 0
                self.called.clear()
            else:
                self._said.put_nowait(result)

    def _dropped(self, why: str) -> None:
        """The other side has hung up, or the line failed."""
        if self._call is None or self._call.ended:
            return
        self.dropped_calls += 1
        self._end(f"{self._url.path}: {why}")
        self._results.clear()
        if self.on_lost is not None:
            self.on_lost()

    def _end(self, why: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._call is not None:
            self._call.end(why)

    def _hangup(self, why: str) -> None:
        super()._hangup(why)
        self._end(f"{self._url.path}: {why}")
        self._said.put_nowait(Result(Code.ERROR))

    # -- carrier detect --------------------------------------------------------------------------------------

    def _look_at_carrier(self) -> None:
        """Where the line was seen on during this call, off means that the call is over."""
        there = self._carrier()
        self._has_carrier_line |= bool(there)
        if self._has_carrier_line and there is False:
            self._dropped("the call was dropped: no carrier")
            return
        if there is not None:
            self._timer = asyncio.get_running_loop().call_later(_CARRIER_SECONDS, self._look_at_carrier)

    def _carrier(self) -> bool | None:
        """The DCD line; None where the port has none."""
        if self._port is None:
            return None
        try:
            return bool(self._port.cd)
        except OSError:
            return None
