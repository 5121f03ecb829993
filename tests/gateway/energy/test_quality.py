"""Voltage by the type of supply, power factor against its standard, frequency."""

from decimal import Decimal

import pytest

from config.archive import Meter
from gateway.energy.quality import (
    Supply,
    deviation,
    frequency_qualified,
    nominal_of,
    power_factor_of,
    standard_of,
    supply_of,
    unbalance_of_events,
    unbalance_of_statistics,
    voltage_of,
    voltage_of_counts,
)

D = Decimal


def meter(**more):
    return Meter(asset_no="M1", address="1", protocol="dlt645-2007", target="t", **more)


def volts(*values):
    return map(D, values)


def test_t9_both_deviations_together_at_35_kv():
    found = voltage_of(volts("36.1", "34.2"), D(35), Supply.HIGH)
    assert (round(found.highest, 2), round(found.lowest, 2)) == (D("3.14"), D("-2.29"))
    assert (round(found.spread, 2), found.rate) == (D("5.43"), 1)
    over = voltage_of(volts("37.1", "33.5"), D(35), Supply.HIGH)
    assert (over.spread > 10, over.rate) == (True, 0)


def test_at_35_kv_deviations_to_one_side_do_not_add_up():
    assert voltage_of(volts("36", "37"), D(35), Supply.HIGH).spread == deviation(D(37), D(35))


@pytest.mark.parametrize(
    ("supply", "low", "high"),
    [(Supply.THREE_PHASE, "204.6", "235.4"), (Supply.SINGLE_PHASE, "198", "235.4")],
)
def test_bands_by_the_type_of_supply(supply, low, high):
    inside = voltage_of(volts(low, high), D(220), supply)
    assert (inside.qualified, inside.rate) == (2, 1)
    outside = voltage_of_counts({D(low) - D("0.1"): 1, D(high) + D("0.1"): 1, D(220): 4}, D(220), supply)
    assert (outside.counted, outside.qualified, outside.rate) == (6, 4, D("0.666667"))


def test_an_outage_is_no_matter_of_quality():
    found = voltage_of(volts("0", "153.9", "264.1", "220"), D(220), Supply.SINGLE_PHASE)
    assert (found.counted, found.rate) == (1, 1)
    assert voltage_of(volts("0"), D(220), Supply.SINGLE_PHASE) is None


@pytest.mark.parametrize(
    ("more", "supply"),
    [
        ({"supply_type": "单相"}, Supply.SINGLE_PHASE),
        ({"supply_type": "three-phase", "wiring": "1P"}, Supply.THREE_PHASE),
        ({"supply_type": " 35KV "}, Supply.HIGH),
        ({"wiring": "1P"}, Supply.SINGLE_PHASE),
        ({"wiring": "3P4W", "rated_voltage": D(220)}, Supply.THREE_PHASE),
        ({"wiring": "3P3W", "rated_voltage": D(100), "pt": D(350)}, Supply.HIGH),
        ({"wiring": "3P3W", "rated_voltage": D(100), "pt": D(100)}, Supply.THREE_PHASE),
        ({"wiring": "3P4W", "rated_voltage": D("57.7"), "pt": D(350)}, Supply.HIGH),
        ({"wiring": "3P4W", "rated_voltage": D("57.7"), "pt": D(100)}, Supply.THREE_PHASE),
        ({"supply_type": "?"}, None),
    ],
)
def test_type_of_supply_by_the_archive(more, supply):
    assert supply_of(meter(**more)) is supply


def test_nominal_voltage_is_of_the_side_that_the_meter_shows():
    assert nominal_of(meter(rated_voltage=D(100), pt=D(100))) == 100
    assert nominal_of(meter(rated_voltage=D(100), pt=D(100), register_is_primary=True)) == 10_000
    assert nominal_of(meter()) is None


def test_t8_power_factor_reaches_its_standard():
    found = power_factor_of(meter(pf_standard=D("0.90")), D(1000), D("484.3"))
    assert (found.value, found.standard, found.qualified) == (D("0.9000"), D("0.90"), True)
    assert power_factor_of(meter(pf_standard=D("0.90")), D(1000), D(485)).qualified is False


@pytest.mark.parametrize(
    ("capacity", "peak", "standard"),
    [(100, True, "0.90"), (99, True, "0.80"), (100, False, "0.80"), (None, True, "0.80")],
)
def test_from_100_kva_on_the_peak_has_its_own_standard(capacity, peak, standard):
    one = meter(pf_standard=D("0.80"), capacity_kva=None if capacity is None else D(capacity))
    assert standard_of(one, peak=peak) == D(standard)


def test_inductive_and_capacitive_energy_both_count():
    assert power_factor_of(meter(), D(3), D(2), D(-2)).value == D("0.6000")


def test_power_factor_without_standard_or_energy_is_not_judged():
    assert power_factor_of(meter(), D(1), D(0)).qualified is None
    assert power_factor_of(meter(pf_standard=D("0.9")), D(0), D(0)) is None
    assert power_factor_of(meter(pf_standard=D("0.9")), D(0), D(5)).qualified is False


def test_t10_two_formulas_of_unbalance():
    phases = list(volts("10", "9", "4"))
    assert unbalance_of_events(phases) == 60
    assert round(unbalance_of_statistics(phases), 1) == D("47.8")


@pytest.mark.parametrize("phases", [[], [D(0), D(0)]])
def test_nothing_is_not_unbalanced(phases):
    assert unbalance_of_events(phases) is None
    assert unbalance_of_statistics(phases) is None


@pytest.mark.parametrize(
    ("hertz", "large", "good"),
    [("49.8", True, True), ("49.79", True, False), ("50.5", False, True), ("50.51", False, False)],
)
def test_frequency(hertz, large, good):
    assert frequency_qualified(D(hertz), large=large) is good
