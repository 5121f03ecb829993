"""A day's curve as readings come in."""

from math import isnan

import pytest

from gateway.energy.curve import COUNTING, CURVE_POINTS, Curve, Slots, order_of
from protocols.points import find
from protocols.reading import Method, Origin, State

LIVE = order_of(Origin.WIRED, Method.LIVE, State.PASSED, 1)
CURVED = order_of(Origin.WIRED, Method.CURVE, State.PASSED, 1)
TOLD = order_of(Origin.TERMINAL, Method.CURVE, State.PASSED, 1)


def test_a_person_goes_before_a_curve_before_a_live_value_and_the_later_version_before_the_earlier():
    person = order_of(Origin.MANUAL, Method.MAN, State.EDITED, 1)
    again = order_of(Origin.WIRED, Method.CURVE, State.PASSED, 2)
    assert person < again < CURVED < LIVE
    assert order_of(Origin.WIRED, Method.CURVE, State.PASSED, 2047) >= 0
    assert State.ESTIMATED not in COUNTING
    assert State.SUSPECT not in COUNTING


def test_of_one_quarter_the_better_value_counts_and_of_two_as_good_the_first():
    slots = Slots()
    for value, order in ((1.0, LIVE), (2.0, CURVED), (3.0, CURVED), (4.0, LIVE)):
        slots.put(7, value, order)
    assert slots.values[7] == 2.0
    assert isnan(slots.values[6])
    slots.put(96, 1.0, LIVE)
    assert len(slots.values) == 96


@pytest.mark.parametrize(("seconds", "slot"), [(0, 0), (7, 0), (899, 0), (900, 1), (86_399, 95)])
def test_a_power_is_of_the_quarter_it_falls_into(seconds, slot):
    curve = Curve()
    curve.power(seconds, 1.5, LIVE)
    assert curve.powers.values[slot] == 1.5


@pytest.mark.parametrize(("seconds", "slot"), [(900, 0), (905, 0), (895, 0), (86_400, 95)])
def test_an_interval_is_of_the_quarter_in_which_it_ends(seconds, slot):
    curve = Curve()
    curve.interval(seconds, 1.5, LIVE)
    assert curve.energies.values[slot] == 1.5


def test_what_a_terminal_tells_stands_beside_and_net_power_before_one_direction():
    curve = Curve()
    curve.power(0, 2.0, TOLD)
    curve.forward(0, 3.0, CURVED)
    assert (curve.sampled.values[0], curve.powers.values[0]) == (2.0, 3.0)
    curve.power(0, -1.0, LIVE)
    assert curve.powers.values[0] == -1.0


def test_registers_are_in_order_whatever_comes_first():
    curve = Curve()
    for seconds, value, order in ((900, 2.0, LIVE), (900, 2.5, CURVED), (900, 9.0, LIVE), (0, 1.0, LIVE)):
        curve.register(seconds, value, order)
    assert curve.registers.sorted() == [(0, 1.0), (900, 2.5)]


def test_the_largest_demand_counts_and_phases_are_apart():
    curve = Curve()
    for value in (3.0, 5.0, 4.0):
        curve.maximum(60, value, LIVE)
    CURVE_POINTS["1-0:32.7.0"](curve, 0, 220.0, LIVE)
    CURVE_POINTS["1-0:72.7.0"](curve, 0, 230.0, LIVE)
    assert curve.demand == 5.0
    assert {phase: slots.values[0] for phase, slots in curve.voltages.items()} == {0: 220.0, 2: 230.0}


def test_points_are_those_of_the_table():
    assert [point for point in CURVE_POINTS if find(point) is None] == ["1-0:1.7.0", "1-0:12.7.0"]
