"""What the daemon asks of a driver, and what it gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from config.archive import Meter
from protocols.reading import Event, Reading
from protocols.session import Item

__all__ = ["Failure", "Order", "Priority", "Result", "Want"]


class Priority(IntEnum):
    """Order of service on a bus; the smallest first."""

    CONTROL = 0
    ON_DEMAND = 1
    SCHEDULED = 2
    BACKFILL = 3


class Want(StrEnum):
    """Which of a meter's memories is asked."""

    LIVE = "live"
    FREEZE = "freeze"
    LOAD_RECORD = "load_record"
    SETTLEMENT = "settlement"
    EVENTS = "events"
    TIME_SET = "time_set"


class Failure(StrEnum):
    """Why a point of an order has no value; also the `reason` label of meterd_poll_failures_total."""

    TIMEOUT = "timeout"
    CHECKSUM = "checksum"
    PROTOCOL = "protocol"
    REFUSED = "refused"
    IO = "io"
    BUSY = "busy"
    NO_RECORD = "no_record"
    UNKNOWN_POINT = "unknown_point"
    GATE = "gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Points of one meter, from one of its memories.

    `points` are OBIS codes or `protocol:identifier`. `at` is the aware instant wanted of a freeze, load
    record or settlement; the answer is taken only if its own stamp says the same.
    """

    meter: Meter
    want: Want
    points: tuple[str, ...]
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of an order: values read, events read, and per failed point the reason.

    `items` are the decoded values as the protocol names them, for people. `address` is the one that answered,
    `stranger` one that answered while the meter that was asked gave nothing at all.
    """

    order: Order
    address: str = ""
    stranger: str = ""
    readings: Sequence[Reading] = ()
    events: Sequence[Event] = ()
    items: Sequence[Item] = ()
    failures: Sequence[tuple[str, Failure, str]] = ()
    attempts: int = 0
    seconds: float = 0.0
