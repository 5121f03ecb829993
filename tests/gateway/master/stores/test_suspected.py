"""Suspects of an area on demand, over every store."""

from gateway.master.suspected import suspected
from gateway.second.culprit import Refusal
from tests.gateway.master.plant import FIRST, Plant


def test_an_area_that_is_not_read_by_the_hour_says_so(store):
    plant = Plant(store)
    assert suspected(store, "T1") == Refusal("unknown")
    plant.usual(2)
    plant.run(FIRST)
    assert suspected(store, "T1") == Refusal("hourly")
    assert suspected(store, "T2", FIRST) == Refusal("unknown")
