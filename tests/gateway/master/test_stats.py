"""What the master's worker counts (gateway.master.stats)."""

import json

from gateway.master.stats import Stats
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
