"""A gateway and the master make the same of the same registers, whatever is missing, late or read twice."""

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
from protocols.reading import Method, Origin
from tests.gateway.master.archive.make import meter
from tests.gateway.master.make import NOW, batch, reading
from tests.gateway.master.plant import FIRST, Plant, end
from tests.gateway.master.stores.asking import ask

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = 5
NODE = ("line", "L1")
HITS = "SELECT count(*) FROM second_hit WHERE rule = 'P037'"


def members(chance: random.Random) -> Archive:
    """Some meters of a line, of any class, multiplier and sign."""
    classes = ["", "", "generation", "gateway"]
    meters = [
        meter(f"M{n}", ct=chance.choice([Decimal(1), Decimal(80)]), customer_class=chance.choice(classes))
        for n in range(chance.randrange(2, 6))
    ]
    relations = [
        Relation(
            meter=one.asset_no,
            node_kind="line",
            node="L1",
            side="sale" if number else "supply",
            sign=chance.choice([1, 1, -1]),
        )
        for number, one in enumerate(meters)
    ]
    return Archive(tuple(meters), tuple(relations), by_asset={one.asset_no: one for one in meters})


def shown(chance: random.Random, asset: str, point: str) -> list:
    """Registers of some days: one is not there, one not of midnight, one read twice by other means."""
    found, value = [], Decimal(100)
    for n in range(DAYS + 1):
        at = end(FIRST) + timedelta(days=n - 1)
        value += Decimal(chance.randrange(3_000)) / 100
        if chance.random() < 0.08:
            continue
        if chance.random() < 0.1:
            at += timedelta(minutes=chance.randrange(-40, 40))
        origin, method = chance.choice([(Origin.WIRED, Method.FREEZE), (Origin.TERMINAL, Method.LIVE)])
        found.append(reading(str(value), meter=asset, point=point, at=at, origin=origin, method=method))
        if chance.random() < 0.1:
            found.append(reading(str(value + 1), meter=asset, point=point, at=at, origin=Origin.HHU_KEYED))
    return found


def told(archive: Archive, readings: list) -> list:
    """What a gateway would send of these readings."""
    boundaries, roster = Boundaries(ZONE), Roster(archive, ZONE)
    for one in readings:
        boundaries.take(one)
    days = [period_of(end(FIRST) + timedelta(days=n - 1), Span.DAY, ZONE) for n in range(DAYS)]
    return [one for day in days for one in sums(roster, boundaries, NODE, day, "so-001")]


@pytest.mark.parametrize("seed", range(6))
def test_gateway_and_master_agree(store, seed):
    chance = random.Random(seed)
    archive = members(chance)
    points = ("1-0:1.8.0", "1-0:2.8.0")
    readings = [one for m in archive.meters for point in points for one in shown(chance, m.asset_no, point)]
    plant = Plant(store, archive)
    for first in range(0, len(readings), 300):
        plant.send(*readings[first : first + 300])
    made, last = told(archive, readings), FIRST + timedelta(days=DAYS - 1)
    store.write([batch(900, *made, kind="aggregate")], NOW)
    plant.run(last)
    assert ask(store, HITS) == [(0,)]
    wrong = [replace(one, energy=one.energy + 1, version=2) for one in made]
    store.write([batch(901, *wrong, kind="aggregate")], NOW)
    plant.run(last)
    assert ask(store, HITS) > [(0,)]
