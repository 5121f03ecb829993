"""Hits of the second review, kept by day or month, and the findings that follow from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gateway.energy.period import Span
from gateway.finding import Finding
from gateway.master.process.codes import number_of
from gateway.master.stores.base import Store
from gateway.review.view import Hit
from gateway.second.runs import findings, span_of

__all__ = ["Found", "Hits"]

_KEPT = {Span.DAY: timedelta(days=62), Span.MONTH: timedelta(days=400)}
"""Hits so far back make findings, and those of a finding that reaches into that time."""

Found = Mapping[tuple[str, str], Hit]
"""Hits by object and rule."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A finding that is there; one that ended as it began was withdrawn."""

    object: str
    key: str
    began: datetime
    ended: datetime | None

    @property
    def withdrawn(self) -> bool:
        return self.ended == self.began


@dataclass(slots=True)
class Hits:
    """Keeps hits of one day or month, `day` its first; `last` is the latest that has been taken up."""

    store: Store
    day: date
    last: date
    span: Span = Span.DAY
    count: int = 0

    def keep(self, objects: Sequence[str], found: Found) -> set[tuple[str, str]]:
        """All hits of these objects on the day, and the findings that follow with those of other days.

        Returns objects and rules of the hits that stood there before.
        """
        with self.store.transaction():
            before = self._ask("hits_gone", sorted(set(objects)), day=self.day.isoformat())
            self._new(objects, found)
        return {(what, rule) for what, rule in before}

    def keep_rule(self, rule: str, objects: Sequence[str], found: Found) -> None:
        """The same of one rule alone."""
        with self.store.transaction():
            self._ask("hits_gone_rule", sorted(set(objects)), day=self.day.isoformat(), rule=rule)
            self._new(objects, found)

    def _ask(self, name: str, rows: Sequence[Any], **more: str) -> list[tuple[Any, ...]]:
        return self.store.ask(name, rows, span=number_of(self.span), **more)

    def _new(self, objects: Sequence[str], found: Found) -> None:
        day = self.day.isoformat()
        rows = [
            (what, rule, day, hit.severity, hit.value, hit.limit, int(hit.sure))
            for (what, rule), hit in sorted(found.items())
        ]
        self.count += len(rows)
        if rows:
            self._ask("hits_new", rows)
        before = self._before(sorted(set(objects)))
        if rows or before:
            self._find({row[0] for row in rows} | {one.object for one in before}, before)

    def _before(self, objects: Sequence[str]) -> list[_Known]:
        rows = self.store.ask("findings_reviewed", objects)
        return [
            _Known(what, key, _instant(began), None if ended is None else _instant(ended))
            for what, key, began, ended in rows
            if span_of(key) is self.span
        ]

    def _find(self, objects: Iterable[str], before: Sequence[_Known]) -> None:
        since = self._since(objects, before)
        runs: dict[tuple[str, str], dict[date, Hit]] = {}
        asked = [(what, first.isoformat()) for what, first in sorted(since.items())]
        for what, rule, day, severity, value, limit, sure in self._ask("hits_since", asked):
            on = date.fromisoformat(day)
            runs.setdefault((rule, what), {})[on] = Hit(severity, value, limit, bool(sure))
        made = [
            one
            for (rule, what), days in sorted(runs.items())
            for one in findings(rule, what, days, max(self.last, *days), self.store.zone, self.span)
        ]
        there = {(one.key, one.began) for one in made}
        gone = [
            (one.key, _utc(one.began))
            for one in before
            if (one.key, one.began) not in there
            and not one.withdrawn
            and self._day(one.began) >= since[one.object]
        ]
        if made:
            self.store.ask("findings_second", [_cells(one) for one in made])
        if gone:
            self.store.ask("findings_withdrawn", gone)

    def _since(self, objects: Iterable[str], before: Iterable[_Known]) -> dict[str, date]:
        """Where to begin for each object: no finding that reaches into the time that is looked at is cut."""
        base = min(self.last, self.day) - _KEPT[self.span]
        found = dict.fromkeys(objects, base)
        for one in before:
            if not one.withdrawn and (one.ended is None or self._day(one.ended) >= base):
                found[one.object] = min(found[one.object], self._day(one.began))
        return found

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.store.zone).date()


def _cells(one: Finding) -> tuple[Any, ...]:
    """gateway, key, began, rank and the other cells of `finding_row`."""
    ended = None if one.ended is None else _utc(one.ended)
    head = (0, one.key, _utc(one.began), one.count, ended, one.rule, one.meter, one.point, one.severity)
    return (*head, one.state, one.value, one.limit, one.check, one.count, one.source)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
