"""Every metric of the gateway, declared once with its help, made from plain figures when somebody asks.

Labels come from fixed lists only; never a meter. 64 targets stay below 500 series.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from drivers.calling import OUTCOMES as CALLS
from drivers.links.hub import REFUSALS
from drivers.order import Failure
from gateway import logs
from gateway.busstats import DURATION_BUCKETS
from gateway.command import OUTCOMES
from gateway.dumps.counts import CLASSES as DUMP_CLASSES
from gateway.outbox.entry import CLASSES
from gateway.outbox.stats import BUCKETS
from gateway.review.known import CLOCK_BOUNDS
from gateway.review.rules import RULES
from gateway.state import LagMeter, Snapshot
from gateway.uplink.stats import LATENCIES, REASONS

__all__ = ["CONTENT_TYPE", "FRAME_ERRORS", "METRICS", "Exporter"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FRAME_ERRORS = ("checksum", "length", "end", "header", "noise", "echo", "late", "foreign", "other")
"""Reasons a frame is dropped for; what a session counts under another name is `other`."""
_TARGETS = 64
_Sample = tuple[Mapping[str, str], float]
_Read = Callable[[Snapshot], Iterable[_Sample]]

METRICS: dict[str, tuple[str, str, _Read]] = {}
"""Name (without prefix) to kind, help and how its samples are read; histograms stand in `Exporter`."""


def _one(value: Callable[[Snapshot], float | None]) -> _Read:
    def read(snapshot: Snapshot) -> Iterable[_Sample]:
        found = value(snapshot)
        return () if found is None else (({}, float(found)),)

    return read


def _stamp(instant: datetime | None) -> float:
    return instant.timestamp() if instant is not None else 0.0


def _by(label: str, known: Sequence[str], counts: Callable[[Snapshot], Mapping[Any, float]]) -> _Read:
    """One sample for each known label value, from the start at zero; others are counted as the last."""

    def read(snapshot: Snapshot) -> Iterable[_Sample]:
        found = {str(name): float(n) for name, n in list(counts(snapshot).items())}
        sums = {name: found.pop(name, 0.0) for name in known}
        if found:
            sums[known[-1]] += sum(found.values())
        return [({label: name}, value) for name, value in sums.items()]

    return read


def _targets(value: Callable[[Any], float]) -> _Read:
    def read(snapshot: Snapshot) -> Iterable[_Sample]:
        return [({"target": t.name}, float(value(t))) for t in snapshot.targets[:_TARGETS]]

    return read


def _dropped(snapshot: Snapshot) -> Iterable[_Sample]:
    found = {key: float(rows) for key, rows in dict(snapshot.outbox.dropped).items()}
    for name in CLASSES:
        for reason in ("aged", "cap"):
            found.setdefault((name, reason), 0.0)
    return [({"class": name, "reason": reason}, rows) for (name, reason), rows in sorted(found.items())]


def _due(snapshot: Snapshot) -> int:
    return sum(sum(t.due.values()) for t in snapshot.targets)


def _present(snapshot: Snapshot) -> int:
    return sum(sum(t.present.values()) for t in snapshot.targets)


def _gauge(name: str, text: str, read: _Read) -> None:
    METRICS[name] = ("gauge", text, read)


def _counter(name: str, text: str, read: _Read) -> None:
    METRICS[name] = ("counter", text, read)


_RULE_IDS = tuple(rule.id for rule in RULES)

_gauge(
    "build_info",
    "Version of the program; always 1.",
    lambda s: [({"version": s.version, "python": s.python, "revision": ""}, 1.0)],
)
_gauge(
    "config_info", "SHA-256 of the configuration in force.", lambda s: [({"sha256": s.reloads.digest}, 1.0)]
)
_gauge(
    "config_last_reload_successful", "Whether the last reload was taken over.", _one(lambda s: s.reloads.ok)
)
_gauge(
    "config_last_reload_success_timestamp_seconds",
    "When a configuration was last taken over, seconds since 1970.",
    _one(lambda s: _stamp(s.reloads.at)),
)
_gauge(
    "start_time_seconds", "When the daemon started, seconds since 1970.", _one(lambda s: _stamp(s.started))
)
_gauge("ready", "Whether the daemon polls and stores.", _one(lambda s: s.ready))
_gauge("target_up", "Whether the target's link is open.", _targets(lambda t: t.up))
_gauge(
    "target_last_success_timestamp_seconds",
    "When the target last answered, seconds since 1970; 0 for never.",
    _targets(lambda t: _stamp(t.last_success)),
)
_gauge("target_circuit_open", "Meters of the target that count as dead.", _targets(lambda t: t.circuit_open))
_gauge(
    "bus_utilisation_ratio",
    "Share of time the target's channel was busy, over the last minute at most.",
    _targets(lambda t: t.utilisation),
)
_counter("polls_total", "Orders carried out on all buses.", _one(lambda s: s.bus.polls))
_counter(
    "poll_failures_total",
    "Orders of which at least one point failed, by reason.",
    _by("reason", tuple(str(reason) for reason in Failure), lambda s: s.bus.failures),
)
_counter("poll_retries_total", "Questions asked again.", _one(lambda s: s.bus.retries))
_gauge("polls_in_flight", "Orders being carried out.", _one(lambda s: s.bus.in_flight))
_gauge(
    "poll_schedule_lag_seconds",
    "How late the last slot began, the worst target.",
    _one(lambda s: max((t.lag_seconds for t in s.targets), default=0.0)),
)
_counter(
    "slots_missed_total",
    "Meters whose turn in a slot never came; left to backfill.",
    _one(lambda s: sum(t.slots_missed for t in s.targets)),
)
_counter("frames_total", "Valid frames received.", _one(lambda s: s.bus.frames))
_counter(
    "frame_errors_total",
    "What was received and dropped, by reason.",
    _by("reason", FRAME_ERRORS, lambda s: s.bus.frame_errors),
)
_counter("rx_bytes_total", "Bytes received on all links.", _one(lambda s: s.bus.rx_bytes))
_counter("tx_bytes_total", "Bytes sent on all links.", _one(lambda s: s.bus.tx_bytes))
_counter("link_reopens_total", "Links opened again after they were lost.", _one(lambda s: s.bus.reopens))
_counter("serial_reopens_total", "Serial ports opened again.", _one(lambda s: s.bus.serial_reopens))
_counter(
    "calls_total",
    "Connections of equipment that dials in.",
    _one(lambda s: sum(port.calls for port in s.ports)),
)
_counter(
    "calls_refused_total",
    "Connections hung up on, by reason.",
    _by("reason", REFUSALS, lambda s: sum((Counter(port.refused) for port in s.ports), Counter[str]())),
)
_counter(
    "modem_calls_total",
    "Telephone calls of modems, by outcome.",
    _by("reason", CALLS, lambda s: s.bus.modem_calls),
)
_counter("send_gate_refusals_total", "Frames the send gate held back.", _one(lambda s: s.bus.gate_refusals))
_counter("readings_total", "Values reviewed.", _one(lambda s: s.review.readings))
_counter("readings_suspect_total", "Values that a person must look at.", _one(lambda s: s.review.suspect))
_counter("readings_missing_total", "Values the meter declared as none.", _one(lambda s: s.review.missing))
_counter(
    "readings_rejected_total",
    "Values rejected by the first review, by first rule.",
    _by("reason", _RULE_IDS, lambda s: s.review.rejected),
)
_counter(
    "rules_not_judged_total",
    "Verdicts that lacked an input, by rule.",
    _by("reason", _RULE_IDS, lambda s: s.review.unjudged),
)
_counter(
    "readings_backfilled_total",
    "Values fetched later from the meters' memories.",
    _one(lambda s: sum(t.backfilled for t in s.targets)),
)
_counter("uploads_total", "Dumps imported, by any way in.", _one(lambda s: s.dumps.taken))
_counter(
    "uploads_rejected_total",
    "Dumps refused as a whole, by reason.",
    _by("reason", DUMP_CLASSES, lambda s: s.dumps.refused),
)
_counter("upload_readings_total", "Readings taken from dumps.", _one(lambda s: s.dumps.readings))
_gauge("findings_open", "Findings whose cause is still there.", _one(lambda s: s.open_findings))
_gauge("meters_expected", "Meters due in the last closed slots.", _one(_due))
_gauge("meters_read_current_slot", "Meters present in the last closed slots.", _one(_present))
_gauge(
    "slots_missing",
    "Values (meter and slot) waiting for backfill, as far as held in memory.",
    _one(lambda s: sum(t.missing for t in s.targets)),
)
_gauge(
    "oldest_unread_meter_timestamp_seconds",
    "The last success of the target that has been silent longest; 0 if one never answered.",
    _one(lambda s: min((_stamp(t.last_success) for t in s.targets), default=0.0)),
)
_gauge("outbox_rows", "Rows that wait for the master.", _one(lambda s: s.outbox.pending))
_gauge("outbox_bytes", "Size of the outbox file.", _one(lambda s: s.outbox.bytes))
_gauge("outbox_limit_bytes", "Cap of the outbox file.", _one(lambda s: s.outbox.limit))
_gauge("outbox_full", "Whether the outbox takes nothing more: polling pauses.", _one(lambda s: s.outbox.full))
_gauge(
    "outbox_oldest_timestamp_seconds",
    "When the oldest waiting batch was made, seconds since 1970; 0 for none.",
    _one(lambda s: s.outbox.oldest or 0.0),
)
_counter("outbox_accepted_total", "Rows accepted since the file began.", _one(lambda s: s.outbox.accepted))
_counter("outbox_committed_total", "Rows committed by the master.", _one(lambda s: s.outbox.committed))
_counter("outbox_dropped_total", "Rows dropped, by class and reason.", _dropped)
_counter("outbox_corruption_total", "Damaged outbox files set aside.", _one(lambda s: s.outbox.corruptions))
_gauge("outbox_poison_rows", "Rows set aside as dead letters.", _one(lambda s: s.outbox.dead))
_gauge(
    "custody_difference",
    "Accepted less committed, waiting, dead and dropped rows: 0.",
    _one(lambda s: s.outbox.difference),
)
_gauge("mqtt_connected", "Whether the broker is connected.", _one(lambda s: s.uplink.connected))
_counter("mqtt_connects_total", "Connections made to the broker.", _one(lambda s: s.uplink.connects))
_counter("mqtt_publishes_total", "Batches published.", _one(lambda s: s.uplink.publishes))
_counter(
    "mqtt_publish_rejected_total",
    "Publishes the broker refused or nobody received, by reason.",
    _by("reason", (*REASONS.values(), "other"), lambda s: s.uplink.rejected),
)
_gauge("mqtt_inflight", "Batches in flight.", _one(lambda s: s.uplink.in_flight))
_gauge(
    "uplink_last_ack_timestamp_seconds",
    "When the master last acknowledged, seconds since 1970; 0 for never.",
    _one(lambda s: s.uplink.last_ack),
)
_counter("uplink_duplicates_total", "Batches sent more than once.", _one(lambda s: s.uplink.duplicates))
_counter(
    "commands_total", "Commands from the master, by outcome.", _by("reason", OUTCOMES, lambda s: s.commands)
)
_gauge("clock_synced", "Whether the gateway's clock is known to be right.", _one(lambda s: s.synced))
_counter(
    "clock_step_seconds_total", "Seconds by which the wall clock was stepped.", _one(lambda s: s.step_seconds)
)
_gauge(
    "certificate_expiry_timestamp_seconds",
    "When the uplink's certificates end, seconds since 1970; 0 for a file that cannot be read.",
    lambda s: [({"class": name}, end) for name, end in s.certificates.items()],
)
_counter("log_messages_total", "Log lines, by level.", _by("level", logs.LEVELS, lambda _: logs.counted))
_counter("component_restarts_total", "Parts of the daemon started again.", _one(lambda s: s.restarts))


_FAMILIES = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}


class Exporter(Collector):
    """Makes the text of /metrics from a snapshot."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """The exposition text."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: a snapshot exists only while the daemon runs."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        snapshot = self._snapshot()
        for name, (kind, text, read) in METRICS.items():
            samples = list(read(snapshot))
            labels = list(samples[0][0]) if samples else []
            family = _FAMILIES[kind](f"meterd_{name}", text, labels=labels)
            for given, value in samples:
                family.add_metric(list(given.values()), value)
            yield family
        yield _histogram(
            "poll_duration_seconds",
            "Duration of orders.",
            DURATION_BUCKETS,
            snapshot.bus.durations,
            snapshot.bus.duration_sum,
        )
        yield _histogram(
            "outbox_commit_seconds",
            "Duration of durable commits.",
            BUCKETS,
            snapshot.outbox.commit_buckets,
            snapshot.outbox.commit_seconds,
        )
        yield _histogram(
            "uplink_ack_latency_seconds",
            "From the acceptance of a batch to the master's commit.",
            LATENCIES,
            snapshot.uplink.latency_buckets,
            snapshot.uplink.latency_seconds,
        )
        yield _histogram(
            "meter_clock_offset_seconds",
            "How far meters' clocks were off, without sign, while ours was right.",
            CLOCK_BOUNDS,
            snapshot.review.clock_buckets,
            snapshot.review.clock_sum,
        )
        yield _histogram(
            "event_loop_lag_seconds",
            "How late the event loop was, measured twice a second.",
            LagMeter.BOUNDS,
            snapshot.lag.buckets,
            snapshot.lag.sum,
        )


def _histogram(
    name: str, text: str, bounds: Sequence[float], counts: Sequence[int], total: float
) -> HistogramMetricFamily:
    """A histogram family from counts per bucket, the last one beyond all bounds."""
    running, buckets = 0, []
    for bound, count in zip((*map(str, bounds), "+Inf"), counts or [0] * (len(bounds) + 1), strict=True):
        running += count
        buckets.append((bound, float(running)))
    family = HistogramMetricFamily(f"meterd_{name}", text)
    family.add_metric([], buckets, total)
    return family
