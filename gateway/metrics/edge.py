"""Every metric of the gateway, declared once with its help; 64 targets stay below 500 series."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from drivers.calling import OUTCOMES as CALLS
from drivers.links.hub import REFUSALS
from drivers.order import Failure
from gateway import logs
from gateway.busstats import DURATION_BUCKETS
from gateway.command import OUTCOMES
from gateway.dumps.counts import CLASSES as DUMP_CLASSES
from gateway.metrics.table import Sample, Table, by, one
from gateway.outbox.entry import CLASSES
from gateway.outbox.stats import BUCKETS
from gateway.review.known import CLOCK_BOUNDS
from gateway.review.rules import RULES
from gateway.state import LagMeter, Snapshot
from gateway.uplink.stats import LATENCIES, REASONS

__all__ = ["DROPS", "FRAME_ERRORS", "METRICS"]

FRAME_ERRORS = ("checksum", "length", "end", "header", "noise", "echo", "late", "foreign", "other")
"""Reasons a frame is dropped for; what a session counts under another name is `other`."""
DROPS = ("aged", "cap")
"""Reasons rows are dropped for."""
_LIMIT = 64

METRICS: Table[Snapshot] = Table()


def _stamp(instant: datetime | None) -> float:
    return instant.timestamp() if instant is not None else 0.0


class _Targets:
    """Series of the first 64 targets, so that no archive takes the answer past 500; the rest is counted."""

    left_out = 0

    def __call__(self, value: Callable[[Any], float]) -> Callable[[Snapshot], Iterable[Sample]]:
        def read(snapshot: Snapshot) -> Iterable[Sample]:
            self.left_out += max(0, len(snapshot.targets) - _LIMIT)
            return [({"target": t.name}, float(value(t))) for t in snapshot.targets[:_LIMIT]]

        return read


_targets = _Targets()


def _dropped(snapshot: Snapshot) -> Iterable[Sample]:
    """Of a class or reason that is not known here, the rows are counted as the last one."""
    found = {(name, reason): 0.0 for name in CLASSES for reason in DROPS}
    for (name, reason), rows in list(snapshot.outbox.dropped.items()):
        key = name if name in CLASSES else CLASSES[-1], reason if reason in DROPS else DROPS[-1]
        found[key] += rows
    return [({"class": name, "reason": reason}, rows) for (name, reason), rows in found.items()]


def _due(snapshot: Snapshot) -> int:
    """A task whose first slot is not closed yet has read nothing, and nothing was due."""
    return sum(n for t in snapshot.targets for task, n in t.due.items() if task in t.present)


def _present(snapshot: Snapshot) -> int:
    return sum(sum(t.present.values()) for t in snapshot.targets)


_RULE_IDS = tuple(rule.id for rule in RULES if rule.can_lack)
_REJECTING = tuple(rule.id for rule in RULES if rule.worst > 2)

METRICS.gauge(
    "build_info",
    "Version of the program; always 1.",
    lambda s: [({"version": s.version, "python": s.python, "revision": ""}, 1.0)],
)
METRICS.gauge(
    "config_info", "SHA-256 of the configuration in force.", lambda s: [({"sha256": s.reloads.digest}, 1.0)]
)
METRICS.gauge(
    "config_last_reload_successful", "Whether the last reload was taken over.", one(lambda s: s.reloads.ok)
)
METRICS.gauge(
    "config_last_reload_success_timestamp_seconds",
    "When a configuration was last taken over, seconds since 1970.",
    one(lambda s: _stamp(s.reloads.at)),
)
METRICS.gauge(
    "start_time_seconds", "When the daemon started, seconds since 1970.", one(lambda s: _stamp(s.started))
)
METRICS.gauge("ready", "Whether the daemon polls and stores.", one(lambda s: s.ready))
METRICS.gauge("target_up", "Whether the target's link is open.", _targets(lambda t: t.up))
METRICS.gauge(
    "target_last_success_timestamp_seconds",
    "When the target last answered, seconds since 1970; 0 for never.",
    _targets(lambda t: _stamp(t.last_success)),
)
METRICS.gauge(
    "target_circuit_open", "Meters of the target that count as dead.", _targets(lambda t: t.circuit_open)
)
METRICS.gauge(
    "bus_utilisation_ratio",
    "Share of time the target's channel was busy, over the last minute at most.",
    _targets(lambda t: t.utilisation),
)
METRICS.counter(
    "series_left_out_total",
    "Series of targets beyond the 64th that were left out of answers.",
    one(lambda _: _targets.left_out),
)
METRICS.counter("polls_total", "Orders carried out on all buses.", one(lambda s: s.bus.polls))
METRICS.counter(
    "poll_failures_total",
    "Orders of which at least one point failed, by reason.",
    by("reason", tuple(str(reason) for reason in Failure), lambda s: s.bus.failures),
)
METRICS.counter("poll_retries_total", "Questions asked again.", one(lambda s: s.bus.retries))
METRICS.gauge("polls_in_flight", "Orders being carried out.", one(lambda s: s.bus.in_flight))
METRICS.gauge(
    "poll_schedule_lag_seconds",
    "How late the last slot began, the worst target.",
    one(lambda s: max((t.lag_seconds for t in s.targets), default=0.0)),
)
METRICS.gauge(
    "poll_slot_seconds",
    "Length of the shortest slot of any task; 0 without tasks.",
    one(lambda s: min((t.slot_seconds for t in s.targets if t.slot_seconds), default=0)),
)
METRICS.counter(
    "slots_missed_total",
    "Meters whose turn in a slot never came; left to backfill.",
    one(lambda s: sum(t.slots_missed for t in s.targets)),
)
METRICS.counter("frames_total", "Valid frames received.", one(lambda s: s.bus.frames))
METRICS.counter(
    "frame_errors_total",
    "What was received and dropped, by reason.",
    by("reason", FRAME_ERRORS, lambda s: s.bus.frame_errors),
)
METRICS.counter("rx_bytes_total", "Bytes received on all links.", one(lambda s: s.bus.rx_bytes))
METRICS.counter("tx_bytes_total", "Bytes sent on all links.", one(lambda s: s.bus.tx_bytes))
METRICS.counter(
    "link_reopens_total", "Links opened again after they were lost.", one(lambda s: s.bus.reopens)
)
METRICS.counter("serial_reopens_total", "Serial ports opened again.", one(lambda s: s.bus.serial_reopens))
METRICS.counter(
    "calls_total",
    "Connections of equipment that dials in.",
    one(lambda s: sum(port.calls for port in s.ports)),
)
METRICS.counter(
    "calls_refused_total",
    "Connections hung up on, by reason.",
    by("reason", REFUSALS, lambda s: sum((Counter(port.refused) for port in s.ports), Counter[str]())),
)
METRICS.counter(
    "modem_calls_total",
    "Telephone calls of modems, by outcome.",
    by("reason", CALLS, lambda s: s.bus.modem_calls),
)
METRICS.counter(
    "send_gate_refusals_total", "Frames the send gate held back.", one(lambda s: s.bus.gate_refusals)
)
METRICS.counter("readings_total", "Values reviewed.", one(lambda s: s.review.readings))
METRICS.counter(
    "readings_suspect_total", "Values that a person must look at.", one(lambda s: s.review.suspect)
)
METRICS.counter(
    "readings_missing_total", "Values the meter declared as none.", one(lambda s: s.review.missing)
)
METRICS.counter(
    "readings_rejected_total",
    "Values rejected by the first review, by first rule.",
    by("reason", _REJECTING, lambda s: s.review.rejected),
)
METRICS.counter(
    "rules_not_judged_total",
    "Verdicts that lacked an input, by rule.",
    by("reason", _RULE_IDS, lambda s: s.review.unjudged),
)
METRICS.counter(
    "readings_backfilled_total",
    "Values fetched later from the meters' memories.",
    one(lambda s: sum(t.backfilled for t in s.targets)),
)
METRICS.counter("uploads_total", "Dumps imported, by any way in.", one(lambda s: s.dumps.taken))
METRICS.counter(
    "uploads_rejected_total",
    "Dumps refused as a whole, by reason.",
    by("reason", DUMP_CLASSES, lambda s: s.dumps.refused),
)
METRICS.counter("upload_readings_total", "Readings taken from dumps.", one(lambda s: s.dumps.readings))
METRICS.counter("aggregates_total", "Sums of lines and transformers made.", one(lambda s: s.sums.made))
METRICS.counter(
    "aggregates_revised_total",
    "Sums made again because of later readings: new versions.",
    one(lambda s: s.sums.revised),
)
METRICS.gauge(
    "aggregate_registers", "Registers held at the ends of periods.", one(lambda s: s.sums.registers)
)
METRICS.gauge("findings_open", "Findings whose cause is still there.", one(lambda s: s.open_findings))
METRICS.gauge("meters_expected", "Meters due in the last closed slots.", one(_due))
METRICS.gauge("meters_read_current_slot", "Meters present in the last closed slots.", one(_present))
METRICS.gauge(
    "slots_missing",
    "Values (meter and slot) waiting for backfill, as far as held in memory.",
    one(lambda s: sum(t.missing for t in s.targets)),
)
METRICS.gauge(
    "oldest_unread_meter_timestamp_seconds",
    "The last success of the target that has been silent longest; 0 if one never answered.",
    one(lambda s: min((_stamp(t.last_success) for t in s.targets), default=0.0)),
)
METRICS.gauge("outbox_rows", "Rows that wait for the master.", one(lambda s: s.outbox.pending))
METRICS.gauge("outbox_bytes", "Size of the outbox file.", one(lambda s: s.outbox.bytes))
METRICS.gauge("outbox_limit_bytes", "Cap of the outbox file.", one(lambda s: s.outbox.limit))
METRICS.gauge(
    "outbox_full", "Whether the outbox takes nothing more: polling pauses.", one(lambda s: s.outbox.full)
)
METRICS.gauge(
    "outbox_oldest_timestamp_seconds",
    "When the oldest waiting batch was made, seconds since 1970; 0 for none.",
    one(lambda s: s.outbox.oldest or 0.0),
)
METRICS.counter(
    "outbox_accepted_total", "Rows accepted since the file began.", one(lambda s: s.outbox.accepted)
)
METRICS.counter("outbox_committed_total", "Rows committed by the master.", one(lambda s: s.outbox.committed))
METRICS.counter("outbox_dropped_total", "Rows dropped, by class and reason.", _dropped)
METRICS.counter(
    "outbox_corruption_total", "Damaged outbox files set aside.", one(lambda s: s.outbox.corruptions)
)
METRICS.gauge("outbox_poison_rows", "Rows set aside as dead letters.", one(lambda s: s.outbox.dead))
METRICS.gauge(
    "custody_difference",
    "Accepted less committed, waiting, dead and dropped rows: 0.",
    one(lambda s: s.outbox.difference),
)
METRICS.gauge(
    "uplink_awaited",
    'Whether batches wait for a master or a broker to take them; 0 without one, and with ack = "keep".',
    one(lambda s: s.awaited),
)
METRICS.gauge("mqtt_connected", "Whether the broker is connected.", one(lambda s: s.uplink.connected))
METRICS.counter("mqtt_connects_total", "Connections made to the broker.", one(lambda s: s.uplink.connects))
METRICS.counter("mqtt_publishes_total", "Batches published.", one(lambda s: s.uplink.publishes))
METRICS.counter(
    "mqtt_publish_rejected_total",
    "Publishes the broker refused or nobody received, by reason.",
    by("reason", (*REASONS.values(), "other"), lambda s: s.uplink.rejected),
)
METRICS.gauge("mqtt_inflight", "Batches in flight.", one(lambda s: s.uplink.in_flight))
METRICS.gauge(
    "uplink_last_ack_timestamp_seconds",
    "When the master last acknowledged, seconds since 1970; 0 for never.",
    one(lambda s: s.uplink.last_ack),
)
METRICS.counter("uplink_duplicates_total", "Batches sent more than once.", one(lambda s: s.uplink.duplicates))
METRICS.counter(
    "commands_total", "Commands from the master, by outcome.", by("reason", OUTCOMES, lambda s: s.commands)
)
METRICS.gauge("clock_synced", "Whether the gateway's clock is known to be right.", one(lambda s: s.synced))
METRICS.counter(
    "clock_step_seconds_total", "Seconds by which the wall clock was stepped.", one(lambda s: s.step_seconds)
)
METRICS.gauge(
    "certificate_expiry_timestamp_seconds",
    "When the uplink's certificates end, seconds since 1970; 0 for a file that cannot be read.",
    lambda s: [({"class": name}, end) for name, end in s.certificates.items()],
)
METRICS.counter(
    "log_messages_total", "Log lines, by level.", by("level", logs.LEVELS, lambda _: logs.counted)
)
METRICS.counter("component_restarts_total", "Parts of the daemon started again.", one(lambda s: s.restarts))
METRICS.histogram(
    "poll_duration_seconds",
    "Duration of orders.",
    DURATION_BUCKETS,
    lambda s: (s.bus.durations, s.bus.duration_sum),
)
METRICS.histogram(
    "outbox_commit_seconds",
    "Duration of durable commits.",
    BUCKETS,
    lambda s: (s.outbox.commit_buckets, s.outbox.commit_seconds),
)
METRICS.histogram(
    "uplink_ack_latency_seconds",
    "From the acceptance of a batch to the master's commit.",
    LATENCIES,
    lambda s: (s.uplink.latency_buckets, s.uplink.latency_seconds),
)
METRICS.histogram(
    "meter_clock_offset_seconds",
    "How far meters' clocks were off, without sign, while ours was right.",
    CLOCK_BOUNDS,
    lambda s: (s.review.clock_buckets, s.review.clock_sum),
)
METRICS.histogram(
    "event_loop_lag_seconds",
    "How late the event loop was, measured twice a second.",
    LagMeter.BOUNDS,
    lambda s: (s.lag.buckets, s.lag.sum),
)
