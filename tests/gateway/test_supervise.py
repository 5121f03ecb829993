"""Parts that fail begin anew; the watchdog is fed only while everything moves."""

import asyncio
import os
import signal
import socket
from itertools import pairwise

import pytest

from gateway.notify import Notifier
from gateway.supervise import Pulse, Supervisor, Watchdog, on_signals
from tests.gateway.plant import in_virtual_time


@in_virtual_time
async def test_a_part_that_fails_is_started_again_later_and_later():
    supervisor = Supervisor()
    loop = asyncio.get_running_loop()
    begun = []

    async def part():
        begun.append(loop.time())
        raise ValueError("no")

    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervisor.keep("part", part))
        await asyncio.sleep(600)
        task.cancel()
    waits = [b - a for a, b in pairwise(begun)]
    assert 0.7 <= waits[0] <= 1.3
    assert max(waits) <= 75
    assert 8 <= len(begun) <= 25
    assert supervisor.restarts == {"part": len(begun)}


@in_virtual_time
async def test_after_a_calm_time_the_pause_is_short_again():
    supervisor = Supervisor()
    loop = asyncio.get_running_loop()
    begun = []

    async def part():
        begun.append(loop.time())
        await asyncio.sleep(1000 if len(begun) == 6 else 0)
        raise ValueError("no")

    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervisor.keep("part", part))
        await asyncio.sleep(1100)
        task.cancel()
    assert begun[6] - begun[5] < 1002


@in_virtual_time
async def test_a_part_that_ends_is_done_and_a_cancelled_one_is_cancelled():
    supervisor = Supervisor()

    async def part():
        return

    await supervisor.keep("part", part)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervisor.keep("part", asyncio.Event().wait))
        await asyncio.sleep(1)
        task.cancel()
    assert task.cancelled()
    assert supervisor.restarts == {}


def moved(loop, line, patience=0.0):
    return {"loop": Pulse(loop), "line 1": Pulse(line, patience)}


class Room:
    """A watchdog with a real socket for its words."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(path)
        self.sock.settimeout(0)
        self.pulses = moved(1, 1)
        self.slow = 0.0
        notifier = Notifier({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "3000000"})
        self.watchdog = Watchdog(notifier, lambda: self.pulses, self.probe, lambda: "fine")

    async def probe(self):
        await asyncio.sleep(self.slow)

    def fed(self):
        try:
            return self.sock.recv(999)
        except BlockingIOError:
            return b""


@pytest.fixture
def room(tmp_path):
    found = Room(str(tmp_path / "s"))
    yield found
    found.sock.close()


async def test_fed_while_all_move(room):
    assert await room.watchdog.check(1.0)
    assert room.fed() == b"WATCHDOG=1\nSTATUS=fine"
    room.pulses = moved(2, 2)
    assert await room.watchdog.check(1.0)


async def test_not_fed_when_a_part_stands_still(room):
    await room.watchdog.check(1.0)
    room.fed()
    room.pulses = moved(2, 1)
    assert not await room.watchdog.check(1.0)
    assert room.watchdog.stuck == ("line 1",)
    assert room.fed() == b""
    room.pulses = moved(3, 2)
    assert await room.watchdog.check(1.0)


async def test_a_part_that_rests_rightly_is_not_stuck(room):
    await room.watchdog.check(1.0)
    room.pulses = {"loop": Pulse(2)}
    assert await room.watchdog.check(1.0)
    room.pulses = moved(3, 1)
    assert await room.watchdog.check(1.0)


@in_virtual_time
async def test_a_part_may_take_the_time_that_it_asks_for():
    """A telephone that rings for a minute is no standstill; one that rings on and on is."""
    fed = []
    loop = asyncio.get_running_loop()
    notifier = Notifier({})
    notifier.alive = lambda status: fed.append(loop.time())
    beat = 0

    def pulses():
        nonlocal beat
        beat += 1
        return moved(beat, 1, patience=100.0)

    watchdog = Watchdog(notifier, pulses, lambda: asyncio.sleep(0), lambda: "fine")
    began = loop.time()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watchdog.run())
        await asyncio.sleep(300)
        task.cancel()
    assert [round(at - began) for at in fed] == [20, 40, 60, 80, 100, 120]
    assert watchdog.stuck == ("line 1",)


async def test_not_fed_when_the_outbox_does_not_answer(room):
    room.slow = 30.0
    assert not await room.watchdog.check(0.05)
    assert room.watchdog.stuck == ("outbox",)
    assert room.fed() == b""


async def test_it_feeds_thrice_in_the_time_granted(room):
    count = 0

    def moving():
        nonlocal count
        count += 1
        return {"loop": Pulse(count)}

    room.watchdog._pulses = moving
    async with asyncio.TaskGroup() as group:
        task = group.create_task(room.watchdog.run())
        async with asyncio.timeout(20):
            while not room.fed():
                await asyncio.sleep(0.05)
        task.cancel()


async def test_signals():
    stopped, reloaded = asyncio.Event(), asyncio.Event()
    on_signals(stopped.set, reloaded.set)
    loop = asyncio.get_running_loop()
    try:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(10):
            await reloaded.wait()
            await stopped.wait()
    finally:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def test_an_attempt_is_made_once_and_its_failure_is_an_answer():
    supervisor = Supervisor()
    tries = []

    async def part():
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("no")
        return "yes"

    assert await supervisor.attempt("part", part, repr) == "RuntimeError('no')"
    assert await supervisor.attempt("part", part, repr) == "yes"


async def test_an_attempt_can_be_cancelled():
    supervisor = Supervisor()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await supervisor.attempt("part", asyncio.Event().wait, repr)
