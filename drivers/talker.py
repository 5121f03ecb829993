"""Joins a link to a dialogue: what comes in is fed, what must be said at once is said, news goes on."""

import asyncio
from collections.abc import Callable
from typing import Any

from drivers.errors import LinkLost
from drivers.link import Link
from protocols.dialogue import Dialogue, Heard

__all__ = ["Talker"]


class Talker:
    """One conversation on one link. `on_news` takes what the other side says unasked, one by one."""

    def __init__(self, link: Link, dialogue: Dialogue, on_news: Callable[[Any], None]) -> None:
        self._link = link
        self._dialogue = dialogue
        self._on_news = on_news

    async def send(self, frame: bytes) -> None:
        """Put a frame on the wire; raises LinkLost, SendRefused."""
        await self._link.send(frame)

    async def step(self, seconds: float) -> list[Any]:
        """Wait for bytes up to so long and serve what came; returns finished answers, perhaps none.

        Nothing within that time means that what is half here will not be completed. Raises LinkLost.
        """
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                data = await self._link.receive()
        except TimeoutError:
            return await self._serve(self._dialogue.flush())
        return await self._serve(self._dialogue.feed(data))

    async def attend(self, wake: asyncio.Event) -> None:
        """Serve the other side while no question is open, until `wake` is set; raises LinkLost.

        Only waiting is given up then: a frame that is being sent goes out whole.
        """
        while not wake.is_set():
            data = await self._hear(wake)
            if isinstance(data, LinkLost):
                raise data
            if data:
                await self._serve(self._dialogue.feed(data))

    async def _hear(self, wake: asyncio.Event) -> bytes | LinkLost:
        """The next bytes; none once `wake` is set."""
        async with asyncio.TaskGroup() as group:
            called, listening = group.create_task(wake.wait()), group.create_task(self._listen())
            await asyncio.wait((called, listening), return_when=asyncio.FIRST_COMPLETED)
            called.cancel()
            if listening.done():
                return listening.result()
            listening.cancel()
        return b""

    async def _listen(self) -> bytes | LinkLost:
        try:
            return await self._link.receive()
        except LinkLost as lost:
            return lost  # a group of tasks would wrap it

    async def _serve(self, heard: Heard) -> list[Any]:
        for frame in heard.replies:
            await self._link.send(frame)
        for news in heard.news:
            self._on_news(news)
        return heard.answers
