"""radio:DEV?baud=&mode=&turnaround_ms=&key_up_ms=: a half-duplex radio, one frequency shared by many terminals."""

import asyncio

from config.link import LinkUrl
from drivers.errors import LinkLost, SendRefused
from drivers.link import RADIO_FRAME, Gate, Wire
from drivers.links.serial import SerialLink

__all__ = ["RadioLink"]

# A frequency that is never quiet for so long is not ours to speak on.
_PATIENCE_SECONDS = 30.0


class RadioLink(SerialLink):
    """A serial port with a radio behind it.

    It is keyed (RTS, where the port has it) some time before the first byte and until the last is out. Nothing is
    sent while bytes come in, nor within the turnaround after the last of them.
    """

    def __init__(self, name: str, gate: Gate, wire: Wire, url: LinkUrl) -> None:
        super().__init__(name, gate, wire, url)
        self._key_up = url.key_up_ms / 1000
        self._turnaround = url.turnaround_ms / 1000
        self._heard = float("-inf")
        self.deferred = 0

    async def open(self) -> None:
        """Open the device with the radio off; raises LinkLost."""
        await super().open()
        self._key(down=False)

    def _take(self, data: bytes) -> None:
        self._heard = _now()
        super()._take(data)

    async def _write(self, data: bytes) -> None:
        if len(data) > RADIO_FRAME:
            raise SendRefused(f"{len(data)} bytes held back: a frame on a radio has at most {RADIO_FRAME}")
        end = _now() + _PATIENCE_SECONDS
        while not await self._keyed(end):
            self.deferred += 1
        try:
            await super()._write(data)
            # Until the last byte is on the air: the radio must not be let go before, and nobody else is heard.
            await asyncio.sleep(self.wire.seconds(len(data)))
        finally:
            self._key(down=False)
            self._heard = _now()

    async def _keyed(self, end: float) -> bool:
        """Key the radio once the frequency has been quiet for the turnaround; false if somebody spoke meanwhile."""
        while (wait := self._heard + self._turnaround - _now()) > 0:
            if _now() > end:
                raise LinkLost(f"{self._url.path}: the frequency is never free")
            await asyncio.sleep(wait)
        before = self._heard
        self._key(down=True)
        try:
            await asyncio.sleep(self._key_up)
        except asyncio.CancelledError:
            self._key(down=False)
            raise
        if self._heard != before:
            self._key(down=False)
        return self._heard == before

    def _key(self, *, down: bool) -> None:
        """Switch the transmitter; ports without the line leave that to the radio itself."""
        if self._port is None:
            return
        try:
            self._port.rts = down
        except OSError:
            return


def _now() -> float:
    return asyncio.get_running_loop().time()
