"""Imports from the command line: a pure check without a configuration, else by the daemon or in its place."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from config.load import Loaded, load
from config.profiles import profiles, read_profile
from config.schema import Dumps
from config.text import say
from drivers.dumps.files import Limits, opened
from gateway.clock import Clock
from gateway.dumps.check import Judging, Shape, check
from gateway.dumps.importer import Importer, Surroundings
from gateway.dumps.owner import as_owner_of
from gateway.dumps.preview import restored, state_names
from gateway.dumps.recorded import FOLDER, with_recorded
from gateway.dumps.register import Register, RegisterError
from gateway.dumps.report import Report
from gateway.dumps.spool import Spool, SpoolError, Ticket
from gateway.outbox import Outbox, OutboxError
from gateway.outbox.file import Lock
from gateway.outbox.inspect import states
from protocols.dumps.errors import DumpError
from protocols.dumps.spec import Spec
from protocols.dumps.text import CHUNK

__all__ = ["FOLDER", "OUTBOX", "REGISTER", "Desk", "DeskError", "Way", "shape_of"]

REGISTER = "register.db"
OUTBOX = "outbox.db"
"""Names below the state folder."""
_ZONE = "Asia/Shanghai"
_TICK = 0.1

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a file came to the command: as what, by which way, from where; an empty name is that of its path."""

    name: str = ""
    via: str = "command"
    origin: str = ""


_BY_HAND = Way()


class DeskError(Exception):
    """What was asked for cannot be done; the text is for a person."""


def shape_of(settings: Dumps, zone: str) -> Shape:
    """How files are read under these settings; raises ProfileError for a profile of the user's that is wrong."""
    limits = Limits(max_bytes=settings.max_bytes, max_rows=settings.max_rows)
    return Shape(profiles=tuple(profiles(settings.profiles)), tz=ZoneInfo(zone), limits=limits)


@dataclass(frozen=True, slots=True)
class Desk:
    """One run of the command: the configuration if there is one, and how files are read."""

    loaded: Loaded | None
    shape: Shape
    clock: Clock
    wait: float
    profile: Path | None = None

    @classmethod
    def of(cls, config: Path | None, profile: str, clock: Clock, wait: float) -> "Desk":
        """With a configuration or without; `profile` is a name or a .toml file, empty for the one that fits.

        Raises ConfigError, ProfileError, DeskError.
        """
        loaded = load(config) if config is not None else None
        settings = loaded.settings.dumps if loaded else Dumps()
        zone = loaded.settings.gateway.timezone if loaded else _ZONE
        shape = shape_of(settings, zone)
        own = Path(profile) if profile.endswith(".toml") else None
        wanted = read_profile(own) if own else _named(shape, profile)
        return cls(loaded, replace(shape, wanted=wanted), clock, wait, own)

    @property
    def port_max_bytes(self) -> int:
        """The largest file that is taken on a line."""
        return (self.loaded.settings.dumps if self.loaded else Dumps()).port_max_bytes

    def run(self, path: Path, *, commit: bool, progress: Progress, way: Way = _BY_HAND) -> Report:
        """Check or import one file; raises DeskError where it cannot be imported. `way` is how it came."""
        report = self._run(path, progress, way, commit=commit)
        report.file = way.name or report.file
        return report

    def _run(self, path: Path, progress: Progress, way: Way, *, commit: bool) -> Report:
        if self.loaded is None:
            return check(path, self.shape, Judging(now=self.clock.now()), progress)
        try:
            if not commit:
                return self._checked(self.loaded, path, progress)
            return _Import(self, self.loaded, way).run(path, progress)
        except PermissionError as error:
            help_ = say("run it as root or as the daemon's user", "请以 root 或守护进程的用户运行")
            raise DeskError(f"{error.filename}: {error.strerror}; {help_}") from error
        except (RegisterError, OutboxError, OSError) as error:
            raise DeskError(str(error)) from error

    def _checked(self, loaded: Loaded, path: Path, progress: Progress) -> Report:
        """Against the archive, the last accepted values and what was imported before; nothing is changed."""
        settings, folder = loaded.settings, loaded.settings.gateway.state_dir
        archive = with_recorded(loaded.archive, folder / FOLDER)
        outbox = folder / OUTBOX
        saved = states(outbox, state_names(settings.target)) if outbox.exists() else {}
        judging = Judging(
            now=self.clock.now(),
            settings=settings.dumps,
            archive=archive,
            review=dict(settings.review),
            reviewer=restored(settings, archive, self.clock, saved),
        )
        if not (folder / FOLDER / REGISTER).exists():
            return check(path, self.shape, judging, progress)
        with Register(folder / FOLDER / REGISTER) as known:
            judging = replace(judging, known=lambda key: known.known(key, ""))
            report = check(path, self.shape, judging, progress)
            report.repeated = known.repeated(report.sha256)
        return report


def _named(shape: Shape, name: str) -> Spec | None:
    if not name:
        return None
    for spec in shape.profiles:
        if spec.name == name:
            return spec
    raise DeskError(say(f"no profile {name!r}; see --profiles", f"没有格式模板 {name!r}；见 --profiles"))


@dataclass(frozen=True, slots=True)
class _Import:
    """One file into the outbox."""

    desk: Desk
    loaded: Loaded
    way: Way

    def run(self, path: Path, progress: Progress) -> Report:
        folder = self.loaded.settings.gateway.state_dir
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        spool = Spool(folder / FOLDER)
        try:
            with opened(path, self.desk.shape.limits) as file, as_owner_of(folder):
                ticket = self._receive(spool, path, iter(lambda: file.reader.read(CHUNK), b""))
        except (DumpError, SpoolError) as error:
            return Report(file=path.name, refused=[(error.reason, error.detail)])
        with as_owner_of(folder):
            return self._take(spool, ticket, progress)

    def _receive(self, spool: Spool, path: Path, chunks: Iterator[bytes]) -> Ticket:
        desk = self.desk
        wanted = desk.shape.wanted
        return spool.receive(
            chunks,
            name=self.way.name or path.name,
            who=_me(),
            via=self.way.via,
            origin=self.way.origin,
            now=desk.clock.now(),
            profile=desk.profile or (wanted.name if wanted else ""),
            max_bytes=desk.shape.limits.max_bytes,
        )

    def _take(self, spool: Spool, ticket: Ticket, progress: Progress) -> Report:
        outbox = self.loaded.settings.gateway.state_dir / OUTBOX
        if _free(outbox):
            try:
                return asyncio.run(self._alone(outbox, spool, ticket))
            except OutboxError:
                if _free(outbox):
                    raise
        if spool.stage(ticket.receipt) == "held":
            spool.confirm(ticket.receipt)
        return self._by_the_daemon(spool, ticket, progress)

    def _by_the_daemon(self, spool: Spool, ticket: Ticket, progress: Progress) -> Report:
        until = time.monotonic() + self.desk.wait
        while time.monotonic() < until:
            if (told := spool.report(ticket.receipt)) is not None:
                return Report.from_json(told)
            progress(0)
            time.sleep(_TICK)
        return Report(file=ticket.name, receipt=ticket.receipt, refused=[("busy", ticket.receipt)])

    async def _alone(self, path: Path, spool: Spool, ticket: Ticket) -> Report:
        """No daemon runs: this process owns the outbox for a while."""
        settings, clock, shape = self.loaded.settings, self.desk.clock, self.desk.shape
        archive = with_recorded(self.loaded.archive, path.parent / FOLDER)
        async with await Outbox.open(path, settings.store, settings.gateway.name, clock) as outbox:
            saved = {name: await outbox.load(name) for name in state_names(settings.target)}
            around = Surroundings(
                spool=spool,
                register=path.parent / FOLDER / REGISTER,
                outbox=outbox,
                reviewer=restored(settings, archive, clock, saved),
                clock=clock,
                settings=lambda: settings,
                archive=lambda: archive,
                shape=lambda: shape,
                patient=False,
            )
            spool.confirm(ticket.receipt)
            return await Importer(around).take(ticket)


def _free(path: Path) -> bool:
    """Whether no daemon holds the outbox."""
    try:
        Lock(path).release()
    except OutboxError:
        return False
    return True


def _me() -> str:
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or str(os.getuid())
