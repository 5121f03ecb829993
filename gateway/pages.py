"""The pages of the daemon's small server: metrics, health, readiness and status."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

from gateway.http import Page
from gateway.metrics.edge import METRICS
from gateway.metrics.table import CONTENT_TYPE, Exporter
from gateway.state import PortFigures, Snapshot, TargetFigures

__all__ = ["VERSION", "as_dict", "pages"]

VERSION = version("meterd")
_TEXT = "text/plain; charset=utf-8"


def pages(snapshot: Callable[[], Snapshot]) -> Mapping[str, Callable[[], Page]]:
    """Path to page. /healthz answers while the process lives, /readyz only while it polls and stores."""
    exporter = Exporter(METRICS, snapshot)

    def ready() -> Page:
        if snapshot().ready:
            return 200, _TEXT, b"ready\n"
        return 503, _TEXT, b"not ready\n"

    def status() -> Page:
        body = json.dumps(as_dict(snapshot()), ensure_ascii=False).encode()
        return 200, "application/json; charset=utf-8", body

    return {
        "/metrics": lambda: (200, CONTENT_TYPE, exporter.text()),
        "/healthz": lambda: (200, _TEXT, b"ok\n"),
        "/readyz": ready,
        "/status": status,
    }


def as_dict(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as plain values for JSON; times are ISO 8601 with offset."""
    outbox, uplink = snapshot.outbox, snapshot.uplink
    return {
        "gateway": snapshot.name,
        "version": snapshot.version,
        "now": _iso(snapshot.now),
        "started": _iso(snapshot.started),
        "ready": snapshot.ready,
        "clock_synced": snapshot.synced,
        "config": {
            "sha256": snapshot.reloads.digest,
            "last_reload_ok": snapshot.reloads.ok,
            "problems": list(snapshot.reloads.problems),
        },
        "meters": snapshot.meters,
        "targets": [_target(target) for target in snapshot.targets],
        "ports": [_port(port) for port in snapshot.ports],
        "readings": {
            "reviewed": snapshot.review.readings,
            "passed": snapshot.review.passed,
            "suspect": snapshot.review.suspect,
            "missing": snapshot.review.missing,
            "rejected": sum(snapshot.review.rejected.values()),
        },
        "findings_open": snapshot.open_findings,
        "custody": {
            "accepted": outbox.accepted,
            "committed": outbox.committed,
            "pending": outbox.pending,
            "dead": outbox.dead,
            "dropped": outbox.dropped_total,
            "difference": outbox.difference,
        },
        "outbox": {
            "bytes": outbox.bytes,
            "limit": outbox.limit,
            "full": outbox.full,
            "batches": outbox.batches,
            "oldest": outbox.oldest,
        },
        "uplink": {
            "connected": uplink.connected,
            "problem": uplink.problem or None,
            "in_flight": uplink.in_flight,
            "publishes": uplink.publishes,
            "last_ack": uplink.last_ack or None,
        },
    }


def _target(target: TargetFigures) -> dict[str, Any]:
    return {
        "name": target.name,
        "up": target.up,
        "down_reason": target.down_reason or None,
        "last_success": _iso(target.last_success),
        "meters": target.meters,
        "circuit_open": target.circuit_open,
        "utilisation": round(target.utilisation, 4),
        "missed": target.slots_missed,
        "backfilled": target.backfilled,
        "missing": target.missing,
        "lag_seconds": round(target.lag_seconds, 3),
        "slots": {
            task: {"slot": _iso(target.slot.get(task)), "due": due, "present": target.present.get(task, 0)}
            for task, due in target.due.items()
        },
    }


def _port(port: PortFigures) -> dict[str, Any]:
    return {
        "link": port.name,
        "calls": port.calls,
        "unidentified": port.unidentified,
        "refused": dict(port.refused),
        "strangers": [
            {"address": address, "calls": calls, "peer": peer} for address, calls, peer in port.strangers
        ],
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat(timespec="seconds") if instant is not None else None
