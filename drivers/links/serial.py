"""serial:DEV?baud=&mode=: pyserial opens and sets the port, the event loop reads and writes it."""

import asyncio
import logging
import os
import termios

import serial

from config.link import LinkUrl
from drivers.errors import LinkLost
from drivers.inbox import Inbox
from drivers.link import Gate, Link, Wire
from drivers.links.why import PORT, why

__all__ = ["SerialLink", "open_port"]

_log = logging.getLogger(__name__)

_CHUNK = 4096
# Kernel buffers hold thousands of bytes: a port that takes none for so many seconds is not there any more.
_WRITE_SECONDS = 5.0


def open_port(device: str, baud: int, mode: str) -> serial.Serial:
    """Open and set a serial port, exclusively; raises LinkLost.

    Linux pseudo terminals have no parity and refuse it (EINVAL): there the port runs without, and says so.
    """
    parity = mode[1]
    if parity != "N" and _is_pty(device):
        _log.info("%s is a pseudo terminal: parity %s left out", device, parity)
        parity = "N"
    try:
        return serial.Serial(
            device,
            baudrate=baud,
            bytesize=int(mode[0]),
            parity=parity,
            stopbits=int(mode[2]),
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
    except (serial.SerialException, OSError) as error:
        raise LinkLost(f"{device}: {why(error, PORT)}") from error
    except termios.error as error:
        raise LinkLost(f"{device}: the port refuses {baud} bit/s {mode}: {error.args[-1]}") from error


def _is_pty(device: str) -> bool:
    return os.path.realpath(device).startswith("/dev/pts/")


def _finish(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


class SerialLink(Link):
    """A serial port."""

    def __init__(self, name: str, gate: Gate, wire: Wire, url: LinkUrl) -> None:
        super().__init__(name, gate, wire)
        self._url = url
        self._port: serial.Serial | None = None
        self._fd = -1
        self._inbox = Inbox()

    @property
    def alive(self) -> bool:
        """Whether the port is open and has not hung up."""
        return self._port is not None and not self._inbox.ended

    async def open(self) -> None:
        """Open the device; raises LinkLost."""
        self._drop()
        self._port = open_port(self._url.path, self._url.baud, self._url.mode)
        self._fd = self._port.fileno()
        self._inbox = Inbox()
        asyncio.get_running_loop().add_reader(self._fd, self._readable)

    async def receive(self) -> bytes:
        """The next bytes; raises LinkLost, also when the device hung up before."""
        if self._port is None:
            raise LinkLost(f"{self._url.path}: not open")
        return await self._inbox.take()

    def pending(self) -> bytes:
        """Bytes that came unasked for."""
        return self._inbox.take_now()

    async def close(self) -> None:
        """Let go of the device."""
        self._drop()

    async def _write(self, data: bytes) -> None:
        rest = memoryview(data)[self._write_some(data) :]
        if not rest:
            return
        try:
            async with asyncio.timeout(_WRITE_SECONDS):
                while rest:
                    await self._writable()
                    rest = rest[self._write_some(rest) :]
        except TimeoutError:
            self._hangup("takes no bytes")
            raise LinkLost(f"{self._url.path}: takes no bytes") from None

    def _write_some(self, data: bytes | memoryview) -> int:
        """Give the kernel what it takes now, perhaps nothing."""
        if not self.alive:
            raise LinkLost(f"{self._url.path}: not open")
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            self._hangup(str(error.strerror))
            raise LinkLost(f"{self._url.path}: {error.strerror}") from error

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_writer(self._fd, _finish, ready)
        try:
            await ready
        finally:
            loop.remove_writer(self._fd)

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._hangup(str(error.strerror))
            return
        if data:
            self.received_bytes += len(data)
            self._take(data)
        else:
            self._hangup("hung up")

    def _take(self, data: bytes) -> None:
        """Received bytes, as the event loop brings them."""
        self._inbox.put(data)

    def _hangup(self, why: str) -> None:
        """The device is gone: let the descriptor rest, or it would wake the loop without end."""
        if self._inbox.ended:
            return
        asyncio.get_running_loop().remove_reader(self._fd)
        self._inbox.end(f"{self._url.path}: {why}")
        if self.on_lost is not None:
            self.on_lost()

    def _drop(self) -> None:
        if self._port is None:
            return
        asyncio.get_running_loop().remove_reader(self._fd)
        self._inbox.end(f"{self._url.path}: closed")
        self._port.close()
        self._port, self._fd = None, -1
