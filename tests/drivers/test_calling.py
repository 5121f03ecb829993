"""A modem pool (drivers.calling): one call drains a target, windows, numbers that are left alone, callers."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from config.archive import Meter
from config.schema import Target
from drivers.calling import is_open, through_modem
from drivers.errors import CallFailed, LinkLost
from drivers.order import Failure, Order, Result, Want
from tests.drivers.toy import virtually

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


class FakeModem:
    """Numbers in `trouble` are not reached."""

    def __init__(self):
        self.called = asyncio.Event()
        self.connected = False
        self.log = []
        self.trouble = {}

    async def dial(self, number):
        self.log.append(f"dial {number}")
        if reason := self.trouble.get(number):
            raise CallFailed(reason, f"{number}: {reason}")
        self.connected = True
        return 9600

    async def answer(self):
        self.called.clear()
        self.log.append("answer")
        self.connected = True
        return 9600

    async def hang_up(self):
        self.log.append("hang up")
        self.connected = False


class FakeDriver:
    """Notes what it is asked; loses the link where told to."""

    def __init__(self, modem):
        self.counters = Counter(frames=1)
        self.asked = []
        self.lose = False
        self._modem = modem

    async def run(self, order, target, retries):
        if self.lose:
            self.lose, self._modem.connected = False, False
            raise LinkLost("dropped")
        assert self._modem.connected
        self.asked.append((target.name, order.meter.asset_no))
        return Result(order=order, address="1")


class Speaking(FakeDriver):
    """Its equipment speaks unasked: who calls is known after a while."""

    holding = ""

    async def attend(self, wake):
        self.asked.append("attend")
        await wake.wait()
        self.holding = "b"


def target(name, number, **more):
    return Target(name=name, driver="meter", link="modem:/dev/x", number=number, **more)


def order(name, asset="1"):
    meter = Meter(asset_no=asset, address="1", protocol="dlt645-2007", target=name)
    return Order(meter=meter, want=Want.LIVE, points=("1-0:1.8.0",))


def pool(driver_kind=FakeDriver):
    modem = FakeModem()
    inner = driver_kind(modem)
    return through_modem(inner, modem, ZONE, lambda: NOON), inner, modem


def test_one_call_serves_a_target_and_another_number_a_call_of_its_own():
    async def scenario():
        calling, inner, modem = pool()
        a, b = target("a", "1"), target("b", "2")
        for asset in "12":
            await calling.run(order("a", asset), a, 2)
        assert calling.holding == "a"
        await calling.run(order("b"), b, 2)
        assert modem.log == ["dial 1", "hang up", "dial 2"]
        assert inner.asked == [("a", "1"), ("a", "2"), ("b", "1")]
        assert calling.counters == Counter(frames=1)
        assert calling.calls == Counter(connected=2)
        assert not calling.unreached

    virtually(scenario())


def test_it_hangs_up_when_nothing_is_left_to_ask():
    async def scenario():
        calling, _, modem = pool()
        await calling.run(order("a"), target("a", "1"), 2)
        wake = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(calling.attend(wake))
            await asyncio.sleep(1)
            assert modem.connected
            await asyncio.sleep(5)
            assert modem.log == ["dial 1", "hang up"]
            wake.set()
        assert calling.holding == ""

    virtually(scenario())


def test_an_order_that_comes_at_once_keeps_the_call():
    async def scenario():
        calling, _, modem = pool()
        await calling.run(order("a"), target("a", "1"), 2)
        wake = asyncio.Event()
        asyncio.get_running_loop().call_later(0.5, wake.set)
        await calling.attend(wake)
        assert modem.connected
        assert calling.holding == "a"

    virtually(scenario())


@pytest.mark.parametrize(
    ("trouble", "failure"),
    [
        ("busy", Failure.BUSY),
        ("no_answer", Failure.TIMEOUT),
        ("no_carrier", Failure.TIMEOUT),
        ("error", Failure.IO),
    ],
)
def test_a_number_that_is_not_reached_is_left_alone_for_a_while(trouble, failure):
    async def scenario():
        calling, inner, modem = pool()
        modem.trouble["1"] = trouble
        a = target("a", "1")
        done = []
        for _ in range(3):
            orders = [order("a", "1"), order("a", "2")]
            await calling.run_many(orders, a, 2, lambda one, result: done.append(result), lambda: False)
        assert modem.log == ["dial 1"]
        assert calling.unreached == {"a": f"1: {trouble}"}
        assert calling.calls == Counter({trouble: 1})
        assert {reason for result in done for _, reason, _ in result.failures} == {failure}
        assert len(done) == 6
        await calling.run(order("b"), target("b", "2"), 2)  # others are not held up
        del modem.trouble["1"]
        await asyncio.sleep(61)
        await calling.run(order("a"), a, 2)
        assert inner.asked == [("b", "1"), ("a", "1")]
        assert not calling.unreached

    virtually(scenario())


def test_outside_its_window_a_target_is_not_called():
    async def scenario():
        calling, _, modem = pool()
        result = await calling.run(order("a"), target("a", "1", call_window="22:00-06:00"), 2)
        assert result.failures[0][1:] == (Failure.BUSY, "a is called 22:00-06:00 only")
        assert calling.unreached == {"a": "a is called 22:00-06:00 only"}
        assert modem.log == []
        await calling.run(order("a"), target("a", "1", call_window="12:00-12:01"), 2)
        assert modem.log == ["dial 1"]

    virtually(scenario())


def test_windows_over_midnight():
    assert is_open(None, time(3))
    assert is_open("22:00-06:00", time(23))
    assert is_open("22:00-06:00", time(5, 59))
    assert not is_open("22:00-06:00", time(6))
    assert not is_open("22:00-06:00", time(12))
    assert is_open("08:00-10:00", time(8))
    assert not is_open("08:00-10:00", time(10))


def test_without_a_number_nobody_is_called():
    async def scenario():
        calling, _, modem = pool()
        result = await calling.run(order("a"), target("a", None), 2)
        assert result.failures[0][1] is Failure.IO
        assert modem.log == []

    virtually(scenario())


def test_a_dropped_call_is_dialled_anew():
    async def scenario():
        calling, inner, modem = pool()
        inner.lose = True
        with pytest.raises(LinkLost):
            await calling.run(order("a"), target("a", "1"), 2)
        assert calling.holding == ""
        await calling.run(order("a"), target("a", "1"), 2)
        assert modem.log == ["dial 1", "dial 1"]
        assert calling.calls == Counter(connected=2, dropped=1)

    virtually(scenario())


def test_a_caller_is_heard_out_and_then_asked_on_its_own_call():
    async def scenario():
        calling, inner, modem = pool(Speaking)
        wake = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(calling.attend(wake))
            await asyncio.sleep(1)
            modem.called.set()
            await asyncio.sleep(0.5)
            wake.set()  # an order comes before the caller has said who it is
        assert modem.log == ["answer"]
        assert calling.holding == "b"
        await calling.run(order("b"), target("b", "2"), 2)
        assert modem.log == ["answer"]
        assert calling.calls == Counter(answered=1)
        assert inner.asked[-1] == ("b", "1")

    virtually(scenario())
