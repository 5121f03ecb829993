"""Whatever comes when and how often, what comes of it is the same: energies, sums, losses, hits, findings."""

import random
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing

import pytest

from gateway.master.stores import store_of
from tests.gateway.master.world import World, ended, results

RULES = {"P031", "P033", "P035", "P040", "P041"}


def of_days(world: World, chance: random.Random) -> list[tuple[list, int]]:
    """Day by day with a run each, some readings some days late, and some twice."""
    parts = defaultdict(list)
    for one in (*world.readings, *world.sums):
        late = int(chance.expovariate(1 / 10)) if chance.random() < 0.05 else 0
        parts[min(ended(one) + late, world.days)].append(one)
        if chance.random() < 0.01:
            parts[min(ended(one) + late + 3, world.days)].append(one)
    return [(parts[day], day) for day in range(1, world.days + 1)]


def without(world: World, held: Sequence) -> list[tuple[list, int]]:
    """Everything but these, and these after a run."""
    late = {id(one) for one in held}
    rest = [one for one in (*world.readings, *world.sums) if id(one) not in late]
    return [(rest, world.days), ([*held], world.days)]


def some_of_a_neighbour(world: World, chance: random.Random) -> list[tuple[list, int]]:
    """Days of the area beside the one that is searched."""
    of_high = [one for one in world.readings if one.meter.startswith("HIGH") and ended(one) < world.days - 2]
    return without(world, chance.sample(of_high, 6))


def some_hours(world: World, chance: random.Random) -> list[tuple[list, int]]:
    """Hours of one day in the area where somebody steals, ten days before the end; none at midnight."""
    hours = [
        one
        for one in world.readings
        if one.meter.startswith("THEFT") and ended(one) == world.days - 10 and one.at.hour
    ]
    return without(world, chance.sample(hours, len(hours) // 2))


def sums_of_hours(world: World, chance: random.Random) -> list[tuple[list, int]]:
    """Sums of the gateway alone, of the area beside the one that is searched."""
    of_high = [one for one in world.sums if one.node == "T-HIGH"]
    return without(world, chance.sample(of_high, len(of_high) // 2))


def the_first_days(world: World, chance: random.Random) -> list[tuple[list, int]]:
    """The beginning comes last."""
    count = chance.choice([1, 2, 5])
    return without(world, [one for one in (*world.readings, *world.sums) if ended(one) <= count])


def one_meter(world: World, chance: random.Random) -> list[tuple[list, int]]:
    """Half of a meter comes last."""
    meter = chance.choice(sorted({one.meter for one in world.readings}))
    return without(world, [one for one in world.readings if one.meter == meter and chance.random() < 0.5])


def anyhow(world: World, chance: random.Random) -> list[tuple[list, int]]:
    """Five parts of whatever."""
    parts = [[] for _ in range(5)]
    for one in (*world.readings, *world.sums):
        parts[chance.randrange(5)].append(one)
    return [(part, world.days) for part in parts]


def made(path, arrivals) -> dict[str, list[tuple]]:
    with closing(store_of(f"sqlite:///{path}")) as store:
        store.connect()
        return results(store, arrivals)


def at_once(world: World) -> list[tuple[list, int]]:
    return [([*world.readings, *world.sums], world.days)]


@pytest.fixture(scope="module")
def month():
    """Half a percent of the registers is never read."""
    return World(3, days=31)


@pytest.fixture(scope="module")
def wanted(month, tmp_path_factory):
    found = made(tmp_path_factory.mktemp("once") / "once.db", at_once(month))
    assert {row[0] for row in found["hits"]} >= RULES
    assert "estimated" in {row[4] for row in found["energies"]}
    return found


def test_what_comes_late_gives_what_it_gives_in_time(store, month, wanted):
    chance = random.Random(1)
    parts = [order(month, chance)[1][0] for order in (some_of_a_neighbour, some_hours, sums_of_hours)]
    found = results(store, without(month, [one for part in parts for one in part]))
    for what in wanted:
        assert [_plain(row) for row in found[what]] == [_plain(row) for row in wanted[what]]


def _plain(row: tuple) -> list:
    """One database writes 8.50 and seconds, the other 8.5 and millionths of them."""
    return [_figure(cell) if isinstance(cell, str) else cell for cell in row]


def _figure(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell.replace(".000000", "")


@pytest.mark.long
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize(
    "order", [of_days, some_of_a_neighbour, some_hours, sums_of_hours, the_first_days, one_meter, anyhow]
)
@pytest.mark.parametrize("seed", range(5))
def test_two_months_in_any_order(tmp_path, seed, order):
    world = World(100 + seed, missing=(0.004, 0.03)[seed % 2])
    wanted = made(tmp_path / "once.db", at_once(world))
    found = made(tmp_path / "late.db", order(world, random.Random(seed)))
    if (
        order is the_first_days
    ):  # whom nobody read there is not told as missing on days that came to light so late
        for results_of in (found, wanted):
            results_of["energies"] = [row for row in results_of["energies"] if row[4] != "missing"]
    assert found == wanted
