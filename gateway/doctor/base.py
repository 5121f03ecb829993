"""What every check of the doctor has: the patient, and lines that say OK, WARN or FAIL and what to do about it."""

import os
import pwd
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from config.errors import Problem
from config.load import Loaded
from config.schema import Settings
from gateway import ask
from gateway.clock import Clock

__all__ = ["Check", "Level", "Line", "Patient", "User", "fail", "ok", "warn"]


class Level(StrEnum):
    """How bad it is: all right, works but is hardly meant, does not work."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Line:
    """One finding of a check; `cure` says what to do, empty where nothing is to be done."""

    level: Level
    text: str
    cure: str = ""


def ok(text: str) -> Line:
    """All right."""
    return Line(Level.OK, text)


def warn(text: str, cure: str) -> Line:
    """Works, and is hardly meant."""
    return Line(Level.WARN, text, cure)


def fail(text: str, cure: str) -> Line:
    """Does not work."""
    return Line(Level.FAIL, text, cure)


@dataclass(frozen=True, slots=True)
class User:
    """Whom the daemon runs as, as far as files are concerned."""

    name: str
    uid: int
    groups: frozenset[int]

    @classmethod
    def of(cls, folder: Path) -> "User":
        """The owner of the state folder where root asks, as root's own rights would prove nothing; else the caller."""
        uid = os.geteuid()
        if uid == 0 and folder.exists():
            uid = folder.stat().st_uid
        try:
            known = pwd.getpwuid(uid)
        except KeyError:
            return cls(str(uid), uid, frozenset(os.getgroups()))
        own = os.getgroups() if uid == os.geteuid() else os.getgrouplist(known.pw_name, known.pw_gid)
        return cls(known.pw_name, uid, frozenset(own) | {known.pw_gid})

    def may(self, path: Path, wanted: int) -> bool:
        """Whether a file's mode grants all of `wanted` (bits 4 read, 2 write, 1 enter); raises OSError."""
        found = path.stat()
        shift = 6 if found.st_uid == self.uid else 3 if found.st_gid in self.groups else 0
        return self.uid == 0 or (stat.S_IMODE(found.st_mode) >> shift) & wanted == wanted


@dataclass
class Patient:
    """A configuration and the machine it stands on; `network` allows to ask beyond this machine."""

    path: Path
    loaded: Loaded | None
    problems: tuple[Problem, ...]
    clock: Clock
    network: bool = True
    away: str = field(default="", init=False)
    """Why no daemon answers, once `status` was looked at."""

    @property
    def settings(self) -> Settings:
        """The settings of a configuration that is right."""
        if self.loaded is None:
            raise LookupError("no configuration")
        return self.loaded.settings

    @cached_property
    def user(self) -> User:
        """Whom the daemon runs as."""
        return User.of(self.settings.gateway.state_dir)

    @cached_property
    def status(self) -> dict[str, Any] | None:
        """What the daemon of this configuration says of itself, None where none answers."""
        try:
            found = ask.status(self.settings.metrics.listen)
        except ask.Away as error:
            self.away = str(error)
            return None
        if found["gateway"] != self.settings.gateway.name:
            self.away = f"{self.settings.metrics.listen}: {found['gateway']}"
            return None
        return found


Check = Callable[[Patient], Iterable[Line]]
"""A look at one thing; it may raise OSError, which is a FAIL."""
