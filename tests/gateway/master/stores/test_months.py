"""The second review of months over every store. Registers are read at the ends of months alone."""

import random
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from config.archive import Exchange, Relation
from gateway.energy.period import Span, period_of
from gateway.master.clerks.desk import Desk
from gateway.master.clerks.orders import make_final
from gateway.master.clerks.queue import queue
from gateway.master.process.run import Processor
from gateway.master.stores import store_of
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.make import reading
from tests.gateway.master.plant import CHINA, FIRST, Plant, end, morning
from tests.gateway.master.stores.asking import ask

MARCH, APRIL, MAY = (date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31))
ENDS = (FIRST - timedelta(days=1), MARCH, APRIL, MAY, date(2026, 6, 30))
FINDINGS = (
    "SELECT rule, meter, state, count, value FROM finding WHERE key LIKE '%:1mo' ORDER BY rule, meter, began"
)
HOMES = archive(meters=(meter("HOME1"),), relations=(), exchanges=(), nodes=())


def month_ends(asset: str, *values: object, point: str = "1-0:1.8.0"):
    """Registers of a meter at the ends of months from the end of February on."""
    found = zip(ENDS, values, strict=False)
    return [
        reading(str(value), meter=asset, point=point, at=end(day))
        for day, value in found
        if value is not None
    ]


def findings(store) -> list[tuple]:
    return [row for row in ask(store, FINDINGS) if row[2] != "closed"]


def test_a_fallen_month_is_a_finding_that_says_which_and_ends_with_the_next_usual_one(store):
    plant = Plant(store, HOMES)
    plant.send(*month_ends("HOME1", 0, 310, 340, 650))
    plant.run(MARCH)
    plant.run(APRIL)
    assert findings(store) == [("P001", "HOME1", "confirmed", 1, "2026-04: 0.10")]
    (item,) = [one for one in queue(store, end(MARCH), end(APRIL)) if one.rule == "P001"]
    assert (item.at.astimezone(CHINA).date(), item.value) == (date(2026, 4, 1), "2026-04: 0.10")
    plant.run(MAY)
    assert [row[:3] for row in findings(store)] == [("P001", "HOME1", "cleared")]
    ended = ask(store, "SELECT ended FROM finding_row WHERE rule = 'P001'")
    assert ended == [("2026-04-30T16:00:00+00:00",)] or ended == [("2026-04-30T16:00:00.000000+00:00",)]


def test_a_late_register_judges_its_month_again_and_those_that_look_back_at_it(store):
    plant = Plant(store, HOMES)
    plant.send(*month_ends("HOME1", 0, None, 620, 930))
    for day in (MARCH, APRIL, MAY):
        plant.run(day)
    assert findings(store) == []
    plant.send(*month_ends("HOME1", None, 610))
    plant.run(MAY)
    values = [row[4] for row in findings(store)]
    assert values == ["2026-04: 0.02"]
    assert ask(store, "SELECT DISTINCT day FROM second_hit WHERE span = 3") == [("2026-04-01",)]


def test_a_home_without_energy_all_month_is_one_finding(store):
    plant = Plant(store, HOMES)
    plant.send(*month_ends("HOME1", 0, 310, 310))
    plant.run(MARCH)
    plant.run(APRIL)
    assert findings(store) == [("P006", "HOME1", "confirmed", 1, "2026-04: 0 kWh")]


def test_the_months_before_an_exchange_are_those_of_the_meter_that_hung_there(store):
    swapped = Exchange(
        mp_no="P-HOME1",
        old_asset="HOME1",
        new_asset="HOME9",
        at=datetime(2026, 4, 1, 2, tzinfo=CHINA),
        old_finals={"1-0:1.8.0": Decimal(310)},
        new_initials={"1-0:1.8.0": Decimal(0)},
    )
    both = (meter("HOME1"), meter("HOME9", mp_no="P-HOME1", valid_from=date(2026, 4, 1)))
    plant = Plant(store, replace(HOMES, meters=both, exchanges=(swapped,)))
    plant.send(*month_ends("HOME1", 0, 310), *month_ends("HOME9", None, None, 30))
    plant.run(MARCH)
    plant.run(APRIL)
    assert [row for row in findings(store) if row[0] == "P001"] == [
        ("P001", "HOME9", "confirmed", 1, "2026-04: 0.10")
    ]


@pytest.mark.parametrize(
    ("points", "wanted"),
    [
        ({"1-0:3.8.0": 500, "1-0:4.8.0": 0}, "2026-03: 0.894"),
        ({"1-0:5.8.0": 300, "1-0:8.8.0": 200}, "2026-03: 0.894"),
        ({"1-0:3.8.0": 484, "1-0:4.8.0": 0}, None),
        ({"1-0:3.8.0": 500}, None),
        (
            {"1-0:3.8.0": 100, "1-0:4.8.0": 0, "1-0:1.8.2": 400, "1-0:3.8.2": 300, "1-0:4.8.2": 0},
            "2026-03: 0.800 (peak)",
        ),
    ],
)
def test_a_poor_power_factor_of_the_month_is_a_finding(store, points, wanted):
    big = meter("BIG", pf_standard=Decimal("0.90"), capacity_kva=Decimal(200))
    plant = Plant(store, replace(HOMES, meters=(big,)))
    plant.send(*month_ends("BIG", 0, 1000))
    for point, value in points.items():
        readings = month_ends("BIG", 0, value, point=point)
        unit = "kvarh" if point[4] in "345678" else "kWh"
        plant.send(*(replace(one, unit=unit) for one in readings))
    plant.run(MARCH)
    assert [row[4] for row in findings(store) if row[0] == "P011"] == ([wanted] if wanted else [])


def area(*, sold: int, **more):
    """One supply meter, one customer: in March it takes 1000 kWh, of which so much is sold."""
    relations = (
        Relation(meter="TOTAL", node_kind="transformer", node="T1", side="supply"),
        Relation(meter="HOME1", node_kind="transformer", node="T1", side="sale"),
    )
    known = {"meters": (meter("TOTAL"), meter("HOME1")), "relations": relations}
    return replace(HOMES, **{**known, **more}), [
        *month_ends("TOTAL", 0, 1000),
        *month_ends("HOME1", 0, sold),
    ]


def test_the_loss_of_a_month_is_judged_beside_that_of_days(store):
    found, readings = area(sold=800)
    plant = Plant(store, found)
    plant.send(*readings)
    last = end(MARCH) - timedelta(days=1)
    plant.send(reading("999.9", meter="TOTAL", at=last), reading("799", meter="HOME1", at=last))
    plant.run(MARCH)
    assert ("P031", "transformer:T1", "open", 1, "2026-03: 20.00 %") in findings(store)
    keys = ask(store, "SELECT key FROM finding WHERE rule IN ('P031', 'P033') ORDER BY key")
    assert keys == [("P031:transformer:T1:1mo",), ("P033:transformer:T1:",)]
    items = queue(store, end(ENDS[0]), end(MARCH))
    assert len({one.name for one in items if one.rule in ("P031", "P033")}) == 2


def test_a_day_and_a_month_that_begin_together_are_two_items(store):
    found, readings = area(sold=800)
    plant = Plant(store, found)
    plant.send(*readings)
    at = end(FIRST)
    plant.send(reading("10", meter="TOTAL", at=at), reading("5", meter="HOME1", at=at))
    plant.run(MARCH)
    items = [one for one in queue(store, end(ENDS[0]), end(MARCH)) if one.rule == "P031"]
    assert sorted(one.value for one in items) == ["2026-03: 20.00 %", "50.00 %"]
    assert len({one.name for one in items}) == 2


def test_a_final_month_is_not_judged_again(store):
    found, readings = area(sold=800)
    plant = Plant(store, found)
    plant.send(*readings)
    plant.run(MARCH)
    before = findings(store)
    month = period_of(datetime.combine(FIRST, time(), store.zone), Span.MONTH)
    clerk = Desk(store, "li", "ops", month.end)
    for item in queue(store, month.start, month.end):
        clerk.accept([item], "known")
    make_final(clerk, month.start, month.end)
    plant.send(*month_ends("HOME1", None, None, 900))
    with store.transaction():
        store._open.execute("DELETE FROM second_hit WHERE span = 3")
    Processor(store, morning(MARCH)).again(MARCH)
    assert ask(store, "SELECT count(*) FROM second_hit WHERE span = 3") == [(0,)]
    assert findings(store) == before


@pytest.mark.parametrize("seed", range(2))
def test_any_order_and_any_repetition_give_the_same_findings(tmp_path, seed):
    chance = random.Random(seed)
    found, _ = area(sold=0)
    sent = [*month_ends("TOTAL", 0, 1000, 2000, 3000), *month_ends("HOME1", 0, 960, 1200, 2170)]
    arriving = sent + chance.choices(sent, k=2)
    chance.shuffle(arriving)
    with closing(store_of(f"sqlite:///{tmp_path}/months.db")) as store:
        store.connect()
        plant = Plant(store, found)
        while arriving:
            plant.send(*arriving[: (count := chance.randrange(1, 5))])
            del arriving[:count]
            plant.run(MAY)
        rows = ask(store, f"{FINDINGS.partition(' ORDER')[0]} AND ended IS NOT began")
    assert sorted(rows) == [
        ("P001", "HOME1", "cleared", 1, "2026-04: 0.26"),
        ("P031", "transformer:T1", "cleared", 1, "2026-04: 76.00 %"),
    ]
