"""The spool: every file that came in, under a receipt of our own, until it was imported, and kept afterwards.

    held/<receipt>/   received, waits for a person's word      in/<receipt>/     to be imported
    done/<receipt>/   imported or refused, with its report     new/<receipt>/    being received; dropped at a start

A folder moves from one to the other by its name, so a file is never half anywhere. No name of a file that somebody
sent becomes a path.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from protocols.dumps.text import clean

__all__ = ["Spool", "SpoolError", "Ticket"]

_RECEIPT = re.compile(r"\d{6}-[0-9A-F]{6}")
_STAGES = ("new", "held", "in", "done")
_STALE = 3_600
_DUMP, _TICKET, _REPORT, _PROFILE = "dump", "ticket.json", "report.json", "profile.toml"


class SpoolError(Exception):
    """A file that cannot be taken in; `reason` is a code as in reports."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Who brought what, when, by which way and from where; `name` is for people only, `received` ISO 8601."""

    receipt: str
    name: str
    size: int
    sha256: str
    received: str
    who: str
    via: str
    origin: str = ""
    profile: str = ""


class Spool:
    """One folder. Several processes may receive; one imports."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self, now: datetime) -> None:
        """Make the folders, and drop what was begun an hour ago and never received. For the importer only."""
        self._make()
        for entry in (self._folder / "new").iterdir():
            if entry.stat().st_mtime < now.timestamp() - _STALE:
                shutil.rmtree(entry, ignore_errors=True)

    def receive(  # noqa: PLR0913 (what a ticket says)
        self,
        chunks: Iterable[bytes],
        *,
        name: str,
        who: str,
        via: str,
        now: datetime,
        origin: str = "",
        profile: str | Path = "",
        max_bytes: int = 1 << 28,
    ) -> Ticket:
        """Take a file in, durably, as `held`; raises SpoolError, leaving nothing behind, and OSError.

        `profile` is a name, empty for the one that fits, or a file whose profile goes with it.
        """
        self._make()
        receipt = f"{now:%y%m%d}-{secrets.token_hex(3).upper()}"
        place = self._folder / "new" / receipt
        place.mkdir(mode=0o700)
        try:
            size, digest = _write(place / _DUMP, chunks, max_bytes)
            if isinstance(profile, Path):
                shutil.copyfile(profile, place / _PROFILE)
            ticket = Ticket(
                receipt=receipt,
                name=clean(Path(name.replace("\\", "/")).name, 120),
                size=size,
                sha256=digest,
                received=now.isoformat(timespec="seconds"),
                who=clean(who, 60),
                via=via,
                origin=clean(origin, 60),
                profile=clean(profile.stem, 60) if isinstance(profile, Path) else profile,
            )
            _durably(place / _TICKET, (json.dumps(asdict(ticket), ensure_ascii=False),))
            place.replace(self._folder / "held" / receipt)
        except (SpoolError, OSError):
            shutil.rmtree(place, ignore_errors=True)
            raise
        return ticket

    def confirm(self, receipt: str) -> None:
        """Let a held file be imported; raises SpoolError if there is none."""
        self._move(receipt, "held", "in")

    def withdraw(self, receipt: str) -> None:
        """Give a held file up, leaving nothing of it; raises SpoolError if there is none."""
        shutil.rmtree(self._at(receipt, "held"))

    def waiting(self) -> list[Ticket]:
        """What is to be imported, oldest first."""
        found = [ticket for ticket in map(self._ticket, self._entries("in")) if ticket is not None]
        return sorted(found, key=lambda ticket: (ticket.received, ticket.receipt))

    def finish(self, ticket: Ticket, report: Iterable[str] | dict[str, Any]) -> None:
        """The file is dealt with: its report, as a table or as JSON text in pieces, stays beside it."""
        place = self._folder / "in" / ticket.receipt
        pieces = (json.dumps(report, ensure_ascii=False),) if isinstance(report, dict) else report
        _durably(place / _REPORT, pieces)
        place.replace(self._folder / "done" / ticket.receipt)

    def dump(self, receipt: str) -> Path:
        """Where the content lies now; raises SpoolError."""
        return self._find(receipt) / _DUMP

    def profile(self, receipt: str) -> Path | None:
        """The profile that came with a file; raises SpoolError."""
        path = self._find(receipt) / _PROFILE
        return path if path.exists() else None

    def ticket(self, receipt: str) -> Ticket:
        """The ticket of a receipt; raises SpoolError."""
        ticket = self._ticket(self._find(receipt))
        if ticket is None:
            raise SpoolError("receipt_unknown", receipt)
        return ticket

    def report(self, receipt: str) -> dict[str, Any] | None:
        """The report of a receipt, None while there is none; raises SpoolError for a receipt that is none."""
        place = self._find(receipt)
        with suppress(OSError, ValueError):
            found = json.loads((place / _REPORT).read_text("utf-8"))
            return found if isinstance(found, dict) else None
        return None

    def stage(self, receipt: str) -> str:
        """held, in or done; raises SpoolError."""
        return self._find(receipt).parent.name

    def done(self) -> Iterator[Ticket]:
        """What was dealt with, newest first."""
        entries = sorted(self._entries("done"), key=lambda entry: entry.stat().st_mtime, reverse=True)
        return (ticket for ticket in map(self._ticket, entries) if ticket is not None)

    def trim(self, keep_bytes: int) -> None:
        """Drop the oldest contents beyond so many bytes; tickets and reports stay."""
        total = 0
        for ticket in self.done():
            dump = self._folder / "done" / ticket.receipt / _DUMP
            total += ticket.size
            if total > keep_bytes:
                dump.unlink(missing_ok=True)

    def _make(self) -> None:
        for stage in _STAGES:
            (self._folder / stage).mkdir(parents=True, exist_ok=True, mode=0o700)

    def _entries(self, stage: str) -> list[Path]:
        with suppress(FileNotFoundError):
            return [entry for entry in (self._folder / stage).iterdir() if _RECEIPT.fullmatch(entry.name)]
        return []

    def _at(self, receipt: str, stage: str) -> Path:
        place = self._folder / stage / receipt
        if not _RECEIPT.fullmatch(receipt) or not place.is_dir():
            raise SpoolError("receipt_unknown", clean(receipt, 40))
        return place

    def _find(self, receipt: str) -> Path:
        for stage in ("held", "in", "done"):
            with suppress(SpoolError):
                return self._at(receipt, stage)
        raise SpoolError("receipt_unknown", clean(receipt, 40))

    def _move(self, receipt: str, before: str, after: str) -> None:
        self._at(receipt, before).replace(self._folder / after / receipt)

    def _ticket(self, place: Path) -> Ticket | None:
        with suppress(OSError, ValueError, TypeError):
            return Ticket(**json.loads((place / _TICKET).read_text("utf-8")))
        return None


def _write(path: Path, chunks: Iterable[bytes], max_bytes: int) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > max_bytes:
                raise SpoolError("too_large", str(max_bytes))
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise SpoolError("empty")
    return size, digest.hexdigest()


def _durably(path: Path, pieces: Iterable[str]) -> None:
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
