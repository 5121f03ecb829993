"""Readings of a day, meter by meter, over every store."""

from datetime import datetime, time, timedelta
from math import isnan

import pytest

from gateway.energy.period import Span, period_of
from gateway.master.process.samples import Samples
from protocols.reading import Method, State
from tests.gateway.master.curves import DEMAND, INTERVAL, POWER, REGISTER, VOLTAGE, counted, within
from tests.gateway.master.make import batch
from tests.gateway.master.plant import CHINA, FIRST, end

DAY = period_of(datetime.combine(FIRST, time(), CHINA), Span.DAY)


class Watched:
    """A store that remembers what it was asked."""

    def __init__(self, store) -> None:
        self.store, self.names = store, []

    def ask(self, name, rows, **more):
        self.names.append(name)
        return self.store.ask(name, rows, **more)


def kept(store, *readings) -> dict[str, int]:
    """Numbers of the meters of these readings once they are there."""
    store.write([batch(1, *readings)], end(FIRST))
    return store.ids["meters"]


def curves(store, *readings, always=False):
    numbers = kept(store, *readings)
    found = Samples(store, DAY).of(sorted(numbers.values()), always=always)
    return {asset: found[number] for asset, number in numbers.items() if number in found}


def test_where_only_midnights_are_read_nothing_is_asked_of_meters(store):
    live = within("LIVE", REGISTER, [100, 124], minutes=1440, late=600, method=Method.LIVE)
    numbers = kept(store, *within("A", REGISTER, [100, 124], minutes=1440), *live)
    watched = Watched(store)
    samples = Samples(watched, DAY)
    watched.names.clear()
    assert not samples
    assert samples.of(sorted(numbers.values())) == {}
    assert watched.names == []


def test_a_register_within_the_day_has_both_midnights_beside_it(store):
    found = curves(
        store,
        *within("HOURLY", REGISTER, counted([1.0] * 24), minutes=60),
        *within("DAILY", REGISTER, ["5.00", "9.00"], minutes=1440),
    )
    assert list(found) == ["HOURLY"]
    assert found["HOURLY"].registers.sorted()[:2] == [(0, 100.0), (3600, 101.0)]
    assert len(found["HOURLY"].registers.times) == 25
    assert found["HOURLY"].step == pytest.approx(0.01)


def test_both_midnights_can_be_wanted_of_every_meter(store):
    daily = within("DAILY", REGISTER, ["5.00", "9.00"], minutes=1440)
    found = curves(store, *daily, *within("OTHER", POWER, [1.0] * 3), always=True)
    assert found["DAILY"].registers.sorted() == [(0, 5.0), (86_400, 9.0)]
    assert found["OTHER"].registers is None


def test_midnight_is_the_end_of_an_interval_and_the_beginning_of_a_power(store):
    found = curves(
        store,
        *within("E", INTERVAL, [1.0, 2.0, 3.0], minutes=720),
        *within("P", POWER, [1.0, 2.0, 3.0], minutes=720),
        *within("D", DEMAND, ["7.0", "5.0"], minutes=1440),
        *within("ONLY", POWER, [9.0], day=FIRST + timedelta(days=1)),
    )
    known = [place for place, value in enumerate(found["E"].energies.values) if not isnan(value)]
    assert known == [47, 95]
    assert [found["P"].powers.values[place] for place in (0, 48)] == [1.0, 2.0]
    assert found["D"].demand == 5.0
    assert "ONLY" not in found


def test_live_values_carry_the_time_of_the_answer_and_a_curve_goes_before(store):
    live = within("A", VOLTAGE, ["231.5"] * 96, late=42, method=Method.LIVE)
    found = curves(store, *live, *within("A", VOLTAGE, ["230.0"], late=900))
    values = found["A"].voltages[0].values
    assert [round(value, 1) for value in values[:3]] == [231.5, 230.0, 231.5]
    assert not any(map(isnan, values))


def test_what_does_not_count_is_not_there(store):
    doubted = within("A", POWER, [1.0] * 5, state=State.SUSPECT)
    estimated = within("B", POWER, [1.0] * 5, state=State.ESTIMATED)
    assert curves(store, *doubted, *estimated, *within("C", "1-0:31.7.0", [1.0] * 5, unit="A")) == {}


def test_few_meters_of_many_are_looked_up_one_by_one(store):
    many = [one for n in range(8) for one in within(f"M{n}", POWER, [float(n)] * 2, late=20 * n)]
    numbers = kept(store, *many)
    wanted = sorted([numbers["M0"], numbers["M7"]])
    watched = Watched(store)
    found = Samples(watched, DAY).of(wanted)
    assert sorted(found) == wanted
    assert found[numbers["M7"]].powers.values[1] == 7.0
    assert {name for name in watched.names if name.endswith("range")} == set()
    dense = Samples(watched, DAY).of(sorted(numbers.values()))
    assert list(dense[numbers["M7"]].powers.values[:2]) == [7.0, 7.0]
    assert len(dense) == 8
