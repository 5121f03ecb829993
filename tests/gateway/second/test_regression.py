import numpy as np
import pytest

from gateway.second.filling import of_energies
from gateway.second.regression import fit
from tests.tools.area import Area, Condition
from tests.tools.homes import HOMES


def fitted(area, total=None):
    return fit(np.array(area.supply if total is None else total), of_energies(list(area.meters.values())))


def test_the_thief_has_the_largest_t_and_its_own_beta():
    area = Area.made(0, Condition(meters=30, days=14), hidden=0.5)
    found = fitted(area)
    assert f"M{found.t.argmax():03}" == area.thief
    assert abs(found.beta[found.t.argmax()] - 1) < 0.3


def test_a_share_that_nobody_hides_is_no_evidence_for_anybody():
    """A loss of a tenth of everything, which every meter explains as well as the whole does."""
    area = Area.made(1, Condition(meters=30, days=14, thieves=0))
    assert fitted(area, np.array(area.supply) * 1.1).t.max() < 4


def test_hours_without_supply_are_left_out():
    area = Area.made(0, Condition(meters=30, days=14), hidden=0.5)
    total = np.array(area.supply)
    total[50:90] = np.nan
    assert f"M{fitted(area, total).t.argmax():03}" == area.thief


def test_a_thief_that_entered_is_taken_out_of_the_others():
    """Two who live alike, of whom one steals: the other stays below the limit of a warning."""
    area = Area.made(2, Condition(meters=30, days=28, thieves=0))
    chance = np.random.default_rng(5)
    thief = np.array(area.meters["M000"])
    alike = thief * np.exp(chance.normal(0, 0.15, thief.size))
    meters = {**area.meters, "alike": alike.tolist(), "M000": (0.4 * thief).tolist()}
    found = fit(np.array(area.supply) + alike, of_energies(list(meters.values())))
    by_name = dict(zip(meters, found.t, strict=True))
    assert by_name["M000"] > 8
    assert by_name["alike"] < 5


@pytest.mark.parametrize("seed", [4, 5])
def test_hours_in_which_the_supply_is_wrong_accuse_nobody(seed):
    """With them an honest customer had t above 5, and the thief was lost."""
    what = Condition(meters=30, days=14, wrong=4)
    homes = HOMES["mixed"]
    assert fitted(Area.made(seed, what.honest(), homes)).t.max() < 3
    area = Area.made(seed, what, homes, hidden=0.5)
    found = fitted(area)
    assert f"M{found.t.argmax():03}" == area.thief
    assert found.beta[found.t.argmax()] == pytest.approx(1, abs=0.3)


def test_who_used_most_in_the_hour_that_was_wrong_is_not_accused_for_it():
    """Nearly all energy of this customer is in one hour, or its evidence in a few: nothing to see beside them."""
    area = Area.made(6, Condition(meters=30, days=14, thieves=0))
    total, spike = np.array(area.supply), np.full(24 * 14, 0.01)
    spike[100], spike[101] = 40.0, 20.0
    few = np.array(area.meters["M000"])
    few[200:203] *= 6
    total += spike + few - np.array(area.meters["M000"])
    total[[100, 200, 201, 202]] += 15.0
    meters = area.meters | {"spike": spike.tolist(), "M000": few.tolist()}
    found = fit(total, of_energies(list(meters.values())))
    assert found.t.max() < 3
