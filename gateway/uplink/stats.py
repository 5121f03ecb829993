"""Figures of the uplink as plain numbers."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

__all__ = ["LATENCIES", "REASONS", "UplinkStats"]

REASONS = {
    0x10: "no_subscriber",
    0x80: "unspecified",
    0x83: "implementation",
    0x87: "not_authorized",
    0x90: "topic",
    0x91: "identifier_in_use",
    0x97: "quota",
    0x99: "payload",
}
"""Labels of refusals by MQTT 5 reason code; every other code is "other"."""
_LABELS = (*REASONS.values(), "other")
LATENCIES = (0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 86_400.0)
"""Upper bounds in seconds of the time from acceptance to the master's commit."""


@dataclass(slots=True)
class UplinkStats:
    """Counters since start, except `connected`, `in_flight` and `last_ack` (seconds since 1970, 0: never).

    `rejected` counts by the labels of REASONS; `duplicates` are publishes of a batch beyond its first;
    `problem` tells a person what keeps batches from going up now.
    `latency_buckets` counts batches up to each bound of LATENCIES, not cumulated; the last beyond them all.
    """

    connected: bool = False
    problem: str = ""
    connects: int = 0
    disconnects: int = 0
    publishes: int = 0
    rejected: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(_LABELS, 0)))
    in_flight: int = 0
    duplicates: int = 0
    acks: int = 0
    bad_acks: int = 0
    last_ack: float = 0.0
    dead: int = 0
    renewed: int = 0
    commands: int = 0
    replies: int = 0
    latency_count: int = 0
    latency_seconds: float = 0.0
    latency_buckets: list[int] = field(default_factory=lambda: [0] * (len(LATENCIES) + 1))

    def refused(self, code: int | None) -> None:
        """Count a publish that was not delivered."""
        self.rejected[REASONS.get(code or 0, "other")] += 1

    def delivered(self, seconds: float) -> None:
        """Count a batch that the master has, `seconds` after it was accepted."""
        seconds = max(0.0, seconds)
        self.latency_count += 1
        self.latency_seconds += seconds
        self.latency_buckets[bisect_left(LATENCIES, seconds)] += 1
