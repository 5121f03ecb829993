"""Counting refusals and latencies."""

import pytest

from gateway.uplink import LATENCIES, REASONS, UplinkStats


@pytest.mark.parametrize(("code", "label"), [*REASONS.items(), (0x8F, "other"), (None, "other")])
def test_refusals_are_counted_under_a_fixed_label(code, label):
    stats = UplinkStats()
    stats.refused(code)
    assert +stats.rejected == {label: 1}
    assert set(stats.rejected) == {*REASONS.values(), "other"}


@pytest.mark.parametrize(("seconds", "place"), [(-5, 0), (0.1, 0), (0.2, 1), (1e9, len(LATENCIES))])
def test_latencies_fall_into_their_bucket_and_never_below_zero(seconds, place):
    stats = UplinkStats()
    stats.delivered(seconds)
    assert stats.latency_buckets[place] == stats.latency_count == 1
    assert stats.latency_seconds >= 0
