"""Who answers in an area beside whom the archive has there, from registers to a finding, over every store."""

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from config.archive import Exchange, Relation
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.plant import FIRST, Plant, end, registers
from tests.gateway.master.stores.asking import ask

DAYS = 4
LAST = FIRST + timedelta(days=DAYS - 1)
HOMES = ("H1", "H2", "H3", "H4")
STRANGER = meter("NEW")
HITS = "SELECT CAST(day AS TEXT), object, value, limit_text FROM second_hit WHERE rule = 'P042' ORDER BY day, object"


def area(*more, node: str = "T1", target: str = "line1", homes=HOMES, prefix: str = ""):
    """Homes behind a total meter; `more` are meters that have no relation."""
    assets = (f"{prefix}TOTAL", *(f"{prefix}{home}" for home in homes))
    relations = [
        Relation(meter=asset, node_kind="transformer", node=node, side="sale" if number else "supply")
        for number, asset in enumerate(assets)
    ]
    meters = (*(meter(asset, target=target) for asset in assets), *more)
    return archive(meters=meters, relations=tuple(relations), exchanges=(), nodes=())


def joined(*archives):
    return replace(
        archives[0],
        meters=tuple(one for found in archives for one in found.meters),
        relations=tuple(one for found in archives for one in found.relations),
    )


def daily(*assets: str, days: int = DAYS, missing: tuple[int, ...] = ()) -> list:
    """Registers at the beginning of the first day and the end of each; none at the ends that are missing."""
    values = [None if n in missing else str(10 * n) for n in range(days + 1)]
    return [one for asset in assets for one in registers(asset, values)]


def hits(store) -> list[tuple]:
    return [(day[-2:], *rest) for day, *rest in ask(store, HITS)]


def test_all_who_answer_are_those_of_the_archive(store):
    plant = Plant(store, area())
    plant.send(*daily("TOTAL", *HOMES))
    plant.run(LAST)
    assert hits(store) == []


def test_a_member_that_is_silent_for_three_days_is_missed_and_no_earlier(store):
    plant = Plant(store, area())
    plant.send(*daily("TOTAL", "H1", "H2", "H3"), *daily("H4", missing=(1, 2, 3, 4)))
    plant.run(LAST)
    assert hits(store) == [("03", "transformer:T1", "4 -H4", "5"), ("04", "transformer:T1", "4 -H4", "5")]


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


def test_a_meter_without_a_relation_that_answers_beside_the_members_is_a_stranger(store):
    plant = Plant(store, area(STRANGER))
    plant.send(*daily("TOTAL", *HOMES), *daily("NEW", missing=(0, 1, 2)))
    plant.run(LAST)
    assert hits(store) == [("03", "transformer:T1", "6 +NEW", "5"), ("04", "transformer:T1", "6 +NEW", "5")]


@pytest.mark.parametrize("target", ["elsewhere", ""])
def test_one_that_is_read_elsewhere_is_none(store, target):
    plant = Plant(store, area(meter("NEW", target=target)))
    plant.send(*daily("TOTAL", *HOMES, "NEW"))
    plant.run(LAST)
    assert hits(store) == []


def test_a_target_of_two_areas_tells_of_no_stranger(store):
    plant = Plant(store, joined(area(STRANGER), area(node="T2", prefix="X")))
    plant.send(*daily("TOTAL", *HOMES, "NEW", *(f"X{one}" for one in ("TOTAL", *HOMES))))
    plant.run(LAST)
    assert hits(store) == []


def test_an_exchange_that_the_archive_does_not_have_shows_both(store):
    plant = Plant(store, area(STRANGER))
    plant.send(*daily("TOTAL", "H1", "H2", "H3"), *daily("H4", missing=(1, 2, 3, 4)), *daily("NEW"))
    plant.run(LAST)
    assert hits(store)[-1] == ("04", "transformer:T1", "5 +NEW -H4", "5")
    assert ("P042", "transformer:T1", 1) in ask(store, "SELECT rule, meter, severity FROM finding")


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
