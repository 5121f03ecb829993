"""Rows as readings, through the first review; what they say of the file becomes findings and events."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from config.archive import Meter
from config.text import say
from gateway.dumps.examine import Judged, origin_of
from gateway.dumps.report import Note, Report
from gateway.dumps.rules import ENTRY_RULES
from gateway.finding import Finding
from gateway.review.findings import Book, Cause
from gateway.review.reviewer import Reviewer
from gateway.review.rules import RULES
from gateway.review.stamp import stamped
from gateway.review.view import Hit
from protocols.dumps.record import Row, Status
from protocols.reading import Event, Flag, Method, Reading, State

__all__ = ["SOURCE", "answers", "event_of", "found", "reviewed"]

SOURCE = "handheld"
"""`source` of what came in a dump."""
_ENTRY: dict[str, Cause] = {rule.id: rule for rule in ENTRY_RULES}
_CAUSES: dict[str, Cause] = {rule.id: rule for rule in RULES} | _ENTRY
_SUSPICIOUS = 2


def answers(judged: Iterable[Judged]) -> Iterator[list[Judged]]:
    """Rows that follow each other, of one meter and instant and each of another point: reviewed as one answer."""
    together: list[Judged] = []
    for one in judged:
        if together and (
            _whose(together[0]) != _whose(one) or one.row.point in {other.row.point for other in together}
        ):
            yield together
            together = []
        together.append(one)
    if together:
        yield together


def _whose(one: Judged) -> tuple[str, datetime | None]:
    return (one.meter.asset_no if one.meter else ""), one.row.read_time


def reading_of(one: Judged, meter: Meter, now: datetime) -> Reading:
    """A read row as a raw reading, doubted before where a rule on its row doubts it."""
    row = one.row
    if row.read_time is None:
        raise ValueError("a reading has an instant")
    doubts = [note for note in one.notes if note.severity >= _SUSPICIOUS]
    flags = Flag.DUPLICATE if one.version > 1 else Flag(0)
    flags |= Flag.EXCHANGED if row.swap is not None else Flag(0)
    flags |= Flag.MULT_CHANGED if any(note.rule == "R011" for note in one.notes) else Flag(0)
    state = State.SUSPECT if doubts else State.RAW
    if row.status is not Status.READ:
        state = State.MISSING
    elif row.estimated:
        state = State.ESTIMATED
    reason = ",".join(dict.fromkeys(note.rule for note in doubts))
    return Reading(
        meter=meter.asset_no,
        point=row.point,
        value=row.this_read,
        unit=row.unit,
        at=row.read_time,
        read_at=now,
        origin=origin_of(row),
        state=state,
        method=Method.LIVE if row.interval is None else Method.CURVE,
        reason=reason or row.quality,
        flags=int(flags),
        version=one.version,
        source=SOURCE,
    )


def reviewed(
    together: Sequence[Judged], reviewer: Reviewer, now: datetime, report: Report
) -> tuple[list[Reading], list[Finding]]:
    """One answer through the review: readings with their states, findings to publish, notes in the report.

    Estimates of another system pass by the review: they are no register of the meter, and never a base.
    """
    meter = together[0].meter
    if meter is None:
        raise ValueError("only rows of known meters are reviewed")
    readings = [reading_of(one, meter, now) for one in together]
    apart = {State.ESTIMATED, State.MISSING}
    raw = [reading for reading in readings if reading.state not in apart]
    judged, findings = reviewer.judge(meter, raw) if raw else ([], [])
    done = judged + [
        stamped(reading, reading.state, reading.reason) for reading in readings if reading.state in apart
    ]
    _tell(together, judged, findings, report)
    for reading in done:
        report.states[reading.state] += 1
    return done, findings


def _tell(
    together: Sequence[Judged], readings: Sequence[Reading], findings: Sequence[Finding], report: Report
) -> None:
    """Every rule that the review names for a value, with its row."""
    rows = {one.row.point: one for one in together}
    figures = {(finding.rule, finding.point): finding for finding in findings if finding.ended is None}
    for reading in readings:
        one = rows[reading.point]
        told = {note.rule for note in one.notes}
        for rule in filter(None, reading.reason.split(",")):
            cause = _CAUSES.get(rule)
            if rule in told or cause is None:
                continue
            finding = figures.get((rule, reading.point))
            severity = finding.severity if finding else (3 if reading.state is State.REJECTED else 2)
            report.note(
                Note(
                    rule,
                    severity,
                    one.row.line,
                    one.row.offset,
                    reading.meter,
                    reading.point,
                    finding.value if finding else str(reading.value),
                    finding.limit if finding else "",
                    say(cause.en, cause.zh),
                )
            )


def found(notes: Sequence[Note], book: Book, meter: Meter, point: str, at: datetime) -> list[Finding]:
    """What rules on a row said, as findings that live, extend and clear like all others; news only."""
    news = []
    if book.watched(meter.asset_no):
        fine = _ENTRY.keys() - {note.rule for note in notes}
        cleared = (book.passed(rule, meter.asset_no, point, at) for rule in sorted(fine))
        news += [finding for finding in cleared if finding is not None]
    for note in notes:
        cause = _CAUSES.get(note.rule)
        if cause is None:
            continue
        hit = Hit(note.severity, note.value, note.limit)
        finding = book.hit(cause, meter, note.point, hit, at)
        if finding is not None:
            news.append(finding)
    return news


def event_of(row: Row, meter: Meter, now: datetime, name: str) -> Event:
    """A fact of the round that is no value: not read, failed, exchanged; `detail` is what the row tells."""
    told = {
        "ex_code": row.ex_code,
        "ex_text": row.ex_text,
        "reader": row.reader_id,
        "route": row.route,
        "seq": row.seq,
        "point": row.point,
        "remark": row.remark,
    }
    swap = row.swap
    if swap is not None:
        told |= {
            "new_asset": swap.new_asset,
            "old_final": "" if swap.old_final is None else str(swap.old_final),
            "new_initial": "" if swap.new_initial is None else str(swap.new_initial),
            "exchanged": swap.at.isoformat() if swap.at else "",
        }
    detail = {key: text for key, text in told.items() if text}
    return Event(
        meter=meter.asset_no,
        id=f"handheld:{name}",
        name=name,
        began=row.read_time or (swap.at if swap else None),
        ended=None,
        detail=json.dumps(detail, ensure_ascii=False),
        read_at=now,
        source=SOURCE,
    )
