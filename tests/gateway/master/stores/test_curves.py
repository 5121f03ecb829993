"""The second review of what was read within days, over every store."""

import random
from datetime import timedelta

import pytest

from protocols.reading import Method, State
from tests.gateway.master.curves import (
    HITS,
    POWER,
    REGISTER,
    counted,
    honest,
    plant_archive,
    suspicious,
    within,
)
from tests.gateway.master.make import batch
from tests.gateway.master.plant import FIRST, Plant, end
from tests.gateway.master.stores.asking import ask

CURVED = ("P004", "P008", "P009", "P012", "P013", "P018")
FOUND = "SELECT rule, meter, state FROM finding WHERE gateway = '' AND rule LIKE 'P%'"


def bring(plant, readings, now=None) -> None:
    """Batches of these readings, as of the end of the first day or of `now`."""
    readings = list(readings)
    for first in range(0, len(readings), 400):
        plant._number += 1
        made = batch(plant._number, *readings[first : first + 400])
        plant.store.write([made], now or end(FIRST))


def told(store) -> set[tuple[str, str]]:
    return {(rule, what) for rule, what, state in ask(store, FOUND) if rule in CURVED and state != "closed"}


def test_readings_within_a_day_are_judged(store):
    plant = Plant(store, plant_archive())
    bring(plant, suspicious())
    plant.run(FIRST)
    assert told(store) == HITS


def test_honest_ones_are_not_told(store):
    plant = Plant(store, plant_archive())
    bring(plant, honest())
    plant.run(FIRST)
    assert told(store) == set()


def test_estimates_and_doubted_values_judge_nobody(store):
    plant = Plant(store, plant_archive())
    powers = [9.0] * 60 + [10.8, 10.7] + [9.0] * 34
    plant.send(*within("LOADED", POWER, powers, state=State.ESTIMATED))
    plant.send(*within("DEMAND", POWER, powers, state=State.SUSPECT))
    plant.run(FIRST)
    assert told(store) == set()


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_arrival_tells_the_same(store, seed):
    chance = random.Random(seed)
    plant = Plant(store, plant_archive())
    arriving = suspicious()
    chance.shuffle(arriving)
    plant.run(FIRST)
    while arriving:
        count = chance.randrange(150, 400)
        plant.send(*arriving[:count])
        del arriving[:count]
        plant.run(FIRST)
    assert told(store) == HITS


def test_a_late_value_of_an_hour_long_past_explains_a_hit_away(store):
    """The same quarter hour, from a better source: a curve goes before what was read live."""
    plant = Plant(store, plant_archive())
    live = within("LOADED", POWER, [9.0] * 60 + [10.8, 10.7] + [9.0] * 34, late=30, method=Method.LIVE)
    plant.send(*live)
    plant.run(FIRST)
    assert told(store) == {("P009", "LOADED")}
    plant.send(*within("LOADED", POWER, [9.0] * 96))
    plant.run(FIRST)
    assert told(store) == set()


DAY_SHIFT = [1.0] * 8 + [9.0] * 10 + [1.0] * 6
NIGHT_SHIFT = [9.0] * 6 + [1.0] * 14 + [9.0] * 4


def shaped(days: int, changed: int):
    """Hourly registers of `SHAPE`; its energy stays, its hours change for so many last days."""
    hours = [value for n in range(days) for value in (DAY_SHIFT if n < days - changed else NIGHT_SHIFT)]
    return within("SHAPE", REGISTER, counted(hours), minutes=60)


@pytest.mark.parametrize(("changed", "wanted"), [(7, {("P018", "SHAPE")}), (6, set())])
def test_another_shape_for_a_week_is_told(store, changed, wanted):
    plant = Plant(store, plant_archive())
    sent = shaped(14, changed)
    bring(plant, sent)
    plant.run(FIRST + timedelta(days=13))
    assert told(store) == wanted


def test_a_shape_that_comes_late_has_the_days_after_it_judged_again(store):
    plant = Plant(store, plant_archive())
    sent, last = shaped(15, 8), FIRST + timedelta(days=14)
    missing = [
        one for one in sent if end(FIRST + timedelta(days=9)) < one.at < end(FIRST + timedelta(days=10))
    ]
    bring(plant, [one for one in sent if one not in missing])
    plant.run(last)
    assert told(store) == set()
    bring(plant, missing, end(last))
    for _ in range(2):
        plant.run(last)
    assert told(store) == {("P018", "SHAPE")}
