"""What readings within a day say of customers."""

from datetime import datetime, time
from decimal import Decimal

import pytest

from gateway.energy.period import Span, period_of
from gateway.master.process.feeds.curves import DayCurves, samples_of
from gateway.master.process.feeds.feed import Around, Customers
from gateway.master.process.roll import Roll
from tests.gateway.master.curves import DEMAND, INTERVAL, POWER, REGISTER, VOLTAGE, counted, within
from tests.gateway.master.make import batch
from tests.gateway.master.plant import CHINA, FIRST, end
from tests.gateway.master.process.feeds.entries import entry

DAY = period_of(datetime.combine(FIRST, time(), CHINA), Span.DAY)


def fields(store, *readings, **known):
    """Of the one meter that these readings are of."""
    store.write([batch(1, *readings)], end(FIRST))
    (number,) = store.ids["meters"].values()
    part = Customers(Roll({number: entry(number, **known)}), {number: Decimal(1)}, 1)
    around = Around(store, DAY, {})
    assert samples_of(around) is samples_of(around)
    return DayCurves().customers(around, part).get(number, {})


def test_what_stays_away_is_no_field(store):
    assert fields(store, *within("A", REGISTER, [1, 2], minutes=1440), capacity_kva="100") == {}
    assert DayCurves().customers(Around(store, DAY, {}), Customers(Roll(), {}, 1)) == {}


def test_everything_is_on_the_primary_side(store):
    found = fields(
        store,
        *within("A", REGISTER, counted([2.0] * 96)),
        *within("A", DEMAND, [8.5], late=3600),
        *within("A", VOLTAGE, [220.0] * 5),
        ct="10", pt="2", capacity_kva="50", rated_voltage="220",
    )  # fmt: skip
    assert list(found["intervals"]) == pytest.approx([40.0] * 96)
    assert list(found["load"]) == pytest.approx([160.0] * 96)
    assert (found["half_hour"], found["demand"], found["voltage_qualified"]) == (2, 170.0, True)


def test_what_is_primary_already_is_not_multiplied_again(store):
    found = fields(store, *within("A", DEMAND, [8.5], late=60), ct="10", register_is_primary=1)
    assert found == {"demand": 8.5}


def test_hours_of_interval_energies_are_half_an_hour_by_themselves(store):
    found = fields(store, *within("A", INTERVAL, [3.0] * 25, minutes=60), capacity_kva="9")
    assert list(found["load"]) == [3.0] * 24
    assert found["half_hour"] == 1


def test_without_a_capacity_no_load_is_kept(store):
    assert "load" not in fields(store, *within("A", POWER, [3.0] * 24, minutes=60))
