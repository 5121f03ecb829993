"""Meters behind a carrier module: complete freezes over a lossy network, resets, silence, and what is more urgent."""

import asyncio
from decimal import Decimal

import pytest

from drivers import DRIVERS, make_driver
from drivers.carrier.driver import CarrierDriver
from drivers.driver import Attends, Leaves, TakesMany
from drivers.errors import LinkLost
from drivers.order import Failure, Order, Want
from protocols.gdw1376_2.effect import classify
from protocols.reading import Method, Origin
from protocols.session import Effect
from tests.drivers.carrier.place import FORWARD, MAIN, MIDNIGHT, Place, node
from tests.drivers.toy import virtually


def right(place, found):
    """How many results are the true freeze."""
    return sum(
        [int(r.value * 100) for r in result.readings] == [place.truth(int(name[1:]))]
        and result.readings[0].at == MIDNIGHT
        for name, result in found.items()
    )


def test_it_is_the_driver_of_carrier_targets():
    place = Place()
    driver = make_driver("carrier", place.link, place.around)
    assert isinstance(driver, CarrierDriver)
    assert isinstance(driver, TakesMany)
    assert isinstance(driver, Attends)
    assert isinstance(driver, Leaves)
    assert "carrier" in DRIVERS


@pytest.mark.parametrize(
    ("given", "way"),
    [
        ({}, "F1-F1"),
        ({"settings": {"concurrent": 1}}, "13-F1"),
        ({"concurrent": 0}, "13-F1"),
        ({"mode": 1}, "13-F1"),
        ({"mode": 1, "edition": 2009}, "13-F1"),
        ({"routing": False}, "02-F1"),
        ({"cycle": 2}, "12-F1"),
        ({"first": 0}, "F1-F1"),
        ({"fails": "empty"}, "F1-F1"),
    ],
)
def test_freezes_come_by_every_way_that_a_module_offers(given, way):
    place = Place(12, loss=0.1, **given)
    found = virtually(place.read())
    assert right(place, found) == 12
    reading = found["m5"].readings[0]
    assert (reading.origin, reading.method, reading.source) == (Origin.PLC, Method.FREEZE, "cco1")
    assert place.kinds()[way]
    other = {"F1-F1", "13-F1", "02-F1"} - {way}
    assert sum(place.kinds().get(one, 0) for one in other) <= (1 if given == {"concurrent": 0} else 0)


def test_a_meter_of_1997_and_live_values_and_load_records():
    place = Place(3, old={2})
    found = virtually(place.read(want=Want.LIVE, at=None))
    assert [len(found[name].readings) for name in ("m1", "m2", "m3")] == [1, 1, 1]
    assert found["m2"].readings[0].origin is Origin.PLC
    place = Place(2)
    at = MIDNIGHT.replace(hour=6)
    found = virtually(place.read(want=Want.LOAD_RECORD, at=at))
    assert [one.readings[0].at for one in found.values()] == [at, at]
    assert [one.readings[0].value for one in found.values()] == [
        Decimal(place.truth(n, at.replace(tzinfo=None))) / 100 for n in (1, 2)
    ]


def test_the_ladder_reads_what_single_questions_lose():
    place = Place(60, loss=0.2)
    found = virtually(place.read())
    assert right(place, found) == 60
    assert place.driver.counters["retries"] > 0


def test_a_node_that_is_not_there_fails_and_delays_nobody_for_long():
    place = Place(10)
    place.cco.network.nodes[node(4)].is_joined = False
    place.cco.network.nodes[node(7)].meter.dead = True
    found = virtually(place.read())
    assert right(place, found) == 8
    assert [reason for _, reason, _ in found["m4"].failures] == [Failure.TIMEOUT]
    assert "not in the network" in found["m4"].failures[0][2]
    assert [reason for _, reason, _ in found["m7"].failures] == [Failure.TIMEOUT]


@pytest.mark.parametrize("way", [{}, {"settings": {"concurrent": 1}}, {"cycle": 2}])
def test_a_module_that_begins_anew_in_the_middle_is_told_everything_again(way):
    place = Place(20, restart_after=15, **way)
    if "cycle" in way:

        async def restart():
            async with asyncio.TaskGroup() as group:
                task = group.create_task(place.read())
                await asyncio.sleep(20)
                place.say(place.cco.restart())
            return task.result()

        found = virtually(restart())
    else:
        found = virtually(place.read())
    assert right(place, found) == 20
    assert place.driver.doings["restarts"] == 1
    assert place.kinds()["03-F10"] == 2
    assert place.cco.confirmed >= 1


def test_a_silent_module_fails_its_orders_soon():
    place = Place(30)
    place.deaf = True

    async def read():
        found = await place.read()
        return found, asyncio.get_running_loop().time()

    found, now = virtually(read())
    assert len(found) == 30
    failures = {failure[1:] for one in found.values() for failure in one.failures}
    assert failures == {(Failure.TIMEOUT, "the module is silent")}
    assert now < 1000 + 60


def test_a_module_that_falls_silent_is_found_out_and_comes_back():
    place = Place(20, settings={"forward_seconds": 20})

    async def read():
        async with asyncio.TaskGroup() as group:
            task = group.create_task(place.read())
            await asyncio.sleep(4)
            place.deaf = True
        first = task.result()
        place.deaf = False
        await asyncio.sleep(60)
        return first, await place.read()

    first, second = virtually(read())
    failed = [one for one in first.values() if one.failures]
    assert failed
    assert any("silent" in one.failures[0][2] for one in failed)
    assert right(place, second) == 20


def test_a_link_that_breaks_is_said_and_what_came_is_kept():
    place = Place(10)
    place.cut_after = 14
    done = {}

    async def read():
        await place.link.open()
        with pytest.raises(LinkLost):
            await place.driver.run_many(
                place.orders(),
                place.target,
                2,
                lambda order, result: done.setdefault(order.meter.asset_no, result),
                lambda: False,
            )
        left = [order for order in place.orders() if order.meter.asset_no not in done]
        return await place.read(*left)

    found = virtually(read())
    assert 0 < len(found) <= 10
    assert right(place, done | found) == 10


def test_what_is_more_urgent_waits_for_one_reading_only():
    place = Place(10, settings={"concurrent": 1})
    done = []

    async def read():
        await place.link.open()
        await place.driver.run_many(
            place.orders(), place.target, 2, lambda order, result: done.append(result), lambda: len(done) >= 3
        )

    virtually(read())
    assert len(done) == 3


def test_one_order_and_what_no_module_can_do():
    place = Place(2)

    async def run(**given):
        if not place.link.alive:
            await place.link.open()
        order = Order(meter=place.meters[0], points=(FORWARD,), **given)
        return await place.driver.run(order, place.target, 2)

    async def both():
        return await run(want=Want.FREEZE, at=MIDNIGHT), await run(want=Want.TIME_SET, at=None)

    result, clock = virtually(both())
    assert int(result.readings[0].value * 100) == place.truth(1)
    assert clock.failures[0][1] is Failure.UNKNOWN_POINT


def test_a_module_that_is_left_goes_on_with_its_own_work():
    place = Place(2)

    async def work():
        await place.driver.leave()
        await place.read()
        assert place.cco.is_paused
        await place.driver.leave()
        place.deaf = True
        await place.driver.leave()

    virtually(work())
    assert not place.cco.is_paused
    assert place.kinds()["12-F3"] == 1


def test_what_goes_well_counts_as_no_error():
    place = Place(5, archive={node(9): 2})
    virtually(place.read())
    assert place.driver.doings["nodes_added"] == 5
    assert set(+place.driver.counters) == {"frames"}


@pytest.mark.parametrize("listed", [True, False])
def test_nothing_but_reading_ever_leaves(listed):
    place = Place(10, loss=0.2, allow=(), archive={node(n): 2 for n in range(1, 11)} if listed else {})
    place.cco.main_node = MAIN
    virtually(place.read())
    assert place.cco.controls.total() == 0
    assert place.cco.network.controls.total() == 0
    assert place.link._gate.refused == 0
    assert {classify(sent) for _, sent in place.link.sent} == {Effect.READ}


def test_a_module_at_its_limit_is_given_time():
    place = Place(12, concurrent=2, settings={"concurrent": 8})
    found = virtually(place.read())
    assert right(place, found) == 12
    assert place.cco.flying == 2


class TestIdle:
    """What the driver does while nothing is asked."""

    def attend(self, place, seconds, *, then=()):
        async def idle():
            await place.link.open()
            wake = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(place.driver.attend(wake))
                for after, act in then:
                    await asyncio.sleep(after)
                    act()
                await asyncio.sleep(seconds)
                wake.set()

        virtually(idle())

    def test_the_module_is_made_ready_and_goes_on_with_its_own_work(self):
        place = Place(4)
        self.attend(place, 60)
        assert place.cco.main_node == MAIN
        assert set(place.cco.archive) == {node(n) for n in range(1, 5)}
        assert place.kinds()["12-F3"] == 1
        assert not place.cco.is_paused

    def test_what_it_reports_is_confirmed_and_told(self):
        place = Place(3)
        self.attend(
            place,
            5,
            then=[
                (40, lambda: place.say(place.cco.report_power(1, [node(1), node(3), "9" * 12]))),
                (5, lambda: place.say(place.cco.report_area(node(2), "000000005678"))),
                (5, lambda: place.say(place.cco.report_found("000000000088"))),
            ],
        )
        assert place.cco.confirmed == 3
        told = [(fact.event.meter, fact.event.name) for fact in place.facts if hasattr(fact, "event")]
        assert told == [("m1", "power off"), ("m3", "power off")]
        areas = [(f.meter, f.value) for f in place.facts if getattr(f, "kind", "") == "area"]
        assert areas == [("m2", "000000005678")]
        assert place.driver.doings["unknown_nodes"] == 1
        assert place.driver.doings["nodes_found"] == 1

    def test_a_reset_while_nothing_is_asked_is_noticed(self):
        place = Place(3)
        self.attend(place, 10, then=[(40, lambda: place.say(place.cco.restart()))])
        assert place.driver.doings["restarts"] == 1
        found = virtually(place.read())
        assert right(place, found) == 3

    def test_a_silent_module_harms_nobody(self):
        place = Place(3)
        place.deaf = True

        async def idle():
            await place.link.open()
            for _ in range(2):
                await place.driver.attend(asyncio.Event())

        virtually(idle())
        assert place.driver.doings["module_silent"] == 2

    def test_a_lost_link_is_said(self):
        place = Place(3)

        async def idle():
            await place.link.open()
            asyncio.get_running_loop().call_later(50, place.link.cut)
            await place.driver.attend(asyncio.Event())

        with pytest.raises(LinkLost):
            virtually(idle())
