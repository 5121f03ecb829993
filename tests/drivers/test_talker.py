"""The loop that joins a link to a dialogue."""

import asyncio
from collections import Counter

import pytest

from drivers.errors import LinkLost
from drivers.talker import Talker
from protocols.dialogue import Heard
from tests.drivers.toy import ScriptedLink, virtually


class Chat:
    """`?x` is confirmed with `?ok`, `!x` is an answer, `*x` is news, anything else is half a frame."""

    def __init__(self):
        self.counters, self.half = Counter(), b""

    def feed(self, data):
        heard = Heard()
        for word in data.split():
            kind, rest = word[:1], word[1:]
            if kind == b"?":
                heard.replies.append(b"?ok" + rest)
            elif kind == b"!":
                heard.answers.append(rest)
            elif kind == b"*":
                heard.news.append(rest)
            else:
                self.half += word
        return heard

    def flush(self):
        half, self.half = self.half, b""
        return Heard(answers=[b"lost " + half] if half else [])


async def talking(script=lambda _: []):
    link = ScriptedLink(script)
    await link.open()
    news = []
    return Talker(link, Chat(), news.append), link, news


def test_one_step_serves_everything_that_came():
    async def main():
        talker, link, news = await talking()
        link.inbox.put(b"?a !b *c !d")
        assert await talker.step(1) == [b"b", b"d"]
        assert news == [b"c"]
        return [frame for _, frame in link.sent]

    assert virtually(main()) == [b"?oka"]


def test_silence_ends_what_was_half_here():
    async def main():
        talker, link, _ = await talking()
        link.inbox.put(b"half")
        assert await talker.step(1) == []
        began = asyncio.get_running_loop().time()
        assert await talker.step(2) == [b"lost half"]
        return asyncio.get_running_loop().time() - began

    assert virtually(main()) == 2


def test_the_other_side_is_served_until_somebody_wakes_us():
    async def main():
        talker, link, news = await talking()
        wake, loop = asyncio.Event(), asyncio.get_running_loop()
        began = loop.time()
        loop.call_later(1, link.inbox.put, b"*one")
        loop.call_later(2, link.inbox.put, b"?two")
        loop.call_later(3, wake.set)
        await talker.attend(wake)
        assert loop.time() - began == 3
        link.inbox.put(b"!later")
        assert await talker.step(1) == [b"later"]
        return news, [frame for _, frame in link.sent]

    assert virtually(main()) == ([b"one"], [b"?oktwo"])


def test_a_lost_link_is_said_as_it_is():
    async def main():
        talker, link, _ = await talking()
        asyncio.get_running_loop().call_later(1, link.cut)
        with pytest.raises(LinkLost, match="cut"):
            await talker.attend(asyncio.Event())
        with pytest.raises(LinkLost):
            await talker.step(1)

    virtually(main())


def test_to_be_cancelled_is_not_swallowed():
    async def main():
        talker, _, _ = await talking()
        task = asyncio.create_task(talker.attend(asyncio.Event()))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    virtually(main())
