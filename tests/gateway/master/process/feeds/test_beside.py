"""What stands beside a meter's power."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.archived import tables_of
from gateway.master.archive.keep import keep
from gateway.master.process.feeds.beside import beside
from gateway.master.process.feeds.curves import samples_of
from gateway.master.process.feeds.feed import Around
from gateway.master.process.roll import Roll
from protocols.reading import Origin
from tests.gateway.master.curves import POWER, REGISTER, counted, plant_archive, within
from tests.gateway.master.make import batch
from tests.gateway.master.plant import FIRST, end
from tests.gateway.master.process.feeds.test_curves import DAY

ARCHIVE = plant_archive()


def found(store, *readings, archive=ARCHIVE, only=None):
    """Power and power beside by asset; `only` these are in this part of the run."""
    keep(store, "so-001", "one", tables_of(archive), end(FIRST))
    store.write([batch(1, *readings)], end(FIRST))
    around, numbers = Around(store, DAY, {}), store.ids["meters"]
    roll = Roll()
    roll.add(store.ask("meters_listed", sorted(numbers[asset] for asset in only or numbers)))
    samples = samples_of(around)
    got = beside(around, samples, roll, samples.of(sorted(roll.entries)))
    return {roll.entries[n].asset: (one["power"], one["power_beside"]) for n, one in got.items()}


def changed(asset: str, **more):
    return plant_archive(
        meters=tuple(replace(one, **more) if one.asset_no == asset else one for one in ARCHIVE.meters)
    )


def test_a_terminal_tells_of_the_same_meter_and_quarters(store):
    sampled = within("SAMPLED", POWER, [4.0] * 12, origin=Origin.TERMINAL)
    assert found(store, *within("SAMPLED", POWER, [5.0] * 8), *sampled) == {"SAMPLED": (50.0, 40.0)}


def test_few_quarters_or_almost_no_power_say_nothing(store):
    readings = [
        *within("SAMPLED", POWER, [5.0] * 7),
        *within("SAMPLED", POWER, [4.0] * 12, origin=Origin.TERMINAL),
        *within("LOADED", POWER, [0.004] * 12),
        *within("LOADED", POWER, [0.008] * 12, origin=Origin.TERMINAL),
    ]
    assert found(store, *readings) == {}


PAIR = [*within("PAIR", POWER, [5.0] * 96), *within("INPUT", POWER, [6.0] * 96, origin=Origin.TERMINAL)]


def test_the_terminals_input_at_the_same_point_is_multiplied_by_its_own_ratio(store):
    assert found(store, *PAIR) == {"PAIR": (50.0, 48.0)}


def test_the_other_may_lie_in_another_part_of_the_run(store):
    assert found(store, *PAIR, only=["PAIR"]) == {"PAIR": (50.0, 48.0)}
    assert found(store, *PAIR, only=["INPUT"]) == {}


def test_a_day_of_registers_stands_beside_a_curve_of_powers(store):
    daily = within("PAIR", REGISTER, ["100.00", "220.00"], minutes=1440)
    sampled = within("INPUT", POWER, [6.0] * 90, origin=Origin.TERMINAL)
    hourly = within("PAIR", REGISTER, counted([5.0] * 24), minutes=60)
    assert found(store, *daily, *sampled, *hourly) == {"PAIR": (50.0, 48.0)}


@pytest.mark.parametrize(
    "more",
    [
        {"status": "removed"}, {"valid_to": FIRST - timedelta(days=1)},
        {"mp_no": ""}, {"valid_from": date(2026, 3, 2)},
    ],
)  # fmt: skip
def test_what_does_not_hang_there_all_day_stands_beside_nothing(store, more):
    assert found(store, *PAIR, archive=changed("INPUT", **more)) == {}
