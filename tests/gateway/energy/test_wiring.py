"""Wiring errors: what is registered, and what was true."""

from decimal import Decimal

import pytest

from gateway.energy.wiring import Wiring, correction, registered_share, seen, true_energy

D = Decimal


def test_t16_one_reversed_transformer_of_three():
    assert true_energy(D(300), Wiring.ONE_REVERSED) == D(900)


@pytest.mark.parametrize(
    ("wiring", "angle", "share", "factor", "negative", "zero"),
    [
        (Wiring.ONE_REVERSED, 20, 1 / 3, "3.000", 1, 0),
        (Wiring.TWO_REVERSED, 20, -1 / 3, "-3.000", 2, 0),
        (Wiring.ALL_REVERSED, 20, -1, "-1.000", 3, 0),
        (Wiring.ONE_LOST, 20, 2 / 3, "1.500", 0, 1),
        (Wiring.TWO_LOST, 20, 1 / 3, "3.000", 0, 2),
        (Wiring.TWO_SWAPPED, 20, 0, None, 2, 0),
        (Wiring.ROTATED_FORWARD, 20, -0.815, "-1.227", 3, 0),
        (Wiring.ROTATED_FORWARD, 30, -1, "-1.000", 3, 0),
        (Wiring.ROTATED_FORWARD, 40, -1.227, "-0.815", 3, 0),
        (Wiring.ROTATED_BACK, 20, -0.185, "-5.411", 3, 0),
        (Wiring.ROTATED_BACK, 30, 0, None, 0, 3),
        (Wiring.ROTATED_BACK, 40, 0.227, "4.411", 0, 0),
    ],
)
def test_signatures(wiring, angle, share, factor, negative, zero):
    assert registered_share(wiring, angle) == pytest.approx(share, abs=5e-4)
    assert correction(wiring, angle) == (None if factor is None else D(factor))
    found = seen(wiring, angle)
    assert (found.negative, found.zero) == (negative, zero)


def test_a_meter_that_stands_still_says_nothing_of_the_true_energy():
    assert true_energy(D(5), Wiring.TWO_SWAPPED, 25) is None
