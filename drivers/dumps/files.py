"""Opens a file that may be a trap: no links, pipes or devices, nothing too large, nothing that changes meanwhile."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from protocols.dumps.errors import DumpError
from protocols.dumps.text import CHUNK

__all__ = ["Limits", "Opened", "opened"]

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a dump may cost: bytes as it lies there, bytes expanded, members and ratio of an archive, rows."""

    max_bytes: int = 256 * 1024 * 1024
    max_expanded: int = 100 * 1024 * 1024
    max_ratio: int = 100
    max_members: int = 1_000
    max_rows: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Opened:
    """An open dump: its reader, its name for people, its size in bytes, and what it may cost."""

    reader: BinaryIO
    name: str
    size: int
    limits: Limits

    def sha256(self) -> str:
        """The hash of the whole content."""
        digest = hashlib.sha256()
        self.reader.seek(0)
        while chunk := self.reader.read(CHUNK):
            digest.update(chunk)
        self.reader.seek(0)
        return digest.hexdigest()

    def head(self, length: int) -> bytes:
        """The first bytes."""
        self.reader.seek(0)
        return self.reader.read(length)


@contextmanager
def opened(path: Path, limits: Limits = Limits()) -> Iterator[Opened]:
    """Open a dump for reading; raises DumpError for what is no plain file, too large, empty or unreadable.

    Leaving the block raises DumpError if the file changed meanwhile.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        reason = "link" if path.is_symlink() else "unreadable"
        raise DumpError(reason, error.strerror or "") from None
    before = os.fstat(descriptor)
    try:
        _check(before, limits)
    except DumpError:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb") as reader:
        yield Opened(reader, path.name, before.st_size, limits)
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise DumpError("changed")


def _check(found: os.stat_result, limits: Limits) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise DumpError("no_file")
    if found.st_size > limits.max_bytes:
        raise DumpError("too_large", f"{found.st_size} > {limits.max_bytes}")
    if found.st_size == 0:
        raise DumpError("empty")
