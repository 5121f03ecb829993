"""Hits of the second review, kept by day, and the findings that follow from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from gateway.finding import Finding
from gateway.master.stores.base import Store
from gateway.review.view import Hit
from gateway.second.runs import findings

__all__ = ["Found", "Hits"]

_KEPT = 62
"""So many days of hits make findings."""

Found = Mapping[tuple[str, str], Hit]
"""Hits by object and rule."""


@dataclass(slots=True)
class Hits:
    """Keeps hits of one day; `last` is the latest day that has been taken up, to which findings reach."""

    store: Store
    day: date
    last: date
    count: int = 0

    def keep(self, objects: Sequence[str], found: Found) -> set[tuple[str, str]]:
        """All hits of these objects on the day, and the findings that follow with those of other days.

        Returns objects and rules of the hits that stood there before.
        """
        with self.store.transaction():
            before = self.store.ask("hits_gone", sorted(set(objects)), day=self.day.isoformat())
            self._new(objects, found)
        return {(what, rule) for what, rule in before}

    def keep_rule(self, rule: str, objects: Sequence[str], found: Found) -> None:
        """The same of one rule alone."""
        with self.store.transaction():
            self.store.ask("hits_gone_rule", sorted(set(objects)), day=self.day.isoformat(), rule=rule)
            self._new(objects, found)

    def _new(self, objects: Sequence[str], found: Found) -> None:
        day = self.day.isoformat()
        rows = [
            (what, rule, day, hit.severity, hit.value, hit.limit, int(hit.sure))
            for (what, rule), hit in sorted(found.items())
        ]
        since = (self.last - timedelta(days=_KEPT)).isoformat()
        self.count += len(rows)
        if rows:
            self.store.ask("hits_new", rows)
        before = self.store.ask("findings_reviewed", sorted(set(objects)))
        if rows or before:
            concerned = sorted({row[0] for row in (*rows, *before)})
            self._find(self.store.ask("hits_since", concerned, day=since), before)

    def _find(self, hits: Iterable[Sequence[Any]], before: Iterable[Sequence[Any]]) -> None:
        runs: dict[tuple[str, str], dict[date, Hit]] = {}
        for what, rule, day, severity, value, limit, sure in hits:
            on = date.fromisoformat(day)
            runs.setdefault((rule, what), {})[on] = Hit(severity, value, limit, bool(sure))
        zone = self.store.zone
        made = [
            _cells(one)
            for (rule, what), days in sorted(runs.items())
            for one in findings(rule, what, days, max(self.last, *days), zone)
        ]
        there = {(row[1], row[2]) for row in made}
        oldest = datetime.combine(self.last - timedelta(days=_KEPT - 1), time(), zone)
        gone = [
            (key, began)
            for _, key, began, state in before
            if (key, _utc(began)) not in there
            and state != "closed"
            and datetime.fromisoformat(_utc(began)) >= oldest
        ]
        if made:
            self.store.ask("findings_second", made)
        if gone:
            self.store.ask("findings_withdrawn", gone)


def _cells(one: Finding) -> tuple[Any, ...]:
    """gateway, key, began, rank and the other cells of `finding_row`."""
    began = _utc(one.began.isoformat())
    ended = None if one.ended is None else _utc(one.ended.isoformat())
    head = (0, one.key, began, one.count, ended, one.rule, one.meter, one.point, one.severity, one.state)
    return (*head, one.value, one.limit, one.check, one.count, one.source)


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="microseconds")
