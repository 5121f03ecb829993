"""Rows of the quality of supply."""

from collections import Counter
from decimal import Decimal

import pytest

from config.archive import Meter
from config.text import speaking
from gateway.report.places import Place
from gateway.report.quality import Sampled, factors, frequencies, voltages
from gateway.report.quality_rows import VOLTAGE
from gateway.report.table import Table

D = Decimal
PLACE = Place("T1", "L1")


def meter(asset="M1", **more):
    known = {"wiring": "3P4W", "rated_voltage": D(220), "pf_standard": D("0.90")}
    return Meter(asset_no=asset, address="", protocol="", target="", **{**known, **more})


def sampled(one, **phases):
    """`a=[...]`: voltages of phase A."""
    points = {
        "a": "1-0:32.7.0",
        "b": "1-0:52.7.0",
        "c": "1-0:72.7.0",
        "single": "1-0:12.7.0",
        "f": "1-0:14.7.0",
    }
    return Sampled(one, PLACE, {points[name]: Counter(map(D, values)) for name, values in phases.items()})


def voltage(one, **phases):
    (row,) = voltages([sampled(one, **phases)])
    return row


def test_phases_are_samples_of_equal_weight_and_the_worst_is_named():
    row = voltage(meter(), a=["220", "236"], b=["220", "221"], c=["219", "218"])
    assert (row.samples, row.rate, row.worst_phase, row.worst_rate) == (6, D("0.833333"), "A", D("0.5"))
    assert (row.highest, row.lowest, row.qualified) == (D("7.2727"), D("-0.9091"), False)
    assert (row.supply, row.allowed, row.transformer, row.line) == ("three-phase", "-7 .. +7 %", "T1", "L1")
    assert voltage(meter(), a=["220"]).qualified


def test_the_type_of_supply_is_that_of_the_archive():
    low = {"a": ["200"]}
    assert voltage(meter(wiring="1P"), **low).qualified
    assert not voltage(meter(wiring="1P", supply_type="三相"), **low).qualified
    assert voltage(meter(wiring="1P"), single=["200"]).samples == 1


def test_of_three_wires_the_middle_one_is_none():
    row = voltage(meter(wiring="3P3W", rated_voltage=D(100), pt=D(100)), a=["101"], b=["80"], c=["99"])
    assert (row.samples, row.qualified) == (2, True)


def test_at_35_kv_the_deviations_of_all_phases_are_judged_together():
    high = meter(wiring="3P3W", rated_voltage=D(100), pt=D(350))
    good, bad = voltage(high, a=["106"], c=["97"]), voltage(high, a=["106"], c=["95"])
    assert (good.qualified, good.rate, good.worst_phase) == (True, 1, "")
    assert (bad.qualified, bad.rate) == (False, 0)
    with speaking("zh"):
        assert voltage(high, a=["100"]).allowed == "正负之和 ≤ 10 %"


def test_a_meter_that_shows_primary_volts_is_held_against_them():
    row = voltage(
        meter(wiring="3P3W", rated_voltage=D(100), pt=D(100), register_is_primary=True), a=["10100"]
    )
    assert (row.nominal_v, row.highest) == (10_000, 1)


@pytest.mark.parametrize(
    ("more", "volts", "reason"),
    [
        ({"wiring": ""}, "220", "supply unknown"),
        ({"rated_voltage": None}, "220", "no rated voltage"),
        ({}, "0", "no voltage"),
    ],
)
def test_what_cannot_be_judged_says_why(more, volts, reason):
    row = voltage(meter(**more), a=[volts])
    assert (row.reason, row.qualified, row.rate) == (reason, None, None)


def test_a_meter_without_voltages_has_no_row():
    assert voltages([sampled(meter(), f=["50"])]) == []
    shown = list(Table("", VOLTAGE, voltages([sampled(meter(), a=["220"])])).cells())
    assert shown[0][-2:] == ["yes", ""]


@pytest.mark.parametrize(("small", "rate"), [(False, "0.666667"), (True, "1")])
def test_frequency_of_a_large_and_a_small_system(small, rate):
    (row,) = frequencies(
        [sampled(meter(), f=["50", "49.8", "50.21"]), sampled(meter(), a=["1"])], small=small
    )
    assert (row.samples, row.rate, row.highest_hz, row.lowest_hz) == (3, D(rate), D("50.21"), D("49.8"))
    assert (row.qualified, row.allowed_hz) == (small, D("0.5") if small else D("0.2"))


def factor(one, text):
    pairs = (pair.split("=") for pair in text.split())
    return factors([(one, PLACE, {f"1-0:{code}": D(value) for code, value in pairs})], (1, 2))


MONTH = "1.8.0=1000 3.8.0=484.3 4.8.0=0"
PEAK = " 1.8.2=300 3.8.2=200 4.8.2=0"


def test_power_factor_of_the_month_and_of_its_peak():
    (row,) = factor(meter(capacity_kva=D(100)), MONTH + PEAK)
    assert (row.factor, row.standard, row.peak_factor, row.peak_standard) == (
        D("0.9000"), D("0.90"), D("0.8321"), D("0.90"),
    )  # fmt: skip
    assert row.qualified is False


def test_a_small_customer_has_no_peak_of_its_own():
    (row,) = factor(meter(capacity_kva=D(99)), MONTH + PEAK)
    assert (row.peak_factor, row.peak_standard, row.qualified) == (None, None, True)


def test_power_factor_without_standard_or_registers():
    (row,) = factor(meter(pf_standard=None), MONTH)
    assert (row.factor, row.standard, row.qualified) == (D("0.9000"), None, None)
    assert factor(meter(), "1.8.0=1000") == []
    assert factor(meter(), "1.8.0=0 3.8.0=0 4.8.0=0") == []
