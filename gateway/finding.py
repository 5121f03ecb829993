"""A finding: something that a person should look at."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Finding", "SlotReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cause at one object over a time.

    `key` is rule, object and point: while it is open the same cause extends the finding and opens no second one.
    `severity` 0 note, 1 warn, 2 suspicious, 3 reject; `state` open, confirmed, cleared, closed.
    `check` says what to look at on site.
    """

    key: str
    rule: str
    meter: str
    point: str
    began: datetime
    ended: datetime | None
    severity: int
    state: str
    value: str
    limit: str
    check: str
    count: int = 1
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotReport:
    """A closed slot of a task at one target: who was due and what came of each (meter, outcome)."""

    task: str
    target: str
    slot: datetime
    due: int
    present: int
    outcomes: tuple[tuple[str, str], ...]
