"""What a terminal knows of itself: clock, ratios, phases, looked at while nothing else is to do."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from drivers.surroundings import ArchiveCompared, ClockShown, Observed, RatiosCompared
from simulators.gdw_wire import unit
from tests.drivers.terminal.place import Place, meters_of
from tests.drivers.toy import virtually


async def attended(place, seconds=60.0):
    """The facts after so long without a question."""
    await place.link.open()
    wake = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, wake.set)
    await place.driver.attend(wake)
    return place.facts


def of(kind, facts):
    return [fact for fact in facts if isinstance(fact, kind)]


def test_the_clock_of_the_terminal_is_told_and_looked_at_again_after_six_hours():
    place = Place(1, drift_seconds=90)
    (fact,) = of(ClockShown, virtually(attended(place)))
    assert 89 <= fact.seconds <= 91
    assert fact.target == "jzq1"

    async def long():
        place = Place(1, drift_seconds=90)
        await attended(place)
        wake = asyncio.Event()
        for _ in range(5):
            wake.clear()
            asyncio.get_running_loop().call_later(3600, wake.set)
            await place.driver.attend(wake)
        assert len(of(ClockShown, place.facts)) == 1
        wake.clear()
        asyncio.get_running_loop().call_later(2 * 3600, wake.set)
        await place.driver.attend(wake)
        wake.clear()
        asyncio.get_running_loop().call_later(3600, wake.set)
        await place.driver.attend(wake)
        return of(ClockShown, place.facts)

    assert len(virtually(long())) == 2


def test_ratios_that_differ_are_told_for_meters_with_transformers():
    meters = meters_of(3)
    meters[1] = replace(meters[1], ct=Decimal(40))
    meters[2] = replace(meters[2], ct=Decimal(30))
    place = Place(3, meters=meters, multiplier=(1, 40))
    (fact,) = of(RatiosCompared, virtually(attended(place)))
    assert fact.differences == ("pn 3 PT×CT: 1×40 / 1×30",)
    place = Place(3, meters=[replace(meter, ct=Decimal(40)) for meter in meters], multiplier=(1, 40))
    (fact,) = of(RatiosCompared, virtually(attended(place)))
    assert fact.differences == ()


def test_phases_that_the_carrier_network_reports_are_observed():
    place = Place(3)
    place.terminal.phases = {1: 1, 3: 2}
    facts = virtually(attended(place))
    assert [(fact.meter, fact.kind, fact.value) for fact in of(Observed, facts)] == [
        ("m1", "phase", "1"),
        ("m3", "phase", "2"),
    ]


def test_what_the_terminal_denies_is_left_alone():
    place = Place(3)
    place.terminal.refuses |= {0x0A, 0x0C}
    virtually(attended(place))
    asked = place.terminal.asked["0C"]
    assert asked == 2
    assert not place.facts

    async def later():
        await place.link.open()
        wake = asyncio.Event()
        asyncio.get_running_loop().call_later(60, wake.set)
        await place.driver.attend(wake)

    virtually(later())
    assert place.terminal.asked["0C"] == asked


def test_an_archive_is_compared_again_after_six_hours_only():
    place = Place(2, settings={"forward_share": 0})
    place.terminal.points[2].entry = replace(place.terminal.points[2].entry, address="000000000077")

    async def twice():
        await place.read()
        await place.read()
        await asyncio.sleep(timedelta(hours=7).total_seconds())
        await place.read()

    virtually(twice())
    assert len(of(ArchiveCompared, place.facts)) == 2
    assert place.terminal.asked["0A"] == 2
    # The second time only the point that did not agree is asked for.
    assert of(ArchiveCompared, place.facts)[1].verified == {}
    assert unit(0, 10).hex() in place.link.sent[0][1].hex()
