"""Terminals that dial in at one port: each known by its address, strangers refused, crowds pushed out."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from config.link import parse_link
from drivers.errors import LinkLost
from drivers.link import Gate, Wire
from drivers.links.hub import Hub, Hubs, Limits
from protocols.session import Effect


class Greeter:
    """`A=name;` says who calls; more than 20 bytes without it is no greeting."""

    def __init__(self):
        self.said = b""

    def feed(self, data):
        self.said += data
        if b";" in self.said:
            return self.said.partition(b";")[0].removeprefix(b"A=").decode()
        if len(self.said) > 20:
            raise ValueError("no greeting")
        return None


async def hung_up(reader):
    with suppress(ConnectionResetError):
        assert await reader.read(1) == b""


GATE = Gate(lambda _: Effect.READ)
URL = parse_link("tcp-listen://127.0.0.1:0")


class Port:
    def __init__(self, limits):
        self.hub = Hub(URL, Greeter, limits)
        self.writers = []

    def seat(self, name):
        hubs = Hubs(Greeter)
        hubs._hubs[URL.key] = self.hub
        assert list(hubs) == [self.hub]
        return hubs.seat(name, URL, name, GATE, Wire())

    async def call(self, said=b""):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.hub.port)
        self.writers.append(writer)
        writer.write(said)
        await asyncio.sleep(0.05)
        return reader, writer


@asynccontextmanager
async def port(limits=None, seats=("one",)):
    """A listening port with seats of these names; they are opened at the first call."""
    plant = Port(limits)
    made = {name: plant.seat(name) for name in seats}
    async with asyncio.timeout(20):
        opening = [asyncio.ensure_future(seat.open()) for seat in made.values()]
        await asyncio.sleep(0.05)
        try:
            yield plant, made
        finally:
            for task in opening:
                task.cancel()
            await asyncio.gather(*opening, return_exceptions=True)
            for seat in made.values():
                await seat.close()
            for writer in plant.writers:
                writer.close()


async def test_each_caller_gets_its_seat_and_its_first_words_are_not_lost():
    async with port(seats=("one", "two")) as (plant, seats):
        two, _ = await plant.call(b"A=two;hello")
        await plant.call(b"A=o")
        plant.writers[-1].write(b"ne;")
        await asyncio.sleep(0.05)
        assert await seats["two"].receive() == b"A=two;hello"
        assert await seats["one"].receive() == b"A=one;"
        await seats["two"].send(b"to two")
        assert await two.readexactly(6) == b"to two"
        assert plant.hub.unidentified == 0


async def test_who_is_not_expected_is_refused_and_noted():
    async with port() as (plant, _):
        for _ in range(2):
            reader, _ = await plant.call(b"A=stranger;")
            await hung_up(reader)
        assert plant.hub.counters["unknown_address"] == 2
        assert plant.hub.strangers["stranger"].calls == 2
        assert "127.0.0.1" in plant.hub.strangers["stranger"].peer


async def test_ten_thousand_strangers_are_counted_and_a_hundred_remembered():
    hub = Hub(URL, Greeter)

    class Caller:
        peer = "p"

        def drop(self):
            pass

    for n in range(10_000):
        hub.identified(Caller(), f"s{n}")
    assert hub.counters["unknown_address"] == 10_000
    assert len(hub.strangers) == 100
    assert "s9999" in hub.strangers


async def test_a_silent_caller_and_one_that_talks_nonsense_are_hung_up_on():
    async with port(Limits(seconds=0.2)) as (plant, _):
        silent, _ = await plant.call()
        babbling, _ = await plant.call(b"x" * 30)
        await hung_up(babbling)
        await asyncio.sleep(0.3)
        await hung_up(silent)
        assert plant.hub.counters["silent"] == plant.hub.counters["greeting"] == 1
        assert plant.hub.unidentified == 0


async def test_a_crowd_that_says_nothing_does_not_hurt_who_is_known():
    async with port(Limits(callers=5)) as (plant, seats):
        known, _ = await plant.call(b"A=one;")
        for _ in range(50):
            plant.writers.append((await asyncio.open_connection("127.0.0.1", plant.hub.port))[1])
        await asyncio.sleep(0.1)
        assert plant.hub.unidentified == 5
        assert plant.hub.counters["crowded"] == 45
        assert seats["one"].alive
        await seats["one"].send(b"still here")
        assert await known.readexactly(10) == b"still here"


async def test_a_new_call_replaces_the_old_one():
    async with port() as (plant, seats):
        old, _ = await plant.call(b"A=one;old")
        lost = []
        seats["one"].on_lost = lambda: lost.append(True)
        assert await seats["one"].receive() == b"A=one;old"
        await plant.call(b"A=one;new")
        await hung_up(old)
        with pytest.raises(LinkLost):
            await seats["one"].receive()
        assert lost == [True]
        await seats["one"].open()
        assert await seats["one"].receive() == b"A=one;new"


async def test_two_that_push_each_other_out_are_noticed():
    async with port() as (plant, seats):
        for _ in range(3):
            await plant.call(b"A=one;")
        assert not seats["one"].quarrels
        await plant.call(b"A=one;")
        (peers,) = seats["one"].quarrels
        assert len(peers) == 2


async def test_the_last_seat_closes_the_port_and_one_that_is_taken_says_so():
    async with port() as (plant, seats):
        taken = plant.hub.port
        other = Hub(parse_link(f"tcp-listen://127.0.0.1:{taken}"), Greeter)
        with pytest.raises(LinkLost, match=str(taken)):
            await other.take(seats["one"])
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", taken)
