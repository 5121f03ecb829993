"""Composition root of the upload page: `meterd upload serve`."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from config.address import endpoint
from config.load import Loaded
from config.page import is_loopback
from config.schema import Upload
from config.text import say
from gateway import logs
from gateway.clock import Clock
from gateway.dumps.spool import Spool
from gateway.notify import Notifier
from gateway.supervise import Supervisor
from gateway.upload.clerk import Clerk, Processes
from gateway.upload.errors import CannotListen
from gateway.upload.gates import Gates, Keepers, Settings, closed
from gateway.upload.handlers import About, Site
from gateway.upload.listener import Keys, Line, Listener, bound
from gateway.upload.lockout import Lockout
from gateway.upload.places import Places
from gateway.upload.record import Record
from gateway.upload.sessions import Sessions, Visitors
from gateway.upload.uploads import Limits, Store, Uploads
from gateway.upload.users import Users
from gateway.upload.views import Views

__all__ = ["Page", "build", "main"]

_BUFFER = 64 * 1024
_LINGER = 5.0
_KEEP_ALIVE = 15.0
_LINE, _FIELD, _FIELDS = 4_096, 8_190, 64
"""Longest request line and header in bytes, and most headers."""
_CREDENTIALS = "/run/credentials/meterd-upload.service"
_log = logs.get("upload")


@dataclass(frozen=True, slots=True)
class Page:
    """The page, listening and not yet running."""

    listener: Listener
    uploads: Uploads
    runner: web.AppRunner
    keepers: Keepers

    async def run(self) -> None:
        """Serve until cancelled."""
        supervisor, notifier = Supervisor(), Notifier()
        host, port = self.listener.address
        _log.info("upload page", address=host, port=port)
        notifier.ready(f"listening at {host}:{port}")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(supervisor.keep("listener", self.listener.run))
                group.create_task(supervisor.keep("uploads", self.uploads.run))
                group.create_task(self._feed(notifier))
        finally:
            notifier.stopping()
            await self.runner.cleanup()

    async def _feed(self, notifier: Notifier) -> None:
        """The watchdog is fed by the loop that serves."""
        while True:
            notifier.alive(f"{len(self.keepers.sessions)} sessions, {self.listener.open} connections")
            await asyncio.sleep(notifier.watchdog_seconds / 3 or 20.0)


async def build(loaded: Loaded, clock: Clock, clerk: Clerk | None = None) -> Page:
    """The page of a configuration, its socket bound; raises UploadError and OSError."""
    settings = loaded.settings
    upload, places = settings.upload, Places(settings.gateway.state_dir)
    keys = _keys(upload)
    sock = bound(upload.listen, tls=keys is not None)
    try:
        users = Users(places.users)
        users.all()  # a file that is none is told now, not at the first sign-in
        keepers = Keepers(
            users=users,
            sessions=Sessions(users, upload.session_minutes * 60.0),
            lockout=Lockout(),
            visitors=Visitors(),
        )
        store = Store(Record(places.record), Spool(places.spool), Views(places.views))
        uploads = Uploads(
            store, clerk or Processes(loaded.path, places.state), clock, Limits(upload.max_bytes)
        )
        lines: dict[object, Line] = {}
        gates = Gates(_settings(loaded, tls=keys is not None), keepers, clock, lines.get)
        about = About(
            gateway=settings.gateway.name,
            tz=ZoneInfo(settings.gateway.timezone),
            max_bytes=upload.max_bytes,
        )
        runner = web.AppRunner(Site(about, uploads, gates, clock).application(), handle_signals=False)
        await runner.setup()
    except BaseException:
        sock.close()
        raise
    server = runner.server
    if server is None:
        raise CannotListen("aiohttp gave no server")
    return Page(Listener(sock, _factory(server), keys, lines), uploads, runner, keepers)


class _Handler(web.RequestHandler):
    """aiohttp's side of one connection, whose answers to what is no request repeat nothing of it."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Log one line and answer."""
        del message
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("page failed", path=request.path[:200], exc_info=exc)
        else:
            _log.debug("malformed request", address=request.remote, reason=type(exc).__name__)
        return closed(status)


def _options() -> dict[str, Any]:
    return {
        "access_log": None,
        "logger": _quiet(),
        "auto_decompress": False,  # a body is what it is: nothing is expanded on the way in
        "keepalive_timeout": _KEEP_ALIVE,
        "lingering_time": _LINGER,
        "read_bufsize": _BUFFER,
        "max_line_size": _LINE,
        "max_field_size": _FIELD,
        "max_headers": _FIELDS,
    }


def _factory(server: web.Server) -> Callable[[], asyncio.Protocol]:
    loop, options = asyncio.get_running_loop(), _options()
    return lambda: _Handler(server, loop=loop, **options)


def _keys(upload: Upload) -> Keys | None:
    if upload.cert_file is None:
        return None
    if upload.key_credential is not None:
        folder = os.environ.get("CREDENTIALS_DIRECTORY", _CREDENTIALS)
        return Keys(upload.cert_file, Path(folder) / upload.key_credential)
    if upload.key_file is None:
        raise CannotListen(say("upload.cert_file without a key", "upload.cert_file 缺少私钥"))
    return Keys(upload.cert_file, upload.key_file)


def _settings(loaded: Loaded, *, tls: bool) -> Settings:
    upload = loaded.settings.upload
    host, _ = endpoint(upload.listen, any_host=True, any_port=True)
    own = {f"[{host}]" if ":" in host else host}
    if is_loopback(host):
        own |= {"localhost", "127.0.0.1", "[::1]"}
    names = {f"[{name}]" if ":" in name else name for name in upload.hosts}
    return Settings(
        hosts=frozenset(name.lower() for name in own | names) - {"", "0.0.0.0", "[::]"},  # noqa: S104
        tls=tls,
        forwarded=upload.forwarded,
        language=loaded.settings.gateway.language,
    )


class _Forward(logging.Handler):
    """What aiohttp says goes where everything goes, on one line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log at the same level."""
        error = record.exc_info[1] if record.exc_info else None
        level = "debug" if record.levelno < logging.WARNING else "error"
        getattr(_log, level)("aiohttp", said=record.getMessage()[:500], exc_info=error)


def _quiet() -> logging.Logger:
    logger = logging.getLogger("meterd.upload")
    logger.propagate = False
    logger.handlers = [_Forward()]
    return logger


def main(loaded: Loaded, clock: Clock) -> None:
    """Serve until SIGTERM or SIGINT; raises UploadError and OSError."""
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_until_signal(loaded, clock))


async def _until_signal(loaded: Loaded, clock: Clock) -> None:
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await (await build(loaded, clock)).run()
