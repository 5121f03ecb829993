from datetime import datetime, timedelta

import pytest

from simulators.load import EPOCH, KINDS, SLOT, Curve, seconds, tariff_at


@pytest.mark.parametrize("kind", KINDS)
def test_energy_is_the_integral_of_power(kind):
    curve = Curve(kind, 5000, shift_days=7)
    start = seconds(datetime(2026, 3, 3, 5, 7, 11))
    end = start + 3 * 86_400 + 1234
    stepped, at = 0, start
    while at < end:
        step = min(SLOT - at % SLOT, end - at)
        stepped += curve.power(at) * step
        at += step
    assert curve.energy(end) - curve.energy(start) == stepped


@pytest.mark.parametrize("kind", KINDS)
def test_tariffs_add_up_to_the_whole(kind):
    curve = Curve(kind, 4321, shift_days=14)
    for day in range(0, 2000, 131):
        second = seconds(EPOCH + timedelta(days=day, seconds=day * 37))
        assert sum(curve.energy(second, tariff) for tariff in range(1, 5)) == curve.energy(second)


def test_a_tariff_stands_still_outside_its_hours():
    curve = Curve("home", 5000)
    noon, valley = seconds(datetime(2026, 3, 3, 12, 0)), seconds(datetime(2026, 3, 3, 13, 0))
    assert tariff_at(noon) == 3
    assert curve.energy(noon, 4) == curve.energy(valley, 4)
    assert curve.energy(noon, 3) < curve.energy(valley, 3)


def test_the_peak_is_the_largest_finished_quarter():
    curve = Curve("factory", 30_000)
    start = seconds(datetime(2026, 5, 1))
    for end in (start + 900, start + 40 * 3600 + 17, start + 9 * 86_400):
        quarters = range(start, end - end % SLOT, SLOT)
        power, when = curve.peak(start, end)
        assert power == max(curve.power(at) for at in quarters)
        assert power == curve.power(when - SLOT)
    assert curve.peak(start, start + 899) == (0, start)
