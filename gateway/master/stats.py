"""What the master's worker counts."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.master.stores.base import Outcome

__all__ = ["COMMITS", "LAGS", "REASONS", "Durations", "Stats"]

REASONS = ("payload", "gateway", "kind", "database")
"""Why a message came to nothing: no batch, another gateway's topic, another kind's, refused by the database."""
COMMITS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds in seconds of the duration of a commit in all databases."""
LAGS = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0, 604_800.0)
"""Upper bounds in seconds of the time from the reading of a value to its commit."""


@dataclass(slots=True)
class Durations:
    """How many durations lay up to each of `bounds`, not cumulated, the last beyond them all; their sum."""

    bounds: tuple[float, ...]
    buckets: list[int] = field(init=False)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.buckets = [0] * (len(self.bounds) + 1)

    def take(self, seconds: float) -> None:
        """Count one; clocks that disagree may make it negative, which counts as none."""
        seconds = max(0.0, seconds)
        self.total += seconds
        self.buckets[bisect_left(self.bounds, seconds)] += 1


@dataclass(slots=True)
class Stats:
    """Counters since the start of this process, which only rise; `connected`, `database`, `in_hand` are states.

    `started` and `last_commit` are seconds since 1970, 0 for never.
    """

    started: float = 0.0
    connected: bool = False
    database: bool = False
    in_hand: int = 0
    """Messages received and neither acknowledged nor given up."""
    messages: int = 0
    batches: int = 0
    replays: int = 0
    clashes: int = 0
    rows: int = 0
    duplicates: int = 0
    differing: int = 0
    aside: int = 0
    claims: int = 0
    acks: int = 0
    transactions: int = 0
    archives: int = 0
    """Archives of gateways that were not in force yet."""
    refused: Counter[str] = field(default_factory=Counter)
    """Messages that came to nothing, by REASONS."""
    database_losses: int = 0
    broker_losses: int = 0
    last_commit: float = 0.0
    process_runs: int = 0
    process_failures: int = 0
    process_meters: int = 0
    process_results: int = 0
    last_process: float = 0.0
    """When a processing run of this worker last ended, seconds since 1970, 0 for never."""
    commits: Durations = field(default_factory=lambda: Durations(COMMITS))
    lags: Durations = field(default_factory=lambda: Durations(LAGS))
    """Of batches that hold values read by the gateway itself; what somebody brought is as old as it is."""

    def take(self, outcome: Outcome) -> None:
        """Count a committed transaction."""
        self.transactions += 1
        for name in ("batches", "replays", "clashes", "rows", "duplicates", "differing", "aside", "claims"):
            setattr(self, name, getattr(self, name) + getattr(outcome, name))

    def committed(self, now: float, seconds: float, read: Iterable[float]) -> None:
        """Note a commit that ended at `now` after `seconds`, and when the values in its batches were `read`."""
        self.last_commit = now
        self.commits.take(seconds)
        for instant in read:
            self.lags.take(now - instant)

    def processed(self, now: float, meters: int, results: int) -> None:
        """Note a processing run that ended at `now`: meters looked at, results written."""
        self.last_process = now
        self.process_runs += 1
        self.process_meters += meters
        self.process_results += results

    def as_dict(self) -> dict[str, object]:
        """For JSON; durations are left to the metrics."""
        found = {name: getattr(self, name) for name in self.__slots__}
        plain = {name: value for name, value in found.items() if not isinstance(value, Durations)}
        return {**plain, "refused": dict(list(self.refused.items()))}
