"""Since when a load switch is open."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from gateway.energy.switch import Mark, open_since

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(hours):
    return START + timedelta(hours=hours)


def opened(hours, **more):
    return Mark(at=at(hours), is_open=True, **more)


def closed(hours, **more):
    return Mark(at=at(hours), is_open=False, **more)


@pytest.mark.parametrize(
    ("marks", "since"),
    [
        ([], None),
        ([opened(1)], 1),
        ([opened(1), closed(2)], None),
        ([opened(1), closed(2), opened(3)], 3),
        ([opened(1), opened(5)], 5),
        ([opened(1), opened(5, seen=True)], 1),
        ([opened(5, seen=True), opened(7, seen=True)], 5),
        ([opened(1), closed(5, seen=True)], None),
        ([closed(1, seen=True), opened(2)], 2),
    ],
)
def test_the_latest_trip_counts_that_no_close_followed_in_any_order(marks, since):
    expected = None if since is None else at(since)
    assert {open_since(order) for order in permutations(marks)} == {expected}
