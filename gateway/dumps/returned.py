"""What an import tells of the rounds: which registers came back, and who has walked a route for too long."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from config.text import say
from gateway.dumps.examine import Judged
from gateway.dumps.rounds import Came, Rounds, Walk
from gateway.finding import Finding

__all__ = ["ROTATION", "Returned"]

ROTATION = "H010"
_MONTH = 30.44
"""Days."""


class Returned:
    """Gathers over one file. `months` is how long one reader may walk one route; 0: as long as he likes."""

    def __init__(self, path: Path, months: int) -> None:
        self._path, self._months = path, months
        self._walkers: dict[str, tuple[str, datetime, datetime]] = {}

    def take(self, judged: Iterable[Judged], now: datetime) -> None:
        """Rows that are durable now; raises RoundsError."""
        came = []
        for one in judged:
            row = one.row
            if one.meter is not None and row.interval is None:
                at = row.read_time or now
                came.append(Came(one.meter.asset_no, row.point, str(row.status), at, row.reader_id))
            if row.route and row.reader_id and row.read_time is not None:
                self._walked(row.route, row.reader_id, row.read_time)
        if came and self._path.exists():
            with Rounds(self._path) as rounds:
                rounds.back(came)

    def _walked(self, route: str, reader: str, at: datetime) -> None:
        _, first, last = self._walkers.get(route, (reader, at, at))
        self._walkers[route] = (reader, min(first, at), max(last, at))

    def conclude(self) -> list[Finding]:
        """Notes for the supervisor; raises RoundsError."""
        if not self._months or not self._walkers:
            return []
        with Rounds(self._path) as rounds:
            walks = []
            for route, (reader, first, last) in self._walkers.items():
                rounds.walked(route, reader, first)
                walks.append(rounds.walked(route, reader, last))
        return [_finding(walk, self._months) for walk in walks if _span(walk) > self._months]


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
        severity=1,
        state="open",
        value=f"{_span(walk):.1f}",
        limit=str(months),
        check=text,
        count=int(_span(walk)),
        source="handheld",
    )
