"""What waits for a person: readings that the first review doubts, and results that the second review doubts."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

__all__ = ["Item", "Queue", "item_name"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 8


class Queue(StrEnum):
    """The two queues of review."""

    RAW = "raw"
    RESULT = "result"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to decide. `name` is short enough to be typed.

    Of a reading: meter, point, instant `at`, `origin`, value and unit, the rules in `reason`. Of a result: the
    finding's object as `subject`, `rule`, `value` and `limit` as texts, `check` what to look at. `pending` is the
    proposed value of an edit that waits for a second person, `proposer` who made it.
    """

    name: str
    queue: Queue
    subject: str
    at: datetime
    severity: int
    rule: str
    value: str | None
    point: str = ""
    origin: str = ""
    unit: str = ""
    version: int = 0
    limit: str = ""
    check: str = ""
    last: datetime | None = None
    pending: Decimal | None = None
    proposer: str = ""


def item_name(*key: str) -> str:
    """A short name of a key: eight characters that are not mistaken for each other."""
    number = int.from_bytes(hashlib.sha256("\n".join(key).encode()).digest()[:5], "big")
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(_LENGTH))
