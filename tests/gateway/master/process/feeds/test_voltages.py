"""A day's voltages against what the archive says of the supply."""

import pytest

from gateway.energy.curve import Curve
from gateway.master.process.feeds.voltages import voltages
from tests.gateway.master.process.feeds.entries import entry


def curve(*phases: list[float]) -> Curve:
    """Voltages of phases from A on, a quarter hour apart."""
    made = Curve()
    for phase, values in enumerate(phases):
        for place, value in enumerate(values):
            made.voltage(phase, 900 * place, value, 2)
    return made


def judged(known: dict, *phases: list[float]):
    found = voltages(entry(**known), curve(*phases))
    return (found["voltage_qualified"], round(found["voltage_share"], 3)) if found else None


SINGLE = {"rated_voltage": "220"}
THREE = {"rated_voltage": "220", "wiring": "3P4W"}


@pytest.mark.parametrize(
    ("known", "volts", "wanted"),
    [
        (SINGLE, 198.0, True), (SINGLE, 197.9, False), (SINGLE, 235.4, True), (SINGLE, 235.5, False),
        (THREE, 204.6, True), (THREE, 204.5, False), (THREE, 235.4, True), (THREE, 235.5, False),
    ],
)  # fmt: skip
def test_the_limits_are_those_of_the_supply(known, volts, wanted):
    assert judged(known, [220.0, volts])[0] is wanted


def test_the_column_of_the_archive_goes_before_the_wiring():
    assert judged(SINGLE | {"supply_type": "380V"}, [200.0]) == (False, 0.0)


def test_at_35_kv_both_signs_together_are_judged_and_the_voltage_transformer_counts():
    high = {"rated_voltage": "100", "pt": "350", "wiring": "3P3W"}
    assert judged(high, [106.0, 97.0]) == (True, 1.0)
    assert judged(high, [106.0, 95.0]) == (False, 0.0)
    assert judged(high, [106.0], [60.0], [95.0]) == (False, 0.0)
    assert judged(high | {"register_is_primary": 1}, [37_100.0, 33_950.0]) == (True, 1.0)


def test_the_worst_phase_is_told_and_phase_b_of_three_wires_is_none():
    assert judged(THREE, [220.0] * 4, [220.0, 220.0, 220.0, 200.0], [220.0] * 4) == (False, 0.75)
    three_wires = {"rated_voltage": "100", "pt": "100", "wiring": "3P3W"}
    assert judged(three_wires, [100.0], [80.0], [100.0]) == (True, 1.0)


def test_an_outage_is_no_matter_of_quality():
    assert judged(SINGLE, [220.0, 0.0, 150.0]) == (True, 1.0)
    assert judged(SINGLE, [0.0]) is None


def test_without_supply_or_rated_voltage_nothing_is_judged():
    assert judged({"rated_voltage": "220", "wiring": ""}, [220.0]) is None
    assert judged({}, [220.0]) is None
    assert voltages(entry(**SINGLE), Curve()) == {}
