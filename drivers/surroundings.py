"""What a driver is given beside its link, and what it tells beside results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.archive import Meter
from config.schema import Target
from protocols.reading import Event

__all__ = [
    "AddressContested", "ArchiveCompared", "ClockShown", "Fact", "Kept", "Observed", "RatiosCompared",
    "Surroundings", "TerminalEvent", "ignore",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a carrier network sees of a meter: its `phase` (1 to 3) or transformer `area`; never taken for the archive.

    `at` is aware.
    """

    meter: str
    kind: str
    value: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveCompared:
    """A concentrator's own archive was held against ours at `at`, aware.

    `verified` are measuring points whose address agrees, with that address, `differences` a line for each that does
    not.
    """

    target: str
    at: datetime
    verified: Mapping[int, str]
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RatiosCompared:
    """The transformer ratios set in a terminal were held against ours at `at`, aware; a line for each difference."""

    target: str
    at: datetime
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockShown:
    """The clock of a terminal, in seconds that it is ahead of ours at `at`, aware."""

    target: str
    seconds: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalEvent:
    """An event that a terminal recorded; `important` is its kind. The event's meter is the asset or `target:pn`."""

    target: str
    event: Event
    important: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressContested:
    """Two terminals seem to have the address of a target: they push each other off the line."""

    target: str
    peers: tuple[str, ...]
    at: datetime


Fact = Observed | ArchiveCompared | RatiosCompared | ClockShown | TerminalEvent | AddressContested


def ignore(fact: Fact) -> None:
    """Where nobody listens."""


@dataclass(slots=True)
class Kept:
    """What outlives a driver of a target: by measuring point the address that was found there last, and when (aware).

    `events` are the event counters that were read up to, important and normal.
    """

    verified: dict[int, tuple[str, datetime]] = field(default_factory=dict)
    events: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`now` is the wall time, aware; `model` gives a meter's model as data; `meters` are those in service by target.

    `tell` takes what a driver learns beside results; `kept` by target is what it finds again after a restart.
    """

    tz: ZoneInfo
    now: Callable[[], datetime]
    model: Callable[[Meter], Mapping[str, Any]]
    targets: Sequence[Target] = ()
    meters: Mapping[str, Sequence[Meter]] = field(default_factory=dict)
    tell: Callable[[Fact], None] = ignore
    kept: Mapping[str, Kept] = field(default_factory=dict)
