"""Files of the daemon that a command makes: root's command must not leave them as root's own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["as_owner_of"]


@contextmanager
def as_owner_of(folder: Path) -> Iterator[None]:
    """What root leaves in the daemon's state folder must be the daemon's own."""
    owner = folder.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    group = os.getegid()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
