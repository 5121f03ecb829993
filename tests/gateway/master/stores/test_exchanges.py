"""Meters that were taken out and hang somewhere else later, over every store."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from config.archive import Exchange, Relation
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.plant import CHINA, FIRST, Plant, registers
from tests.gateway.master.stores.asking import ask

FORWARD = "1-0:1.8.0"
LAST = date(2026, 3, 31)
DAYS = (
    "SELECT meter, day, energy_kwh FROM energy_daily WHERE point = '1-0:1.8.0' AND computed = 'read'"
    " ORDER BY meter, day"
)
MONTHS = (
    "SELECT m.asset, q.computed, e.energy, q.scale FROM energy_row e JOIN energy_quality q ON q.id = e.quality"
    " JOIN meter m ON m.id = e.meter WHERE e.variant & 3 = 3"
)


def swap(old, new, day, finals, initials):
    return Exchange(
        mp_no="",
        old_asset=old,
        new_asset=new,
        at=datetime(2026, 3, day, 10, tzinfo=CHINA),
        old_finals={FORWARD: Decimal(finals)},
        new_initials={FORWARD: Decimal(initials)},
    )


def shown(steps):
    """A register at the begin of March and of every day after it; None where the meter gives none."""
    return [None if step is None else str(step) for step in steps]


@pytest.fixture
def moved(store):
    """M hung where B does since the 10th, 10 kWh a day, and from the 20th on in the place of X, 3 kWh a day."""
    swaps = (swap("M", "B", 10, "95", "0"), swap("X", "M", 20, "57", "95"))
    meters = tuple(meter(asset) for asset in "MBX")
    plant = Plant(store, archive(meters=meters, relations=(), exchanges=swaps, nodes=()))
    known = {
        "M": [10 * n if n <= 9 else None if n < 20 else 95 + 1 + 3 * (n - 20) for n in range(32)],
        "B": [None if n < 10 else 5 + 10 * (n - 10) for n in range(32)],
        "X": [3 * n if n <= 19 else None for n in range(32)],
    }
    for asset, steps in known.items():
        plant.send(*registers(asset, shown(steps), first=FIRST))
    plant.run(LAST)
    return store


def test_every_day_counts_where_the_meter_hung(moved):
    found: dict[str, dict[int, Decimal]] = {}
    for asset, day, energy in ask(moved, DAYS):
        found.setdefault(asset, {})[int(day[-2:])] = Decimal(energy)
    assert sorted(found["B"]) == list(range(10, 32))
    assert set(found["B"].values()) == {Decimal(10)}
    assert sorted(found["M"]) == [*range(1, 10), *range(20, 32)]
    assert {found["M"][day] for day in range(1, 10)} == {Decimal(10)}
    assert {found["M"][day] for day in range(21, 32)} == {Decimal(3)}
    assert found["M"][20] == Decimal(1)  # X stood at 57 from the day's start on
    assert sorted(found["X"]) == list(range(1, 20))


def test_a_month_has_both_places_apart(moved):
    found = {
        asset: (computed, None if energy is None else Decimal(energy).scaleb(-scale))
        for asset, computed, energy, scale in ask(moved, MONTHS)
    }
    assert found["B"] == ("read", Decimal(95 + 5 + 10 * 21))
    assert found["M"] == ("read", Decimal(57 + 1 + 3 * 11))
    assert "X" not in found


def test_on_the_day_of_two_exchanges_both_places_count(store):
    came = swap("X", "M", 2, "7", "4")
    swaps = (swap("M", "B", 2, "4", "0"), replace(came, at=came.at + timedelta(hours=2)))
    meters = tuple(meter(asset) for asset in "MBX")
    plant = Plant(store, archive(meters=meters, relations=(), exchanges=swaps, nodes=()))
    second = FIRST + timedelta(days=1)
    plant.send(*registers("M", ["1", "6"], first=second), *registers("X", ["5"], first=second))
    plant.send(*registers("B", [None, "9"], first=second))
    plant.run(second)
    found = {asset: Decimal(energy) for asset, day, energy in ask(store, DAYS) if day.endswith("02")}
    assert found == {"B": Decimal(3 + 9), "M": Decimal(2 + 2)}


def test_areas_count_who_hangs_there(store):
    swaps = (swap("M", "B", 10, "95", "0"),)
    relations = tuple(
        Relation(meter="M", node_kind="transformer", node=node, side="sale", valid_from=begun)
        for node, begun in (("T1", None), ("T2", date(2026, 3, 20)))
    )
    found = archive(meters=(meter("M"), meter("B")), relations=relations, exchanges=swaps, nodes=())
    plant = Plant(store, found)
    last = date(2026, 3, 22)
    plant.send(*registers("M", ["100", "103"], first=last), *registers("B", ["50", "60"], first=last))
    plant.run(last)
    sums = ask(
        store,
        "SELECT transformer, energy_kwh FROM transformer_energy"
        " WHERE side = 'sale' AND day = '2026-03-22' AND span = '1d' ORDER BY transformer",
    )
    assert [(node, Decimal(energy)) for node, energy in sums] == [("T1", Decimal(10)), ("T2", Decimal(3))]
