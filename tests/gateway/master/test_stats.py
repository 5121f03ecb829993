"""What the master's worker counts (gateway.master.stats)."""

import json

from gateway.master.stats import Durations, Stats
from gateway.master.stores.base import Outcome


def test_transactions_add_up():
    stats = Stats()
    stats.take(Outcome(batches=2, rows=10, duplicates=1))
    stats.take(Outcome(batches=1, rows=5, clashes=1))
    found = stats.as_dict()
    assert (found["transactions"], found["batches"], found["rows"]) == (2, 3, 15)
    assert (found["duplicates"], found["clashes"]) == (1, 1)


def test_the_figures_go_as_json():
    stats = Stats()
    stats.refused["payload"] += 1
    assert json.loads(json.dumps(stats.as_dict()))["refused"] == {"payload": 1}


def test_durations_by_bound_and_never_below_zero():
    found = Durations((1.0, 5.0))
    for seconds in (-3.0, 1.0, 4.0, 60.0):
        found.take(seconds)
    assert (found.buckets, found.total) == ([2, 1, 1], 65.0)


def test_durations_are_not_among_the_figures_for_a_person():
    stats = Stats()
    stats.committed(9.0, 1.0, [3.0])
    found = stats.as_dict()
    assert found["last_commit"] == 9.0
    assert "commits" not in found
    assert (stats.commits.total, stats.lags.total) == (1.0, 6.0)
