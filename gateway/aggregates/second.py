"""What of the second review the gateway can say by itself: days of nodes whose members all hang here.

Of a line others may hold a part, so its loss is left to the master; completeness and offset are judged here too.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, tzinfo

from config.second import Second
from gateway.aggregates.roster import NodeKey
from gateway.energy.loss import rate_of
from gateway.energy.members import SALE, SUPPLY
from gateway.energy.record import Aggregate
from gateway.finding import Finding
from gateway.review.view import Hit
from gateway.second.judge import judge, limits_for
from gateway.second.runs import findings
from gateway.second.view import Case, Subject

__all__ = ["DayJudge"]

_KEPT_DAYS = 40
_HERE = frozenset({"P030", "P031", "P033", "P036"})
_LOSS = frozenset({"P031", "P033"})


class DayJudge:
    """Hits by rule and node of the last days, and the findings that were told of them."""

    def __init__(self, tz: tzinfo, source: str) -> None:
        self.limits: Mapping[str, Second] = {}
        self._tz, self._source = tz, source
        self._hits: dict[tuple[str, str], dict[date, Hit]] = {}
        self._horizon: dict[str, date] = {}
        self._told: dict[tuple[str, datetime], Finding] = {}

    def take(self, node: NodeKey, sides: Iterable[Aggregate], *, is_whole: bool) -> list[Finding]:
        """Judge a day by its two sides; returns what is news."""
        found = {one.side: one for one in sides}
        if not found:
            return []
        day = next(iter(found.values())).start.astimezone(self._tz).date()
        what = ":".join(node)
        horizon = self._horizon[what] = max(day, self._horizon.get(what, day))
        hits = judge(self._case(node, what, day, found, is_whole=is_whole)).hits
        news: list[Finding] = []
        for rule in sorted(_HERE):
            known = self._hits.setdefault((rule, what), {})
            known.pop(day, None)
            if rule in hits:
                known[day] = hits[rule]
            news += self._news(rule, what, known, horizon)
        return news

    def pack(self) -> bytes:
        """Hits of the last days as a blob."""
        rows = [
            [rule, what, day.toordinal(), hit.severity, hit.value, hit.limit, hit.sure]
            for (rule, what), hits in self._hits.items()
            for day, hit in hits.items()
        ]
        days = {what: day.toordinal() for what, day in self._horizon.items()}
        return json.dumps({"v": 1, "hits": rows, "days": days}, separators=(",", ":")).encode()

    def unpack(self, blob: bytes | None) -> None:
        """Take up the hits of a blob; an unknown version holds nothing."""
        saved = json.loads(blob) if blob else {}
        if saved.get("v") != 1:
            return
        self._horizon = {what: date.fromordinal(day) for what, day in saved["days"].items()}
        for rule, what, day, severity, value, limit, sure in saved["hits"]:
            hit = Hit(severity, value, limit, sure=sure)
            self._hits.setdefault((rule, what), {})[date.fromordinal(day)] = hit

    def _case(
        self, node: NodeKey, what: str, day: date, found: Mapping[str, Aggregate], *, is_whole: bool
    ) -> Case:
        due = sum(one.due for one in found.values())
        there = sum(one.present + one.estimated for one in found.values())
        supply, sale = found.get(SUPPLY), found.get(SALE)
        rate = None
        if is_whole and node[0] == "transformer" and supply and sale and there == due:
            rate = rate_of(supply.energy - sale.energy, supply.energy)
        return Case(
            object=what,
            subject=Subject(node[0]),
            day=day,
            limits=limits_for(self.limits, node[0]),
            coverage_count=there / due if due else None,
            rate=None if rate is None else float(rate),
            skew_seconds=max(one.skew_seconds for one in found.values()) if there else None,
        )

    def _news(self, rule: str, what: str, hits: dict[date, Hit], horizon: date) -> list[Finding]:
        for day in [day for day in hits if (horizon - day).days > _KEPT_DAYS]:
            del hits[day]
        news = []
        for finding in findings(rule, what, hits, horizon, self._tz):
            key = finding.key, finding.began
            if self._told.get(key) != finding:
                self._told[key] = finding
                news.append(finding)
        return news
