"""Taking files from a hand-held reader on a line, by XMODEM or YMODEM."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from drivers.errors import DriverError, LinkLost
from drivers.link import Gate, Link
from protocols.session import Effect
from protocols.xymodem.block import ACK, CAN, CRC_START, NAK, Head
from protocols.xymodem.receiver import Begin, Data, Receiver, TransferError

__all__ = ["HandoverFailed", "Taker", "answers_only", "take_files"]

_ANSWERS = frozenset((ACK, NAK, CAN, CRC_START))


class HandoverFailed(DriverError):
    """A transfer that came to nothing; nothing of its last file may be used.

    `reason` as in TransferError, or line, or disk.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Taker(Protocol):
    """Where files go."""

    def begin(self, head: Head) -> None:
        """A file begins. Like all four it may raise OSError where there is no room."""
        ...

    def take(self, body: bytes) -> None:
        """Its next bytes."""
        ...

    async def end(self) -> None:
        """It is whole."""
        ...

    def drop(self) -> None:
        """The one that was begun will not be finished."""
        ...


def answers_only() -> Gate:
    """The send gate of a line to a reader: nothing but the four answers of the protocol passes."""

    def classify(data: bytes) -> Effect:
        return Effect.READ if data and _ANSWERS.issuperset(data) else Effect.UNKNOWN

    return Gate(classify)


async def take_files(link: Link, taker: Taker, *, batch: bool, limit: int) -> None:
    """One session on an open link: one file by XMODEM, all that are sent by YMODEM (`batch`).

    `limit` bounds the bytes of a file. Raises HandoverFailed; a file that is not whole by then was dropped.
    """
    receiver = Receiver(batch=batch, limit=limit)
    handing = _Handing(link, taker, receiver)
    try:
        await handing.run()
    except LinkLost as error:
        raise HandoverFailed("line", str(error)) from error
    except (TransferError, OSError) as error:
        # The sender hears it, and its user sees it.
        with suppress(LinkLost):
            await link.send(receiver.abort())
        if isinstance(error, TransferError):
            raise HandoverFailed(error.reason) from error
        raise HandoverFailed("disk", error.strerror or "") from error
    finally:
        if handing.open:
            taker.drop()


@dataclass(slots=True)
class _Handing:
    """A session; `open` while a file is begun and not whole."""

    link: Link
    taker: Taker
    receiver: Receiver
    open: bool = False

    async def run(self) -> None:
        await self.link.send(self.receiver.start())
        while not self.receiver.done:
            answer = await _step(self.link, self.receiver)
            # What is told to have come must be safe before.
            for event in _taken(self.receiver):
                await self._take(event)
            if answer:
                await self.link.send(answer)

    async def _take(self, event: object) -> None:
        match event:
            case Begin(head):
                self.open = True
                self.taker.begin(head)
            case Data(body):
                self.taker.take(body)
            case _:
                await self.taker.end()
                self.open = False


async def _step(link: Link, receiver: Receiver) -> bytes:
    try:
        async with asyncio.timeout(receiver.patience):
            data = await link.receive()
    except TimeoutError:
        return receiver.silent()
    return receiver.feed(data)


def _taken(receiver: Receiver) -> Iterator[object]:
    taken, receiver.taken = receiver.taken, []
    return iter(taken)
