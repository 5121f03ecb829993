"""What goes into the outbox in one durable step, and the class that each row belongs to."""

import re
from dataclasses import dataclass
from datetime import datetime

from gateway.energy.period import Span
from gateway.energy.record import Aggregate
from gateway.finding import Finding, SlotReport
from gateway.payload import Audit
from protocols.reading import Event, Reading

__all__ = ["BILLING", "CLASSES", "CURVE", "DIAGNOSTIC", "Entry", "Mark", "class_of", "class_of_sum"]

BILLING = "billing"
CURVE = "curve"
DIAGNOSTIC = "diagnostic"
CLASSES = (BILLING, CURVE, DIAGNOSTIC)
"""billing: registers, demands, sums of days and months; curve: other readings, sums of shorter periods;
diagnostic: the rest, first to be dropped."""

# IEC 62056-61 value group D: 8 a time integral (a register), 6 a maximum (a demand), 2 a cumulated maximum.
_BILLING_POINT = re.compile(r"[0-9]+-[0-9]+:[0-9]+\.(?:2|6|8)\.[0-9]+")
_known: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What came of one meter in one slot of a task; stored in the ledger with the rows of the same entry."""

    task: str
    target: str
    slot: datetime
    meter: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Everything that becomes durable together.

    `saves` are (key, bytes) states of the daemon; `urgent` asks for a commit at once.
    """

    readings: tuple[Reading, ...] = ()
    findings: tuple[Finding, ...] = ()
    events: tuple[Event, ...] = ()
    slots: tuple[SlotReport, ...] = ()
    audits: tuple[Audit, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    marks: tuple[Mark, ...] = ()
    saves: tuple[tuple[str, bytes], ...] = ()
    urgent: bool = False

    @property
    def rows(self) -> int:
        """How many rows go into batches; a slot report may give more."""
        small = len(self.findings) + len(self.events) + len(self.slots) + len(self.audits)
        return len(self.readings) + small + len(self.aggregates)


def class_of(point: str) -> str:
    """The class of a reading of this point."""
    found = _known.get(point)
    if found is None:
        found = _known[point] = BILLING if _BILLING_POINT.fullmatch(point) else CURVE
    return found


def class_of_sum(aggregate: Aggregate) -> str:
    """The class of an aggregate: that of days and months is settled with, shorter ones are curves."""
    return BILLING if aggregate.span in {Span.DAY, Span.MONTH} else CURVE
