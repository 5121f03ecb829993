"""Sums of gateways beside those of the master, as gateways really make them, over every store."""

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from config.archive import Archive, Relation
from gateway.aggregates.boundaries import Boundaries
from gateway.aggregates.compute import sums
from gateway.aggregates.roster import Roster
from gateway.energy.period import Span, period_of
from gateway.energy.record import Aggregate
from gateway.master.clerks.desk import Desk
from gateway.master.clerks.orders import make_final
from gateway.master.clerks.queue import queue
from tests.gateway.master.archive.make import meter
from tests.gateway.master.make import NOW, batch
from tests.gateway.master.plant import FIRST, Plant, end, registers
from tests.gateway.master.stores.asking import ask

ZONE = ZoneInfo("Asia/Shanghai")
GATEWAYS = ("so-001", "so-002")
MEMBERS = {"so-001": {"IN": "supply", "C1": "sale"}, "so-002": {"C2": "sale", "C3": "sale"}}
STEPS = {"IN": "100", "C1": "40", "C2": "31.5", "C3": "25.25"}
HITS = "SELECT object, severity, value, limit_text FROM second_hit WHERE rule = 'P037'"
STATES = "SELECT DISTINCT state FROM finding WHERE rule = 'P037'"


def part(gateway: str) -> Archive:
    """What one gateway knows of line L1: the members behind it."""
    members = MEMBERS[gateway]
    meters = [meter(asset, customer_class="generation" if asset == "C3" else "") for asset in members]
    return Archive(
        meters=tuple(meters),
        by_asset={one.asset_no: one for one in meters},
        relations=tuple(
            Relation(meter=asset, node_kind="line", node="L1", side=side) for asset, side in members.items()
        ),
    )


def read(gateway: str, days: int = 1, **changed: str) -> list:
    steps = STEPS | changed
    found = [
        one
        for asset in MEMBERS[gateway]
        for one in registers(asset, [str(Decimal(steps[asset]) * n) for n in range(days + 1)])
    ]
    if gateway == "so-002":
        found += registers("C3", [str(2 * n) for n in range(days + 1)], point="1-0:2.8.0")
    return found


def summed(gateway: str, readings: list, span: Span = Span.DAY) -> list[Aggregate]:
    """What a gateway makes of these readings."""
    boundaries = Boundaries(ZONE)
    for one in readings:
        boundaries.take(one)
    roster = Roster(part(gateway), ZONE)
    return list(
        sums(roster, boundaries, ("line", "L1"), period_of(end(FIRST) - timedelta(1), span, ZONE), gateway)
    )


class Both(Plant):
    """Two gateways behind one line."""

    def __init__(self, store) -> None:
        super().__init__(store, part("so-001"))
        self.archive(part("so-002"), gateway="so-002")

    def take(self, gateway: str, readings: list) -> None:
        self.send(*readings, gateway=gateway)

    def tell(self, gateway: str, aggregates: list[Aggregate]) -> None:
        self._number += 1
        self.store.write([batch(self._number, *aggregates, kind="aggregate", gateway=gateway)], NOW)


def told(off: Decimal = Decimal(0), **more) -> list[Aggregate]:
    """Sums of the second gateway, its sale off by so much."""
    found = summed("so-002", read("so-002"))
    return [replace(one, energy=one.energy + off, **more) if one.side == "sale" else one for one in found]


@pytest.fixture
def plant(store) -> Both:
    both = Both(store)
    for gateway in GATEWAYS:
        both.send(*read(gateway), gateway=gateway)
    both.tell("so-001", summed("so-001", read("so-001")))
    return both


def test_sums_of_all_gateways_together_are_those_of_the_master(plant, store):
    plant.tell("so-002", told())
    plant.run(FIRST)
    assert ask(store, "SELECT count(*) FROM aggregate_row WHERE gateway <> 0 AND span = 2") == [(4,)]
    assert ask(store, HITS) == []


def test_a_sum_that_is_not_that_of_its_members_is_a_finding_until_it_is_right(plant, store):
    plant.tell("so-002", told(Decimal("0.02")))
    plant.run(FIRST)
    assert ask(store, HITS) == [("line:L1", 3, "96.75 kWh", "96.77 kWh")]
    plant.tell("so-002", told(version=2))
    plant.run(FIRST)
    assert ask(store, HITS) == []
    assert ask(store, STATES) == [("closed",)]


def test_a_sum_that_comes_after_the_run_is_compared_as_well(plant, store):
    plant.run(FIRST)
    assert ask(store, HITS) == []
    plant.tell("so-002", told(Decimal(1)))
    assert plant.run(FIRST).meters == 0
    assert [row[0] for row in ask(store, HITS)] == ["line:L1"]


def test_a_final_day_stays_whatever_sums_come(plant, store):
    plant.run(FIRST)
    day = period_of(end(FIRST) - timedelta(1), Span.DAY, store.zone)
    clerk = Desk(store, "li", "ops", day.end)
    for item in queue(store, day.start, day.end):
        clerk.accept([item], "known")
    make_final(clerk, day.start, day.end)
    plant.tell("so-002", told(Decimal(1)))
    assert plant.run(FIRST).nodes == 0
    assert ask(store, HITS) == []


def test_months_are_compared_as_days_are(store):
    both, days, last = Both(store), 31, FIRST + timedelta(days=30)
    for gateway in GATEWAYS:
        both.send(*read(gateway, days), gateway=gateway)
    sums = {gateway: summed(gateway, read(gateway, days), Span.MONTH) for gateway in GATEWAYS}
    assert sums["so-001"][0].energy == 3_100
    for gateway, found in sums.items():
        both.tell(gateway, found)
    both.run(last)
    assert ask(store, HITS) == []
    wrong = [replace(one, energy=one.energy * 2, version=2) for one in sums["so-001"]]
    both.tell("so-001", wrong)
    both.run(last)
    assert ask(store, HITS) == [("line:L1", 3, "3162 kWh", "6262 kWh")]


def test_other_members_other_data_and_interpolated_registers_are_not_compared(plant, store):
    off = Decimal(1)
    for number, more in enumerate(({"present": 1}, {"due": 3}, {"skew_seconds": 9}, {"flags": 1}), 1):
        plant.tell("so-002", told(off, version=number, **more))
        plant.run(FIRST)
        assert ask(store, HITS) == []


@pytest.mark.parametrize("seed", range(2))
def test_late_and_corrected_data_in_any_order_hold_in_the_end(store, seed):
    chance, both = random.Random(seed), Both(store)
    late = read("so-002", C2="32.00")[:4]
    early = [one for one in read("so-002") if one.meter != "C2"]
    messages = [
        (both.tell, "so-001", summed("so-001", read("so-001"))),
        (both.tell, "so-002", summed("so-002", early)),
        (both.tell, "so-002", [replace(one, version=2) for one in summed("so-002", [*early, *late])]),
        *((both.take, gateway, [one]) for gateway in GATEWAYS for one in read(gateway) if one.meter != "C2"),
        *((both.take, "so-002", [one]) for one in late),
    ]
    chance.shuffle(messages)
    for act, gateway, what in messages:
        act(gateway, what)
        both.run(FIRST)
    assert ask(store, HITS) == []
    assert ask(store, "SELECT max(present) FROM aggregate_row WHERE gateway = 0") == [(3,)]
