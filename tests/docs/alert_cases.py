"""Of every alert a case in which it fires and one, just short of it, in which it stays quiet.

Series are in promtool's notation: from zero on, one value a step; `0+5x9` rises by 5 nine times, `_` is a gap.
"""

from dataclasses import dataclass

__all__ = ["ALWAYS", "CASES", "Case"]

ALWAYS = {"DeadMan"}
"""Alerts that have no quiet case."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Series that fire and that do not, and the severities that fire at `at`, a duration, in steps of `step`.

    `both` are series that both need.
    """

    at: str
    fires: dict[str, str]
    quiet: dict[str, str]
    both: dict[str, str] | None = None
    severities: tuple[str, ...] = ("warning",)
    step: str = "1m"


def gateway(name: str, labels: str = "") -> str:
    """A series of the gateway's job."""
    return f'meterd_{name}{{job="meterd",instance="so-001"{"," + labels if labels else ""}}}'


def worker(name: str, labels: str = "") -> str:
    """A series of an ingest worker's job."""
    return f'meterd_{name}{{job="meterd-ingest",instance="in-1"{"," + labels if labels else ""}}}'


UP = 'up{job="meterd",instance="so-001"}'
WORKER_UP = 'up{job="meterd-ingest",instance="in-1"}'
BYTES, LIMIT = gateway("outbox_bytes"), gateway("outbox_limit_bytes")
DUE, READ = gateway("meters_expected"), gateway("meters_read_current_slot")
STARTED = gateway("start_time_seconds")
CLIENT = gateway("certificate_expiry_timestamp_seconds", 'class="client"')
OFFSETS = {
    gateway("meter_clock_offset_seconds_count"): "0+1000x50",
    gateway("meter_clock_offset_seconds_bucket", 'le="60.0"'): "0+980x50",
}
OFF_300 = gateway("meter_clock_offset_seconds_bucket", 'le="300.0"')
TARGETS = [gateway("target_up", f'target="line{n}"') for n in range(5)]
LAG, COMMIT = "ingest_lag_seconds_bucket", "ingest_commit_seconds_bucket"


def one(series: str, fires: str, quiet: str) -> dict[str, dict[str, str]]:
    """Both cases of an alert that looks at one series."""
    return {"fires": {series: fires}, "quiet": {series: quiet}}


CASES: dict[str, Case] = {
    "GatewayDown": Case(at="6m", severities=("critical",), **one(UP, "0x6", "1 1 0 0 0 0 0")),
    "MetricsAbsent": Case(
        at="20m",
        severities=("critical",),
        both={'meterd:gateway:expected{instance="so-001"}': "1x20"},
        fires={'up{job="meterd",instance="so-002"}': "1x20"},
        quiet={UP: "0x20"},
    ),
    "GatewayRestarting": Case(at="9m", **one(STARTED, "1x2 60x2 180x2 300x2", "1x4 60x2 180x2")),
    "GatewayNotReady": Case(
        at="6m", severities=("critical",), **one(gateway("ready"), "0x6", "0 0 0 0 1 1 0")
    ),
    "UplinkStalled": Case(
        at="25m",
        severities=("critical",),
        both={
            gateway("outbox_rows"): "500x25",
            gateway("uplink_awaited"): "1x25",
            STARTED: "0x25",
        },
        fires={gateway("uplink_last_ack_timestamp_seconds"): "0x25"},
        quiet={gateway("uplink_last_ack_timestamp_seconds"): "0x20 1200x5"},
    ),
    "UplinkRejected": Case(
        at="5m",
        severities=("critical",),
        **one(gateway("mqtt_publish_rejected_total", 'reason="not_authorized"'), "0 0 1x3", "7x5"),
    ),
    "OutboxFilling": Case(
        at="40m",
        severities=("critical", "warning"),
        both={LIMIT: "100x40"},
        **one(BYTES, "81x40", "49x40"),
    ),
    "OutboxFull": Case(at="1m", severities=("critical",), **one(gateway("outbox_full"), "0 1", "0 0")),
    "DataDropped": Case(
        at="10m",
        severities=("critical",),
        **one(gateway("outbox_dropped_total", 'class="diagnostic",reason="cap"'), "0x5 9x5", "9x10"),
    ),
    "OutboxCorrupt": Case(
        at="5m", severities=("critical",), **one(gateway("outbox_corruption_total"), "0 1x4", "1x5")
    ),
    "DeadLetters": Case(at="10m", **one(gateway("outbox_poison_rows"), "3x5 4x5", "4x10")),
    "CustodyBroken": Case(
        at="1m", severities=("critical",), **one(gateway("custody_difference"), "0 -1", "0 0")
    ),
    "TargetDown": Case(at="31m", **one(TARGETS[0], "0x31", "0x20 1 0x10")),
    "ManyTargetsDown": Case(
        at="16m",
        severities=("critical",),
        both={TARGETS[0]: "0x16", TARGETS[2]: "1x16", TARGETS[3]: "1x16"},
        fires={TARGETS[1]: "0x16"},
        quiet={TARGETS[1]: "1x16", TARGETS[4]: "1x16"},
    ),
    "ReadRateLow": Case(
        at="31m",
        severities=("critical", "warning"),
        both={DUE: "3000x31"},
        **one(READ, "2800x31", "2970x31"),
    ),
    "SlotsMissed": Case(at="10m", **one(gateway("slots_missed_total"), "0x5 40x5", "40x10")),
    "ScheduleLag": Case(
        at="50m",
        both={gateway("poll_slot_seconds"): "900x50", STARTED: "0x50"},
        **one(gateway("poll_schedule_lag_seconds"), "451x50", "450x50"),
    ),
    "FrameErrors": Case(
        at="61m",
        both={gateway("frames_total"): "0+94x61"},
        **one(gateway("frame_errors_total", 'reason="checksum"'), "0+6x61", "0+4x61"),
    ),
    "ClockUnsynced": Case(
        at="31m", severities=("critical",), **one(gateway("clock_synced"), "0x31", "0x20 1 0x10")
    ),
    "ClockStepped": Case(at="10m", **one(gateway("clock_step_seconds_total"), "0x5 30x5", "0x5 1x5")),
    "MeterClockDrift": Case(
        at="50h",
        step="1h",
        severities=("info", "warning"),
        fires={**OFFSETS, OFF_300: "0+985x50"},
        quiet=dict.fromkeys([*OFFSETS, OFF_300], "0+1000x50"),
    ),
    "ConfigReloadFailed": Case(
        at="11m", **one(gateway("config_last_reload_successful"), "0x11", "0x5 1 0x5")
    ),
    "CertExpiring": Case(
        at="61m", severities=("critical", "warning"), **one(CLIENT, "600000x61", "2600000x61")
    ),
    "LoopLag": Case(
        at="30m",
        both={gateway("event_loop_lag_seconds_bucket", 'le="+Inf"'): "0+100x30"},
        fires={
            gateway("event_loop_lag_seconds_bucket", 'le="1.0"'): "0+98x30",
            gateway("event_loop_lag_seconds_bucket", 'le="5.0"'): "0+100x30",
        },
        quiet={gateway("event_loop_lag_seconds_bucket", 'le="1.0"'): "0+100x30"},
    ),
    "GateRefusal": Case(at="10m", **one(gateway("send_gate_refusals_total"), "0x5 1x5", "1x10")),
    "UploadsRejected": Case(
        at="30m",
        severities=("info",),
        **one(gateway("uploads_rejected_total", 'reason="content"'), "0+1x30", "0x20 1 1 2x8"),
    ),
    "DeadMan": Case(at="0m", severities=("none",), fires={}, quiet={}),
    "IngestAbsent": Case(
        at="6m",
        severities=("critical",),
        both={WORKER_UP: "0x6"},
        fires={},
        quiet={'up{job="meterd-ingest",instance="in-2"}': "1x6"},
    ),
    "IngestDown": Case(at="6m", **one(WORKER_UP, "0x6", "1 1 0 0 0 0 0")),
    "IngestRestarting": Case(
        at="9m", **one(worker("start_time_seconds"), "1x2 60x2 180x2 300x2", "1x4 60x2 180x2")
    ),
    "IngestDatabaseAway": Case(
        at="6m", severities=("critical",), **one(worker("ingest_database_up"), "0x6", "0 0 0 0 1 1 0")
    ),
    "IngestBrokerAway": Case(
        at="6m",
        severities=("critical",),
        both={worker("ingest_mqtt_connected"): "0x6"},
        fires={worker("ingest_database_up"): "1x6"},
        quiet={worker("ingest_database_up"): "0x6"},
    ),
    "IngestStalled": Case(
        at="12m",
        severities=("critical",),
        both={worker("ingest_messages_in_hand"): "200x12"},
        **one(worker("ingest_last_commit_timestamp_seconds"), "0x12", "0x8 480x4"),
    ),
    "IngestLagging": Case(
        at="60m",
        both={worker(LAG, 'le="+Inf"'): "0+100x60", worker(LAG, 'le="3600.0"'): "0+100x60"},
        **one(worker(LAG, 'le="900.0"'), "0+50x60", "0+100x60"),
    ),
    "IngestSlow": Case(
        at="40m",
        both={worker(COMMIT, 'le="+Inf"'): "0+100x40", worker(COMMIT, 'le="10.0"'): "0+100x40"},
        **one(worker(COMMIT, 'le="5.0"'), "0+50x40", "0+100x40"),
    ),
    "ProcessFailing": Case(at="20m", **one(worker("process_failures_total"), "0+1x20", "0x10 1 2 2x8")),
    "ProcessStalled": Case(
        at="4h",
        step="1h",
        both={worker("process_last_timestamp_seconds"): "60 60 60 60 60"},
        fires={},
        quiet={worker("process_last_timestamp_seconds").replace("in-1", "in-2"): "0 0 7200 7200 7200"},
    ),
    "IngestDeadLetters": Case(
        at="10m", **one(worker("ingest_dead_letters_total", 'reason="payload"'), "0x5 1x5", "1x10")
    ),
    "IngestClash": Case(at="10m", **one(worker("ingest_clashes_total"), "0x5 1x5", "1x10")),
    "IngestMeterTwice": Case(at="10m", **one(worker("ingest_claims_total"), "0x5 1x5", "1x10")),
    "IngestDiffering": Case(
        at="10m", severities=("info",), **one(worker("ingest_differing_total"), "0x5 1x5", "1x10")
    ),
}
