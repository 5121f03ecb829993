from datetime import datetime, timedelta
from itertools import pairwise

from simulators.events import Past


def test_events_lie_behind_and_in_order():
    past = Past(1, "645000000001", "outage", 17, 90)
    now = datetime(2026, 3, 3, 14, 20)
    last = [past.last(k, now) for k in range(1, 11)]
    assert all(happening.began < happening.ended <= now for happening in last)
    assert all(a.began > b.ended for a, b in pairwise(last))
    assert past.count(now + timedelta(days=170)) == past.count(now) + 10


def test_there_were_only_so_many():
    past = Past(1, "645000000001", "outage", 17, 90)
    soon = datetime(2020, 3, 1)
    count = past.count(soon)
    assert past.last(count, soon) is not None
    assert past.last(count + 1, soon) is None
