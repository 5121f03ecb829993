"""The control socket in the state folder: asks the running daemon to reload, or for readings as they pass.

`reload` is answered by one line of JSON: {"ok": bool, "problems": [...], "notes": [...]}; `tail` and what is wanted
by such a line and then a line for each reading (gateway.tap).
"""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["SOCKET", "NotRunning", "Outcome", "Tail", "ask_reload", "call", "serve"]

SOCKET = "control.sock"
_LINE = 4096
_SECONDS = 10.0
_TAIL = b"tail "

Tail = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Answers one who asks for readings, until he hangs up."""


class NotRunning(Exception):
    """No daemon listens in this state folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a reload: `problems` kept the old configuration, `notes` are what a person should know.

    (Settings that wait for a restart, and what works and is hardly meant.)
    """

    ok: bool
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """The socket's path through a descriptor of its folder, as socket paths may not exceed 107 bytes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)


async def serve(folder: Path, reload: Callable[[], Awaitable[Outcome]], tail: Tail | None = None) -> None:
    """Answer on the control socket until cancelled. The folder belongs to the daemon alone."""
    lasting: set[asyncio.Task[Any]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                line = await reader.readuntil()
            if tail is not None and line.startswith(_TAIL):
                if (task := asyncio.current_task()) is not None:
                    lasting.add(task)
                    task.add_done_callback(lasting.discard)
                await tail(line.removeprefix(_TAIL), reader, writer)
                return
            if line.strip() == b"reload":
                outcome = await reload()
            else:
                outcome = Outcome(ok=False, problems=("unknown request",))
            # A file's name may hold what is no text: its escape is one of JSON's, too.
            told = json.dumps(asdict(outcome), ensure_ascii=False).encode("utf-8", "backslashreplace")
            writer.write(told + b"\n")
            await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    (folder / SOCKET).unlink(missing_ok=True)
    with _short(folder) as path:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
    (folder / SOCKET).chmod(0o600)
    server = await asyncio.start_unix_server(answer, sock=listener, limit=_LINE)
    try:
        async with server:
            await server.serve_forever()
    finally:
        for task in lasting:
            task.cancel()
        (folder / SOCKET).unlink(missing_ok=True)


@contextlib.contextmanager
def call(folder: Path, request: bytes, seconds: float | None) -> Iterator[BinaryIO]:
    """What the daemon of this state folder answers to a request line; raises NotRunning.

    `seconds` bound each wait, None: none.
    """
    try:
        with _short(folder) as path, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            channel.settimeout(seconds)
            channel.connect(path)
            channel.sendall(request + b"\n")
            with channel.makefile("rb") as answer:
                yield answer
    except OSError as error:
        raise NotRunning(str(error)) from None


def ask_reload(folder: Path, seconds: float) -> Outcome:
    """Ask the daemon of this state folder to reload and wait for what came of it; raises NotRunning."""
    with call(folder, b"reload", seconds) as answer:
        line = answer.readline()
    if not line:
        raise NotRunning("it closed the connection")
    try:
        told = json.loads(line)
        return Outcome(ok=told["ok"], problems=tuple(told["problems"]), notes=tuple(told["notes"]))
    except (ValueError, LookupError, TypeError):
        raise NotRunning(f"it answered {line[:80]!r}") from None
