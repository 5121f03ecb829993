"""The cells of the contract: which columns a record of each kind has, of which types, and how they are filled."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.energy.record import Aggregate
from gateway.finding import Finding, SlotReport
from protocols.reading import Event, Reading

__all__ = ["COLUMNS", "INT", "KINDS", "LIST", "TYPES", "Audit", "Row", "rows_of"]

_OUTCOMES = 1_000

Row = Sequence[Any]
"""The cells of one record in the order of `COLUMNS[kind]`."""

Types = frozenset[type[Any]]
TEXT: Types = frozenset({str})
TEXT_OR_NONE: Types = frozenset({str, type(None)})
INT: Types = frozenset({int})
LIST: Types = frozenset({list})

TYPES: dict[str, dict[str, Types]] = {
    "reading": {
        "meter": TEXT,
        "point": TEXT,
        "value": TEXT_OR_NONE,
        "unit": TEXT,
        "at": TEXT,
        "read_at": TEXT,
        "origin": TEXT,
        "state": TEXT,
        "method": TEXT,
        "reason": TEXT,
        "flags": INT,
        "source": TEXT,
        "version": INT,
    },
    "finding": {
        "key": TEXT,
        "rule": TEXT,
        "meter": TEXT,
        "point": TEXT,
        "began": TEXT,
        "ended": TEXT_OR_NONE,
        "severity": INT,
        "state": TEXT,
        "value": TEXT,
        "limit": TEXT,
        "check": TEXT,
        "count": INT,
        "source": TEXT,
    },
    "event": {
        "meter": TEXT,
        "id": TEXT,
        "name": TEXT,
        "began": TEXT_OR_NONE,
        "ended": TEXT_OR_NONE,
        "detail": TEXT,
        "read_at": TEXT,
        "source": TEXT,
    },
    "slot": {"task": TEXT, "target": TEXT, "slot": TEXT, "due": INT, "present": INT, "outcomes": LIST},
    "audit": {
        "at": TEXT,
        "actor": TEXT,
        "action": TEXT,
        "object": TEXT,
        "outcome": TEXT,
        "detail": TEXT,
    },
    "aggregate": {
        "node_kind": TEXT,
        "node": TEXT,
        "side": TEXT,
        "span": TEXT,
        "start": TEXT,
        "end": TEXT,
        "energy": TEXT,
        "unit": TEXT,
        "due": INT,
        "present": INT,
        "estimated": INT,
        "estimated_share": TEXT,
        "worst": TEXT,
        "skew_seconds": INT,
        "flags": INT,
        "version": INT,
    },
}

COLUMNS: dict[str, tuple[str, ...]] = {kind: tuple(types) for kind, types in TYPES.items()}
"""Columns of a batch by its kind; part of the contract."""
KINDS = tuple(COLUMNS)
"""Kinds of a batch; each has a topic `up/<kind>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Something that was done or refused: who did what to which object, and how it ended; `at` is aware."""

    at: datetime
    actor: str
    action: str
    object: str
    outcome: str
    detail: str = ""


def _reading_rows(records: Iterable[Reading]) -> Iterator[Row]:
    at = read_at = None
    at_text = read_text = ""
    for r in records:
        # Readings of one answer share their instants: formatting them once is a third of the work.
        if r.at is not at:
            at, at_text = r.at, r.at.isoformat()
        if r.read_at is not read_at:
            read_at, read_text = r.read_at, r.read_at.isoformat()
        value = r.value
        text = None if value is None else str(value)
        if text is not None and "E" in text:
            text = format(value, "f")
        yield (
            r.meter,
            r.point,
            text,
            r.unit,
            at_text,
            read_text,
            r.origin,
            r.state,
            r.method,
            r.reason,
            int(r.flags),
            r.source,
            r.version,
        )


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _finding_rows(records: Iterable[Finding]) -> Iterator[Row]:
    for f in records:
        began, ended = f.began.isoformat(), _time(f.ended)
        head = (f.key, f.rule, f.meter, f.point, began, ended, f.severity)
        yield (*head, f.state, f.value, f.limit, f.check, f.count, f.source)


def _event_rows(records: Iterable[Event]) -> Iterator[Row]:
    for e in records:
        began, ended = _time(e.began), _time(e.ended)
        yield (e.meter, e.id, e.name, began, ended, e.detail, e.read_at.isoformat(), e.source)


def _slot_rows(records: Iterable[SlotReport]) -> Iterator[Row]:
    for s in records:
        for start in range(0, max(len(s.outcomes), 1), _OUTCOMES):
            part = [list(pair) for pair in s.outcomes[start : start + _OUTCOMES]]
            yield (s.task, s.target, s.slot.isoformat(), s.due, s.present, part)


def _audit_rows(records: Iterable[Audit]) -> Iterator[Row]:
    for a in records:
        yield (a.at.isoformat(), a.actor, a.action, a.object, a.outcome, a.detail)


def _aggregate_rows(records: Iterable[Aggregate]) -> Iterator[Row]:
    for one in records:
        head = (one.node_kind, one.node, one.side, str(one.span), one.start.isoformat(), one.end.isoformat())
        counts = (one.due, one.present, one.estimated, format(one.estimated_share, "f"))
        tail = (str(one.worst), one.skew_seconds, int(one.flags), one.version)
        yield (*head, format(one.energy, "f"), one.unit, *counts, *tail)


_ROWS: dict[str, Callable[[Any], Iterator[Row]]] = {
    "reading": _reading_rows,
    "finding": _finding_rows,
    "event": _event_rows,
    "slot": _slot_rows,
    "audit": _audit_rows,
    "aggregate": _aggregate_rows,
}


def rows_of(kind: str, records: Iterable[object]) -> list[Row]:
    """The cells of records of one kind; a slot report with very many meters gives several rows."""
    return list(_ROWS[kind](records))
