"""Every metric of `meterd ingest`, declared once with its help, and the pages that serve them."""

import json
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version

from gateway import logs
from gateway.http import Page
from gateway.master.stats import COMMITS, LAGS, REASONS, Stats
from gateway.metrics.table import CONTENT_TYPE, Exporter, Table, by, one

__all__ = ["METRICS", "pages"]

_TEXT = "text/plain; charset=utf-8"
_VERSION = version("meterd")

METRICS: Table[Stats] = Table()

METRICS.gauge(
    "build_info",
    "Version of the program; always 1.",
    lambda _: [({"version": _VERSION, "python": platform.python_version(), "revision": ""}, 1.0)],
)
METRICS.gauge("start_time_seconds", "When the daemon started, seconds since 1970.", one(lambda s: s.started))
METRICS.gauge("ingest_database_up", "Whether all databases are connected.", one(lambda s: s.database))
METRICS.gauge("ingest_mqtt_connected", "Whether the broker is connected.", one(lambda s: s.connected))
METRICS.counter(
    "ingest_database_losses_total", "Times a database went away.", one(lambda s: s.database_losses)
)
METRICS.counter("ingest_mqtt_losses_total", "Times the broker went away.", one(lambda s: s.broker_losses))
METRICS.counter("ingest_messages_total", "Messages received.", one(lambda s: s.messages))
METRICS.gauge(
    "ingest_messages_in_hand",
    "Messages received and not settled; 200 is all that a worker takes.",
    one(lambda s: s.in_hand),
)
METRICS.counter("ingest_batches_total", "Batches committed for the first time.", one(lambda s: s.batches))
METRICS.counter("ingest_replays_total", "Batches that were there already.", one(lambda s: s.replays))
METRICS.counter(
    "ingest_clashes_total", "Batches whose number was there with another content.", one(lambda s: s.clashes)
)
METRICS.counter("ingest_rows_total", "Readings stored.", one(lambda s: s.rows))
METRICS.counter("ingest_duplicates_total", "Readings that were there already.", one(lambda s: s.duplicates))
METRICS.counter(
    "ingest_differing_total", "Readings that were there with another value.", one(lambda s: s.differing)
)
METRICS.counter(
    "ingest_rows_set_aside_total", "Rows that made no sense, kept with the reason.", one(lambda s: s.aside)
)
METRICS.counter("ingest_claims_total", "Meters that a second gateway began to read.", one(lambda s: s.claims))
METRICS.counter("ingest_acks_total", "Acknowledgements published.", one(lambda s: s.acks))
METRICS.counter("ingest_transactions_total", "Transactions committed.", one(lambda s: s.transactions))
METRICS.counter(
    "ingest_dead_letters_total",
    "Messages that came to nothing, by reason.",
    by("reason", REASONS, lambda s: s.refused),
)
METRICS.gauge(
    "ingest_last_commit_timestamp_seconds",
    "When a transaction was last committed, seconds since 1970; 0 for never.",
    one(lambda s: s.last_commit),
)
METRICS.histogram(
    "ingest_commit_seconds",
    "Duration of commits, over all databases.",
    COMMITS,
    lambda s: (s.commits.buckets, s.commits.total),
)
METRICS.histogram(
    "ingest_lag_seconds",
    "From the reading of the newest value of a batch to its commit.",
    LAGS,
    lambda s: (s.lags.buckets, s.lags.total),
)
METRICS.counter("process_runs_total", "Processing runs that this worker did.", one(lambda s: s.process_runs))
METRICS.counter(
    "process_failures_total", "Processing runs that a database stopped.", one(lambda s: s.process_failures)
)
METRICS.counter(
    "process_meters_total", "Meters that processing runs looked at.", one(lambda s: s.process_meters)
)
METRICS.counter(
    "process_results_total",
    "Energies, sums and losses written, new or as new versions.",
    one(lambda s: s.process_results),
)
METRICS.gauge(
    "process_last_timestamp_seconds",
    "When this worker's last processing run ended, seconds since 1970; 0 for never.",
    one(lambda s: s.last_process),
)
METRICS.counter(
    "log_messages_total", "Log lines, by level.", by("level", logs.LEVELS, lambda _: logs.counted)
)


def pages(stats: Stats) -> Mapping[str, Callable[[], Page]]:
    """Path to page. /healthz answers while the process lives, /readyz only while broker and databases do."""
    exporter = Exporter(METRICS, lambda: stats)

    def ready() -> Page:
        if stats.connected and stats.database:
            return 200, _TEXT, b"ready\n"
        return 503, _TEXT, b"not ready\n"

    def status() -> Page:
        return 200, "application/json; charset=utf-8", json.dumps(stats.as_dict()).encode()

    return {
        "/metrics": lambda: (200, CONTENT_TYPE, exporter.text()),
        "/healthz": lambda: (200, _TEXT, b"ok\n"),
        "/readyz": ready,
        "/status": status,
    }
