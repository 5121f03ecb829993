"""Meters held packed are judged as if they never had been."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from config.archive import Archive
from gateway.review import reviewer as module
from gateway.review.base import Base, Cells, Layout
from gateway.review.known import Known
from gateway.review.power import Power
from gateway.review.reviewer import Reviewer
from gateway.review.roster import Roster
from protocols.reading import Origin, Reading
from tests.gateway.review.test_reviewer import ZONE, Bench, meter

START = datetime(2026, 5, 1, 8, tzinfo=ZONE)


def known(asset, value=1):
    cells = Cells(Layout())
    cells.put("1-0:1.8.0", Base(value, 2, 3, 4))
    one = meter()
    return Known(meter=replace(one, asset_no=asset), limits=Bench(one).reviewer._limits(one), cells=cells)


def filled(count, hot=4):
    revived = []

    def revive(asset, cells):
        revived.append(asset)
        return replace(known(asset), cells=cells)

    roster = Roster(revive, hot)
    for n in range(count):
        roster.put(f"M{n}", known(f"M{n}", n))
    return roster, revived


def test_few_are_held_at_work_and_none_is_lost():
    roster, revived = filled(20)
    assert sorted(roster) == sorted(f"M{n}" for n in range(20))
    assert len(list(roster.at_work())) <= 4
    assert roster.cells("M3").get("1-0:1.8.0") == Base(3, 2, 3, 4)
    assert revived == []
    assert roster.get("M3").cells.get("1-0:1.8.0") == Base(3, 2, 3, 4)
    assert revived == ["M3"]
    assert roster.get("M3") is roster.get("M3")
    assert (roster.get("M99"), roster.cells("M99")) == (None, None)
    roster.drop("M5")
    roster.drop("M3")
    assert sorted(roster) == sorted(f"M{n}" for n in range(20) if n not in (3, 5))


@pytest.mark.parametrize(
    "more",
    [
        {"power": Power(0, 1.0)},
        {"word": 0},
        {"lows": {"x": 1}},
        {"clock_off": True},
        {"absent_since": START},
        {"failed": 1},
    ],
    ids=lambda more: next(iter(more)),
)
def test_a_meter_of_which_more_is_known_stays_as_it_is(more):
    roster, revived = filled(0)
    first = roster.put("first", replace(known("first"), **more))
    for n in range(20):
        roster.put(f"M{n}", known(f"M{n}"))
    assert roster.get("first") is first
    assert revived == []


def test_many_that_cannot_be_packed_are_not_tried_at_every_step():
    roster, _ = filled(0)
    for n in range(100):
        roster.put(f"M{n}", replace(known(f"M{n}"), failed=1))
    assert len(list(roster.at_work())) == 100
    assert roster._most >= 100


def answers(seed, meters):
    """Registers of all meters, again and again, some lower, some brought by hand."""
    dice = random.Random(seed)
    for slot in range(6):
        for one in dice.sample(meters, len(meters)):
            at = START + timedelta(hours=slot)
            low = dice.random() < 0.1
            origin = Origin.HHU_AUTO if dice.random() < 0.2 else Origin.WIRED
            value = Decimal(50 if low else 100 + slot)
            yield (
                one,
                [
                    Reading(
                        meter=one.asset_no,
                        point=point,
                        value=value,
                        unit="kWh",
                        at=at,
                        read_at=at,
                        origin=origin,
                    )
                    for point in ("1-0:1.8.0", "1-0:2.8.0")[: dice.randint(1, 2)]
                ],
            )


@pytest.mark.parametrize("seed", range(4))
def test_packed_or_not_they_are_judged_alike(seed, monkeypatch):
    meters = tuple(replace(meter(), asset_no=f"M{n}", address=str(n + 1)) for n in range(30))
    archive = Archive(meters=meters, by_asset={m.asset_no: m for m in meters}, by_target={"line1": meters})
    clock = Bench(meter()).wall
    plain = Reviewer(archive, {}, clock, ZONE)
    revived = []

    def small(revive):
        return Roster(lambda asset, cells: revived.append(asset) or revive(asset, cells), 5)

    monkeypatch.setattr(module, "Roster", small)
    packed = Reviewer(archive, {}, clock, ZONE)
    for one, readings in answers(seed, list(meters)):
        assert packed.judge(one, readings) == plain.judge(one, readings)
    assert len(set(revived)) > 15
    assert packed.pack(meters) == plain.pack(meters)
    assert packed.stats == plain.stats
