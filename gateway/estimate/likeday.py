"""Which days are like a given one, in the order in which they are asked (domain 3.3)."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from enum import StrEnum

from config.holidays import Holidays

__all__ = ["DayType", "like_days", "type_of"]

_SUNDAY = 6
_SATURDAY = 5
# Days back from a Monday, ..., Sunday: last week's same day first, then working days near it.
_BACK: tuple[tuple[int, ...], ...] = (
    (7, 14),
    (7, 6, 5),
    (7, 1, 8, 6),
    (7, 1, 8, 2, 9),
    (7, 14, 21),
    (7, 14, 21),
    (7, 14, 21),
)
_MOST = 10
_WEEKS = 8


class DayType(StrEnum):
    """Working days, Saturdays, Sundays; a holiday counts as a Sunday, a make-up workday as a working day."""

    WORKDAY = "workday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


def type_of(day: date, calendar: Holidays) -> DayType:
    """What kind of day it is."""
    if day in calendar.off:
        return DayType.SUNDAY
    if day in calendar.worked or day.weekday() < _SATURDAY:
        return DayType.WORKDAY
    return DayType.SUNDAY if day.weekday() == _SUNDAY else DayType.SATURDAY


def like_days(day: date, calendar: Holidays, valid: Callable[[date], bool], count: int = 3) -> list[date]:
    """Up to `count` earlier days of the same type, the most alike first, for which `valid` holds.

    `valid` says whether a day's values were passed or accepted, none estimated, and no outage in it. Where the
    usual days are not enough, further days of the type are taken, up to eight weeks back.
    """
    found: list[date] = []
    for candidate in _candidates(day, calendar):
        if candidate not in found and valid(candidate):
            found.append(candidate)
            if len(found) == count:
                break
    return found


def _candidates(day: date, calendar: Holidays) -> Iterator[date]:
    kind = type_of(day, calendar)
    for back in _offsets(day, kind):
        candidate = day - timedelta(days=back)
        if type_of(candidate, calendar) is kind:
            yield candidate
    for back in range(1, 7 * _WEEKS + 1):
        candidate = day - timedelta(days=back)
        if type_of(candidate, calendar) is kind:
            yield candidate


def _offsets(day: date, kind: DayType) -> tuple[int, ...]:
    if kind is DayType.SUNDAY and day.weekday() != _SUNDAY:  # a holiday: the nearest Sundays
        back = (day.weekday() + 1) % 7
        return back, back + 7, back + 14
    if kind is DayType.WORKDAY and day.weekday() >= _SATURDAY:  # a make-up workday: the nearest Friday
        back = day.weekday() - 4
        return back, back + 7, back + 14
    return _BACK[day.weekday()]
