"""Has files looked at, each in a process of its own, one after the other."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from config.text import language
from gateway import logs

__all__ = ["Clerk", "Failed", "Processes"]

_LONGEST = 900.0
_LINE = 65_536
_SAID = 300
_log = logs.get("upload")


class Failed(Exception):
    """A file could not be looked at, or is not there any more."""


class Clerk(Protocol):
    """Lays reports beside the page's others and gives their figures; raises Failed."""

    async def check(self, number: str, progress: Callable[[int], None]) -> dict[str, Any]:
        """What an import would take; `progress` hears how many rows are done."""
        ...

    async def digest(self, number: str) -> dict[str, Any]:
        """What the daemon's import took."""
        ...


@dataclass(frozen=True, slots=True)
class Processes:
    """Starts `gateway.upload.worker`; `longest` seconds later it is ended."""

    config: Path
    state: Path
    longest: float = _LONGEST

    async def check(self, number: str, progress: Callable[[int], None]) -> dict[str, Any]:
        """What an import would take."""
        return await self._run("check", number, progress)

    async def digest(self, number: str) -> dict[str, Any]:
        """What the daemon's import took."""
        return await self._run("digest", number, lambda _rows: None)

    async def _run(self, mode: str, number: str, progress: Callable[[int], None]) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "gateway.upload.worker", mode, str(self.config), str(self.state), number,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=_LINE, env=os.environ | {"METERD_LANG": language()},
        )  # fmt: skip
        try:
            async with asyncio.timeout(self.longest):
                found, errors = await _heard(process, progress)
        except TimeoutError:
            _log.error("a check was ended: it took too long", number=number)
            raise Failed(number) from None
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if errors:
            _log.error("said by a check", number=number, said=errors.decode(errors="replace")[-_SAID:])
        if process.returncode != 0 or found is None:
            raise Failed(number)
        return found


async def _heard(process: Process, progress: Callable[[int], None]) -> tuple[dict[str, Any] | None, bytes]:
    """The last line of what a process says, and its errors, once it has ended."""
    if process.stdout is None or process.stderr is None:
        return None, b""
    found: dict[str, Any] | None = None
    async with asyncio.TaskGroup() as group:
        errors = group.create_task(process.stderr.read())
        async for line in process.stdout:
            told = json.loads(line)
            if "rows" in told:
                progress(int(told["rows"]))
            else:
                found = told
    await process.wait()
    return found, errors.result()
