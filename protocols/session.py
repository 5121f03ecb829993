"""What every protocol's conversation looks like from outside: bytes in, bytes or an answer out.

A session holds no socket and reads no clock. One question is open at a time.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

__all__ = ["Answer", "Effect", "Item", "Question", "Send", "Session"]


class Effect(StrEnum):
    """What a frame does to the equipment that takes it; the send gate allows by this."""

    READ = "read"
    TIME_SET = "time_set"
    FREEZE = "freeze"
    ARCHIVE_WRITE = "archive_write"
    PARAMETERS = "parameters"
    CONTROL = "control"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One identifier asked of one address.

    `count` is a number of records (load records), `since` a meter-local naive time from which they are wanted.
    `overrides` are a meter model's own formats by identifier.
    """

    address: str
    id: str
    count: int | None = None
    since: datetime | None = None
    overrides: Mapping[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Put these bytes on the wire. `answer_bytes` is the length of the reply to expect, 0 for none at all."""

    frame: bytes
    answer_bytes: int


class Item(NamedTuple):
    """One decoded value; a tuple because there are many of them.

    `value` is None where the equipment says it has none or where `error` tells why there is no value.
    `point` is an OBIS code, or `protocol:identifier` where there is none. `at` is the equipment's own naive local
    stamp for the value, `part` names a member of a composite record.
    """

    id: str
    point: str | None
    value: Decimal | str | None
    unit: str
    at: datetime | None = None
    error: str | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished conversation: the real address that answered and what it said.

    `partial` is set where a follow-up part was refused or lost and only the first parts are here.
    """

    address: str
    items: Sequence[Item]
    partial: bool = False


class Session(Protocol):
    """A conversation with one piece of equipment on a link.

    `counters` counts what was dropped: noise bytes, echoes, late or foreign frames, bad checksums.
    `stranger` is the address that answered the open question in place of the one asked; empty if none did.
    """

    counters: Counter[str]
    stranger: str

    def ask(self, question: Question) -> Send:
        """Open a question, forgetting any earlier one; raises CatalogueError."""
        ...

    def feed(self, data: bytes) -> Send | Answer | None:
        """Take received bytes. None: wait for more. Send: ask the next part. Raises MeterRefused."""
        ...

    def settle(self) -> Answer | None:
        """Give up waiting: the parts received so far as a partial answer, or None if there are none."""
        ...
