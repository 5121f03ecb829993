"""Causes of a change, and the curve of the loss."""

import random
from decimal import Decimal
from statistics import fmean, stdev

import pytest

from gateway.energy.explain import Cause, Change, explain, fit
from gateway.energy.loss import Part
from gateway.energy.record import Computed
from protocols.reading import Flag

D = Decimal


def part(meter, energy, reference, **more):
    values = [None if one is None else D(one) for one in (energy, reference)]
    return Part(meter=meter, side="sale", energy=values[0], reference=values[1], **more)


def test_members_by_how_much_they_changed():
    parts = [
        part("M1", 10, 11),
        part("M2", 2, 30),
        part("M3", None, 20),
        part("M4", 12, None),
        part("M5", 9, 6, flags=int(Flag.EXCHANGED)),
        part("M6", 40, 1, flags=int(Flag.MULT_CHANGED), sign=-1),
        part("M7", 5, 4, computed=Computed.ESTIMATED),
    ]
    assert explain(reversed(parts)) == [
        Cause("M6", "sale", Change.MULTIPLIER, D(-39)),
        Cause("M2", "sale", Change.ENERGY, D(-28)),
        Cause("M3", "sale", Change.MISSING, D(-20)),
        Cause("M4", "sale", Change.NEW, D(12)),
        Cause("M5", "sale", Change.EXCHANGED, D(3)),
        Cause("M1", "sale", Change.ENERGY, D(-1)),
        Cause("M7", "sale", Change.ESTIMATED, D(1)),
    ]


def test_the_curve_is_found_again():
    supplies = [800.0 + 17 * n for n in range(28)]
    mean = sum(supplies) / len(supplies)
    losses = [12 + 0.03 * one + 0.02 * one * one / mean for one in supplies]
    found = fit(list(zip(supplies, losses, strict=True)))
    assert found is not None
    assert (found.a, found.b, found.c) == pytest.approx((12, 0.03, 0.02), rel=1e-6)
    assert found.at(1000.0) == pytest.approx(12 + 30 + 20_000 / mean)
    assert found.constant_share == pytest.approx(12 * 28 / sum(losses))
    assert found.share_error == pytest.approx(0, abs=1e-6)


def test_the_error_of_the_constant_share_is_how_far_fits_of_the_same_area_scatter():
    chance, shares, errors = random.Random(3), [], []
    supplies = [1_000 * (0.6 + 0.03 * n) for n in range(28)]
    for _ in range(200):
        found = fit([(one, 20 + 0.02 * one + chance.gauss(0, 2)) for one in supplies], ohmic=False)
        assert found is not None
        assert found.c == 0
        shares.append(found.constant_share)
        errors.append(found.share_error)
    assert fmean(shares) == pytest.approx(0.5, abs=0.02)
    assert stdev(shares) == pytest.approx(fmean(errors), rel=0.15)


def test_a_straight_line_never_calls_constant_what_the_square_of_the_load_loses():
    supplies = [800.0 + 17 * n for n in range(28)]
    found = fit([(one, 0.04 * one * one / 1_000) for one in supplies], ohmic=False)
    assert found is not None
    assert found.constant_share < 0


@pytest.mark.parametrize(
    "points", [[], [(1000.0, 50.0)] * 28, [(1000.0 + n, 50.0) for n in range(9)], [(0.0, 0.0)] * 20]
)
def test_a_curve_that_the_points_cannot_say(points):
    assert fit(points) is None
