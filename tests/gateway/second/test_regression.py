import numpy as np

from gateway.second.filling import of_energies
from gateway.second.regression import fit
from tests.tools.area import Area, Condition


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
