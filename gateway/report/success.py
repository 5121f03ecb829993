"""Collection success (采集成功率): of those due on data day D, who had a value at each of three cut-offs.

The first run ends on D+1 at 07:00, the headline figure is taken on D+1 at 24:00, and after re-reads on D+7 at 24:00.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from gateway.report.rows import MissingRow, SuccessRow

__all__ = ["GROUPS", "Due", "cutoffs", "data_day", "missing", "success"]

GROUPS = ("task", "target", "transformer", "line")
_FIRST_RUN = time(7)
_LATE_DAYS = 7
_PRESENT = frozenset({"ok", "partial", "backfilled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A meter that was due in a slot. `arrived` is when a value that counts was read, None if there is none.

    `outcome` is the last word of the collection on it: why there is none.
    """

    meter: str
    task: str
    target: str
    slot: datetime
    arrived: datetime | None
    outcome: str
    transformer: str = ""
    line: str = ""


def data_day(slot: datetime, tz: tzinfo) -> date:
    """The day that a value of this instant belongs to: what holds at 24:00 is of the day that ends."""
    return (slot.astimezone(tz) - timedelta(microseconds=1)).date()


def cutoffs(day: date, tz: tzinfo) -> tuple[datetime, datetime, datetime]:
    """The three instants at which day D is counted."""
    after = day + timedelta(days=1)
    return (
        datetime.combine(after, _FIRST_RUN, tz),
        datetime.combine(after + timedelta(days=1), time(), tz),
        datetime.combine(day + timedelta(days=_LATE_DAYS + 1), time(), tz),
    )


def success(
    due: Iterable[Due], weights: Mapping[str, float], tz: tzinfo, groups: Iterable[str] = GROUPS
) -> list[SuccessRow]:
    """One row for each value of each grouping and data day.

    `weights` are the meters' usual daily energies; without any, the columns by energy stay empty.
    """
    found: dict[tuple[str, str, date], list[Due]] = defaultdict(list)
    wanted = tuple(groups)
    for one in due:
        day = data_day(one.slot, tz)
        for group in wanted:
            if key := getattr(one, group):
                found[group, key, day].append(one)
    return [
        _row(group, key, day, found[group, key, day], weights, tz)
        for group, key, day in sorted(found, key=lambda item: (wanted.index(item[0]), item[2], item[1]))
    ]


def _row(
    group: str, key: str, day: date, due: list[Due], weights: Mapping[str, float], tz: tzinfo
) -> SuccessRow:
    energy = [weights.get(one.meter, 0.0) for one in due]
    whole = sum(energy)
    counts, weighed = [], []
    for cutoff in cutoffs(day, tz):
        there = [one.arrived is not None and one.arrived <= cutoff for one in due]
        counts.append(sum(there) / len(due))
        part = sum(weight for weight, present in zip(energy, there, strict=True) if present)
        weighed.append(part / whole if whole else None)
    return SuccessRow(
        group=group,
        key=key,
        day=day,
        due=len(due),
        first_run=counts[0],
        headline=counts[1],
        after_rereads=counts[2],
        first_run_energy=weighed[0],
        headline_energy=weighed[1],
        after_rereads_energy=weighed[2],
    )


def missing(due: Iterable[Due], tz: tzinfo) -> Iterator[MissingRow]:
    """Every value that is not there, with the reason: what the collection said last, or that a review refused it."""
    for one in due:
        if one.arrived is None:
            reason = "not_accepted" if one.outcome in _PRESENT else one.outcome
            yield MissingRow(
                meter=one.meter, task=one.task, target=one.target, day=data_day(one.slot, tz), reason=reason
            )
