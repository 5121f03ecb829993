"""Requests that switch a load or undo a terminal's settings: AFN 05 without F31, and AFN 01.

Only `gateway/control`, simulators and tests may import this module; the send gate holds such frames back anyway.
`group` is a control round or total group from 1 to 8, measuring point number of the data unit.
"""

from collections.abc import Sequence

from protocols.gdw1376_1.formats import bcd
from protocols.gdw1376_1.session import Ask

__all__ = [
    "OFF", "ON", "RESETS", "dunning", "float_control", "keep_power", "period_control", "permit", "reset", "switch",
    "trip",
]  # fmt: skip

_TRIP, _PERMIT, _PERIODS, _FLOAT, _KEEP, _DUNNING = 1, 2, 9, 12, 25, 26
_GROUPS, _HALF_BYTE, _FLOAT_LIMIT = range(1, 9), 15, 79
ON = {"holiday": 10, "close-down": 11, "month energy": 15, "purchase": 16}
"""Fn that put a power or energy control in force, without data."""
OFF = {"time-slot": 17, "holiday": 18, "close-down": 19, "float": 20, "month energy": 23, "purchase": 24}
"""Fn that end one, without data."""
RESETS = {"hardware": 1, "data": 2, "factory": 3, "parameters": 4}


def trip(group: int, *, alarm_minutes: int = 0, half_hours: int = 0) -> Ask:
    """05 F1: open a round, after so many minutes (0 to 15), for so many half hours (0 to 15; 0: until permitted)."""
    if not (0 <= alarm_minutes <= _HALF_BYTE and 0 <= half_hours <= _HALF_BYTE):
        raise ValueError(f"alarm {alarm_minutes} min, {half_hours} half hours: 0 to {_HALF_BYTE} each")
    return Ask(_round(group), (_TRIP,), bytes((alarm_minutes << 4 | half_hours,)))


def permit(group: int) -> Ask:
    """05 F2: the round may be closed again."""
    return Ask(_round(group), (_PERMIT,))


def switch(fn: int, group: int) -> Ask:
    """A control without data of a total group, on or off; `fn` is one of `ON` and `OFF`."""
    if fn not in {*ON.values(), *OFF.values()}:
        raise ValueError(f"05 F{fn} is no switch without data")
    return Ask(_round(group), (fn,))


def period_control(group: int, slots: int, scheme: int) -> Ask:
    """05 F9: power control by time slots (a bit for each of eight) with a scheme from 0."""
    return Ask(_round(group), (_PERIODS,), bytes((slots, scheme)))


def float_control(
    group: int, percent: int, *, slide: int, delay: int, half_hours: int, alarms: Sequence[int]
) -> Ask:
    """05 F12: so many percent (-79 to 79) above the power of now; `alarms` are the minutes before four rounds."""
    if abs(percent) > _FLOAT_LIMIT or len(alarms) != 4:
        raise ValueError(f"{percent} % and {len(alarms)} alarms: up to {_FLOAT_LIMIT} % and four")
    share = bcd(abs(percent), 1)[0] | (0x80 if percent < 0 else 0)
    return Ask(_round(group), (_FLOAT,), bytes((slide, share, delay, half_hours, *alarms)))


def keep_power(half_hours: int | None) -> Ask:
    """05 F25: no trip for so many half hours (0: without end); F33 for None ends that."""
    return Ask((0,), (_KEEP,), bytes((half_hours,))) if half_hours is not None else Ask((0,), (33,))


def dunning(hours: int | None) -> Ask:
    """05 F26: alarm in these hours, a bit for each of 24; F34 for None ends that."""
    return Ask((0,), (_DUNNING,), hours.to_bytes(3, "little")) if hours is not None else Ask((0,), (34,))


def reset(what: str) -> Ask:
    """AFN 01: hardware, data, factory or parameters; raises ValueError for another."""
    if what not in RESETS:
        raise ValueError(f"{what!r}: expected one of {', '.join(RESETS)}")
    return Ask((0,), (RESETS[what],))


def _round(group: int) -> tuple[int]:
    if group not in _GROUPS:
        raise ValueError(f"round {group}: 1 to 8")
    return (group,)
