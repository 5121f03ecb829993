"""Writes our archive down to a concentrator: only differences, with a file to undo them; for `meterd concentrator`."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import time
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from config.load import Loaded
from config.schema import Target
from config.text import say
from drivers import DRIVERS, Surroundings
from drivers.calling import Dials
from drivers.driver import Driver
from drivers.link import Link
from drivers.links.hub import Hubs
from drivers.links.modem import ModemLink
from drivers.terminal.archive import Changes, changes
from drivers.terminal.editor import ArchiveEditor
from gateway.airtime import in_service
from gateway.buses import gate_for, link_of
from gateway.clock import Clock
from gateway.models import model_of
from protocols.gdw1376_1.parameters import MeterEntry
from protocols.outer import greeter

__all__ = ["ArchiveSync", "Outcome", "SyncError", "busy_freezing"]

# Concentrators freeze at midnight and read their meters after it.
_FREEZE_BEGINS, _FREEZE_ENDS = time(23, 45), time(2, 0)
_LEAST_SERIALS = 512
# Terminals notice by a missed heartbeat that nobody listens, and call anew: a few minutes, as they are set.
_DIAL_IN_SECONDS = 900.0
_VERSION = 1

Progress = Callable[[str, int, int], None]


class SyncError(Exception):
    """Nothing was written, or not all: the text says what to do."""


@runtime_checkable
class _Edits(Protocol):
    def editor(self, target: str) -> ArchiveEditor: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`lines` are the differences found, `written` and `deleted` how many entries, `undo` where the old ones are.

    `left` are differences that the terminal still has after reading back.
    """

    target: str
    entries: int
    lines: tuple[str, ...]
    written: int = 0
    deleted: int = 0
    undo: Path | None = None
    left: tuple[str, ...] = ()


def busy_freezing(local: time) -> bool:
    """Whether concentrators are at their freezes at this local time."""
    return local >= _FREEZE_BEGINS or local < _FREEZE_ENDS


class ArchiveSync:
    """Of one target of a configuration. `progress` takes what is done, how much of it and of how much.

    `patience` is how long a terminal that dials in is waited for, in seconds.
    """

    def __init__(
        self,
        loaded: Loaded,
        target: Target,
        clock: Clock,
        progress: Progress,
        *,
        patience: float = _DIAL_IN_SECONDS,
    ) -> None:
        self._settings, self._target, self._clock, self._progress = loaded.settings, target, clock, progress
        self._patience = patience
        self._tz = ZoneInfo(loaded.settings.gateway.timezone)
        self._meters = in_service(loaded.archive, target.name)

    async def run(self, *, dry_run: bool, delete: bool, most: int = 0) -> Outcome:
        """Compare, and write what differs; with `delete` also remove what is not ours.

        Device numbers up to `most` are looked at, 0: 512 or as many as ours. Raises SyncError, DriverError.
        """
        if not dry_run:
            self._allowed()
        async with self._editor() as editor:
            serials = self._serials(most)
            entries = await editor.read(serials, self._step("read"))
            found = changes(self._meters, entries)
            todo = found.foreign if delete else ()
            if dry_run or not (found.write or todo):
                return Outcome(target=self._target.name, entries=len(entries), lines=found.lines)
            undo = self._keep(entries, found)
            if todo:
                await editor.delete(todo, self._step("delete"))
            await editor.write(found.write, self._step("write"))
            left = changes(self._meters, await editor.read(serials, self._step("read back")))
        return Outcome(
            target=self._target.name,
            entries=len(entries),
            lines=found.lines,
            written=len(found.write),
            deleted=len(todo),
            undo=undo,
            left=left.lines if delete else left.lines[: len(left.write)],
        )

    async def restore(self, path: Path) -> Outcome:
        """Write back what an undo file holds, and delete what was new; raises SyncError, DriverError, OSError."""
        self._allowed()
        before, added = _undo(path, self._target.name)
        async with self._editor() as editor:
            if added:
                await editor.delete(added, self._step("delete"))
            await editor.write(before, self._step("write"))
            there = await editor.read(sorted({entry.serial for entry in before}), self._step("read back"))
        left = tuple(f"pn {entry.point}" for entry in before if entry not in there)
        return Outcome(
            target=self._target.name,
            entries=len(there),
            lines=(),
            written=len(before),
            deleted=len(added),
            left=left,
        )

    def _allowed(self) -> None:
        if not self._settings.send.archive_write:
            raise SyncError(
                say(
                    "send.archive_write is off: set it to true in the configuration, or use --dry-run",
                    "send.archive_write 未开启：在配置中设为 true，或使用 --dry-run",
                )
            )
        local = self._clock.now().astimezone(self._tz).time()
        if busy_freezing(local):
            span = f"{_FREEZE_BEGINS:%H:%M}-{_FREEZE_ENDS:%H:%M}"
            raise SyncError(
                say(
                    f"concentrators freeze and read their meters {span}: write later",
                    f"{span} 为集中器冻结和抄表时段：请稍后再写",
                )
            )

    def _serials(self, most: int) -> range:
        ours = [meter.device_no or meter.point_no or 0 for meter in self._meters]
        return range(1, max(most or _LEAST_SERIALS, *ours, 1) + 1)

    def _step(self, what: str) -> Callable[[int, int], None]:
        return lambda done, of: self._progress(what, done, of)

    def _keep(self, entries: Sequence[MeterEntry], found: Changes) -> Path:
        """All entries as they were, and which of ours are new, before anything is written."""
        there = {entry.point for entry in entries}
        added = [entry for entry in found.write if entry.point not in there]
        folder = Path(self._settings.gateway.state_dir) / "concentrators"
        folder.mkdir(parents=True, exist_ok=True)
        now = self._clock.now().astimezone(self._tz)
        path = folder / f"{self._target.name}-{now:%Y%m%d-%H%M%S}.json"
        saved = {
            "v": _VERSION,
            "target": self._target.name,
            "at": now.isoformat(timespec="seconds"),
            "entries": [asdict(entry) for entry in entries],
            "added": [asdict(entry) for entry in added],
        }
        path.write_text(json.dumps(saved, indent=1), encoding="utf-8")
        return path

    async def _reach(self, link: Link) -> None:
        """Open the link; for a terminal that dials in, wait as long as it may take to notice that we are there."""
        if not link.is_called:
            await link.open()
            return
        self._progress("dial in", 0, 1)
        try:
            async with asyncio.timeout(self._patience) as limit:
                await link.open()
        except TimeoutError:
            if not limit.expired():
                raise
            raise SyncError(
                say(
                    f"{self._target.name} has not dialled in to {self._target.link} within {self._patience:g} s: "
                    "is that where it calls, and is its address right?",
                    f"{self._target.name} 在 {self._patience:g} 秒内没有连接 {self._target.link}："
                    "请核对终端所设主站地址和其自身地址",
                )
            ) from None
        self._progress("dial in", 1, 1)

    @asynccontextmanager
    async def _editor(self) -> AsyncIterator[ArchiveEditor]:
        target = self._target
        link = link_of(
            target, self._meters, gate_for([target], self._meters, self._settings.send), Hubs(greeter)
        )
        around = Surroundings(
            tz=self._tz,
            now=self._clock.now,
            model=model_of,
            targets=[target],
            meters={target.name: self._meters},
        )
        driver: Driver = DRIVERS[target.driver](link, around)
        if not isinstance(driver, _Edits):
            raise SyncError(say(f"{target.name} has no archive of its own", f"{target.name} 没有自己的档案"))
        try:
            await self._reach(link)
            if isinstance(link, ModemLink):
                await _dial(link, target)
            yield driver.editor(target.name)
        finally:
            await link.close()


async def _dial(link: Dials, target: Target) -> None:
    if not target.number:
        raise SyncError(
            say(f"target {target.name} has no number to call", f"采集点 {target.name} 没有电话号码")
        )
    await link.dial(target.number)


def _undo(path: Path, target: str) -> tuple[list[MeterEntry], list[MeterEntry]]:
    try:
        saved: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if saved["v"] != _VERSION or saved["target"] != target:
            raise SyncError(
                say(
                    f"{path} is of {saved['target']}, not of {target}",
                    f"{path} 属于 {saved['target']}，不是 {target} 的",
                )
            )
        before, added = saved["entries"], saved["added"]
        return [MeterEntry(**row) for row in before], [MeterEntry(**row) for row in added]
    except (ValueError, KeyError, TypeError) as error:
        raise SyncError(
            say(f"{path} is no file of `sync`: {error}", f"{path} 不是 `sync` 保存的文件：{error}")
        ) from error
