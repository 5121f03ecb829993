"""The buffer between the loop's callback and the one reader."""

import asyncio

import pytest

from drivers.errors import LinkLost
from drivers.inbox import Inbox


async def test_bytes_come_out_as_they_went_in():
    inbox = Inbox()
    inbox.put(b"ab")
    inbox.put(b"c")
    assert await inbox.take() == b"abc"
    assert inbox.take_now() == b""


async def test_a_reader_waits_for_the_first_byte():
    inbox = Inbox()
    asyncio.get_running_loop().call_soon(inbox.put, b"x")
    assert await inbox.take() == b"x"


async def test_what_came_before_the_end_can_still_be_read():
    inbox = Inbox()
    inbox.put(b"last")
    inbox.end("cut")
    inbox.end("closed")
    assert inbox.ended
    assert await inbox.take() == b"last"
    for _ in range(2):
        with pytest.raises(LinkLost, match="cut"):
            await inbox.take()


async def test_a_waiting_reader_learns_of_the_end():
    inbox = Inbox()
    asyncio.get_running_loop().call_soon(inbox.end, "cut")
    with pytest.raises(LinkLost, match="cut"):
        await inbox.take()


async def test_a_cancelled_reader_loses_nothing():
    inbox = Inbox()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await inbox.take()
    inbox.put(b"x")
    assert await inbox.take() == b"x"


async def test_it_is_bounded_and_counts_what_it_drops():
    inbox = Inbox(limit=4)
    inbox.put(b"abcdef")
    inbox.put(b"gh")
    assert inbox.dropped == 4
    assert await inbox.take() == b"efgh"
