"""How often Python looks for garbage (gateway.collector)."""

import gc

import pytest

from gateway.collector import collect_rarely


@pytest.fixture
def as_before():
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("as_before")
def test_what_is_there_is_left_alone_and_garbage_is_still_found():
    class Ring:
        found = 0

        def __del__(self):
            Ring.found += 1

    collect_rarely()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] >= 50_000
    for _ in range(60_000):
        one = Ring()
        one.itself = one
    assert Ring.found > 0
