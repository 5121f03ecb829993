"""Wiring errors by the powers of the phases: table 4.6 forwards and back."""

from decimal import Decimal
from itertools import permutations
from math import cos, radians, sin, tan

import pytest

from gateway.energy.signature import Phases, Unfit, fitting
from gateway.energy.wiring import SHARES, TURNED, Wiring, correction, seen

D = Decimal


def shown(wiring, angle, *, kilowatt=2.0, noise=(1.0, 1.0, 1.0)):
    """What a meter that is connected so shows of a balanced load."""
    return tuple(kilowatt * share * own for share, own in zip(seen(wiring, angle).phases, noise, strict=True))


def known(found):
    return {one.wiring: one for one in found}


@pytest.mark.parametrize("wiring", Wiring)
@pytest.mark.parametrize("angle", [10, 20, 30])
def test_every_error_is_found_again_with_its_correction(wiring, angle):
    size = 2.0 / cos(radians(angle))
    reactive = tuple(
        size * (share * complex(cos(radians(angle)), sin(radians(angle)))).imag for share in SHARES[wiring]
    )
    found = fitting(Phases(power=shown(wiring, angle), reactive=reactive))
    assert found[0].wiring is wiring
    assert found[0].angle == pytest.approx(angle, abs=1)
    assert [one.wiring for one in found] == [wiring]
    wanted = correction(wiring, angle)
    assert found[0].correction == wanted if wanted is None else abs(found[0].correction - wanted) < D("0.6")


@pytest.mark.parametrize(
    ("power", "wiring", "phases", "factor"),
    [
        ((-2.0, 2.0, 2.0), Wiring.ONE_REVERSED, "A", "3.000"),
        ((1.9, -2.1, 2.0), Wiring.ONE_REVERSED, "B", "3.000"),
        ((-2.0, 2.0, -2.2), Wiring.TWO_REVERSED, "AC", "-3.000"),
        ((2.0, 0.0, 2.1), Wiring.ONE_LOST, "B", "1.500"),
        ((0.0, 0.0, 2.1), Wiring.TWO_LOST, "AB", "3.000"),
        ((-1.63, -0.37, 2.0), Wiring.TWO_SWAPPED, "AB", None),  # at 20 degrees
        ((2.0, -2.45, 0.45), Wiring.TWO_SWAPPED, "BC", None),  # at 40 degrees
    ],
)
def test_by_powers_alone(power, wiring, phases, factor):
    (fit,) = fitting(Phases(power=power))
    assert (fit.wiring, fit.phases) == (wiring, phases)
    assert fit.correction == (None if factor is None else D(factor))
    assert fit.angle is None


def test_t16_one_reversed_transformer_of_three():
    (fit,) = fitting(Phases(power=(-2.0, 2.0, 2.0)))
    assert fit.correction * 300 == 900


def test_all_negative_has_several_explanations_until_the_angle_is_known():
    found = known(fitting(Phases(power=(-2.0, -2.0, -2.0))))
    assert found.keys() == {Wiring.ALL_REVERSED, *TURNED}
    assert found[Wiring.ALL_REVERSED].correction == D("-1.000")
    assert {found[one].correction for one in TURNED} == {None}
    lagging = 2.0 * tan(radians(30))
    (fit,) = fitting(Phases(power=(-2.0,) * 3, reactive=(-lagging,) * 3))
    assert fit.wiring is Wiring.ALL_REVERSED
    (fit,) = fitting(Phases(power=(-2.0,) * 3, reactive=(lagging,) * 3))
    assert (fit.wiring, fit.angle) == (Wiring.ROTATED_FORWARD, 30)
    assert fit.correction == correction(Wiring.ROTATED_FORWARD, 30)


def test_a_meter_that_nearly_stands_still_under_load():
    (fit,) = fitting(Phases(power=(0.02, -0.02, 0.01), apparent=(2.0, 2.0, 2.0)))
    assert fit.wiring is Wiring.ROTATED_BACK
    assert fit.angle == pytest.approx(30, abs=1)


@pytest.mark.parametrize("power", set(permutations((2.0, 1.8, 2.1))))
def test_a_right_connection_has_no_error(power):
    assert fitting(Phases(power=power)) == []
    assert fitting(Phases(power=power, apparent=tuple(one / 0.9 for one in power))) == []
    assert fitting(Phases(power=power, reactive=tuple(one * 0.5 for one in power))) == []


def test_where_loads_differ_too_much_nothing_is_said():
    assert fitting(Phases(power=(-0.4, 2.0, 1.2))) is Unfit.UNBALANCED
    assert fitting(Phases(power=(0.5, 2.0, 1.2))) is Unfit.UNBALANCED
    one_reversed = (-2.0, 2.0, 2.0)
    assert fitting(Phases(power=one_reversed, apparent=(2.2, 2.2, 4.0))) is Unfit.UNBALANCED
    assert fitting(Phases(power=(0.0, 0.0, 0.0))) is Unfit.NO_LOAD
    assert fitting(Phases(power=(0.003, -0.004, 0.005))) is Unfit.NO_LOAD
