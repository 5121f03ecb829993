"""Members of a side from relations and their validity."""

from datetime import date, timedelta

from config.archive import Exchange, Meter, Relation
from gateway.energy.exchanged import Exchanged
from gateway.energy.members import Member, members, two_way
from gateway.energy.period import Span, period_of
from tests.gateway.energy.conftest import DAY

AREA = ("transformer", "T1", "sale")
MONTH = period_of(DAY.start, Span.MONTH)


def relation(meter="M1", side="sale", kind="transformer", node="T1", **more):
    return Relation(meter=meter, node_kind=kind, node=node, side=side, **more)


def swap(old, new, at):
    return Exchange(mp_no="", old_asset=old, new_asset=new, at=at, old_finals={}, new_initials={})


def test_a_total_meter_is_supply_of_its_area_and_sale_of_its_line():
    rows = [relation("G1", "supply"), relation("G1", "sale", "line", "L1"), relation("M2"), relation("M1")]
    found = members(rows, DAY)
    assert [one.meter for one in found[("transformer", "T1", "supply")]] == ["G1"]
    assert [one.meter for one in found[("line", "L1", "sale")]] == ["G1"]
    assert [one.meter for one in found[AREA]] == ["M1", "M2"]
    assert found[AREA][0] == Member("M1", 1, DAY.start, DAY.end)


def test_first_and_last_day_belong_to_a_relation():
    today = DAY.day
    for first, last, there in [
        (today, None, True),
        (None, today, True),
        (today + timedelta(days=1), None, False),
        (None, today - timedelta(days=1), False),
    ]:
        assert bool(members([relation(valid_from=first, valid_to=last)], DAY)) is there


def test_a_relation_that_begins_inside_a_month_counts_from_there():
    (one,) = members([relation(valid_from=date(2026, 5, 11))], MONTH)[AREA]
    assert (one.begin.day, one.end) == (11, MONTH.end)


def test_two_rows_that_touch_are_one_member_and_a_gap_leaves_two():
    rows = [relation(valid_to=date(2026, 5, 10)), relation(valid_from=date(2026, 5, 11))]
    (one,) = members(rows, MONTH)[AREA]
    assert (one.begin, one.end) == (MONTH.start, MONTH.end)
    rows = [relation(valid_to=date(2026, 5, 9)), relation(valid_from=date(2026, 5, 11))]
    assert len(members(rows, MONTH)[AREA]) == 2


def test_on_the_day_of_an_exchange_both_assets_are_one_member():
    rows = [relation("M0", valid_to=DAY.day), relation("M1", valid_from=DAY.day)]
    assert len(members(rows, DAY)[AREA]) == 2
    (one,) = members(rows, DAY, swaps=Exchanged([swap("M0", "M1", DAY.start + timedelta(hours=10))]))[AREA]
    assert one == Member("M1", 1, DAY.start, DAY.end)


def test_exchanges_in_a_circle_end():
    swaps = [swap(*pair, DAY.start + timedelta(hours=10)) for pair in (("M0", "M1"), ("M1", "M0"))]
    assert members([relation("M0")], DAY, swaps=Exchanged(swaps))[AREA][0].meter == "M0"


def test_a_relation_goes_on_with_the_meter_that_took_the_place_and_not_where_the_old_one_hangs_now():
    swaps = Exchanged([swap("M0", "M1", MONTH.start + timedelta(days=9, hours=10))])
    rows = [relation("M0"), relation("M0", node="T2", valid_from=date(2026, 5, 20))]
    found = members(rows, MONTH, swaps=swaps)
    assert [(one.meter, one.begin.day) for one in found[AREA]] == [("M1", 1)]
    assert [(one.meter, one.begin.day) for one in found["transformer", "T2", "sale"]] == [("M0", 20)]
    before = period_of(MONTH.start, Span.DAY)
    assert [one.meter for one in members(rows, before, swaps=swaps)[AREA]] == ["M0"]


def test_meters_out_of_service_are_not_due_and_two_way_ones_are_marked():
    rows = [relation("M1"), relation("M2", sign=-1)]
    found = members(rows, DAY, out={"M1"}, both={"M2"})
    assert found == {AREA: [Member("M2", -1, DAY.start, DAY.end, two_way=True)]}


def test_whose_energy_flows_both_ways():
    classes = {"M1": "residential", "M2": "residential-generation", "M3": "gateway"}
    meters = [
        Meter(asset_no=asset, address="1", protocol="dlt645-2007", target="t", customer_class=name)
        for asset, name in classes.items()
    ]
    assert two_way(meters) == {"M2", "M3"}
