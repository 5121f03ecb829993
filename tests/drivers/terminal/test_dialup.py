"""A concentrator behind a telephone modem: one call for a day's freezes, and what a dropped call costs."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal

from config.archive import Archive
from config.schema import Gateway, Settings, Target
from drivers.order import Failure, Priority
from gateway.buses import Building, build_buses
from gateway.clock import SystemClock
from simulators.modem import Modem, PtyModem, Subscriber
from tests.drivers.terminal.place import ADDRESS, MODEL, Place

GUARD = 0.03
LIVELY = 30.0


@asynccontextmanager
async def dialled(place, *, drops=(), says=(), **settings):
    """A bus whose modem reaches the place's terminal."""
    subscriber = Subscriber(place.terminal, says=list(says), drops=list(drops))
    modem = Modem({"4711": subscriber}, guard=GUARD)
    async with asyncio.timeout(LIVELY), PtyModem(modem) as served:
        target = Target(
            name="jzq1",
            driver="concentrator",
            link=served.link.replace("guard_ms=30", "guard_ms=60") + "&dial_seconds=2",
            address=ADDRESS,
            number="4711",
            **settings,
        )
        config = Settings(gateway=Gateway(name="g"), target=(target,))
        archive = Archive(meters=tuple(place.meters), by_target={"jzq1": tuple(place.meters)})
        bus = build_buses(config, archive, Building(clock=SystemClock(), model_of=lambda _: MODEL))["jzq1"]
        async with asyncio.TaskGroup() as group:
            running = group.create_task(bus.run())
            yield bus, modem
            running.cancel()


async def read_all(place, bus):
    """Results by measuring point."""
    found = {}

    async def ask(order):
        found[order.meter.point_no] = await bus.ask(order, Priority.SCHEDULED)

    async with asyncio.TaskGroup() as group:
        for order in place.orders():
            group.create_task(ask(order))
    return found


def check_all(place, found):
    for pn, result in found.items():
        (reading,) = result.readings
        assert reading.value == Decimal(place.register(pn, datetime(2026, 3, 10))) / 100


async def test_one_call_brings_everything():
    place = Place(500)
    async with dialled(place) as (bus, modem):
        found = await read_all(place, bus)
    check_all(place, found)
    assert modem.dialled == ["4711"]
    assert len(found) == 500


async def test_after_a_dropped_call_nothing_that_had_arrived_is_asked_for_again():
    place = Place(500)
    # The archive takes 14 kB; the call drops in the middle of a frame of freezes.
    async with dialled(place, drops=[20_000]) as (bus, modem):
        found = await read_all(place, bus)
    check_all(place, found)
    assert len(found) == 500
    assert modem.dialled == ["4711", "4711"]
    told = Counter(pn for pn, fn in place.said if fn == 161)
    twice = [pn for pn, times in told.items() if times > 1]
    # One frame of answers was cut; its meters, and no others, are asked for again.
    assert 0 < len(twice) <= 1024 // 38
    assert max(told.values()) == 2
    assert place.terminal.asked["0A"] <= 500 * 27 // 900 + 2


async def test_a_busy_number_fails_what_is_asked_and_is_left_alone():
    place = Place(3)
    async with dialled(place, says=["BUSY"]) as (bus, modem):
        found = await read_all(place, bus)
    assert {result.failures[0][1] for result in found.values()} == {Failure.BUSY}
    assert modem.dialled == ["4711"]
