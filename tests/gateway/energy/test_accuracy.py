"""Accuracy classes as they stand on plates."""

from decimal import Decimal

import pytest

from config.archive import Meter
from gateway.energy.accuracy import accuracy_of, bound

D = Decimal


@pytest.mark.parametrize(
    ("text", "ct", "share"),
    [
        ("2.0", 1, "0.02"),
        ("1", 1, "0.01"),
        ("0.5S", 1, "0.005"),
        ("B", 1, "0.01"),
        ("", 1, "0.02"),
        ("?", 1, "0.02"),
        ("0.5S", 60, "0.0071"),
        ("", 60, "0.0071"),
        ("0.2s", 60, "0.0054"),
    ],
)
def test_largest_error_by_class(text, ct, share):
    meter = Meter(asset_no="M1", address="1", protocol="dlt645-2007", target="t", accuracy=text, ct=D(ct))
    assert accuracy_of(meter) == D(share)


def test_bound_of_nothing_and_of_one_meter():
    assert bound([]) == 0
    assert bound([(D("0.03"), D(100))]) == D("3.4642")
