"""Equipment that dials in."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from drivers import make_link
from drivers.errors import LinkLost
from drivers.link import Gate
from drivers.links.listen import ListenLink
from tests.drivers.toy import toy_classify

LIVELY = 10.0


@asynccontextmanager
async def listening():
    """A link that waits for somebody; the waiting task and the port."""
    link = make_link("l", "tcp-listen://127.0.0.1:0", Gate(toy_classify))
    try:
        async with asyncio.timeout(LIVELY), asyncio.TaskGroup() as group:
            opening = group.create_task(link.open())
            while link.port == 0:
                await asyncio.sleep(0.01)
            yield link, opening
    finally:
        await link.close()


async def test_it_waits_until_somebody_dials_in():
    async with listening() as (link, opening):
        assert isinstance(link, ListenLink)
        assert not opening.done()
        reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
        await opening
        await link.send(b"?1;")
        assert await reader.readexactly(3) == b"?1;"
        writer.write(b"!1;")
        assert await link.receive() == b"!1;"
        writer.close()


async def test_the_newest_connection_replaces_the_old():
    async with listening() as (link, opening):
        old_reader, old_writer = await asyncio.open_connection("127.0.0.1", link.port)
        await opening
        reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
        with pytest.raises(LinkLost):
            await link.receive()
        assert await old_reader.read() == b""
        await link.open()
        await link.send(b"?2;")
        assert await reader.readexactly(3) == b"?2;"
        writer.close()
        old_writer.close()


async def test_it_can_be_dialled_again_while_nobody_is_connected():
    async with listening() as (link, opening):
        _, writer = await asyncio.open_connection("127.0.0.1", link.port)
        await opening
        writer.close()
        with pytest.raises(LinkLost):
            await link.receive()
        assert not link.alive
        _, writer = await asyncio.open_connection("127.0.0.1", link.port)
        await link.open()
        assert link.alive
        writer.close()


async def test_waiting_can_be_cancelled_without_losing_the_port():
    async with listening() as (link, opening):
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        _, writer = await asyncio.open_connection("127.0.0.1", link.port)
        await link.open()
        assert link.alive
        writer.close()


async def test_a_taken_port_is_a_lost_link():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        link = make_link("l", f"tcp-listen://127.0.0.1:{taken.getsockname()[1]}", Gate(toy_classify))
        with pytest.raises(LinkLost, match="already in use"):
            await link.open()
        await link.close()
