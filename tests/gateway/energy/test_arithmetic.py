"""Golden cases of register arithmetic."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.energy.arithmetic import (
    Turn,
    advance,
    align,
    exchange,
    largest,
    plausible_power,
    power_factor,
    ratio,
    tariff_difference,
    tariff_tolerance,
)

D = Decimal
LIMIT = D(120)


def test_t1_advance_times_multiplier():
    found = advance(D("12345.67"), D("12350.17"), limit=LIMIT, multiplier=D(40))
    assert (found.turn, found.energy, found.base) == (Turn.ADVANCE, D("180.00"), D("12350.17"))


def test_t2_rollover():
    found = advance(D("999990.50"), D("10.25"), limit=LIMIT)
    assert (found.turn, found.energy, found.base) == (Turn.ROLLOVER, D("19.75"), D("10.25"))


def test_t3_decrease_gives_no_energy_and_keeps_the_base():
    found = advance(D("12345.67"), D("3.20"), limit=LIMIT)
    assert (found.turn, found.energy, found.base) == (Turn.DECREASE, None, D("12345.67"))


def test_t4_jitter_is_no_energy_and_keeps_the_base():
    found = advance(D("12345.67"), D("12345.64"), limit=LIMIT)
    assert (found.turn, found.energy, found.base) == (Turn.JITTER, D(0), D("12345.67"))


def test_more_than_five_steps_back_is_no_jitter():
    assert advance(D("100.00"), D("99.95"), limit=LIMIT).turn is Turn.JITTER
    assert advance(D("100.00"), D("99.94"), limit=LIMIT).turn is Turn.DECREASE


def test_a_spurious_zero_does_not_become_the_base():
    low = advance(D("53700.00"), D(0), limit=LIMIT)
    assert advance(low.base, D("53700.50"), limit=LIMIT).energy == D("0.50")


def test_t5_exchange():
    old, new = (D("1000.00"), D("1010.50"), D(1)), (D("0.20"), D("5.70"), D(1))
    assert exchange(old, new) == D("16.00")


def test_exchange_uses_each_meters_own_multiplier():
    assert exchange((D(0), D(1), D(40)), (D(0), D(2), D(60))) == D(160)


def test_t6_tariffs_add_up_within_their_truncation():
    off = tariff_difference(D("1000.00"), map(D, ("100.10", "300.20", "399.85", "199.83")))
    assert off == D("0.02")
    assert tariff_tolerance(4) == D("0.05")
    assert off <= tariff_tolerance(4)


def test_t8_power_factor():
    assert round(power_factor(D(1000), D("484.3")), 4) == D("0.9000")
    assert power_factor(D(0), D(0)) == 0


def test_t14_register_at_midnight():
    midnight = datetime(2026, 5, 1, tzinfo=UTC)
    first, second = (midnight, D(0)), (midnight + timedelta(minutes=1460), D(1000))
    assert align(first, second, midnight + timedelta(days=1)) == D("986.30")


def test_align_asks_for_two_readings_around():
    now = datetime(2026, 5, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="between"):
        align((now, D(0)), (now, D(1)), now)


def test_t15_multiplier():
    assert ratio((D(300), D(5)), (D(10000), D(100))) == 6000


@pytest.mark.parametrize(("wiring", "power"), [("1P", "13.2"), ("3P4W", "39.6"), ("", "13.2")])
def test_plausible_power(wiring, power):
    assert plausible_power(wiring, D(220), D(60)) == D(power)


def test_largest_energy():
    assert largest(D("13.2"), D(24)) == D("380.16")


def test_three_wire_power_counts_line_voltage():
    assert round(plausible_power("3P3W", D(100), D(6)), 3) == D("1.039")
