"""Figures of the outbox at one moment, all of the same transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BUCKETS", "Stats"]

BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
"""Upper bounds of the commit durations in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Rows by what became of them, size, age, and how long commits take.

    `accepted` = `committed` + `pending` + `dead` + `dropped`, and `difference` is what is missing: 0.
    `dropped` is by (class, reason); `oldest` is when the oldest waiting batch was made (seconds since 1970);
    `commit_buckets` counts commits up to each bound of BUCKETS, not cumulated; the last is beyond them all.
    """

    accepted: int = 0
    committed: int = 0
    pending: int = 0
    dead: int = 0
    dropped: Mapping[tuple[str, str], int] = field(default_factory=dict)
    accepted_by_class: Mapping[str, int] = field(default_factory=dict)
    difference: int = 0
    batches: int = 0
    in_flight: int = 0
    bytes: int = 0
    limit: int = 0
    oldest: float | None = None
    full: bool = False
    corruptions: int = 0
    epoch: str = ""
    highest: int = 0
    commits: int = 0
    commit_seconds: float = 0.0
    commit_buckets: tuple[int, ...] = (0,) * (len(BUCKETS) + 1)

    @property
    def dropped_total(self) -> int:
        """Rows dropped for any reason."""
        return sum(self.dropped.values())
