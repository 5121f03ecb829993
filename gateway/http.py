"""A small read-only server for /metrics and its neighbours, in one thread of its own.

One thread serves all connections without blocking, so a slow client costs a descriptor and no time.
"""

import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

__all__ = ["Page", "Server"]

_CONNECTIONS = 32
_REQUEST_BYTES = 8192
_SECONDS = 5.0
_TICK = 0.5

Page = tuple[int, str, bytes]
"""Status, content type, body."""

_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_TEXT = "text/plain; charset=utf-8"


@dataclass(slots=True)
class _Client:
    sock: socket.socket
    deadline: float
    received: bytearray = field(default_factory=bytearray)
    sending: memoryview = field(default_factory=lambda: memoryview(b""))


class Server:
    """Serves `pages` (path to a function that makes the page) by GET and HEAD at an address."""

    def __init__(self, listen: str, pages: Mapping[str, Callable[[], Page]]) -> None:
        host, _, port = listen.rpartition(":")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._pages = pages
        self._sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._sock.bind((host.strip("[]"), int(port)))
            self._sock.listen(_CONNECTIONS)
        except OSError:
            self._sock.close()
            raise
        self._sock.settimeout(0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._sock, selectors.EVENT_READ)
        self._clients: dict[int, _Client] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)
        self.refused = 0
        self.served = 0
        self.errors = 0

    @property
    def address(self) -> str:
        """host:port that is really bound."""
        host, port = self._sock.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(_SECONDS)
        for client in list(self._clients.values()):
            self._drop(client)
        self._selector.close()
        self._sock.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            for key, _ in self._selector.select(_TICK):
                if key.data is None:
                    self._accept()
                else:
                    self._advance(key.data)
            now = time.monotonic()
            for client in [c for c in self._clients.values() if c.deadline < now]:
                self._drop(client)

    def _accept(self) -> None:
        try:
            sock, _ = self._sock.accept()
        except OSError:
            return
        if len(self._clients) >= _CONNECTIONS:
            self.refused += 1
            sock.close()
            return
        sock.settimeout(0)
        client = _Client(sock, time.monotonic() + _SECONDS)
        self._clients[sock.fileno()] = client
        self._selector.register(sock, selectors.EVENT_READ, client)

    def _advance(self, client: _Client) -> None:
        try:
            if client.sending:
                client.sending = client.sending[client.sock.send(client.sending) :]
                if not client.sending:
                    self._drop(client)
                return
            data = client.sock.recv(4096)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._drop(client)
            return
        client.received += data
        if not data:
            self._drop(client)
        elif b"\r\n\r\n" in client.received or b"\n\n" in client.received:
            self._reply(client, bytes(client.received))
        elif len(client.received) > _REQUEST_BYTES:
            self._send(client, (431, _TEXT, b"too large\n"), head=False)

    def _reply(self, client: _Client, request: bytes) -> None:
        parts = request.split(b"\n", 1)[0].split()
        if len(request) > _REQUEST_BYTES or len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
            self._send(client, (400, _TEXT, b"bad request\n"), head=False)
        elif parts[0] not in {b"GET", b"HEAD"}:
            self._send(client, (405, _TEXT, b"only GET\n"), head=False)
        else:
            self._send(client, self._page(parts[1]), head=parts[0] == b"HEAD")

    def _page(self, target: bytes) -> Page:
        make = self._pages.get(target.partition(b"?")[0].decode("ascii", "replace"))
        if make is None:
            return 404, _TEXT, b"not found\n"
        try:
            return make()
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, OSError):
            self.errors += 1
            return 500, _TEXT, b"error\n"

    def _send(self, client: _Client, page: Page, *, head: bool) -> None:
        status, kind, body = page
        headers = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        )
        self.served += 1
        client.sending = memoryview(headers.encode() + (b"" if head else body))
        self._selector.modify(client.sock, selectors.EVENT_WRITE, client)

    def _drop(self, client: _Client) -> None:
        self._clients.pop(client.sock.fileno(), None)
        self._selector.unregister(client.sock)
        client.sock.close()
