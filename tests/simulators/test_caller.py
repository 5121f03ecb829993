"""A simulated terminal calls, logs in, stays alive, and counts what was not confirmed."""

import asyncio
from contextlib import suppress

from simulators.caller import Caller
from simulators.dlt645_meter import Meter
from simulators.electric import Spec
from simulators.gdw_wire import pack, requests, unit
from simulators.terminal import Terminal, TerminalSpec

HANG_UP = b""


class Station:
    """Takes calls; `hear` gives the answer to each frame of a terminal, None for silence."""

    def __init__(self, hear):
        self.hear = hear
        self.seen = []
        self.calls = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._call, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for writer in self.calls:
            writer.transport.abort()
        await asyncio.sleep(0.01)

    async def _call(self, reader, writer):
        self.calls.append(writer)
        buffer = bytearray()
        with suppress(ConnectionError):
            while data := await reader.read(1000):
                buffer += data
                for request in requests(buffer):
                    self.seen.append((request.name, request.afn, request.units[0].fns))
                    answer = self.hear(request)
                    if answer == HANG_UP:
                        writer.transport.abort()
                        return
                    if answer is not None:
                        writer.write(answer)
        writer.transport.abort()


def confirm(request):
    return pack(0x0B, request.address, 0x00, 0x60 | request.seq & 0x0F, unit(0, 1))


def caller(port, **given):
    sim = Terminal(TerminalSpec(address="33010065"), [Meter(Spec(address="000000000001"))])
    return Caller(sim, "127.0.0.1", port, again=0.01, **given)


async def run(one, until):
    task = asyncio.create_task(one.run())
    async with asyncio.timeout(10):
        while not until():
            await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_login_and_then_heartbeats():
    async with Station(confirm) as station:
        one = caller(station.port, heartbeat=0.01)
        await run(one, lambda: one.confirmed >= 3)
    assert station.seen[:3] == [("33010065", 2, (1,)), ("33010065", 2, (3,)), ("33010065", 2, (3,))]
    assert (one.calls, one.unconfirmed) == (1, 0)
    assert 0 < one.slowest < 10


async def test_what_nobody_confirms_is_counted():
    async with Station(lambda request: None) as station:
        one = caller(station.port, heartbeat=0.01, patience=0.05)
        await run(one, lambda: one.unconfirmed >= 2)
    assert one.confirmed == 0


async def test_it_calls_again_where_nobody_takes_the_call():
    async with Station(confirm) as station:
        port = station.port
    one = caller(port)
    tried = asyncio.get_running_loop().time() + 0.05
    await run(one, lambda: asyncio.get_running_loop().time() > tried)
    assert (one.calls, one.confirmed) == (0, 0)


async def test_it_calls_again_where_it_was_hung_up_on():
    answers = [HANG_UP, HANG_UP]
    async with Station(lambda request: answers.pop() if answers else confirm(request)) as station:
        one = caller(station.port, heartbeat=5)
        await run(one, lambda: one.confirmed)
    assert one.calls == 3
