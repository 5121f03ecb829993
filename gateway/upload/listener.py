"""The listener: few connections, each with a deadline for everything, TLS wherever others can reach it.

aiohttp counts no connections and lets a body or an answer take as long as the client likes; here each connection
is a task with a timeout that its requests move on.
"""

import asyncio
import os
import socket
import ssl
import stat
from collections import Counter
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from pathlib import Path

from config.address import endpoint
from config.page import is_loopback
from config.text import say
from gateway import logs
from gateway.upload.errors import CannotListen

__all__ = ["IDLE", "Keys", "Line", "Listener", "bound"]

MOST = 64
MOST_OF_ONE = 32
"""Connections in all, and from one address."""
_HANDSHAKE = 10.0
_HEADERS = 15.0
"""Seconds for the TLS handshake, and for a complete first request's headers."""
IDLE = 20.0
"""Seconds between two requests."""
_AGAIN = 10.0
_log = logs.get("upload")


class Line(asyncio.Protocol):
    """One connection: passes everything to aiohttp's protocol, and knows when it has to be over."""

    def __init__(self, inner: asyncio.Protocol, on: Callable[[asyncio.Protocol, "Line"], None]) -> None:
        self._inner, self._on = inner, on
        self.transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()
        self.timeout: asyncio.Timeout | None = None

    def extend(self, seconds: float) -> None:
        """The connection may last so long from now on."""
        if self.timeout is not None and not self.timeout.expired():
            with suppress(RuntimeError):  # it has just ended
                self.timeout.reschedule(asyncio.get_running_loop().time() + seconds)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio promises it for streams
        self.transport = transport
        self._on(self._inner, self)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass on."""
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on."""
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        """Pass on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass on."""
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._inner.connection_lost(exc)
        self.lost.set()


class Keys:
    """Certificate and key; `context` follows the files when they change, and keeps the old ones if they are bad."""

    def __init__(self, cert_file: Path, key_file: Path) -> None:
        self.cert_file, self.key_file = cert_file, key_file
        self._stamps = self._look()
        self._context = self._load()
        self._checked = 0.0

    def context(self, now: float) -> ssl.SSLContext:
        """The context for a connection that begins now (monotonic seconds)."""
        if now - self._checked >= _AGAIN:
            self._checked = now
            if (stamps := self._look()) != self._stamps:
                self._stamps = stamps
                try:
                    self._context = self._load()
                    _log.info("certificate loaded")
                except CannotListen as error:
                    _log.error("certificate not loaded, the old one goes on", reason=str(error))
        return self._context

    def _look(self) -> tuple[object, ...]:
        found: list[object] = []
        for path in (self.cert_file, self.key_file):
            with suppress(OSError):
                entry = path.stat()
                found += [entry.st_ino, entry.st_mtime_ns, entry.st_size]
        return tuple(found)

    def _load(self) -> ssl.SSLContext:
        try:
            if self.key_file.stat().st_mode & stat.S_IRWXO:
                text = say("a key that everybody can read is not used", "任何人都可读的私钥不予使用")
                raise CannotListen(f"{self.key_file}: {text}")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(self.cert_file, self.key_file)
        except ssl.SSLError as error:
            text = say("certificate and key do not fit or are damaged", "证书与私钥不匹配或已损坏")
            raise CannotListen(f"{self.cert_file}: {text} ({error.reason})") from error
        except OSError as error:
            raise CannotListen(f"{error.filename}: {error.strerror}") from error
        return context


def bound(listen: str, *, tls: bool) -> socket.socket:
    """The socket at HOST:PORT; raises CannotListen, also for an address beyond this machine without TLS."""
    try:
        host, port = endpoint(listen, any_host=True, any_port=True)
    except ValueError:
        raise CannotListen(say(f"{listen!r}: no address and port", f"{listen!r}：不是地址和端口")) from None
    if not tls and not is_loopback(host):
        text = say("beyond this machine only with cert_file and key_file", "对外监听必须配置证书和私钥")
        raise CannotListen(f"{listen}: {text}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(MOST)
    except OSError as error:
        sock.close()
        raise CannotListen(f"{listen}: {error.strerror or error}") from error
    sock.setblocking(False)  # noqa: FBT003 - its only parameter
    return sock


class Listener:
    """Accepts connections for aiohttp's server; `lines` has those that are open, by aiohttp's protocol."""

    def __init__(
        self,
        sock: socket.socket,
        factory: Callable[[], asyncio.Protocol],
        keys: Keys | None,
        lines: MutableMapping[object, Line],
    ) -> None:
        self._sock, self._factory, self._keys, self._lines = sock, factory, keys, lines
        self._of: Counter[str] = Counter()
        self.open = 0
        self.refused = 0

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are really bound."""
        host, port = self._sock.getsockname()[:2]
        return str(host), int(port)

    async def run(self) -> None:
        """Accept until cancelled; then every connection ends."""
        loop = asyncio.get_running_loop()
        with self._sock:
            async with asyncio.TaskGroup() as group:
                while True:
                    try:
                        sock, peer = await loop.sock_accept(self._sock)
                    except OSError as error:
                        _log.warning("no connection accepted", reason=os.strerror(error.errno or 0))
                        await asyncio.sleep(0.2)
                        continue
                    host = str(peer[0])
                    if self.open >= MOST or self._of[host] >= MOST_OF_ONE:
                        self.refused += 1
                        sock.close()
                        continue
                    self.open += 1
                    self._of[host] += 1
                    group.create_task(self._serve(sock, host))

    async def _serve(self, sock: socket.socket, host: str) -> None:
        inner = self._factory()
        line = Line(inner, self._lines.__setitem__)
        try:
            with suppress(TimeoutError, OSError):
                async with asyncio.timeout(_HANDSHAKE + _HEADERS) as line.timeout:
                    await self._talk(sock, line)
        finally:
            self._lines.pop(inner, None)
            if line.transport is not None:
                # Python 3.11.2, Debian 12's, raises for a TLS transport that is gone already.
                with suppress(AttributeError):
                    line.transport.abort()
            else:
                sock.close()
            self.open -= 1
            self._of[host] -= 1
            if not self._of[host]:
                del self._of[host]

    async def _talk(self, sock: socket.socket, line: Line) -> None:
        loop = asyncio.get_running_loop()
        if self._keys is None:
            await loop.connect_accepted_socket(lambda: line, sock)
        else:
            context = self._keys.context(loop.time())
            await loop.connect_accepted_socket(
                lambda: line, sock, ssl=context, ssl_handshake_timeout=_HANDSHAKE, ssl_shutdown_timeout=2.0
            )
        line.extend(_HEADERS)
        await line.lost.wait()
