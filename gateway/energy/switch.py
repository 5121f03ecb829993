"""The load switch of a meter (负荷开关): since when it is open, by what was told of it and what it was seen to be."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

__all__ = ["Mark", "open_since"]


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Mark:
    """At this aware instant the switch opened or closed; `seen`: it was merely found to be so by then."""

    at: datetime
    is_open: bool
    seen: bool = False


def open_since(marks: Iterable[Mark]) -> datetime | None:
    """Since when the switch is open as far as these marks say; None where it is closed or nothing is known.

    Of several trips the latest counts. A switch that is found open tells no more than a trip before it did.
    """
    since: datetime | None = None
    for mark in sorted(marks):
        if not mark.is_open:
            since = None
        elif since is None or not mark.seen:
            since = mark.at
    return since
