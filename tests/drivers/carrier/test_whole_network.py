"""A day's freezes of 500 nodes with 10 % loss each way: all of them, and how long that takes beside the least possible.

`python -m tests.bench.bench_carrier` prints the figures of these runs.
"""

import pytest

from tests.bench.bench_carrier import measure


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("way", ["concurrent", "concurrent, single frames", "point reading"])
def test_500_nodes_with_a_tenth_lost_are_complete_in_one_call(way, seed):
    found = measure(way, seed=seed)
    assert (found["complete"], found["right"]) == (500, 500)
    assert found["lost"] > 0.1 * 500
    assert found["calls"] == 1
    assert found["ratio_with_loss"] < 1.35


def test_several_frames_in_one_crossing_save_half_of_the_time():
    together, singly = (measure(way)["seconds"] for way in ("concurrent", "concurrent, single frames"))
    assert together < singly / 2


def test_by_the_module_s_own_route():
    found = measure("the module's own route", nodes=150)
    assert found["right"] == 150
    assert found["ratio_with_loss"] < 1.35


def test_what_one_call_does_not_get_the_next_hours_do():
    found = measure("concurrent", nodes=150, loss=0.45)
    assert found["right"] == 150
    assert 1 < found["calls"] < 12
