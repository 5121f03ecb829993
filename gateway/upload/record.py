"""The record of uploads: one JSON line an event, only ever appended, each with the hash of the line before it.

Whoever changes, cuts out or reorders lines breaks the chain, and `verify` names the line.
"""

import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from config.text import say
from gateway.upload.errors import BadRecord

__all__ = ["OPEN", "Kind", "Record", "Upload", "numbered"]

Kind = Literal["received", "checked", "confirmed", "imported", "refused", "withdrawn", "expired"]

OPEN: frozenset[Kind] = frozenset({"received", "checked", "confirmed"})
"""States that are not the last one."""
_DAY = 6
_MISREAD = str.maketrans("OIL", "011")
_KEPT = 2_000
_FIRST = "0" * 64
_MAX_LINE = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One upload as the record tells it, with its last event.

    `at`, `user` and `address` are of the receipt; `name` is what the file was called, cleaned, for people only.
    `figures` are the counts of the report; `receipt` is the import's own.
    """

    number: str
    state: Kind
    at: str
    user: str
    address: str
    name: str = ""
    size: int = 0
    sha256: str = ""
    language: str = ""
    profile: str = ""
    figures: dict[str, int] = field(default_factory=dict)
    receipt: str = ""
    reason: str = ""
    last_at: str = ""
    last_user: str = ""

    @property
    def shown(self) -> str:
        """The state as people see it: a file that was refused when it was checked waits for nobody."""
        return "bad" if self.state == "checked" and self.reason else self.state


class Record:
    """The file of the record, and the newest uploads from it; one process writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._uploads: OrderedDict[str, Upload] = OrderedDict()
        self._previous = _FIRST
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for upload, digest in _replay(path, self._uploads.get):
            self._previous = digest
            if upload is not None:
                self._keep(upload)

    def find(self, number: str) -> Upload | None:
        """An upload by its number, also one from long ago."""
        found = self._uploads.get(number)
        if found is None and len(self._uploads) >= _KEPT:
            old: dict[str, Upload] = {}
            for upload, _ in _replay(self._path, old.get):
                if upload is not None and upload.number == number:
                    old[number] = found = upload
        return found

    def newest(self, count: int, user: str | None = None) -> list[Upload]:
        """The newest uploads of everybody, or of one user."""
        found: list[Upload] = []
        for upload in reversed(self._uploads.values()):
            if user is None or upload.user == user:
                found.append(upload)
                if len(found) == count:
                    break
        return found

    def open(self) -> list[Upload]:
        """Uploads that somebody or the daemon still has to end, oldest first."""
        return [upload for upload in self._uploads.values() if upload.state in OPEN]

    def put(self, kind: Kind, number: str, at: datetime, **data: Any) -> Upload:
        """Append an event durably and return the upload after it; `at` aware; raises OSError for a full disk."""
        line = {"number": number, "event": kind, "at": at.isoformat(), **data, "previous": self._previous}
        raw = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()
        _append(self._path, raw)
        self._previous = hashlib.sha256(raw).hexdigest()
        upload = _after(self._uploads.get(number), line)
        self._keep(upload)
        return upload

    def _keep(self, upload: Upload) -> None:
        self._uploads[upload.number] = upload
        if len(self._uploads) <= _KEPT:
            return
        closed = next((one.number for one in self._uploads.values() if one.state not in OPEN), None)
        if closed is not None:
            del self._uploads[closed]

    @staticmethod
    def events(path: Path) -> Iterator[dict[str, Any]]:
        """Every event of a record file, oldest first; raises BadRecord where the chain is broken."""
        previous = _FIRST
        for number, raw in enumerate(_lines(path), 1):
            line = _event(raw)
            if line is not None and line.get("previous") != previous:
                text = say(
                    f"{path}, line {number}: the record was changed here or in the line before",
                    f"{path} 第 {number} 行：记录在此处或上一行被改动过",
                )
                raise BadRecord(text)
            previous = hashlib.sha256(raw).hexdigest()
            if line is not None:
                yield line


def numbered(given: str) -> str:
    """A receipt's number as a person types it, in the form that the record has."""
    plain = "".join(char for char in given[:64].upper() if char.isascii() and char.isalnum())
    plain = plain.translate(_MISREAD)
    return f"{plain[:_DAY]}-{plain[_DAY:]}"


def _append(path: Path, raw: bytes) -> None:
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    handle = os.open(path, flags, 0o600)
    try:
        size = os.fstat(handle).st_size
        whole = not size or os.pread(handle, 1, size - 1) == b"\n"  # else a line was torn by a crash
        data = (b"" if whole else b"\n") + raw + b"\n"
        if os.write(handle, data) != len(data):
            os.ftruncate(handle, size)
            raise OSError(28, os.strerror(28), str(path))
        os.fsync(handle)
    finally:
        os.close(handle)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while raw := file.readline(_MAX_LINE):
                yield raw.removesuffix(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadRecord(f"{path}: {error.strerror}") from error


def _event(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) and {"number", "event", "at"} <= line.keys() else None


def _replay(path: Path, known: Callable[[str], Upload | None]) -> Iterator[tuple[Upload | None, str]]:
    """Each line's upload after it, None for a torn line, and the line's hash; `known` gives what came before."""
    for raw in _lines(path):
        line = _event(raw)
        digest = hashlib.sha256(raw).hexdigest()
        yield (None if line is None else _after(known(str(line["number"])), line)), digest


_FIELDS = ("name", "size", "sha256", "language", "profile", "figures", "receipt", "reason")


def _after(before: Upload | None, line: dict[str, Any]) -> Upload:
    given = {key: line[key] for key in _FIELDS if key in line}
    at, user = str(line["at"]), str(line.get("user", ""))
    if before is None:
        address = str(line.get("address", ""))
        before = Upload(number=str(line["number"]), state="received", at=at, user=user, address=address)
    return replace(before, state=line["event"], last_at=at, last_user=user, **given)
