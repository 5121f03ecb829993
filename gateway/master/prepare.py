"""What can be done with a message before it meets a database: opened, judged, its cells turned into numbers."""

from dataclasses import dataclass
from typing import Any

from gateway import payload
from gateway.master.rows import Aside, Columns, parse_readings, parse_small
from gateway.mqtt import Message
from gateway.payload import Batch

__all__ = ["LEAVES", "Letter", "Notice", "Prepared", "letter", "opened", "prepare"]

_LETTER = 65_536
LEAVES = ("archive", "status")
"""What a gateway keeps at the broker beside its batches."""


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


@dataclass(frozen=True, slots=True)
class Notice:
    """A retained message: `leaf` of `LEAVES`, `page` of an archive or empty."""

    topic: str
    gateway: str
    leaf: str
    page: str
    body: bytes


def letter(message: Message | Notice, kind: str, reason: str) -> Letter:
    """What is set aside of a message."""
    body = message.body if isinstance(message, Notice) else message.payload
    return Letter(message.topic, kind, reason, body[:_LETTER])


def prepare(batch: Batch) -> Prepared:
    """Judge every row; those that make no sense stand in `aside` with a reason."""
    aside = Aside()
    if batch.kind == "reading":
        return Prepared(batch, parse_readings(batch.rows, aside), [], aside.rows)
    small = parse_small(batch.kind, batch.rows, batch.gateway, aside)
    return Prepared(batch, None, small, aside.rows)


def opened(message: Message) -> Prepared | Letter | Notice:
    """The batch or notice in a message, or what is wrong with it."""
    parts = message.topic.split("/")
    if len(parts) >= 5 and parts[4] in LEAVES:
        return Notice(message.topic, parts[2], parts[4], "/".join(parts[5:]), bytes(message.payload))
    try:
        batch = payload.decode(message.payload)
    except payload.PayloadError as error:
        return letter(message, "payload", str(error))
    if len(parts) != 5 or parts[2] != batch.gateway:
        return letter(message, "gateway", f"published at {message.topic}, says it is of {batch.gateway}")
    if parts[4] != batch.kind:
        return letter(message, "kind", f"published as {parts[4]}, says it is a {batch.kind}")
    return prepare(batch)
