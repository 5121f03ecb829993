"""Who answers in an area beside whom the archive has there, from registers to a finding."""

from dataclasses import replace

import pytest

from tests.gateway.master.archive.make import meter
from tests.gateway.master.homes import HOMES, LAST, STRANGER, area, daily, hits
from tests.gateway.master.plant import Plant
from tests.gateway.master.stores.asking import ask


def test_all_who_answer_are_those_of_the_archive(store):
    plant = Plant(store, area())
    plant.send(*daily("TOTAL", *HOMES))
    plant.run(LAST)
    assert hits(store) == []


def test_one_that_answers_on_the_third_day_is_only_late(store):
    plant = Plant(store, area())
    plant.send(*daily("TOTAL", "H1", "H2", "H3"), *daily("H4", missing=(1, 2, 4)))
    plant.run(LAST)
    assert hits(store) == []


def test_a_value_that_is_not_believed_is_an_answer(store):
    plant = Plant(store, area())
    doubted = [replace(one, state="SUSPECT") for one in daily("H4")]
    plant.send(*daily("TOTAL", "H1", "H2", "H3"), *doubted)
    plant.run(LAST)
    assert hits(store) == []


def test_an_area_that_nobody_reaches_says_nothing_of_the_archive(store):
    plant = Plant(store, area())
    plant.send(*daily("TOTAL", "H1"), *daily("H2", "H3", "H4", missing=(1, 2, 3, 4)))
    plant.run(LAST)
    assert hits(store) == []


@pytest.mark.parametrize("target", ["elsewhere", ""])
def test_one_that_is_read_elsewhere_is_none(store, target):
    plant = Plant(store, area(meter("NEW", target=target)))
    plant.send(*daily("TOTAL", *HOMES, "NEW"))
    plant.run(LAST)
    assert hits(store) == []


def test_an_exchange_that_the_archive_does_not_have_shows_both(store):
    plant = Plant(store, area(STRANGER))
    plant.send(*daily("TOTAL", "H1", "H2", "H3"), *daily("H4", missing=(1, 2, 3, 4)), *daily("NEW"))
    plant.run(LAST)
    assert hits(store)[-1] == ("04", "transformer:T1", "5 +NEW -H4", "5")
    assert ("P042", "transformer:T1", 1) in ask(store, "SELECT rule, meter, severity FROM finding")
