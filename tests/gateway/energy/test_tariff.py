"""Tariffs of a period against their total."""

from decimal import Decimal

import pytest

from gateway.energy.record import Computed, MeterEnergy
from gateway.energy.tariff import split, tariff_points
from tests.gateway.energy.conftest import DAY

D = Decimal


def energies(total, *tariffs, multiplier=1):
    points = ("1-0:1.8.0", *tariff_points(tariffs=len(tariffs)))
    return {
        point: MeterEnergy(
            meter="M1",
            point=point,
            span=DAY.span,
            start=DAY.start,
            end=DAY.end,
            energy=None if value is None else D(value),
            computed=Computed.MISSING if value is None else Computed.READ,
            multiplier=D(multiplier),
        )
        for point, value in zip(points, (total, *tariffs), strict=True)
    }


def test_t6_tariffs_make_the_total_within_their_truncation():
    found = split(energies("1000.00", "100.10", "300.20", "399.85", "199.83"), 4)
    assert (found.difference, found.tolerance, found.balanced) == (D("0.02"), D("0.05"), True)
    assert found.tariffs[3] == D("399.85")
    assert found.share(2) == D("300.20") / D("999.98")


def test_what_truncation_does_is_multiplied():
    found = split(energies("40", "12", "25", multiplier=100), 2)
    assert (found.difference, found.tolerance, found.balanced) == (D(3), D(3), True)
    assert split(energies("40", "12", "24.9", multiplier=100), 2).balanced is False


@pytest.mark.parametrize("values", [("10", "4", None), (None, "4", "6")])
def test_where_a_part_is_missing_nothing_is_judged(values):
    found = split(energies(*values), 2)
    assert (found.difference, found.balanced) == (None, None)


def test_shares_need_every_part():
    assert split(energies("10", "4", None), 2).share(1) is None
    assert split(energies("0", "0", "0"), 2).share(1) is None
    assert split(energies("10", "4", "6"), 2).share(3) is None


def test_a_meter_without_tariffs():
    assert split(energies("10"), 0).balanced is None


def test_points_of_the_tariffs():
    assert tariff_points("1-0:2.8.0", 2) == ("1-0:2.8.1", "1-0:2.8.2")
