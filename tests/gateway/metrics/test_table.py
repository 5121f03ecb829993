"""Tables of metrics and what the library adds (gateway.metrics.table)."""

import time

import psutil
from prometheus_client import CollectorRegistry, generate_latest

from gateway.metrics.table import Exporter, Process, Table, by, one


def shown(table, figures):
    return Exporter(table, lambda: figures).text().decode()


def test_a_metric_without_a_value_keeps_its_help():
    table: Table[dict] = Table()
    table.gauge("level", "How high.", one(lambda figures: figures.get("level")))
    assert "# HELP meterd_level How high." in shown(table, {})
    assert "meterd_level 3.0" in shown(table, {"level": 3})


def test_what_is_not_on_the_list_is_counted_as_its_last():
    table: Table[dict] = Table()
    table.counter("odd_total", "Odd ones.", by("reason", ("a", "other"), lambda figures: figures))
    text = shown(table, {"a": 2, "x": 3, "y": 4})
    assert 'meterd_odd_total{reason="a"} 2.0' in text
    assert 'meterd_odd_total{reason="other"} 7.0' in text


def test_a_histogram_is_cumulated_and_at_zero_from_the_start():
    table: Table[tuple] = Table()
    table.histogram("wait_seconds", "Waits.", (1.0, 5.0), lambda figures: figures)
    text = shown(table, ([2, 1, 4], 40.0))
    for bound, count in (("1.0", 2), ("5.0", 3), ("+Inf", 7)):
        assert f'meterd_wait_seconds_bucket{{le="{bound}"}} {count}.0' in text
    assert "meterd_wait_seconds_count 0.0" in shown(table, ([], 0.0))


def test_the_process_is_shown_where_the_unit_hides_proc_stat(tmp_path):
    (tmp_path / "self").symlink_to("/proc/self")
    registry = CollectorRegistry()
    Process(registry=registry, proc=str(tmp_path))
    values = dict(
        line.split(" ")
        for line in generate_latest(registry).decode().splitlines()
        if not line.startswith("#")
    )
    assert float(values["process_resident_memory_bytes"]) > 1e6
    assert float(values["process_open_fds"]) > 2
    started = float(values["process_start_time_seconds"])
    assert abs(started - psutil.Process().create_time()) < 5
    assert started < time.time()
