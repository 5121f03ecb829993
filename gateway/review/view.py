"""What a rule looks at, and what it may say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from gateway.review.base import Base
from gateway.review.limits import Kind, Limits
from protocols.reading import Reading

__all__ = ["UNJUDGED", "Hit", "Moved", "Unjudged", "View"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule's verdict against a value: severity, what was found and what it may be.

    `sure` confirms the finding; `flags` go to the reading.
    """

    severity: int
    value: str
    limit: str
    sure: bool = False
    flags: int = 0


class Unjudged:
    """The rule lacks an input: neither passed nor failed."""


UNJUDGED = Unjudged()


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a register of the same answer advanced in units, over how many seconds, and since when (epoch)."""

    units: int
    seconds: int
    began: int = 0


@dataclass(slots=True, kw_only=True)
class View:
    """One reading with all that is known beside it.

    `units` is its value in 0.0001 and `at` its instant in seconds since 1970. `beside` are the registers of
    the same answer in units and `moved` their advances. `work` and `rest` are integrals of active power in
    units: since the last answer, and while the forward register stood still. `other` is the same register of the
    same day from the other kind of source, hand-held or automatic. `low` is an earlier lower value
    that waits for confirmation, `word` the combination word of the active energy. `lacking` are points that were asked
    and did not come, `failed` rounds in which reading failed in a row.
    """

    reading: Reading
    kind: Kind
    limits: Limits
    units: int
    at: int
    now: datetime
    synced: bool = True
    base: Base | None = None
    installed: date | None = None
    due: datetime | None = None
    address: str = ""
    expected: str = ""
    beside: Mapping[str, int] = field(default_factory=dict)
    moved: Mapping[str, Moved] = field(default_factory=dict)
    work: float | None = None
    rest: float | None = None
    low: int | None = None
    other: Base | None = None
    word: int | None = None
    missing_days: int | None = None
    lacking: frozenset[str] = frozenset()
    failed: int | None = None

    @property
    def previous(self) -> Base | None:
        """The base if it lies before this reading."""
        return self.base if self.base is not None and self.base.at <= self.at else None

    def largest(self, seconds: int) -> float | None:
        """Largest plausible advance in units, one step of the register granted; None if nobody knows."""
        return None if self.limits.rate is None else self.limits.rate * seconds + self.limits.step
