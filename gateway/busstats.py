"""The figures of a bus."""

import bisect
from collections import Counter
from dataclasses import dataclass, field

from drivers.order import Failure

__all__ = ["DURATION_BUCKETS", "BusStats"]

# Upper bounds in seconds of the histogram of order durations.
DURATION_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class BusStats:
    """Plain numbers, rising for ever, except `in_flight` and `circuit_open`."""

    polls: int = 0
    failures: Counter[Failure] = field(default_factory=Counter)
    retries: int = 0
    reopens: int = 0
    in_flight: int = 0
    busy_seconds: float = 0.0
    circuit_open: int = 0
    skipped_open: int = 0
    refused_full: int = 0
    durations: list[int] = field(default_factory=lambda: [0] * (len(DURATION_BUCKETS) + 1))
    duration_sum: float = 0.0
    frames: int = 0
    frame_errors: Counter[str] = field(default_factory=Counter)
    rx_bytes: int = 0
    tx_bytes: int = 0
    gate_refusals: int = 0
    calls: Counter[str] = field(default_factory=Counter)

    def time(self, seconds: float) -> None:
        """Count one order's duration."""
        self.busy_seconds += seconds
        self.duration_sum += seconds
        self.durations[bisect.bisect_left(DURATION_BUCKETS, seconds)] += 1
