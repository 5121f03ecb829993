"""Buses whose drivers take many orders at once, keep a target on the line, or have equipment that speaks unasked."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from config.archive import Meter
from config.schema import Target
from drivers.driver import Attends, TakesMany
from drivers.errors import LinkLost
from drivers.order import Failure, Order, Priority, Result, Want
from gateway.bus import Bus
from protocols.session import Item
from tests.drivers.toy import ScriptedLink, virtually
from tests.gateway.test_bus import LoopClock

TARGETS = [Target(name=name, driver="meter", link="tcp://h:1", retries=2) for name in ("a", "b")]


class ManyDriver:
    """Takes four orders, a second each; keeps the target that it served last."""

    batch = 4

    def __init__(self, link):
        self.link, self.holding, self.counters = link, "", Counter()
        self.calls, self.heard, self.cuts, self.idle = [], [], 0, False

    async def run(self, order, target, retries):
        raise AssertionError("orders come together")

    async def run_many(self, orders, target, retries, done, hurry):
        self.holding = target.name
        self.calls.append([order.meter.asset_no for order in orders])
        if self.idle:
            return
        for order in orders:
            if hurry():
                return
            await asyncio.sleep(1)
            if self.cuts:
                self.cuts -= 1
                self.link.cut()
                raise LinkLost("cut")
            done(order, Result(order=order, address="1", items=(Item("E", None, Decimal(1), ""),)))

    async def attend(self, wake):
        self.heard.append("attending")
        await wake.wait()
        self.heard.append("called")


def order(asset, target="a", want=Want.FREEZE, day=1):
    meter = Meter(asset_no=asset, address="1", protocol="dlt645-2007", target=target)
    return Order(meter=meter, want=want, points=("1-0:1.8.0",), at=datetime(2026, 1, day, tzinfo=UTC))


@asynccontextmanager
async def running():
    link = ScriptedLink(lambda _: [])
    driver = ManyDriver(link)
    bus = Bus(TARGETS, link, driver, clock=LoopClock())
    task = asyncio.create_task(bus.run())
    try:
        yield bus, driver
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def ask(bus, *orders, priority=Priority.SCHEDULED):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(bus.ask(one, priority)) for one in orders]
    return [task.result() for task in tasks]


def test_orders_that_ask_the_same_go_together():
    async def main():
        async with running() as (bus, driver):
            orders = [order(f"m{n}") for n in range(6)]
            orders.insert(1, order("other day", day=2))
            results = await ask(bus, *orders)
            assert all(result.items for result in results)
            assert isinstance(driver, TakesMany)
            assert isinstance(driver, Attends)
            assert bus.batch == 8
            assert bus.stats.polls == 7
            return driver.calls

    assert virtually(main()) == [["m0", "m1", "m2", "m3"], ["other day"], ["m4", "m5"]]


def test_what_is_urgent_does_not_wait_for_a_long_batch():
    async def main():
        async with running() as (bus, driver), asyncio.TaskGroup() as group:
            group.create_task(ask(bus, *[order(f"m{n}") for n in range(4)]))
            began = LoopClock().now()
            await asyncio.sleep(1.5)
            await ask(bus, order("now", want=Want.LIVE), priority=Priority.ON_DEMAND)
            assert LoopClock().now() - began == timedelta(seconds=3)
        return driver.calls

    assert virtually(main()) == [["m0", "m1", "m2", "m3"], ["now"], ["m2", "m3"]]


def test_a_target_on_the_line_is_drained_before_the_next():
    async def main():
        async with running() as (bus, driver), asyncio.TaskGroup() as group:
            group.create_task(ask(bus, order("a1"), order("b1", "b"), order("b2", "b")))
            await asyncio.sleep(0.5)
            group.create_task(ask(bus, order("a2", day=2), order("a3", day=3)))
        return driver.calls

    assert virtually(main()) == [["a1"], ["a2"], ["a3"], ["b1", "b2"]]


def test_a_broken_link_costs_only_what_was_not_done():
    async def main():
        async with running() as (bus, driver):
            driver.cuts = 1
            results = await ask(bus, *[order(f"m{n}") for n in range(4)])
            assert all(result.items for result in results)
            return driver.calls

    assert virtually(main()) == [["m0", "m1", "m2", "m3"]] * 2


def test_a_driver_that_does_nothing_ends_in_a_failure_not_in_a_loop():
    async def main():
        async with running() as (bus, driver):
            driver.idle = True
            (result,) = await ask(bus, order("m"))
            assert len(driver.calls) == 1
            return result.failures

    assert virtually(main())[0][1] is Failure.PROTOCOL


def test_the_equipment_is_attended_to_while_nothing_is_asked():
    async def main():
        async with running() as (bus, driver):
            await asyncio.sleep(1)
            await ask(bus, order("m"))
            await asyncio.sleep(1)
            return driver.heard

    assert virtually(main()) == ["attending", "called", "attending"]


def test_orders_end_with_the_bus():
    async def main():
        async with running() as (bus, _):
            tasks = [asyncio.create_task(bus.ask(order(f"m{n}"), Priority.SCHEDULED)) for n in range(6)]
            await asyncio.sleep(1.5)
        return [(await task).failures for task in tasks]

    assert [len(failures) for failures in virtually(main())] == [0, 1, 1, 1, 1, 1]
