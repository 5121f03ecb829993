"""The bus: order of service, dead meters, lost links, bounded queues."""

import asyncio
import itertools
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from config.archive import Meter
from config.schema import Target
from drivers.errors import LinkLost, SendRefused
from drivers.gate import build_gate
from drivers.order import Failure, Order, Priority, Result, Want
from gateway.bus import Bus
from protocols.session import Item
from tests.drivers.toy import ScriptedLink, virtually

TARGET = Target(
    name="line1", driver="meter", link="tcp://h:1", retries=2, breaker_failures=3, breaker_seconds=300
)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class LoopClock:
    """The virtual loop's time as the machine's clock."""

    def now(self):
        return BEGAN + timedelta(seconds=self.monotonic())

    def monotonic(self):
        return asyncio.get_running_loop().time()

    def synced(self):
        return True


class FakeDriver:
    """Answers in `seconds`; a dead meter costs `silence` for each try; `cuts` breaks the link so often."""

    def __init__(self, link, *, seconds=0.1, silence=0.55, dead=()):
        self.link, self.seconds, self.silence, self.dead = link, seconds, silence, set(dead)
        self.counters = Counter()
        self.served = []
        self.tries = Counter()
        self.cuts = 0

    async def run(self, order, target, retries):
        name = order.meter.asset_no
        if not self.link.alive:
            raise LinkLost("cut")
        if self.cuts:
            self.cuts -= 1
            await asyncio.sleep(self.seconds)
            self.link.cut()
            raise LinkLost("cut")
        if name in self.dead:
            self.tries[name] += 1 + retries
            await asyncio.sleep(self.silence * (1 + retries))
            return Result(order=order, failures=((order.points[0], Failure.TIMEOUT, "silence"),))
        await asyncio.sleep(self.seconds)
        self.served.append(name)
        return Result(order=order, address=order.meter.address, items=(Item("E", None, Decimal(1), ""),))


def order(name, want=Want.LIVE):
    meter = Meter(asset_no=name, address="1", protocol="dlt645-2007", target="line1")
    return Order(meter=meter, want=want, points=("1-0:1.8.0",))


@asynccontextmanager
async def bus_of(**kwargs):
    """A running bus with its driver and link."""
    link = ScriptedLink(lambda _: [])
    limit = kwargs.pop("queue_limit", 100)
    link.refuse_open = kwargs.pop("refuse_open", False)
    states = []
    driver = kwargs.pop("kind", FakeDriver)(link, **kwargs)
    bus = Bus(
        TARGET, link, driver, clock=LoopClock(), on_state=lambda _, up: states.append(up), queue_limit=limit
    )
    bus.states = states
    task = asyncio.create_task(bus.run())
    try:
        yield bus, driver, link
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_on_demand_before_scheduled_before_backfill_and_fifo_within():
    async def main():
        async with bus_of() as (bus, driver, _), asyncio.TaskGroup() as group:
            for name, priority in (
                ("first", Priority.BACKFILL),
                ("b1", Priority.BACKFILL),
                ("s1", Priority.SCHEDULED),
                ("b2", Priority.BACKFILL),
                ("s2", Priority.SCHEDULED),
                ("d1", Priority.ON_DEMAND),
            ):
                group.create_task(bus.ask(order(name), priority))
                await asyncio.sleep(0.01)
        return driver.served

    assert virtually(main()) == ["first", "d1", "s1", "s2", "b1", "b2"]


def test_backfill_is_told_the_time_it_took_of_the_line():
    async def main():
        async with bus_of(seconds=0.25) as (bus, _, _):
            late = await bus.ask(order("m"), Priority.BACKFILL)
            return round(late.seconds, 3)

    assert virtually(main()) == 0.25


def test_a_dead_meter_is_left_alone_and_one_probe_revives_it():
    async def main():
        async with bus_of(dead=["dead"]) as (bus, driver, _):
            for _ in range(3):
                await bus.ask(order("dead"), Priority.SCHEDULED)
            assert driver.tries["dead"] == 3 + 2 + 2
            assert bus.circuit_open("dead")
            assert bus.stats.circuit_open == 1
            began = LoopClock().monotonic()
            result = await bus.ask(order("dead"), Priority.SCHEDULED)
            assert LoopClock().monotonic() == began
            assert result.failures[0][1] is Failure.TIMEOUT
            assert "circuit open" in result.failures[0][2]
            await asyncio.sleep(300)
            await bus.ask(order("dead"), Priority.SCHEDULED)
            assert driver.tries["dead"] == 8
            driver.dead.clear()
            await asyncio.sleep(300)
            assert (await bus.ask(order("dead"), Priority.SCHEDULED)).items
            assert not bus.circuit_open("dead")

    virtually(main())


def test_a_person_may_ask_a_dead_meter():
    async def main():
        async with bus_of(dead=["dead"]) as (bus, driver, _):
            for _ in range(3):
                await bus.ask(order("dead"), Priority.SCHEDULED)
            driver.dead.clear()
            assert (await bus.ask(order("dead"), Priority.ON_DEMAND)).items

    virtually(main())


async def _poll(bus, name, until):
    """One meter polled every 5 s; a poll that is still running when the next is due costs that one."""
    due = LoopClock().monotonic()
    while due < until:
        await asyncio.sleep(due - LoopClock().monotonic())
        await bus.ask(order(name), Priority.SCHEDULED)
        while due <= LoopClock().monotonic():
            due += 5


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.35])
def test_one_dead_among_ten_costs_the_living_at_most_three_percent(seconds):
    """Ten meters on one line, polled every 5 s for two minutes, as much as `seconds` of line time each."""

    async def main(dead):
        async with bus_of(seconds=seconds, dead=dead) as (bus, driver, _):
            async with asyncio.TaskGroup() as group:
                until = LoopClock().monotonic() + 120
                for i in range(10):
                    group.create_task(_poll(bus, f"m{i}", until))
            return sum(driver.served.count(f"m{i}") for i in range(1, 10))

    ideal, beside_a_dead_one = virtually(main([])), virtually(main(["m0"]))
    assert ideal == 9 * 24
    assert beside_a_dead_one >= 0.97 * ideal


def test_ten_dead_meters_do_not_starve_a_hundred():
    async def main():
        dead = [f"d{i}" for i in range(10)]
        async with bus_of(dead=dead, seconds=0.05, queue_limit=500) as (bus, driver, _):
            for _ in range(20):
                async with asyncio.TaskGroup() as group:
                    for name in dead + [f"m{i}" for i in range(100)]:
                        group.create_task(bus.ask(order(name), Priority.SCHEDULED))
            busy = bus.stats.busy_seconds
            return driver.served, busy

    served, busy = virtually(main())
    assert len(served) == 2000
    assert busy < 2000 * 0.05 + 10 * 7 * 0.55 + 10


def test_a_cut_link_is_reopened_and_the_order_asked_once_more():
    async def main():
        async with bus_of() as (bus, driver, link):
            driver.cuts = 1
            result = await bus.ask(order("m"), Priority.SCHEDULED)
            assert result.items
            assert link.opens == 2
            assert bus.stats.reopens == 1
            assert bus.states == [True, False, True]

    virtually(main())


def test_an_order_that_breaks_the_link_twice_fails():
    async def main():
        async with bus_of() as (bus, driver, _):
            driver.cuts = 2
            result = await bus.ask(order("m"), Priority.SCHEDULED)
            assert result.failures[0][1] is Failure.IO
            assert (await bus.ask(order("m"), Priority.SCHEDULED)).items

    virtually(main())


def test_a_loss_while_idle_is_noticed_and_reopened():
    async def main():
        async with bus_of() as (bus, _, link):
            await asyncio.sleep(1)
            link.cut()
            await asyncio.sleep(31)
            assert bus.up
            assert link.opens == 2

    virtually(main())


def test_a_dead_link_fails_orders_fast_and_recovers():
    async def main():
        async with bus_of(refuse_open=True) as (bus, _, link):
            began = LoopClock().monotonic()
            result = await bus.ask(order("m"), Priority.SCHEDULED)
            assert result.failures[0][1:] == (Failure.IO, "link down: nobody there")
            assert LoopClock().monotonic() - began < 10
            began = LoopClock().monotonic()
            for _ in range(1000):
                await bus.ask(order("m"), Priority.SCHEDULED)
            assert LoopClock().monotonic() == began
            assert bus.queue_length == 0
            link.refuse_open = False
            await asyncio.sleep(40)
            assert bus.up
            assert (await bus.ask(order("m"), Priority.SCHEDULED)).items

    virtually(main())


def test_a_link_that_never_serves_is_opened_more_and_more_seldom():
    async def main():
        async with bus_of(refuse_open=True) as (_, _, link):
            tries = []
            link.open = lambda: _refuse(tries)
            await asyncio.sleep(600)
            return tries

    tries = virtually(main())
    assert 15 < len(tries) < 40
    assert max(b - a for a, b in itertools.pairwise(tries)) <= 30 * 1.25 + 0.1


def test_a_link_that_is_down_from_the_start_says_each_reason_once():
    async def main():
        async with bus_of(refuse_open=True) as (bus, _, link):
            told = []
            bus._on_state = lambda bus, up: told.append((up, bus.down_reason))
            await asyncio.sleep(60)
            link.open = lambda: _refuse([], "no permission")
            await asyncio.sleep(60)
            return told

    assert virtually(main()) == [(False, "nobody there"), (False, "no permission")]


async def _refuse(tries, why="nobody there"):
    tries.append(LoopClock().monotonic())
    raise LinkLost(why)


class _Telephone(FakeDriver):
    """Has called twice; a target is engaged."""

    def __init__(self, link, **given):
        super().__init__(link, **given)
        self.calls = Counter(connected=1, busy=1)
        self.unreached = {"line1": "1001: busy"}


def test_calls_are_counted_apart_from_damaged_frames_and_say_why_a_target_is_not_asked():
    async def main():
        async with bus_of(kind=_Telephone) as (bus, _, _):
            await bus.ask(order("m"), Priority.SCHEDULED)
            return bus.stats.calls, bus.stats.frame_errors, bus.why_not("line1"), bus.why_not("line2")

    assert virtually(main()) == (Counter(connected=1, busy=1), Counter(), "1001: busy", "")


def test_what_the_gate_holds_back_is_counted():
    async def main():
        async with bus_of() as (bus, _, link):
            link._gate = build_gate([])
            with pytest.raises(SendRefused):
                await link.send(bytes(4))
            return bus.stats.gate_refusals

    assert virtually(main()) == 1


def test_the_queue_is_bounded():
    async def main():
        async with bus_of(queue_limit=5) as (bus, _, _), asyncio.TaskGroup() as group:
            tasks = [group.create_task(bus.ask(order(f"m{i}"), Priority.SCHEDULED)) for i in range(9)]
        results = [task.result() for task in tasks]
        return [result.failures[0][1] for result in results if result.failures]

    assert virtually(main()) == [Failure.BUSY] * 4


def test_a_cancelled_order_is_not_run():
    async def main():
        async with bus_of() as (bus, driver, _):
            async with asyncio.TaskGroup() as group:
                group.create_task(bus.ask(order("a"), Priority.SCHEDULED))
                gone = group.create_task(bus.ask(order("b"), Priority.SCHEDULED))
                await asyncio.sleep(0.05)
                gone.cancel()
            await bus.ask(order("c"), Priority.SCHEDULED)
            return driver.served

    assert virtually(main()) == ["a", "c"]


def test_orders_left_when_the_bus_ends_get_a_result():
    async def main():
        async with bus_of() as (bus, _, _):
            tasks = [asyncio.create_task(bus.ask(order(f"m{i}"), Priority.SCHEDULED)) for i in range(3)]
            await asyncio.sleep(0.15)
        results = await asyncio.gather(*tasks)
        return [bool(result.items) for result in results], bus.up

    assert virtually(main()) == ([True, False, False], False)


def test_one_dead_port_does_not_slow_another():
    async def main():
        async with bus_of(refuse_open=True) as (dead, _, _), bus_of() as (live, driver, _):
            async with asyncio.TaskGroup() as group:
                group.create_task(dead.ask(order("x"), Priority.SCHEDULED))
                began = LoopClock().monotonic()
                for i in range(20):
                    await live.ask(order(f"m{i}"), Priority.SCHEDULED)
                seconds = LoopClock().monotonic() - began
            return len(driver.served), seconds

    served, seconds = virtually(main())
    assert served == 20
    assert seconds == pytest.approx(2.0)


def test_figures():
    async def main():
        async with bus_of(seconds=0.2, dead=["x"]) as (bus, _, _):
            await bus.ask(order("m"), Priority.SCHEDULED)
            await bus.ask(order("x"), Priority.SCHEDULED)
            stats = bus.stats
            assert (stats.polls, stats.in_flight) == (2, 0)
            assert stats.failures == {Failure.TIMEOUT: 1}
            assert stats.busy_seconds == pytest.approx(0.2 + 3 * 0.55)
            assert sum(stats.durations) == 2
            assert bus.last_success is not None

    virtually(main())
