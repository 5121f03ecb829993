"""Received bytes on their way from the event loop's callback to the one coroutine that reads them."""

import asyncio

from drivers.errors import LinkLost

__all__ = ["Inbox"]


class Inbox:
    """A bounded buffer with one reader.

    Once ended, what is buffered can still be taken; then every take raises LinkLost, also
    one that begins later.
    Bytes beyond `limit` push out the oldest ones, which `dropped` counts: nobody asked for so much.
    """

    __slots__ = ("_buffer", "_end", "_limit", "_waiter", "dropped")

    def __init__(self, limit: int = 65_536) -> None:
        self._buffer = bytearray()
        self._limit = limit
        self._end: str | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.dropped = 0

    @property
    def ended(self) -> bool:
        """Whether no more bytes can come."""
        return self._end is not None

    def put(self, data: bytes) -> None:
        """Add received bytes."""
        self._buffer += data
        excess = len(self._buffer) - self._limit
        if excess > 0:
            del self._buffer[:excess]
            self.dropped += excess
        self._wake()

    def end(self, why: str) -> None:
        """No more bytes will come; the first reason stays."""
        if self._end is None:
            self._end = why
        self._wake()

    async def take(self) -> bytes:
        """All buffered bytes, waiting for at least one; raises LinkLost at the end."""
        while not self._buffer:
            if self._end is not None:
                raise LinkLost(self._end)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self.take_now()

    def take_now(self) -> bytes:
        """What is buffered, perhaps nothing."""
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
