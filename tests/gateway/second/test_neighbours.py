"""Meters in the archive of one area that hang in its neighbour, on areas made with a seed."""

import math
import random
from collections.abc import Iterable

import pytest

from gateway.second.neighbours import LEAST, Sums, strays

DAYS = 28
LIMIT = 0.2
Customers = dict[str, list[float]]


def homes(chance: random.Random, count: int, name: str) -> Customers:
    """Days of homes of some 8 kWh: weather for all of them, and each for itself."""
    weather = [math.exp(chance.gauss(0, 0.1)) for _ in range(DAYS)]
    found = {}
    for n in range(count):
        usual = chance.lognormvariate(math.log(8), 0.6)
        found[f"{name}{n}"] = [usual * w * math.exp(chance.gauss(0, 0.3)) for w in weather]
    return found


def supplied(chance: random.Random, customers: Iterable[list[float]], noise: float = 0.002) -> list[float]:
    """What a total meter shows: customers, a constant, a share, ohmic loss, its own error and noise."""
    totals = [sum(day) for day in zip(*customers, strict=True)]
    mean, error = sum(totals) / DAYS, chance.gauss(1.02, 0.005)
    return [t * error + 0.01 * mean + 0.03 * t * t / mean + chance.gauss(0, noise) * t for t in totals]


def sums(supply: list[float], customers: Iterable[list[float]]) -> Sums:
    sold = [sum(day) for day in zip(*customers, strict=True)]
    return Sums(supply, [a - b for a, b in zip(supply, sold, strict=True)])


def pair(seed: int, count: int, wrong: int = 0, **more: float) -> tuple[Sums, Sums, Customers, set[str]]:
    """Two areas; so many customers of the first in the archive hang in the second."""
    chance = random.Random(seed)
    mine, theirs = homes(chance, count, "A"), homes(chance, count, "B")
    moved = set(chance.sample(sorted(mine), wrong))
    real = [days for name, days in mine.items() if name not in moved]
    extra = [mine[name] for name in sorted(moved)]
    low = sums(supplied(chance, real, **more), mine.values())
    high = sums(supplied(chance, [*theirs.values(), *extra], **more), theirs.values())
    return low, high, mine, moved


def named(low: Sums, high: Sums, customers: Customers, **more: int) -> set[str]:
    return {name for name, fall in strays(low, high, customers, **more).items() if fall > LIMIT}


@pytest.mark.parametrize(("count", "least"), [(20, 0.97), (60, 0.9)])
def test_a_wrong_relation_is_named_in_most_areas_and_hardly_anybody_else(count, least):
    hit = others = 0
    for seed in range(60):
        low, high, mine, moved = pair(seed, count, 1)
        got = named(low, high, mine)
        hit += moved <= got
        others += bool(got - moved)
    assert hit >= least * 60
    assert others <= 1


def test_several_wrong_relations_do_not_hide_each_other():
    found = total = 0
    for seed in range(20):
        low, high, mine, moved = pair(seed, 40, 4)
        found += len(moved & named(low, high, mine))
        total += len(moved)
    assert found >= 0.8 * total


def test_honest_pairs_name_nobody():
    assert sum(bool(named(*pair(seed, 60)[:3])) for seed in range(200)) <= 1


def test_neither_a_thief_nor_a_wrong_multiplier_makes_a_stray():
    accused = 0
    for seed in range(100):
        low, _, mine, _ = pair(seed, 60)
        chance = random.Random(f"thief {seed}")
        theirs = homes(chance, 60, "B")
        supply = supplied(chance, theirs.values())
        theirs["B7"] = [0.3 * day for day in theirs["B7"]]
        accused += bool(named(low, sums(supply, theirs.values()), mine))
        turned = sums([0.9 * a for a in low.supply], mine.values())
        accused += bool(named(turned, sums(supply, theirs.values()), mine))
    assert accused <= 2


def test_the_more_neighbours_are_tried_the_surer_it_must_be():
    low, high, mine, _ = pair(3, 60, 1)
    (few,), many = strays(low, high, mine), strays(low, high, mine, pairs=10**30)
    assert few
    assert many == {}


def test_the_neighbour_must_not_be_left_with_a_negative_loss():
    low, high, mine, moved = pair(5, 20, 1)
    less = Sums(high.supply, [loss - 0.2 * a for loss, a in zip(high.loss, high.supply, strict=True)])
    assert named(low, high, mine) == moved
    assert named(low, less, mine) == set()


def test_few_gaps_are_filled_and_too_few_days_say_nothing():
    low, high, mine, moved = pair(5, 20, 1)
    mine = {name: [*days] for name, days in mine.items()}
    mine["A3"][4] = None
    assert named(low, high, mine) == moved
    gone = [None] * (DAYS - LEAST + 1)
    short = Sums([*gone, *low.supply[len(gone) :]], low.loss)
    assert strays(short, high, mine) == {}
    assert strays(low, high, {"A1": mine["A1"]}) == {}
