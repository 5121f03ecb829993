"""Figures of a daemon as its exporter sees them, and what comes of them."""

from collections import Counter
from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from gateway.busstats import DURATION_BUCKETS
from gateway.command import OUTCOMES
from gateway.metrics.edge import METRICS
from gateway.metrics.table import Exporter
from gateway.outbox.stats import Stats
from gateway.review.known import ReviewStats
from gateway.state import BusFigures, LagMeter, Reloads, Snapshot, TargetFigures
from gateway.uplink.stats import UplinkStats

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def target(n, **given):
    common = {
        "name": f"line-{n}",
        "up": True,
        "down_reason": "",
        "last_success": NOW,
        "circuit_open": 1,
        "utilisation": 0.25,
        "meters": 47,
        "slots_missed": 2,
        "backfilled": 3,
        "missing": 4,
        "lag_seconds": 0.5,
        "due": {"registers": 47, "daily": 47},
        "present": {"registers": 46, "daily": 47},
        "slot": {"registers": NOW},
        "slot_seconds": 900,
    }
    return TargetFigures(**{**common, **given})


def snapshot(targets=64, **given):
    common = {
        "name": "so-001",
        "version": "0.1.0",
        "now": NOW,
        "started": NOW,
        "ready": True,
        "synced": True,
        "step_seconds": 0.0,
        "reloads": Reloads(digest="ab", at=NOW),
        "targets": tuple(target(n) for n in range(targets)),
        "bus": BusFigures(durations=[0] * (len(DURATION_BUCKETS) + 1)),
        "review": ReviewStats(),
        "open_findings": 0,
        "outbox": Stats(),
        "uplink": UplinkStats(),
        "commands": Counter(dict.fromkeys(OUTCOMES, 0)),
        "lag": LagMeter(),
        "restarts": 0,
        "meters": 3008,
        "awaited": True,
        "certificates": {"client": 1.8e9, "ca": 1.9e9},
    }
    return Snapshot(**{**common, **given})


def families(found):
    text = Exporter(METRICS, lambda: found).text().decode()
    return {family.name: family for family in text_string_to_metric_families(text)}, text


def value(found, name, **labels):
    for family in families(found)[0].values():
        for sample in family.samples:
            if sample.name == f"meterd_{name}" and sample.labels == labels:
                return sample.value
    raise AssertionError(name)
