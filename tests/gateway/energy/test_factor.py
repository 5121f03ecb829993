"""Registers of a power factor."""

from decimal import Decimal

import pytest

from gateway.energy.factor import Flows, flows, flows_of_tariffs


def of(text):
    """`1.8.0=5 3.8.0=2` as energies by OBIS code."""
    pairs = (pair.split("=") for pair in text.split())
    return {f"1-0:{code}": Decimal(value) for code, value in pairs}.get


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("1.8.0=10 3.8.0=2 4.8.0=3", (10, 5)),
        ("1.8.0=10 3.8.0=2 4.8.0=-3", (10, 5)),
        ("1.8.0=10 3.8.0=2 5.8.0=4 8.8.0=1", (10, 5)),
        ("1.8.0=10 5.8.0=4 6.8.0=1 7.8.0=1 8.8.0=1", (10, 7)),
        ("1.8.0=10 3.8.0=2", None),
        ("1.8.0=10 5.8.0=2", None),
        ("3.8.0=2 4.8.0=3", None),
    ],
)
def test_both_registers_or_the_quadrants(known, expected):
    assert flows(of(known)) == (expected and Flows(*map(Decimal, expected)))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("1.8.1=1 3.8.1=1 4.8.1=0 1.8.2=10 3.8.2=2 4.8.2=1", (11, 4)),
        ("1.8.2=10 3.8.2=2 4.8.2=1", (10, 3)),
        ("1.8.1=1 1.8.2=10 3.8.2=2 4.8.2=1", None),
        ("1.8.0=10 3.8.0=2 4.8.0=3", None),
    ],
)
def test_peak_tariffs_together(known, expected):
    assert flows_of_tariffs(of(known), (1, 2)) == (expected and Flows(*map(Decimal, expected)))
