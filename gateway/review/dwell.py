"""When a condition becomes a finding and when it ends: dwell, restoring, and days out of five.

What holds at one instant is not yet a cause: it must hold for a time, and be gone for a time. Daily conditions count
the days on which they were seen.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, field

__all__ = ["Track", "Watch", "pack_tracks", "unpack_tracks"]

_WINDOW = 5


@dataclass(slots=True)
class Watch:
    """A condition of one rule at one point: since when it holds, since when it is gone (seconds since 1970, 0: not).

    `days` has a bit for each day on which it was seen, the lowest being `day`, counted in days since year 1.
    """

    since: int = 0
    gone: int = 0
    days: int = 0
    day: int = 0
    is_on: bool = False

    def holds(self, at: int, dwell: float) -> bool:
        """It holds at this instant; returns whether it has done so for long enough."""
        self.since = self.since or at
        self.gone = 0
        self.is_on = self.is_on or at - self.since >= dwell
        return self.is_on

    def ends(self, at: int, restore: float) -> bool:
        """It does not hold at this instant; returns whether it is over."""
        self.gone = self.gone or at
        if not self.is_on or at - self.gone >= restore:
            self.is_on = False
        return not self.is_on

    def seen(self, day: int, need: int, *, held: bool) -> bool:
        """Whether it was seen on `need` of the last five days."""
        if day > self.day:
            self.days = (self.days << min(day - self.day, _WINDOW)) & ((1 << _WINDOW) - 1)
            self.day = day
        self.days |= int(held)
        self.is_on = self.days.bit_count() >= need
        return self.is_on


@dataclass(slots=True)
class Track:
    """One course of time in which conditions are watched: up to `at` (seconds since 1970)."""

    at: int = 0
    watches: dict[tuple[str, str], Watch] = field(default_factory=dict)


def pack_tracks(tracks: Mapping[str, Track]) -> bytes:
    """Conditions under watch by meter as a blob for the outbox."""
    rows = {
        meter: [track.at, [[*key, *astuple(watch)] for key, watch in track.watches.items()]]
        for meter, track in tracks.items()
    }
    return json.dumps({"v": 1, "tracks": rows}, separators=(",", ":")).encode()


def unpack_tracks(blob: bytes) -> Iterator[tuple[str, Track]]:
    """Meters and tracks of a blob; an unknown version holds nothing."""
    saved = json.loads(blob)
    for meter, (at, rows) in saved["tracks"].items() if saved.get("v") == 1 else ():
        yield meter, Track(at, {(rule, point): Watch(*numbers) for rule, point, *numbers in rows})
