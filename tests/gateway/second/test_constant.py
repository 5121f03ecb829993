"""The constant part of a loss, where the days can tell it."""

import random

import pytest

from gateway.second.constant import constant_share


def days(
    seed: int, constant: float, *, spread: float = 0.2, noise: float = 0.001
) -> list[tuple[float, float]]:
    """28 days of an area of 1,000 kWh that loses 4 % of it, `constant` of that whatever flows."""
    chance = random.Random(seed)
    found = []
    for _ in range(28):
        supply = 1_000 * max(0.2, 1 + chance.gauss(0, spread))
        moving = 0.04 * (1 - constant) * (supply + supply * supply / 1_000) / 2
        found.append((supply, 40 * constant + moving + chance.gauss(0, noise * supply)))
    return found


def shares(constant: float, **more: float) -> list[float]:
    found = [constant_share(days(seed, constant, **more)) for seed in range(100)]
    return [share for share in found if share is not None]


def test_an_unmetered_load_is_told_from_an_honest_area():
    bad, good = shares(0.8), shares(0.1)
    assert len(bad) == len(good) == 100
    assert sum(share > 0.5 for share in bad) >= 98
    assert max(good) < 0.5


def test_it_lies_near_what_it_is():
    assert sum(shares(0.8)) / 100 == pytest.approx(0.75, abs=0.1)


@pytest.mark.parametrize("bad", [{"spread": 0.02}, {"noise": 0.02}])
def test_a_supply_that_hardly_varies_or_a_loss_of_mere_noise_is_not_judged(bad):
    assert len(shares(0.8, **bad)) == 0


def test_few_days_and_a_negative_loss_are_not_judged():
    assert constant_share(days(0, 0.8)[:9]) is None
    assert constant_share([(supply, -loss) for supply, loss in days(0, 0.8)]) is None
