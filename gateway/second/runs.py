"""Findings of the second review from the days on which a rule hit an object.

They follow from the hits alone, so that any order of arrival and any repetition gives the same findings.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from config.text import say
from gateway.finding import Finding
from gateway.review.view import Hit
from gateway.second.rules import RULES

__all__ = ["findings"]

_QUIET = timedelta(days=1)
_BY_ID = {rule.id: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class _Run:
    first: date
    last: date
    hits: tuple[Hit, ...]


def findings(rule: str, what: str, hits: Mapping[date, Hit], horizon: date, tz: tzinfo) -> list[Finding]:
    """One finding for each run of days; a day between two hits does not end a run, two do.

    `horizon` is the last day that was judged. A run that goes on is open, confirmed from its second day on; one
    that has ended is cleared, and closed a day later. A finding begins with its first day and ends after its last.
    """
    known = _BY_ID[rule]
    made = []
    for run in _runs(hits):
        state, ended = _state(run, horizon)
        last = run.hits[-1]
        made.append(
            Finding(
                key=f"{rule}:{what}:",
                rule=rule,
                meter=what,
                point="",
                began=datetime.combine(run.first, time(), tz),
                ended=datetime.combine(run.last + _QUIET, time(), tz) if ended else None,
                severity=max(hit.severity for hit in run.hits),
                state=state,
                value=last.value,
                limit=last.limit,
                check=say(known.en, known.zh),
                count=len(run.hits),
                source="",
            )
        )
    return made


def _runs(hits: Mapping[date, Hit]) -> Iterator[_Run]:
    days = sorted(hits)
    start = 0
    for place, day in enumerate(days):
        if place + 1 == len(days) or days[place + 1] - day > 2 * _QUIET:
            part = days[start : place + 1]
            yield _Run(part[0], day, tuple(hits[one] for one in part))
            start = place + 1


def _state(run: _Run, horizon: date) -> tuple[str, bool]:
    quiet = horizon - run.last
    if quiet >= 2 * _QUIET:
        return "closed" if quiet > 2 * _QUIET else "cleared", True
    return "confirmed" if len(run.hits) > 1 or run.hits[-1].sure else "open", False
