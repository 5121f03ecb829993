from math import log

import pytest

from gateway.second.statistics import (
    beside,
    change,
    cleaned,
    correlation,
    cusum,
    ewma,
    hampel,
    mad,
    peer_ratio,
    robust_z,
    seasonal,
    spike,
)

HISTORY = [10, 11, 9, 10, 12, 10, 9]


def test_t18_robust_z():
    assert mad(HISTORY) == 1
    assert robust_z(4, HISTORY) == pytest.approx(-4.05, abs=0.005)


def test_a_history_that_never_varies_is_widened_to_a_twentieth_of_its_median():
    assert robust_z(11, [10] * 28) == pytest.approx(2.0)
    assert robust_z(5, [0] * 28) == 0.0


def test_t7_spike():
    assert spike([1, 4, 2, 12, 5]) == pytest.approx(2.0)
    assert spike([12, 0.01, 0.01, 0.01]) is None
    assert spike([1, 2]) is None


def test_change_needs_something_before():
    assert change(70, 100) == pytest.approx(-0.3)
    assert change(70, 0) is None


def test_seasonal_holds_four_weeks_against_the_four_before():
    base = [10.0 + day % 7 for day in range(57)]
    fallen = base[:-20] + [value * 0.5 for value in base[-20:]]
    assert seasonal(base) == pytest.approx(0.0)
    assert seasonal(fallen) == pytest.approx(log(0.5))
    assert seasonal(base[:-12] + [value * 0.5 for value in base[-12:]]) == pytest.approx(0.0)
    assert seasonal(base[:55]) is None
    gaps = [None if place % 5 == 0 else value for place, value in enumerate(fallen)]
    assert seasonal(gaps) is None  # two of five pairs lack a side
    gaps = [None if place % 28 < 6 else value for place, value in enumerate(fallen)]
    assert seasonal(gaps) == pytest.approx(log(0.5))


def test_peer_ratio_takes_the_weather_out():
    group = [100.0] * 28 + [50.0] * 28
    own = [4.0] * 28 + [2.0] * 28
    thief = [4.0] * 28 + [1.0] * 28
    assert peer_ratio(own, group) == pytest.approx(0.0)
    assert peer_ratio(thief, group) == pytest.approx(log(0.5))
    assert peer_ratio(own[1:], group) is None
    assert peer_ratio([0.0] * 56, group) is None


def test_peer_ratio_leaves_out_days_that_lack_a_side_on_both():
    group = [100.0] * 28 + [None] * 5 + [50.0] * 23
    thief = [4.0] * 28 + [40.0] * 5 + [1.0] * 23
    # 23 days beside 28: the two sums of a window are of the same days
    assert peer_ratio(thief, group) == pytest.approx(log(0.5))
    assert peer_ratio(thief, [100.0] * 28 + [None] * 8 + [50.0] * 20) is None


def test_beside_another_series_its_straight_line_is_gone():
    other = [1.0, 2.0, 3.0, 4.0]
    assert beside([5.0, 7.0, 9.0, 11.0], other) == [0.0] * 4
    left = beside([1.0, -1.0, -1.0, 1.0], other)
    assert left == pytest.approx([1.0, -1.0, -1.0, 1.0])
    assert beside([3.0, 5.0], [2.0, 2.0]) == [-1.0, 1.0]


def test_correlation():
    assert correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1.0)
    assert correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1.0)
    assert correlation([1, 1, 1], [3, 2, 1]) is None


def test_ewma_and_cusum_notice_a_level_that_fell_and_not_one_that_stays():
    still, fallen = [10.0, 10.2, 9.8] * 5, [10.0] * 5 + [8.0] * 10
    assert abs(ewma(still, 10.0, 0.5)) < 1
    assert ewma(fallen, 10.0, 0.5) < -3
    assert cusum(still, 10.0, 0.5) < 1
    assert cusum(fallen, 10.0, 0.5) > 8
    assert cusum(fallen, 10.0, 0.5, upward=True) == 0.0
    assert cusum([-value for value in fallen], -10.0, 0.5, upward=True) > 8
    assert cusum(still, 10.0, 0.0) == 0.0
    assert ewma(still, 10.0, 0.0) == 0.0


def test_hampel_points_at_the_one_that_is_off():
    assert hampel([1, 1.1, 0.9, 9, 1, 1.05, 0.95]) == [3]
    assert hampel([1.0] * 7) == []


def test_a_bad_point_stands_alone():
    assert cleaned([1, 1.1, 0.9, 9, 1, 1.05, 0.95]) == [1, 1.1, 0.9, 1, 1.05, 0.95]
    motor = [1.0, 1.1, 0.9, 9.0, 9.0, 1.0, 1.1, 0.9]
    assert cleaned(motor) == motor
    assert cleaned([]) == []
