"""A line to hand-held readers (gateway.dumps.port), with lrzsz at its other end."""

import asyncio
import os
import subprocess
import tty

import pytest

from gateway.clock import SystemClock
from gateway.dumps.port import Port, Shelf
from gateway.dumps.spool import Spool
from protocols.xymodem.block import Head


@pytest.fixture
def line():
    sender, ours = os.openpty()
    tty.setraw(ours)
    yield sender, f"serial:{os.ttyname(ours)}?baud=115200&mode=8N1"
    os.close(sender)
    os.close(ours)


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.05)


async def test_reader_after_reader_is_served_and_imported(tmp_path, line):
    (tmp_path / "route17.txt").write_bytes(b"one\r\n" * 100)
    spool = Spool(tmp_path / "spool")
    port = Port(line[1], spool, SystemClock(), batch=True, max_bytes=10_000)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(port.run())
        for count in (1, 2):
            process = subprocess.Popen(
                ["sb", str(tmp_path / "route17.txt")],
                stdin=line[0],
                stdout=line[0],
                stderr=subprocess.DEVNULL,
            )
            await until(lambda count=count: len(spool.waiting()) == count)
            assert await asyncio.to_thread(process.wait, 20) == 0
        serving.cancel()
    ticket = spool.waiting()[0]
    assert (ticket.name, ticket.size, ticket.via) == ("route17.txt", 500, "line")
    assert spool.dump(ticket.receipt).read_bytes() == b"one\r\n" * 100


async def test_a_file_that_breaks_off_leaves_nothing(tmp_path):
    spool = Spool(tmp_path)
    shelf = Shelf(spool, SystemClock(), who="x", origin="y", max_bytes=100)
    shelf.begin(Head("a.txt", 10))
    shelf.take(b"12345")
    shelf.drop()
    await shelf.end()
    assert not shelf.tickets
    assert not list(tmp_path.rglob("dump"))


async def test_what_the_spool_refuses_does_not_end_the_session(tmp_path):
    told = []
    shelf = Shelf(Spool(tmp_path), SystemClock(), who="x", origin="y", max_bytes=3, told=told.append)
    for name, body in (("large.txt", b"1234"), ("empty.txt", b""), ("../good.txt", b"123")):
        shelf.begin(Head(name, len(body)))
        shelf.take(body)
        await shelf.end()
    assert [ticket.name for ticket in told] == ["good.txt"]
    assert shelf.tickets == told


async def test_a_line_that_is_not_there_is_tried_again(tmp_path):
    port = Port(f"serial:{tmp_path}/none?baud=9600", Spool(tmp_path), SystemClock(), batch=True, max_bytes=10)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await port.run()
