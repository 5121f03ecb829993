from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.estimate.ladder import LADDER, Estimate, Gap, estimate, scaled
from protocols.reading import Method

D = Decimal
DAY = timedelta(days=1)


def test_t13_a_profile_is_scaled_to_the_register():
    assert scaled([D(1), D(2), D(1)], D(6)) == [D("1.5"), D("3"), D("1.5")]


def test_a_profile_of_another_life_is_not_scaled():
    assert scaled([D(1), D(1)], D("0.5")) is None
    assert scaled([D(1), D(1)], D(7)) is None
    assert scaled([D(0), D(0)], D(7)) is None


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=30), st.integers(3, 30))
def test_the_parts_sum_to_the_energy_exactly(shape, tenths):
    values = [D(one) / 100 for one in shape]
    energy = (sum(values) * tenths / 10).quantize(D("0.01"))
    parts = scaled(values, energy)
    assert parts is None or sum(parts) == energy


STEPS = {
    Method.ALT: {"alternate": D(9)},
    Method.LIN: {"length": timedelta(hours=1), "advance": D(8), "shape": (D(1), D(1))},
    Method.SHAPE: {"advance": D(20), "known": D(2), "shape": (D(10), D(10)), "place": 1},
    Method.LIKE: {"like": (D(8), D(10), D(9), D(99))},
    Method.PYEAR: {"last_year": D(6), "trend": D("1.5")},
    Method.ADL: {"own": D(9)},
    Method.BAL: {"supply": D(100), "loss_rate": D("0.05"), "others": D(86)},
    Method.CLASS: {"class_daily": D(9)},
}


@pytest.mark.parametrize("method", STEPS)
def test_each_step(method):
    wanted = D(4) if method is Method.LIN else D(9)
    assert estimate(Gap(**{"length": DAY, **STEPS[method]})) == Estimate(wanted, method)


def test_the_first_step_that_can_is_taken():
    everything = {key: value for fields in STEPS.values() for key, value in fields.items() if key != "length"}
    order = []
    while (found := estimate(Gap(length=DAY, **everything))) is not None:
        order.append(found.method)
        for key in STEPS[found.method]:
            everything.pop(key, None)
    assert order == [m for m, _ in LADDER if m not in (Method.LIN, Method.ZERO)]


def test_a_long_gap_takes_no_straight_line():
    gap = Gap(length=timedelta(hours=3), advance=D(8), shape=(D(3), D(3)))
    assert estimate(gap).method is Method.SHAPE


def test_one_like_day_is_not_enough():
    assert estimate(Gap(length=DAY, like=(D(8),))) is None


def test_a_sealed_point_has_zero_whatever_its_past():
    assert estimate(Gap(length=DAY, own=D(9), cut_off=True)) == Estimate(D(0), Method.ZERO)


def test_a_balance_that_leaves_less_than_nothing_is_none():
    assert estimate(Gap(length=DAY, supply=D(80), loss_rate=D(0), others=D(86))) is None
