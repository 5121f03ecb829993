"""What can be done with a message before it meets a database: opened, judged, its cells turned into numbers."""

from dataclasses import dataclass
from typing import Any

from gateway import payload
from gateway.master.rows import Aside, Columns, parse_readings, parse_small
from gateway.mqtt import Message
from gateway.payload import Batch

__all__ = ["Letter", "Prepared", "opened", "prepare"]

_LETTER = 65_536


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch with its rows as a store takes them."""

    batch: Batch
    columns: Columns | None
    small: list[tuple[Any, ...]]
    aside: list[tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that is no batch of its topic; `kind` of: payload, gateway, kind."""

    topic: str
    kind: str
    reason: str
    body: bytes


def prepare(batch: Batch) -> Prepared:
    """Judge every row; those that make no sense stand in `aside` with a reason."""
    aside = Aside()
    if batch.kind == "reading":
        return Prepared(batch, parse_readings(batch.rows, aside), [], aside.rows)
    small = parse_small(batch.kind, batch.rows, batch.gateway, aside)
    return Prepared(batch, None, small, aside.rows)


def opened(message: Message) -> Prepared | Letter:
    """The batch in a message, or what is wrong with it."""

    def letter(kind: str, reason: str) -> Letter:
        return Letter(message.topic, kind, reason, message.payload[:_LETTER])

    try:
        batch = payload.decode(message.payload)
    except payload.PayloadError as error:
        return letter("payload", str(error))
    parts = message.topic.split("/")
    if len(parts) != 5 or parts[2] != batch.gateway:
        return letter("gateway", f"published at {message.topic}, says it is of {batch.gateway}")
    if parts[4] != batch.kind:
        return letter("kind", f"published as {parts[4]}, says it is a {batch.kind}")
    return prepare(batch)
