"""Which meters count for which side of a node."""

from datetime import timedelta

from config.archive import Exchange, Relation
from gateway.aggregates.roster import Roster
from gateway.energy.members import SALE, SUPPLY
from gateway.energy.period import Period, Span
from tests.gateway.aggregates.plant import START, ZONE, archive, area, meter

NODE = ("transformer", "T1")
DAY = Period(START, START + timedelta(days=1), Span.DAY)


def test_both_sides_of_an_area():
    roster = Roster(area(), ZONE)
    sides = roster.sides(NODE, DAY)
    assert [one.meter for one in sides[*NODE, SUPPLY]] == ["M0"]
    assert sorted(one.meter for one in sides[*NODE, SALE]) == ["M1", "M2", "M3"]
    assert roster.nodes_of("M2") == (NODE,)
    assert roster.nodes_of("M9") == ()
    assert roster.is_whole(NODE)


def test_a_member_of_another_gateway():
    strange = Relation(meter="elsewhere", node_kind="transformer", node="T1", side="sale")
    assert not Roster(archive([meter(1)], [strange]), ZONE).is_whole(NODE)


def test_a_new_meter_counts_where_the_old_one_did():
    swap = Exchange(
        mp_no="P1",
        old_asset="M1",
        old_finals={},
        new_asset="M2",
        new_initials={},
        at=START + timedelta(hours=8),
    )
    relation = Relation(meter="M1", node_kind="transformer", node="T1", side="sale")
    roster = Roster(archive([meter(1), meter(2)], [relation], [swap]), ZONE)
    assert roster.nodes_of("M2") == (NODE,)
    assert {one.asset for one in roster.place("M2", DAY.end)} == {"M1", "M2"}


def test_a_meter_that_hangs_elsewhere_now_counts_there_alone():
    swaps = [swap("M1", "M2", 0), swap("M3", "M1", 5)]
    relations = [relation("M1", "T1"), relation("M3", "T2")]
    roster = Roster(archive([meter(1), meter(2), meter(3)], relations, swaps), ZONE)
    later = Period(START + timedelta(days=7), START + timedelta(days=8), Span.DAY)
    assert members_of(roster, "T1", later) == ["M2"]
    assert members_of(roster, "T2", later) == ["M1"]
    assert [one.asset for one in roster.place("M2", later.end)] == ["M1", "M2"]
    assert [one.asset for one in roster.place("M1", later.end)] == ["M3", "M1"]
    assert set(roster.nodes_of("M1")) == {("transformer", "T1"), ("transformer", "T2")}


def swap(old, new, days):
    at = START + timedelta(days=days, hours=8)
    return Exchange(mp_no="", old_asset=old, old_finals={}, new_asset=new, new_initials={}, at=at)


def relation(asset, node):
    return Relation(meter=asset, node_kind="transformer", node=node, side="sale")


def members_of(roster, node, period):
    return [one.meter for one in roster.sides(("transformer", node), period)["transformer", node, SALE]]
