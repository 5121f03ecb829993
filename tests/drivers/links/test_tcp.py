"""TCP links against real sockets on loopback."""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress

import pytest

from config.link import LinkUrl
from drivers import make_link
from drivers.errors import LinkLost
from drivers.link import Gate, Wire
from drivers.links.tcp import TcpLink
from tests.drivers.toy import toy_classify

LIVELY = 10.0


@asynccontextmanager
async def server(handler):
    """A TCP server on loopback; yields its port, and ends when all its connections have."""
    busy = 0

    async def handle(reader, writer):
        nonlocal busy
        busy += 1
        try:
            with suppress(ConnectionError):
                await handler(reader, writer)
        finally:
            writer.close()
            busy -= 1

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        while busy:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)


def gate():
    return Gate(toy_classify)


async def test_bytes_go_out_and_come_back():
    async def echo(reader, writer):
        writer.write(await reader.read(100))
        await writer.drain()
        await reader.read()

    async with asyncio.timeout(LIVELY), server(echo) as port:
        link = make_link("t", f"tcp://127.0.0.1:{port}", gate())
        await link.open()
        await link.send(b"?1;")
        assert await link.receive() == b"?1;"
        assert (link.sent_bytes, link.received_bytes) == (3, 3)
        assert link.alive
        await link.close()
        assert not link.alive
        assert isinstance(link, TcpLink)


async def test_options_that_find_a_dead_peer_are_set():
    async def wait(reader, writer):
        await reader.read()

    async with asyncio.timeout(LIVELY), server(wait) as port:
        link = make_link("t", f"tcp://127.0.0.1:{port}", gate())
        await link.open()
        sock = link._connection._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
        await link.close()


async def test_a_peer_that_hangs_up_fails_pending_and_later_reads_and_tells():
    async def hang_up(reader, writer):
        await reader.read(1)

    async with asyncio.timeout(LIVELY), server(hang_up) as port:
        link = make_link("t", f"tcp://127.0.0.1:{port}", gate())
        lost = asyncio.Event()
        link.on_lost = lost.set
        await link.open()
        await link.send(b"?1;")
        for _ in range(2):
            with pytest.raises(LinkLost):
                await link.receive()
        await lost.wait()
        with pytest.raises(LinkLost):
            await link.send(b"?1;")
        await link.close()


async def test_nobody_listening_is_a_lost_link():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    link = make_link("t", f"tcp://127.0.0.1:{port}", gate())
    with pytest.raises(LinkLost, match=rf"{port}: Connection refused"):
        await link.open()
    with pytest.raises(LinkLost):
        await link.receive()
    with pytest.raises(LinkLost):
        await link.send(b"?1;")
    await link.close()


async def test_a_name_that_is_none_is_a_lost_link():
    link = TcpLink("t", gate(), Wire(), LinkUrl(scheme="tcp", host=f"{'x' * 70}.invalid", port=1))
    with pytest.raises(LinkLost):
        await link.open()


async def test_it_opens_again_and_again():
    connections = []

    async def count(reader, writer):
        connections.append(1)
        await reader.read()

    async with asyncio.timeout(LIVELY), server(count) as port:
        link = make_link("t", f"tcp://127.0.0.1:{port}", gate())
        for _ in range(3):
            await link.open()
            await link.send(b"?1;")
        await link.close()
        await link.close()
        while len(connections) < 3:
            await asyncio.sleep(0.01)
