"""A folder into which a USB stick or a file share puts dumps.

What lies there is somebody else's: it is looked at without following links or opening pipes, taken only when it has
not changed for a while, copied under a name of our own, and read again to see that it did not change meanwhile.
The original is moved to `taken/`, or to `refused/`, under its receipt; the report is laid beside it. Where originals
are to stay, only the reports are laid out.
"""

import asyncio
import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from drivers.dumps.files import Limits, Opened, opened
from gateway import logs
from gateway.clock import SteadyClock
from gateway.dumps.report import Report
from gateway.dumps.spool import Spool, SpoolError, Ticket
from protocols.dumps.errors import DumpError
from protocols.dumps.text import CHUNK, clean

__all__ = ["DropFolder"]

_log = logs.get("drop")
_TAKEN, _REFUSED = "taken", "refused"
_RECEIPT = re.compile(r"\d{6}-[0-9A-F]{6}(?=-)")
_MOST = 10_000
"""Entries looked at in one round: a folder of a million files must not hold up the rest."""
_LOOK = 2.0
_VIA = "folder"
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

State = tuple[int, int, int, int]
"""Device, inode, size and time of the last change of a file (ns)."""


@dataclass(slots=True)
class _Seen:
    state: State
    since: float


class DropFolder:
    """`run` until cancelled. `quiet` seconds without a change mean that copying has ended.

    A file that comes back with the same content changes nothing: the importer knows it. With `move` off originals
    stay where they are. `show` writes a report for the person who will look into the folder.
    """

    def __init__(  # noqa: PLR0913 (what a folder is watched with)
        self,
        folder: Path,
        spool: Spool,
        clock: SteadyClock,
        *,
        quiet: float,
        max_bytes: int,
        show: Callable[[Report], str],
        move: bool = True,
    ) -> None:
        self._folder = folder
        self._spool = spool
        self._clock = clock
        self._quiet = quiet
        self._limits = Limits(max_bytes=max_bytes)
        self._show = show
        self._moves = move
        self._seen: dict[str, _Seen] = {}
        self._done: set[State] = set()
        """Files that lie there still and are dealt with."""
        self._passed: set[str] = set()
        """Names of what is no plain file: told once."""
        self._before: set[str] = set()
        """Contents that were dealt with before the start and whose originals stay."""
        self._waiting: dict[str, str] = {}
        self._started = False
        self.taken = 0
        self.refused = 0

    async def run(self) -> None:
        """Look again and again; a folder that is not there (a stick that was pulled) is waited for."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(_LOOK / self._clock.pace)

    def look(self) -> None:
        """One round: take what is ready, lay out the reports that are there."""
        present: dict[str, State] = {}
        if not self._started:
            self._remember()
            self._started = True
        for name, state in self._plain_files():
            present[name] = state
            if state in self._done:
                continue
            seen = self._seen.get(name)
            if seen is None or seen.state != state:
                self._seen[name] = _Seen(state, self._clock.monotonic())
            elif self._clock.monotonic() - seen.since >= self._quiet:
                self._take(name, state)
        for name in self._seen.keys() - present.keys():
            del self._seen[name]
        self._done &= set(present.values())
        self._report()

    def _plain_files(self) -> Iterator[tuple[str, State]]:
        try:
            with os.scandir(self._folder) as entries:
                for _, entry in zip(range(_MOST), entries, strict=False):
                    with suppress(OSError):
                        found = entry.stat(follow_symlinks=False)
                        if entry.name[0] == "." or stat.S_ISDIR(found.st_mode):
                            continue
                        # A second name may belong to a file elsewhere that is none of ours.
                        if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
                            yield entry.name, _state(found)
                        else:
                            self._pass_over(entry.name)
        except OSError as error:
            _log.debug("drop folder away", reason=error.strerror)

    def _pass_over(self, name: str) -> None:
        if name not in self._passed:
            if len(self._passed) >= _MOST:
                self._passed.clear()
            self._passed.add(name)
            _log.warning("no plain file of one name: not touched", name=clean(name, 120))

    def _take(self, name: str, state: State) -> None:
        ticket: Ticket | None = None
        try:
            with opened(self._folder / name, self._limits) as file:
                if self._before and file.sha256() in self._before:
                    self._done.add(state)
                    return
                ticket = self._receive(name, state, file)
                # Some file systems keep times of two seconds: only the content tells.
                if file.sha256() != ticket.sha256:
                    raise DumpError("changed")
        except (DumpError, SpoolError) as error:
            if ticket is not None:
                self._spool.withdraw(ticket.receipt)
            self._refuse(name, state, error.reason, error.detail)
        except OSError as error:
            # A stick that was pulled, or a disk without room: the file is taken another time.
            _log.warning("a dump could not be taken", name=clean(name, 120), reason=error.strerror)
            self._seen.pop(name, None)
        else:
            self._finish(name, state, ticket.receipt)

    def _receive(self, name: str, state: State, file: Opened) -> Ticket:
        found = os.fstat(file.reader.fileno())
        if _state(found) != state:
            raise DumpError("changed")
        return self._spool.receive(
            iter(lambda: file.reader.read(CHUNK), b""),
            name=name,
            who=_owner(found.st_uid),
            via=_VIA,
            origin=self._folder.name,
            now=self._clock.now(),
            max_bytes=self._limits.max_bytes,
        )

    def _finish(self, name: str, state: State, receipt: str) -> None:
        """Imported first, moved then: a file that is there again after a crash changes nothing."""
        self._spool.confirm(receipt)
        self.taken += 1
        if not self._moves:
            self._done.add(state)
            self._waiting[receipt] = _target(receipt, name)
        elif self._move(name, state, _TAKEN, receipt):
            self._waiting[receipt] = _target(receipt, name)
        _log.info("dump taken from the folder", name=clean(name, 120), receipt=receipt)

    def _refuse(self, name: str, state: State, reason: str, detail: str) -> None:
        if reason == "changed":
            self._seen.pop(name, None)
            return
        self.refused += 1
        label = f"{self._clock.now():%y%m%d-%H%M%S}"
        if not self._moves:
            self._done.add(state)
        if not self._moves or self._move(name, state, _REFUSED, label):
            report = Report(file=clean(name, 120), refused=[(reason, detail)])
            self._lay(_REFUSED, _target(label, name), report)
        _log.warning("dump refused", name=clean(name, 120), reason=reason)

    def _move(self, name: str, state: State, folder: str, receipt: str) -> bool:
        """A stick that is write-protected keeps its files; they are remembered and not taken again."""
        try:
            with _inside(self._folder / folder) as there:
                os.rename(self._folder / name, _target(receipt, name), dst_dir_fd=there)
        except OSError as error:
            _log.warning("a dump stays where it is", name=clean(name, 120), reason=error.strerror)
            self._done.add(state)
            return False
        self._seen.pop(name, None)
        return True

    def _remember(self) -> None:
        """After a restart: what was dealt with, files that were moved and have no report yet."""
        if not self._moves:
            self._before = {one.sha256 for one in self._spool.done() if one.via == _VIA}
        with suppress(OSError):
            names = {path.name for path in (self._folder / _TAKEN).iterdir()}
            for name in names:
                if (found := _RECEIPT.match(name)) and f"{name}.report.txt" not in names:
                    self._waiting.setdefault(found[0], name)

    def _report(self) -> None:
        for receipt, name in list(self._waiting.items()):
            with suppress(SpoolError):
                if (told := self._spool.report(receipt)) is None:
                    continue
                self._lay(_TAKEN, name, Report.from_json(told))
            del self._waiting[receipt]

    def _lay(self, folder: str, name: str, report: Report) -> None:
        """The report beside the file, for people and programs; never over or through what is there."""
        whole = json.dumps(report.as_json(), ensure_ascii=False)
        for ending, text in ((".report.txt", self._show(report)), (".report.json", whole)):
            try:
                with _inside(self._folder / folder) as there:
                    descriptor = os.open(f"{name}{ending}", _FLAGS, 0o644, dir_fd=there)
                    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                        file.write(text)
            except OSError as error:
                _log.warning("a report cannot be laid out", name=clean(name, 120), reason=error.strerror)


@contextmanager
def _inside(folder: Path) -> Iterator[int]:
    """A folder of ours in the watched one, made where it is missing; raises OSError for a link in its place."""
    with suppress(FileExistsError):
        folder.mkdir()
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _target(receipt: str, name: str) -> str:
    """The receipt, and enough of the old name for a person; only what is harmless in a name anywhere."""
    kept = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
    return f"{receipt}-{kept.encode()[:100].decode(errors='ignore')}"


def _state(found: os.stat_result) -> State:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _owner(uid: int) -> str:
    return f"uid {uid}"
