"""The plain way and the careful way agree wherever both can go; history and a node's members from a store."""

import random
from contextlib import closing
from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.energy.period import Span, period_of
from gateway.energy.record import FORWARD, REVERSE
from gateway.master.process import culprits
from gateway.master.process.energies import Computing
from gateway.master.process.fill import usual
from gateway.master.process.history import History
from gateway.master.process.nodes import Nodes
from gateway.master.process.registers import Registers
from gateway.master.process.roll import roll_of
from gateway.master.stores import store_of
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.plant import CHINA, FIRST, Plant, end, registers

assert culprits


@pytest.fixture
def store(tmp_path):
    with closing(store_of(f"sqlite:///{tmp_path}/m.db")) as found:
        found.connect()
        yield found


def computing(store, day=FIRST) -> Computing:
    points = store.known("points", [FORWARD, REVERSE])
    period = period_of(end(day) - timedelta(hours=12), Span.DAY)
    return Computing(Registers(store), period, CHINA, points[FORWARD], points[REVERSE])


def roll(store):
    return roll_of(
        store,
        store.ask(
            "meters_chunk", [number for (number, _) in store.ask("gateways_due", [])], after=0, upto=99
        ),
        [],
    )


@pytest.mark.parametrize("seed", range(4))
def test_plain_and_careful_energies_are_the_same(store, seed, monkeypatch):
    chance = random.Random(seed)
    multipliers = ["1", "60", "2.5", "0.5"]
    meters = tuple(
        meter(
            f"M{n:02}",
            ct=Decimal(chance.choice(multipliers)),
            rated_voltage=Decimal(220),
            max_current=Decimal(60),
        )
        for n in range(30)
    )
    plant = Plant(store, archive(meters=meters, relations=(), exchanges=()))
    for one in meters:
        value, values = Decimal(chance.randrange(0, 99999900)) / 100, []
        for _ in range(4):
            values.append(
                None
                if chance.random() < 0.1
                else str(value.quantize(Decimal(chance.choice(["0.01", "0.1"]))))
            )
            value += chance.choice([Decimal(0), Decimal(chance.randrange(3000)) / 100, Decimal(-5)])
        plant.send(*registers(one.asset_no, values, first=FIRST - timedelta(days=1)))
    mixed = computing(store)
    found = mixed.all_of(roll(store))
    careful = computing(store)
    monkeypatch.setattr(Computing, "_whole", lambda self, roll, number: 0)
    alone = careful.all_of(roll(store))
    assert 0 < mixed.careful < careful.careful == len(found)
    assert {key: _plain(one) for key, one in found.items()} == {
        key: _plain(one) for key, one in alone.items()
    }


def _plain(one):
    scale, _, flags, multiplier, computed, method, reason, worst = one.said
    energy = None if one.energy is None else Decimal(one.energy).scaleb(-scale)
    return energy, flags, Decimal(multiplier), computed, method, reason, worst


def test_what_is_usual_is_the_mean_of_the_days_read(store):
    plant = Plant(store, archive(exchanges=()))
    plant.usual(3)
    plant.run(FIRST + timedelta(days=2))
    after = period_of(end(FIRST + timedelta(days=2)), Span.DAY)
    ids = {asset: number for number, asset, *_ in store.ask("meters_listed", list(range(1, 9)))}
    days = History(store, after).known({ids[asset]: asset for asset in ("HOME1", "HOME2", "HOME2X")})
    assert {asset: usual(known, after) for asset, known in days.items() if known} == {
        "HOME1": Decimal(40),
        "HOME2": Decimal(56),
    }


def test_a_node_without_members_in_the_period_has_no_balance(store):
    plant = Plant(store, archive(relations=(), exchanges=()))
    plant.usual(1)
    period = period_of(end(FIRST) - timedelta(hours=12), Span.DAY)
    assert Nodes(store, period, {}).balances([1, 2]) == []
