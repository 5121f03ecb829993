"""The one record that flows from a meter to the master database.

A record is never changed: a stage that learns something makes a new one with `dataclasses.replace`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntFlag, StrEnum

__all__ = ["Event", "Flag", "Method", "Origin", "Reading", "State"]


class Origin(StrEnum):
    """Where a value came from (采集来源)."""

    TERMINAL = "TERMINAL"
    WIRED = "WIRED"
    PLC = "PLC"
    RF = "RF"
    HHU_AUTO = "HHU_AUTO"
    HHU_KEYED = "HHU_KEYED"
    FILE = "FILE"
    MANUAL = "MANUAL"
    DERIVED = "DERIVED"


class State(StrEnum):
    """What review said of a value; only PASSED and ACCEPTED enter sums."""

    RAW = "RAW"
    PASSED = "PASSED"
    SUSPECT = "SUSPECT"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    ESTIMATED = "ESTIMATED"
    EDITED = "EDITED"
    FINAL = "FINAL"
    MISSING = "MISSING"


class Method(StrEnum):
    """How a value was obtained: live, from the meter's own memory, or a step of the estimation ladder."""

    LIVE = "LIVE"
    FREEZE = "FREEZE"
    CURVE = "CURVE"
    SETTLEMENT = "SETTLEMENT"
    REREAD = "REREAD"
    ALT = "ALT"
    LIN = "LIN"
    SHAPE = "SHAPE"
    LIKE = "LIKE"
    PYEAR = "PYEAR"
    ADL = "ADL"
    BAL = "BAL"
    CLASS = "CLASS"
    ZERO = "ZERO"
    MAN = "MAN"


class Flag(IntFlag):
    """What else is known of a value; the bit numbers are part of the MQTT contract."""

    CLOCK_OFF = 1 << 0
    PARTIAL = 1 << 1
    OUTAGE = 1 << 2
    ROLLOVER = 1 << 3
    DECREASE = 1 << 4
    DUPLICATE = 1 << 5
    OVERFLOW = 1 << 6
    TEST = 1 << 7
    PARAM_CHANGED = 1 << 8
    MULT_CHANGED = 1 << 9
    EXCHANGED = 1 << 10
    REVERSE = 1 << 11
    TARIFF_SUM = 1 << 12
    LATE = 1 << 13
    TIME_SHIFTED = 1 << 14
    AGGREGATED_INCOMPLETE = 1 << 15
    CLOCK_UNSYNCED = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value of one point of one meter at one instant.

    `value` is exact and secondary-side as the meter shows it; None means the meter declared that it has none.
    `at` is the instant the value holds (the meter's own stamp where it gives one), `read_at` when we got it;
    both are aware. `point` is an OBIS code or `protocol:identifier` where no OBIS code exists.
    `flags` is a sum of `Flag` bits. `source` is the target's name.
    """

    meter: str
    point: str
    value: Decimal | None
    unit: str
    at: datetime
    read_at: datetime
    origin: Origin = Origin.WIRED
    state: State = State.RAW
    method: Method = Method.LIVE
    reason: str = ""
    flags: int = 0
    version: int = 1
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something a meter recorded about itself: an outage, a cover opened, a clearing.

    `id` is the protocol's identifier, `detail` the decoded record as JSON text.
    """

    meter: str
    id: str
    name: str
    began: datetime | None
    ended: datetime | None
    detail: str
    read_at: datetime
    source: str = ""
