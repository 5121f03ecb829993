"""Ties: both ends in the archive, from registers to a finding, over every store."""

from dataclasses import replace
from decimal import Decimal

import pytest

from config.archive import Relation
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.plant import FIRST, Plant, registers
from tests.gateway.master.stores.asking import ask

FOUND = "SELECT rule, object, value, limit_text FROM second_hit WHERE rule = 'P038'"
ENDS = {"NEAR": "supply", "FAR": "sale"}
METERS = tuple(
    meter(asset, ct=Decimal(100), pt=Decimal(100), accuracy="0.5S", customer_class="gateway")
    for asset in ENDS
)
RELATIONS = tuple(
    Relation(meter=asset, node_kind="line", node="TIE", side=side) for asset, side in ENDS.items()
)


def found(store, far: str, *, near: str = "10", meters=METERS, relations=RELATIONS) -> list[tuple]:
    """Hits of a day on which so much of the registers flowed in at one end and out at the other."""
    plant = Plant(store, archive(meters=meters, relations=relations, exchanges=(), nodes=()))
    for asset, forward in (("NEAR", near), ("FAR", far)):
        plant.send(*registers(asset, ["0", forward]), *registers(asset, ["5", "5"], point="1-0:2.8.0"))
    plant.run(FIRST)
    return ask(store, FOUND)


def test_ends_that_disagree_are_a_finding(store):
    assert found(store, "9.70") == [("P038", "line:TIE", "3.00 %", "1.42 %")]


def test_ends_that_agree_within_their_class_are_none(store):
    assert found(store, "9.90") == []


def test_the_worse_class_of_both_counts(store):
    assert found(store, "9.80", meters=(METERS[0], replace(METERS[1], accuracy="1"))) == []


def test_a_line_that_feeds_customers_is_no_tie(store):
    assert found(store, "9.70", meters=(METERS[0], replace(METERS[1], customer_class=""))) == []


def test_an_idle_tie_is_not_judged_by_the_steps_of_its_registers(store):
    assert found(store, "0.98", near="1") == []


@pytest.mark.parametrize("missing", ["NEAR", "FAR"])
def test_an_end_that_was_not_read_is_not_judged(store, missing):
    plant = Plant(store, archive(meters=METERS, relations=RELATIONS, exchanges=(), nodes=()))
    for asset in ENDS:
        values = ["0", "10"] if asset != missing else ["0", None]
        plant.send(*registers(asset, values), *registers(asset, ["5", "5"], point="1-0:2.8.0"))
    plant.run(FIRST)
    assert ask(store, FOUND) == []
