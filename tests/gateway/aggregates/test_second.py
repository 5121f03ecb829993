"""What the gateway says of a day by itself: completeness, loss of whole areas, readings of one time."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from config.archive import Relation
from gateway.aggregates.second import DayJudge
from gateway.energy.period import Span
from gateway.energy.record import Aggregate
from tests.gateway.aggregates.plant import DAY, HOUR, START, ZONE, Bench, archive, area
from tests.gateway.aggregates.test_aggregator import curve

AREA = ("transformer", "T1")


def sides(supply, sale, day=0, **given):
    common = {"node_kind": "transformer", "node": "T1", "span": Span.DAY}
    common |= {"start": START + day * DAY, "end": START + (day + 1) * DAY, "due": 10, "present": 10}
    made = [
        Aggregate(side=side, energy=Decimal(kwh), **common)
        for side, kwh in (("supply", supply), ("sale", sale))
    ]
    return [replace(one, **given) for one in made]


@pytest.fixture
def judge():
    return DayJudge(ZONE, "so-1")


@pytest.mark.parametrize(
    ("made", "rules"),
    [
        (sides(100, 96), []),
        (sides(100, 80), ["P031"]),
        (sides(100, 110), ["P033"]),
        (sides(100, 96, present=9), ["P030"]),
        (sides(100, 50, present=9), ["P030"]),
        (sides(100, 96, skew_seconds=900), ["P036"]),
        ([], []),
    ],
)
def test_a_day_is_judged(judge, made, rules):
    found = judge.take(AREA, made, is_whole=True)
    assert [f.rule for f in found] == rules
    assert all(f.meter == "transformer:T1" for f in found)


def test_the_loss_of_a_part_is_not_judged(judge):
    assert judge.take(AREA, sides(100, 50), is_whole=False) == []
    assert judge.take(("line", "L1"), sides(100, 50), is_whole=True) == []


def test_a_finding_is_told_once_confirmed_by_the_next_day_and_cleared(judge):
    def told(sale, day):
        found = judge.take(AREA, sides(100, sale, day), is_whole=True)
        return [(f.rule, f.state) for f in found]

    assert told(50, 0) == [("P031", "open")]
    assert told(50, 0) == []
    assert told(50, 1) == [("P031", "confirmed")]
    again = DayJudge(ZONE, "so-1")
    again.unpack(judge.pack())
    cleared = [f for day in (2, 3) for f in again.take(AREA, sides(100, 96, day), is_whole=True)]
    assert [(f.state, f.began, f.count) for f in cleared if f.state == "cleared"] == [("cleared", START, 2)]


@pytest.mark.asyncio
async def test_a_wrong_multiplier_is_a_finding_in_the_outbox_and_no_stranger_makes_one():
    found = area()
    found = archive([replace(found.meters[0], ct=Decimal(500)), *found.meters[1:]], found.relations)
    stranger = Relation(meter="M77", node_kind="transformer", node="T1", side="sale")
    for relations, rules in ((found.relations, ["P031"]), ((*found.relations, stranger), [])):
        bench = Bench(archive(found.meters, relations))
        await bench.sums.load()
        bench.take(*curve(START, START + DAY, step=DAY))
        bench.wall.at = START + DAY
        await bench.go(START + DAY + 3 * HOUR, timedelta(minutes=30))
        assert [f.rule for entry in bench.store.entries for f in entry.findings] == rules
