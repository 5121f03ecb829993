"""Estimates over every store: by what is known in the end, whatever came first."""

from datetime import date, timedelta
from decimal import Decimal

from config.archive import Relation
from gateway.master.process.run import Processor
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.plant import FIRST, Plant, morning, registers
from tests.gateway.master.stores.asking import ask

HOMES = [f"H{n:02}" for n in range(60)]
ENERGIES = """SELECT e.start, e.energy, q.scale, q.computed, q.method FROM energy_row e
    JOIN meter m ON m.id = e.meter JOIN point p ON p.id = e.point JOIN energy_quality q ON q.id = e.quality
    WHERE m.asset = '{asset}' AND p.code = '1-0:1.8.0' AND e.variant % 4 = {span} ORDER BY e.start, e.variant"""


def town(store) -> Plant:
    """Sixty homes behind one total meter of which only the forward register counts."""
    meters = (meter("TOTAL", ct=Decimal(80), accuracy="0.5"), *(meter(asset) for asset in HOMES))
    relations = [Relation(meter=asset, node_kind="transformer", node="T1", side="sale") for asset in HOMES]
    supply = Relation(meter="TOTAL", node_kind="transformer", node="T1", side="supply")
    found = archive(meters=meters, relations=(supply, *relations), exchanges=(), nodes=())
    return Plant(store, found)


def filled(store, days: int, values: list[str | None]) -> Plant:
    """Every home takes 13 kWh a day, H07 has these registers."""
    plant = town(store)
    plant.send(*registers("TOTAL", [str(n * 10) for n in range(days + 1)]))
    for asset in HOMES:
        plant.send(*registers(asset, values if asset == "H07" else [str(n * 13) for n in range(days + 1)]))
    return plant


def latest(store, span: int = 2, asset: str = "H07") -> list[tuple]:
    rows = {}
    for start, energy, scale, computed, method in ask(store, ENERGIES.format(asset=asset, span=span)):
        rows[start] = (
            None if energy is None else Decimal(energy).scaleb(-scale).normalize(),
            computed,
            method,
        )
    return list(rows.values())


def test_days_without_a_register_are_estimated_again_when_the_register_is_back(store):
    plant = filled(store, 5, ["0", "13", "26"])
    last = FIRST + timedelta(days=4)
    plant.run(FIRST + timedelta(days=3))
    assert latest(store)[2:] == [(Decimal(13), "estimated", "ADL")] * 2
    plant.send(*registers("H07", ["86"], first=last + timedelta(days=1)))
    plant.run(last)
    assert latest(store)[2:] == [(Decimal(20), "estimated", "SHAPE")] * 3
    assert Processor(store, morning(last)).again(last).energies == 0


def test_whatever_came_first_the_estimates_are_those_of_what_is_known_now(store):
    plant = filled(store, 5, ["0", None, "26", None, None, "86"])
    last = FIRST + timedelta(days=4)
    plant.run(last)
    plant.send(*registers("H07", ["13"], first=FIRST + timedelta(days=1)))
    plant.run(last)
    assert latest(store)[:2] == [(Decimal(13), "read", "FREEZE")] * 2
    assert latest(store)[2:] == [(Decimal(20), "estimated", "SHAPE")] * 3


def test_a_month_without_its_last_registers_keeps_its_days_and_says_how_much_was_estimated(store):
    plant = filled(store, 31, [str(n * 13) for n in range(29)])
    plant.run(date(2026, 3, 31))
    assert latest(store, span=3) == [(Decimal(403), "estimated", "LIKE")]
    told = "SELECT rule, meter, severity, value FROM finding WHERE key LIKE '%:1mo' AND meter LIKE 'H%'"
    assert ask(store, told) == [("P014", "H07", 1, "2026-03: 9.7 %")]
    plant.send(*registers("H07", ["404"], first=date(2026, 4, 1)))
    plant.run(date(2026, 3, 31))
    assert latest(store, span=3) == [(Decimal(404), "read", "FREEZE")]
    assert ask(store, f"{told} AND state <> 'closed'") == []
