"""What a story is made of, and what it ends with."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from config.load import Loaded

__all__ = ["KINDS", "Answer", "Ask", "Chapter", "Story", "Told"]

KINDS = ("theft", "wrong_multiplier", "reverse_running", "silent_concentrator", "hand_held_filled")

Answer = Mapping[str, Decimal] | str
"""Registers by point in kWh, or why there are none: a `drivers.order.Failure`."""
Ask = Callable[[str, datetime, datetime], Answer]
"""What a meter's concentrator says of (meter, instant) when it is asked at a time (both aware)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A history: the gateway's configuration, who answers, the dump that was brought and when, the truth by kind."""

    loaded: Loaded
    begin: datetime
    end: datetime
    ask: Ask
    truth: Mapping[str, str]
    dump: Path | None = None
    brought: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """One thing that may have happened: the object concluded, whether that is the true one, and what found it."""

    kind: str
    object: str
    found: bool
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The summary of a story; counts as in the summary of the live demonstration.

    `named` are all customers with a suspicious finding of their own, by rule. `first` and `last` are its days.
    """

    meters: int
    readings_accepted: int
    readings_committed: int
    lost: int
    duplicates: int
    findings: int
    story: list[Chapter]
    findings_by_rule: dict[str, int]
    first: str
    last: str
    named: dict[str, list[str]] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    """What came of meters in slots, by outcome, as the slots' reports have it."""
    imported: dict[str, Any] = field(default_factory=dict)
    """The importer's report of the dump."""
    bus_utilisation: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Nothing lost, nothing twice, and everything that happened was found."""
        return not (self.lost or self.duplicates) and all(one.found for one in self.story)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
