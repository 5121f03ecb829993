"""Sums of both sides of a node, and their merging."""

from decimal import Decimal

import pytest

from gateway.energy.aggregate import Tally, balance, deviation, merged
from gateway.energy.members import Member
from gateway.energy.record import FORWARD, REVERSE, Computed, MeterEnergy, revised
from protocols.reading import Flag, State
from tests.gateway.energy.conftest import DAY

D = Decimal
SALE = ("transformer", "T1", "sale")


def member(meter="M1", sign=1, two_way=False):
    return Member(meter, sign, DAY.start, DAY.end, two_way)


def energy(meter, value, point=FORWARD, computed=Computed.READ, **more):
    return MeterEnergy(
        meter=meter,
        point=point,
        span=DAY.span,
        start=DAY.start,
        end=DAY.end,
        energy=None if value is None else D(value),
        computed=computed,
        **more,
    )


def finder(*energies):
    known = {(one.meter, one.point): one for one in energies}
    return lambda member, point: known.get((member.meter, point))


def test_supply_is_the_gateway_forward_and_the_feed_in_and_sale_the_rest():
    find = finder(
        energy("G1", "1000"),
        energy("G1", "20", REVERSE),
        energy("M1", "600"),
        energy("M2", "300"),
        energy("M2", "50", REVERSE),
    )
    supply, sale = balance([member("G1", two_way=True)], [member("M1"), member("M2", two_way=True)], find)
    assert (supply.energy, sale.energy) == (D(1050), D(920))
    assert (supply.due, supply.present, sale.due, sale.present) == (1, 1, 2, 2)


def test_feed_in_counts_also_where_nobody_expected_it():
    find = finder(energy("M1", "5"), energy("M1", "2", REVERSE))
    supply, sale = balance([], [member()], find)
    assert (supply.energy, sale.energy, supply.due) == (D(2), D(5), 0)


def test_a_tie_meter_with_a_minus_sign_takes_away():
    find = finder(energy("G1", "1000"), energy("G2", "300"))
    supply, _ = balance([member("G1"), member("G2", sign=-1)], [], find)
    assert (supply.energy, supply.gross) == (D(700), D(1300))


def test_missing_members_make_a_sum_incomplete():
    find = finder(energy("M1", "5"), energy("M2", None, computed=Computed.MISSING))
    _, sale = balance([], [member("M1"), member("M2"), member("M3")], find)
    found = sale.aggregate(SALE, DAY, "so-001")
    assert (found.energy, found.due, found.present, found.estimated) == (D(5), 3, 1, 0)
    assert found.flags == Flag.AGGREGATED_INCOMPLETE
    assert (found.node_kind, found.node, found.side, found.source) == (*SALE, "so-001")


def test_a_member_without_its_due_reverse_register_counts_on_no_side():
    supply, sale = balance([], [member(two_way=True)], finder(energy("M1", "5")))
    assert (supply.energy, sale.energy, sale.due, sale.present) == (0, 0, 1, 0)


def test_estimated_share_worst_state_flags_and_offset():
    find = finder(
        energy("M1", "30", flags=int(Flag.ROLLOVER), skew_seconds=300),
        energy("M2", "10", computed=Computed.ESTIMATED, worst=State.ESTIMATED),
    )
    _, sale = balance([], [member("M1"), member("M2")], find)
    found = sale.aggregate(SALE, DAY)
    assert (found.present, found.estimated, found.estimated_share) == (1, 1, D("0.25"))
    assert (found.worst, found.flags) == (State.ESTIMATED, Flag.ROLLOVER)
    assert found.skew_seconds == 260  # root of 0.75 * 300^2


def test_merging_is_the_sum_of_the_parts():
    one, two = Tally(), Tally()
    one.count([energy("M1", "30")])
    one.add(1, energy("M1", "30", skew_seconds=300))
    two.count([])
    two.count([energy("M2", "10")])
    two.add(1, energy("M2", "10", computed=Computed.ESTIMATED))
    parts = [one.aggregate(SALE, DAY, "a"), two.aggregate(SALE, DAY, "b")]
    assert merged(parts) == merged(parts[::-1]) == [(one + two).aggregate(SALE, DAY)]


def test_sides_and_periods_are_merged_apart():
    parts = [
        Tally(energy=D(1)).aggregate(SALE, DAY),
        Tally(energy=D(2)).aggregate(("transformer", "T1", "supply"), DAY),
        Tally(energy=D(4)).aggregate(SALE, DAY.next()),
    ]
    assert [one.energy for one in merged(parts)] == [1, 2, 4]


def test_an_empty_sum_is_nothing():
    found = Tally().aggregate(SALE, DAY)
    assert (found.energy, found.due, found.skew_seconds, found.flags) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("stored", "children", "off"),
    [("100", ("60", "40"), "0"), ("100", ("60", "39"), "0.01"), ("0", ("1",), "1"), ("0", (), "0")],
)
def test_p037_children_against_their_parent(stored, children, off):
    assert deviation(D(stored), map(D, children)) == D(off)


def test_only_what_changed_is_a_new_version():
    first = Tally(energy=D(1)).aggregate(SALE, DAY)
    assert revised(None, first).version == 1
    assert revised(first, Tally(energy=D("1.0")).aggregate(SALE, DAY)) is first
    second = revised(first, Tally(energy=D(2)).aggregate(SALE, DAY))
    assert (second.version, second.energy) == (2, 2)
    assert revised(second, Tally(energy=D(2)).aggregate(SALE, DAY)) is second
