"""The text format of Prometheus beside the client library's (gateway.metrics.exposition)."""

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics.exposition import family

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=12)
floats = st.floats(allow_nan=False) | st.integers(0, 10**15).map(float)


class Given:
    """A collector of what is given."""

    def __init__(self, *families):
        self.families = families

    def describe(self):
        return ()

    def collect(self):
        return self.families


def library(one):
    """What the client library writes of a family."""
    registry = CollectorRegistry()
    registry.register(Given(one))
    return generate_latest(registry).decode()


def read(text):
    """Families of a text, as far as a scraper tells them apart."""
    return [
        (one.name, one.type, one.documentation, [(s.name, s.labels, s.value) for s in one.samples])
        for one in text_string_to_metric_families(text)
    ]


@given(texts, st.lists(st.tuples(texts, texts, floats), max_size=4, unique_by=lambda row: row[:2]))
def test_a_scraper_reads_what_it_would_of_the_library(text, rows):
    for kind, made, name in (
        ("gauge", GaugeMetricFamily("meterd_level", text, labels=["b", "a"]), "meterd_level"),
        ("counter", CounterMetricFamily("meterd_odd_total", text, labels=["b", "a"]), "meterd_odd_total"),
    ):
        for b, a, value in rows:
            made.add_metric([b, a], value)
        ours = "".join(family(name, kind, text, [("", {"b": b, "a": a}, value) for b, a, value in rows]))
        assert read(ours) == read(library(made))


def test_a_histogram_reads_the_same():
    made = HistogramMetricFamily("meterd_wait_seconds", "Waits.")
    made.add_metric([], [("1.0", 2.0), ("+Inf", 3.0)], 4.5)
    lines = [
        ("_bucket", {"le": "1.0"}, 2),
        ("_bucket", {"le": "+Inf"}, 3),
        ("_count", {}, 3),
        ("_sum", {}, 4.5),
    ]
    assert "".join(family("meterd_wait_seconds", "histogram", "Waits.", lines)) == library(made)


def test_what_is_no_number_is_read_as_such():
    text = "".join(family("meterd_level", "gauge", "How high.", [("", {}, math.inf), ("", {}, math.nan)]))
    values = [s.value for one in text_string_to_metric_families(text) for s in one.samples]
    assert values[0] == math.inf
    assert math.isnan(values[1])
