"""The record of who decided what: each entry carries the hash of the one before, so that no change stays unseen."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

__all__ = ["FIRST", "Entry", "broken", "sealed"]

FIRST = "0" * 64
"""What the first entry has for a predecessor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act of a person.

    `item` is the short name of what was decided on, `subject` the meter, line or transformer and `instant` the time
    it is about. `login` is the account under which `actor` acted. `detail` is further content as JSON text.
    """

    number: int
    at: datetime
    actor: str
    login: str
    action: str
    item: str
    subject: str
    instant: datetime | None
    reason: str
    detail: str = "{}"
    previous: str = FIRST
    hash: str = ""


def _digest(entry: Entry) -> str:
    instant = entry.instant.timestamp() if entry.instant else None
    content = [entry.number, entry.at.timestamp(), entry.actor, entry.login, entry.action, entry.item]
    content += [entry.subject, instant, entry.reason, entry.detail, entry.previous]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def sealed(entry: Entry, last: Entry | None) -> Entry:
    """The entry with its number, its predecessor's hash and its own."""
    number, previous = (last.number + 1, last.hash) if last else (1, FIRST)
    numbered = replace(entry, number=number, previous=previous)
    return replace(numbered, hash=_digest(numbered))


def broken(entries: Iterable[Entry]) -> int | None:
    """The number of the first entry that is not what was written after the one before; None if all are.

    A cut at the end cannot be seen from the chain alone: keep the last hash elsewhere, as the report prints it.
    """
    last: Entry | None = None
    for entry in entries:
        expected = (last.number + 1, last.hash) if last else (1, FIRST)
        if (entry.number, entry.previous) != expected or entry.hash != _digest(entry):
            return entry.number
        last = entry
    return None
