import numpy as np
import pytest

from gateway.second.patterns import patterns

HOURS, COUNT = 24 * 28, 10


def found(hidden, read):
    basis = np.full((1, HOURS), HOURS**-0.5)
    gap = hidden + np.random.default_rng(9).normal(0, 0.1, HOURS)
    residual = gap - basis.T @ (basis @ gap)
    return patterns(read, read, basis, residual, np.ones(COUNT, bool))


@pytest.fixture
def homes():
    return np.exp(np.random.default_rng(1).normal(0, 0.35, (COUNT, HOURS)))


def closest(found, hidden):
    """The owner whose pattern resembles what is hidden most."""
    return max(found, key=lambda one: np.corrcoef(one.column, hidden)[0, 1])


def test_the_hours_of_a_thief_by_night_are_found(homes):
    night = np.arange(HOURS) % 24 < 9
    read = homes.copy()
    read[4, night] *= 0.5
    hidden = homes[4] - read[4]
    best = closest(found(hidden, read), hidden)
    assert best.owner == 4
    assert (best.column > 0).tolist() == night.tolist()


def test_the_day_on_which_a_theft_began_is_found(homes):
    later = np.arange(HOURS) >= 24 * 12
    read = homes.copy()
    read[2, later] *= 0.4
    hidden = homes[2] - read[2]
    best = closest(found(hidden, read), hidden)
    assert best.owner == 2
    assert (best.column > 0).tolist() == later.tolist()


def test_hours_at_the_highest_energy_are_a_pattern(homes):
    read = homes.copy()
    read[6] = np.minimum(read[6], 0.9)
    capped = [
        one for one in found(homes[6] - read[6], read) if one.owner == 6 and set(one.column) <= {0.0, 0.9}
    ]
    assert len(capped) == 1
    assert capped[0].column.sum() == pytest.approx(0.9 * (homes[6] >= 0.9).sum())


def test_having_looked_costs_evidence(homes):
    assert min(one.cost for one in found(np.zeros(HOURS), homes)) >= 2


def test_of_two_days_no_part_of_the_days_is_looked_for(homes):
    basis = np.full((1, 48), 48**-0.5)
    short = patterns(homes[:, :48], homes[:, :48], basis, np.zeros(48), np.ones(COUNT, bool))
    assert all(one.column.size == 48 for one in short)
