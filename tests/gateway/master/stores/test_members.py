"""Who answers in an area beside whom the archive has there, over every store."""

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from config.archive import Exchange
from tests.gateway.master.homes import HOMES, LAST, STRANGER, area, daily, hits, joined
from tests.gateway.master.plant import FIRST, Plant, end


def test_a_member_that_is_silent_for_three_days_is_missed_and_no_earlier(store):
    plant = Plant(store, area())
    plant.send(*daily("TOTAL", "H1", "H2", "H3"), *daily("H4", missing=(1, 2, 3, 4)))
    plant.run(LAST)
    assert hits(store) == [("03", "transformer:T1", "4 -H4", "5"), ("04", "transformer:T1", "4 -H4", "5")]


def test_a_meter_without_a_relation_that_answers_beside_the_members_is_a_stranger(store):
    plant = Plant(store, area(STRANGER))
    plant.send(*daily("TOTAL", *HOMES), *daily("NEW", missing=(0, 1, 2)))
    plant.run(LAST)
    assert hits(store) == [("03", "transformer:T1", "6 +NEW", "5"), ("04", "transformer:T1", "6 +NEW", "5")]


def test_a_target_of_two_areas_tells_of_no_stranger(store):
    plant = Plant(store, joined(area(STRANGER), area(node="T2", prefix="X")))
    plant.send(*daily("TOTAL", *HOMES, "NEW", *(f"X{one}" for one in ("TOTAL", *HOMES))))
    plant.run(LAST)
    assert hits(store) == []


def test_an_exchange_that_the_archive_has_leaves_no_stranger(store):
    known = {"old_finals": {"1-0:1.8.0": Decimal(7)}, "new_initials": {"1-0:1.8.0": Decimal(0)}}
    swap = Exchange(mp_no="", old_asset="H4", new_asset="NEW", at=end(FIRST) - timedelta(hours=9), **known)
    plant = Plant(store, replace(area(STRANGER), exchanges=(swap,)))
    plant.send(
        *daily("TOTAL", "H1", "H2", "H3"), *daily("H4", missing=(1, 2, 3, 4)), *daily("NEW", missing=(0,))
    )
    plant.run(LAST)
    assert hits(store) == []


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_arrival_gives_the_same_in_the_end(store, seed):
    chance, plant = random.Random(seed), Plant(store, area(STRANGER))
    sent = daily("TOTAL", "H1", "H2", "H3") + daily("H4", missing=(2, 3)) + daily("NEW", missing=(0, 1, 2, 3))
    chance.shuffle(sent)
    while sent:
        plant.send(*sent[:7])
        del sent[:7]
        plant.run(LAST)
    assert hits(store) == [("04", "transformer:T1", "6 +NEW", "5")]


def test_a_late_answer_takes_the_finding_back(store):
    plant = Plant(store, area())
    plant.send(*daily("TOTAL", "H1", "H2", "H3"), *daily("H4", missing=(1, 2, 3, 4)))
    plant.run(LAST)
    assert [day for day, *_ in hits(store)] == ["03", "04"]
    plant.send(*daily("H4")[1:2])
    plant.run(LAST)
    assert [day for day, *_ in hits(store)] == ["04"]
    plant.send(*daily("H4")[2:3])
    plant.run(LAST)
    assert hits(store) == []
