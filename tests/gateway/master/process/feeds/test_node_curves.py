"""What readings within a day say of a transformer."""

from dataclasses import replace
from decimal import Decimal

import pytest

from gateway.archived import tables_of
from gateway.master.archive.keep import keep
from gateway.master.process.feeds.feed import Around
from gateway.master.process.feeds.node_curves import NodeCurves
from gateway.master.process.nodes import Nodes
from tests.gateway.master.archive.make import meter
from tests.gateway.master.curves import POWER, REGISTER, VOLTAGE, counted, plant_archive, within
from tests.gateway.master.make import batch
from tests.gateway.master.plant import FIRST, end
from tests.gateway.master.process.feeds.test_curves import DAY

ARCHIVE = plant_archive()
SECOND = meter("SECOND", ct=Decimal(10), wiring="3P4W", rated_voltage=Decimal(220))
TWO = plant_archive(
    meters=(*ARCHIVE.meters, SECOND),
    relations=(*ARCHIVE.relations, replace(ARCHIVE.relations[0], meter="SECOND", sign=-1)),
)


def fields(store, *readings, archive=ARCHIVE):
    keep(store, "so-001", "one", tables_of(archive), end(FIRST))
    store.write([batch(1, *readings)], end(FIRST))
    node = store.known("nodes", [("transformer", "T1")])["transformer", "T1"]
    balances = Nodes(store, DAY, {}).balances([node])
    return NodeCurves().nodes(Around(store, DAY, {}), balances).get(node, {})


def test_load_and_intervals_are_the_supplys_and_the_capacity_the_archives(store):
    found = fields(store, *within("TOTAL", REGISTER, counted([2.0] * 24), minutes=60))
    assert list(found["load"]) == [160.0] * 24
    assert list(found["intervals"]) == [160.0] * 24
    assert (found["half_hour"], found["capacity"]) == (1, 315.0)


def test_what_flows_back_loads_a_transformer_too(store):
    assert list(fields(store, *within("TOTAL", POWER, [-4.0] * 24, minutes=60))["load"]) == [320.0] * 24


def test_a_node_without_readings_of_the_day_says_nothing(store):
    assert fields(store, *within("TOTAL", REGISTER, [1, 2], minutes=1440)) == {}
    assert fields(store, *within("HOME", POWER, [1.0] * 24, minutes=60)) == {}


@pytest.mark.parametrize("both", [True, False])
def test_two_supply_meters_count_with_their_signs_and_only_together(store, both):
    one = within("TOTAL", POWER, [4.0] * 24, minutes=60)
    other = within("SECOND", POWER, [3.0] * 24, minutes=60) if both else ()
    found = fields(store, *one, *other, archive=TWO)
    assert list(found.get("load", ())) == ([290.0] * 24 if both else [])


def test_the_worst_voltage_of_the_supply_is_told(store):
    found = fields(store, *within("SECOND", VOLTAGE, [220.0] * 3 + [190.0]), archive=TWO)
    assert (found["voltage_qualified"], found["voltage_share"]) == (False, 0.75)
