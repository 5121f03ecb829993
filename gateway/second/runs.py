"""Findings of the second review from the days or months on which a rule hit an object.

They follow from the hits alone, so that any order of arrival and any repetition gives the same findings.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

from config.text import say
from gateway.energy.period import Span, period_of
from gateway.finding import Finding
from gateway.review.view import Hit
from gateway.second.rules import RULES

__all__ = ["findings", "key_of", "span_of"]

_BY_ID = {rule.id: rule for rule in RULES}
_REACH = {Span.DAY: 2, Span.MONTH: 1}
"""Hits so many periods apart are of one run: a day between two hits does not end it, a month does."""


@dataclass(frozen=True, slots=True)
class _Run:
    first: date
    last: date
    hits: tuple[Hit, ...]


def key_of(rule: str, what: str, span: Span = Span.DAY) -> str:
    """The key of findings of a rule and an object; those of months have a life beside that of days."""
    return f"{rule}:{what}:{'' if span is Span.DAY else span}"


def span_of(key: str) -> Span:
    """What a finding with such a key judged: days or months."""
    return Span.MONTH if key.endswith(f":{Span.MONTH}") else Span.DAY


def findings(
    rule: str,
    what: str,
    hits: Mapping[date, Hit],
    horizon: date,
    tz: tzinfo,
    span: Span = Span.DAY,
) -> list[Finding]:
    """One finding for each run of days or months (each by its first day); one quiet day does not end a run of days.

    `horizon` is the last period that was judged. A run that goes on is open, confirmed from its second period on; one
    that has ended is cleared, and closed a period later. A finding begins with its first period and ends after its
    last; that of months says which month its value is of.
    """
    known = _BY_ID[rule]
    made = []
    for run in _runs(hits, span):
        state, ended = _state(run, horizon, span)
        last = run.hits[-1]
        made.append(
            Finding(
                key=key_of(rule, what, span),
                rule=rule,
                meter=what,
                point="",
                began=datetime.combine(run.first, time(), tz),
                ended=period_of(datetime.combine(run.last, time(), tz), span).end if ended else None,
                severity=max(hit.severity for hit in run.hits),
                state=state,
                value=last.value if span is Span.DAY else f"{run.last:%Y-%m}: {last.value}",
                limit=last.limit,
                check=say(known.en, known.zh),
                count=len(run.hits),
                source="",
            )
        )
    return made


def _place(day: date, span: Span) -> int:
    return day.toordinal() if span is Span.DAY else 12 * day.year + day.month


def _runs(hits: Mapping[date, Hit], span: Span) -> Iterator[_Run]:
    days = sorted(hits)
    start = 0
    for place, day in enumerate(days):
        after = days[place + 1] if place + 1 < len(days) else None
        if after is None or _place(after, span) - _place(day, span) > _REACH[span]:
            part = days[start : place + 1]
            yield _Run(part[0], day, tuple(hits[one] for one in part))
            start = place + 1


def _state(run: _Run, horizon: date, span: Span) -> tuple[str, bool]:
    quiet, reach = _place(horizon, span) - _place(run.last, span), _REACH[span]
    if quiet >= reach:
        return "closed" if quiet > reach else "cleared", True
    return "confirmed" if len(run.hits) > 1 or run.hits[-1].sure else "open", False
