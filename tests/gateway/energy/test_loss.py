"""Line loss: figures, coverage, range, what is not computable, and when a state is said."""

from decimal import Decimal

import pytest

from gateway.energy.aggregate import Tally
from gateway.energy.loss import LossLimits, Part, loss_of, part_of, rankable, rate_of
from gateway.energy.members import Member
from gateway.energy.record import FORWARD, REVERSE, Computed, LossState, MeterEnergy
from tests.gateway.energy.conftest import DAY

D = Decimal
GATEWAY = Part(meter="G1", side="supply", energy=D(1000), accuracy=D("0.007"))


def sale(energy, meter="M1", reference="same", **more):
    value = None if energy is None else D(energy)
    usual = value if reference == "same" else reference
    return Part(meter=meter, side="sale", energy=value, reference=usual, **more)


def record(point, energy, computed, **more):
    return MeterEnergy(
        meter="M1",
        point=point,
        span=DAY.span,
        start=DAY.start,
        end=DAY.end,
        energy=energy,
        computed=computed,
        **more,
    )


def loss(*parts, supply=None, **more):
    sides = {"supply": Tally(), "sale": Tally()}
    for one in parts:
        side = sides[one.side]
        side.due += 1
        side.present += one.read
        side.energy += one.sign * (one.energy or 0)
    if supply is not None:
        sides["supply"].energy = D(supply)
    return loss_of(("transformer", "T1"), DAY, (sides["supply"], sides["sale"]), parts, **more)


def test_t11_loss_rate():
    found = loss(GATEWAY, sale("953.2"))
    assert (found.loss, found.rate, found.state) == (D("46.8"), D("0.0468"), LossState.NORMAL)
    assert found.rate_low == found.rate_high == found.rate
    assert (found.coverage, found.reason, found.due, found.present) == (1, "", 2, 2)
    assert (found.node_kind, found.node, found.start, found.end) == ("transformer", "T1", DAY.start, DAY.end)


def test_t12_bound_from_the_meters_accuracy():
    found = loss(GATEWAY, *(sale(10, f"M{n}") for n in range(100)))
    assert found.bound is not None
    assert round(found.bound / 2, 2) == D("4.20")
    assert round(found.bound / found.supply, 4) == D("0.0084")


@pytest.mark.parametrize(
    ("sold", "state"),
    [
        ("1010", LossState.NORMAL),
        ("1010.1", LossState.NEGATIVE),
        ("880", LossState.NORMAL),
        ("879.9", LossState.HIGH),
    ],
)
def test_limits_of_the_states(sold, state):
    assert loss(GATEWAY, sale(sold)).state is state


def test_losses_in_customers_transformers_are_sold():
    found = loss(GATEWAY, sale("900"), added=D("53.2"))
    assert (found.sale, found.rate) == (D("953.2"), D("0.0468"))


def members(missing):
    """A hundred customers of 9.5 kWh, of which so many were not read."""
    read = [sale("9.5", f"M{n}") for n in range(100 - missing)]
    return [*read, *(sale(None, f"X{n}", D("9.5")) for n in range(missing))]


@pytest.mark.parametrize(
    ("missing", "reason"), [(0, ""), (2, ""), (3, "range"), (5, "range"), (6, "coverage"), (100, "coverage")]
)
def test_coverage_decides_between_figure_range_and_nothing(missing, reason):
    found = loss(GATEWAY, *members(missing))
    assert (found.coverage, found.reason) == (1 - D(missing) / 100, reason)
    assert (found.state is LossState.NOT_COMPUTABLE) is (reason == "coverage")
    assert (found.rate is None) is (reason == "coverage")


def test_the_range_goes_from_twice_the_usual_energy_to_none():
    found = loss(GATEWAY, *members(4))
    assert (found.rate_low, found.rate_high) == (D("0.012"), D("0.088"))
    estimated = [sale("9.5", f"X{n}", computed=Computed.ESTIMATED) for n in range(4)]
    filled = loss(GATEWAY, *(sale("9.5", f"M{n}") for n in range(96)), *estimated)
    assert (filled.rate_low, filled.rate, filled.rate_high) == (D("0.012"), D("0.05"), D("0.088"))
    assert (filled.coverage, filled.reason) == (D("0.96"), "range")


def test_a_state_is_said_only_where_the_whole_range_says_it():
    found = loss(GATEWAY, sale(880), sale(None, "X", D(40)))
    assert (found.rate_low, found.rate_high, found.state) == (D("0.04"), D("0.12"), LossState.NORMAL)
    certain = loss(GATEWAY, sale(700), sale(None, "X", D(35)))
    assert (certain.rate_low, certain.state) == (D("0.23"), LossState.HIGH)
    over = loss(GATEWAY, sale(1100), sale(None, "X", D(40)))
    assert (over.rate_high, over.state) == (D("-0.1"), LossState.NEGATIVE)


def test_coverage_is_by_energy_and_a_new_member_weighs_as_the_others():
    assert loss(GATEWAY, sale(900), sale(None, "X", D(9))).coverage == D("0.990099")
    assert loss(GATEWAY, sale(300), sale(300, "M2"), sale(None, "X", None)).coverage == D("0.666667")
    assert loss(GATEWAY, sale(300, reference=None), sale(None, "X", None)).coverage == D("0.5")


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([sale(900)], "no_gateway"),
        ([GATEWAY, Part(meter="G2", side="supply", energy=None), sale(900)], "gateway_missing"),
        (
            [Part(meter="G1", side="supply", energy=D(1), computed=Computed.ESTIMATED), sale(1)],
            "gateway_estimated",
        ),
        ([GATEWAY], "no_members"),
        ([], "no_members"),
        ([Part(meter="G1", side="supply", energy=D(0)), sale(0)], "no_supply"),
    ],
)
def test_not_computable_is_a_state_of_its_own(parts, reason):
    found = loss(*parts)
    assert (found.state, found.reason) == (LossState.NOT_COMPUTABLE, reason)
    assert (found.loss, found.rate, found.rate_low, found.rate_high) == (None, None, None, None)


@pytest.mark.parametrize(
    ("reverse", "computed", "there"),
    [
        (None, Computed.MISSING, False),
        (D(2), Computed.READ, True),
        (D(2), Computed.ESTIMATED, True),
    ],
)
def test_a_member_is_read_when_every_due_register_is(reverse, computed, there):
    known = {
        FORWARD: record(FORWARD, D(10), Computed.READ, flags=8),
        REVERSE: record(REVERSE, reverse, computed, flags=16),
    }
    both = Member("M1", -1, DAY.start, DAY.end, two_way=True)
    found = part_of(both, "sale", lambda _, point: known[point], reference=D(9))
    assert (found.energy is not None, found.computed) == (there, computed)
    assert (found.meter, found.side, found.sign, found.reference) == ("M1", "sale", -1, 9)
    assert found.flags == (24 if there else 0)
    plain = part_of(Member("M1", 1, DAY.start, DAY.end), "sale", lambda _, point: known[point])
    assert (plain.energy, plain.computed, plain.flags) == (D(10), Computed.READ, 8)


def test_nodes_below_the_floor_are_not_ranked():
    rate = D("0.05")
    assert rankable(rate, D(20), 24)
    assert not rankable(rate, D("19.9"), 24)
    assert not rankable(rate, D("619"), 31 * 24)
    assert rankable(rate, D("620"), 31 * 24)
    assert not rankable(None, D(900), 24)
    assert not rankable(rate, None, 24)
    assert rankable(rate, D(5), 24, LossLimits(floor=D(5)))


def test_no_rate_without_supply():
    assert rate_of(D(1), D(0)) is None
    assert rate_of(D(1), D(3)) == D("0.333333")
