import asyncio

import pytest

from protocols.dlt645.frame import Frame, Splitter, encode
from simulators.dlt645_meter import Meter
from simulators.electric import Spec
from simulators.faults import Faults
from simulators.line import Line
from simulators.serve import DialIn, TcpLine

SPEC = Spec(address="645000000001", seed=1)
REQUEST = encode(Frame(SPEC.address, 0x11, bytes.fromhex("00000100")), 4)


async def exchange(reader, writer):
    splitter = Splitter()
    writer.write(REQUEST)
    async with asyncio.timeout(10):
        while True:
            data = await reader.read(4096)
            if not data:
                return None
            for frame in splitter.feed(data):
                if isinstance(frame, Frame):
                    return frame


async def test_read_over_tcp_and_again_after_the_port_was_away():
    line = Line([Meter(SPEC)])
    async with TcpLine(line) as served:
        port = served.port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await exchange(reader, writer)).control == 0x91
        await served.stop()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await served.start()
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await exchange(reader, writer)).address == SPEC.address
        writer.close()


async def test_a_cut_ends_the_connection():
    async with TcpLine(Line([Meter(SPEC)], faults=Faults(cut=1))) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        assert await exchange(reader, writer) is None
        writer.close()


async def test_a_paced_reply_arrives_whole():
    async with TcpLine(Line([Meter(SPEC)], baud=9600)) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        assert (await exchange(reader, writer)).control == 0x91
        writer.close()


async def test_equipment_that_dials_in():
    answered = asyncio.get_running_loop().create_future()

    async def connected(reader, writer):
        answered.set_result(await exchange(reader, writer))
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    task = asyncio.create_task(DialIn(Line([Meter(SPEC)]), "127.0.0.1", port).run())
    async with asyncio.timeout(10):
        assert (await answered).control == 0x91
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    server.close()
    await server.wait_closed()
