"""From a day's curve to what rules look at."""

from math import isnan, nan

import pytest

from gateway.energy.curve import Curve
from gateway.second.load import (
    Load,
    added,
    beside_of,
    energies_of,
    load_of,
    mean_of,
    means_of,
    profile_of,
    sampled_of,
)

QUARTER, HOUR = 900, 3600


def registers(energies, step=QUARTER, shift=0) -> Curve:
    """A register that advances by these energies."""
    curve, count = Curve(), 100.0
    curve.register(0, count, 0)
    for place, energy in enumerate(energies, 1):
        count += energy
        curve.register(place * step + shift, count, 0)
    return curve


def powers(values, step=QUARTER) -> Curve:
    curve = Curve()
    for place, value in enumerate(values):
        if value is not None:
            curve.power(place * step, value, 2)
    return curve


@pytest.mark.parametrize(("step", "count"), [(QUARTER, 96), (2 * QUARTER, 48), (HOUR, 24)])
def test_registers_give_mean_powers_of_their_intervals(step, count):
    load = means_of(registers([2.0] * count, step))
    assert (load.seconds, load.mean, load.covered) == (step, True, 1.0)
    assert list(load.values) == [2.0 * 3600 / step] * count


def test_live_registers_are_a_little_off_and_a_gap_is_not_known():
    load = means_of(registers([1.0] * 95, shift=11))
    assert load.values[40] == pytest.approx(4.0)
    curve = registers([1.0] * 40)
    for place in range(44, 97):
        curve.register(place * QUARTER, 100.0 + place, 0)
    load = means_of(curve)
    assert [place for place, value in enumerate(load.values) if isnan(value)] == [40, 41, 42, 43]


def test_a_fall_is_not_known_and_days_apart_are_no_curve():
    assert isnan(means_of(registers([1.0] * 50 + [-30.0] + [1.0] * 45)).values[50])
    assert means_of(registers([10.0, 10.0], 6 * HOUR)) is None


def test_interval_energies_stand_where_they_end():
    curve = Curve()
    for hour in range(24):
        curve.interval((hour + 1) * HOUR, float(hour), 2)
    assert list(means_of(curve).values) == [float(hour) for hour in range(24)]


def test_powers_go_before_registers_unless_they_cover_less():
    both = registers([1.0] * 96)
    for place in range(0, 96, 4):
        both.power(place * QUARTER, 7.0, 2)
    assert (load_of(both, means_of(both)).values[0], load_of(both, means_of(both)).half_hour) == (7.0, 2)
    some = registers([1.0] * 96)
    for place in range(40):
        some.power(place * QUARTER, 7.0, 2)
    assert load_of(some, means_of(some)).values[0] == 4.0


@pytest.mark.parametrize(
    ("load", "wanted"),
    [
        (Load(QUARTER, [1.0] * 96, mean=True), 2),
        (Load(HOUR, [1.0] * 24, mean=True), 1),
        (Load(HOUR, [1.0] * 24, mean=False), 2),
    ],
)
def test_how_many_values_are_half_an_hour(load, wanted):
    assert load.half_hour == wanted


def test_energies_are_by_the_hour_where_a_quarter_is_too_little_for_the_last_digit():
    load = Load(QUARTER, [0.4] * 96, mean=True)
    assert len(energies_of(load, 0.01)) == 96
    assert list(energies_of(load, 0.02)) == pytest.approx([0.4] * 24)
    assert energies_of(load, 0.1) == ()
    assert energies_of(Load(QUARTER, [0.4] * 96, mean=False), 0.01) == ()


def test_of_a_day_that_is_not_there_enough_no_interval_is_told():
    assert len(energies_of(Load(HOUR, [5.0] * 18 + [nan] * 6, mean=True), 0.01)) == 18
    assert energies_of(Load(HOUR, [5.0] * 17 + [nan] * 7, mean=True), 0.01) == ()


def test_a_shape_has_24_hours_and_fills_short_gaps():
    values = [float(place // 4) for place in range(96)]
    assert profile_of(powers(values)) == [float(hour) for hour in range(24)]
    values[8:16] = [None] * 8
    assert profile_of(powers(values))[1:5] == [1.0, 2.5, 2.5, 4.0]
    values[8:20] = [None] * 12
    assert profile_of(powers(values)) is None
    assert profile_of(powers([None] * 4 + values[4:8] + [2.0] * 88))[0] == 1.0


def test_the_mean_of_a_day_needs_almost_all_of_it():
    assert mean_of(registers([48.0], 24 * HOUR)) == 2.0
    assert mean_of(powers([3.0] * 90)) == 3.0
    assert mean_of(powers([3.0] * 80)) is None
    assert mean_of(Curve()) is None


def test_two_powers_are_compared_where_both_are_known():
    one, other = powers([2.0, -4.0] * 48).powers, powers([1.0] * 8).powers
    assert beside_of(one, other) == (3.0, 1.0)
    assert beside_of(one, powers([1.0] * 7).powers) is None
    assert beside_of(one, None) is None


def test_a_node_has_the_sum_by_the_longer_interval():
    quarter, hour = means_of(registers([1.0] * 96)), means_of(registers([2.0] * 24, HOUR))
    load = added([(1, quarter), (-1, hour)])
    assert (load.seconds, list(load.values)) == (HOUR, [2.0] * 24)
    assert added([]) is None


def test_hourly_powers_are_hourly():
    load = sampled_of(powers([1.0] * 24, HOUR).powers)
    assert (load.seconds, len(load.values), load.mean) == (HOUR, 24, False)
    assert load.times(10).values[3] == 10.0
    assert sampled_of(powers([1.0, 2.0], 6 * HOUR).powers) is None
