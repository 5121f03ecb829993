"""What an import tells of the rounds: which registers came back, and who has walked a route for too long."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from config.text import say
from gateway.dumps.examine import Judged
from gateway.dumps.rounds import Came, Rounds, Walk
from gateway.finding import Finding

__all__ = ["ROTATION", "Returned"]

ROTATION = "H011"
_MONTH = 30.44
"""Days."""


@dataclass(slots=True)
class _Pace:
    """What one reader read on one route in this file."""

    first: datetime
    last: datetime
    rows: int = 0


class Returned:
    """Gathers over one file. `months` is how long one reader may walk one route; 0: as long as he likes."""

    def __init__(self, path: Path, months: int) -> None:
        self._path, self._months = path, months
        self._routes: dict[str, dict[str, _Pace]] = {}

    def take(self, judged: Iterable[Judged], now: datetime) -> None:
        """Rows that are durable now; raises RoundsError."""
        came = []
        for one in judged:
            row, meter = one.row, one.meter
            if meter is None or row.interval is not None:
                continue
            at = row.read_time or now
            came.append(Came(meter.asset_no, row.point, str(row.status), at, row.reader_id, row.batch_id))
            route = row.route or meter.route
            if route and row.reader_id and row.read_time is not None:
                self._walked(route, row.reader_id, row.read_time)
        if came and self._path.exists():
            with Rounds(self._path) as rounds:
                rounds.back(came)

    def _walked(self, route: str, reader: str, at: datetime) -> None:
        pace = self._routes.setdefault(route, {}).setdefault(reader, _Pace(at, at))
        pace.first, pace.last = min(pace.first, at), max(pace.last, at)
        pace.rows += 1

    def conclude(self) -> list[Finding]:
        """Notes for the supervisor, and those that are over; raises RoundsError."""
        if not self._months or not self._routes:
            return []
        found: list[Finding] = []
        with Rounds(self._path) as rounds:
            for route, readers in self._routes.items():
                # Who helped out for a few meters is not the one who walks the route.
                reader, pace = max(readers.items(), key=lambda pair: pair[1].rows)
                before = rounds.walk(route)
                rounds.walked(route, reader, pace.first)
                now = rounds.walked(route, reader, pace.last)
                found += self._judged(before, now)
        return found

    def _judged(self, before: Walk | None, now: Walk) -> Iterator[Finding]:
        if before is not None and before.reader != now.reader and _span(before) > self._months:
            yield replace(_finding(before, self._months), state="closed", ended=now.since)
        if _span(now) > self._months:
            yield _finding(now, self._months)


def _span(walk: Walk) -> float:
    """How long a reader has had a route, in months."""
    return (walk.last - walk.since).total_seconds() / 86_400 / _MONTH


def _finding(walk: Walk, months: int) -> Finding:
    text = say(
        f"{walk.reader} has read route {walk.route} since {walk.since:%Y-%m}: let somebody else read it",
        f"{walk.reader} 自 {walk.since:%Y-%m} 起一直抄 {walk.route} 册：请轮换抄表员",
    )
    return Finding(
        key=f"{ROTATION}:{walk.route}:{walk.reader}",
        rule=ROTATION,
        meter="",
        point="",
        began=walk.since,
        ended=None,
        severity=0,
        state="open",
        value=f"{_span(walk):.1f}",
        limit=str(months),
        check=text,
        count=int(_span(walk)),
        source="handheld",
    )
