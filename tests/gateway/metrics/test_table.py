"""Tables of metrics (gateway.metrics.table)."""

from gateway.metrics.table import Exporter, Table, by, one


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
