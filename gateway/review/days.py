"""Feeds the curves of a day with what an answer brought, and judges a day that became whole."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.finding import Finding
from gateway.review.curves import Curve, Curves
from gateway.review.findings import Book
from gateway.review.known import Known, ReviewStats
from gateway.review.limits import SCALE, Kind, kind_of
from gateway.review.rules import DAY_RULES
from gateway.review.view import UNJUDGED, Hit
from protocols.reading import Method, Reading, State

__all__ = ["CURVED", "take_days"]

_FROM_MEMORY = frozenset({Method.CURVE, Method.FREEZE})
CURVED = frozenset({Kind.POWER, Kind.INTERVAL})
"""Points of which a day's curve is made."""
_MOMENT, _QUARTER, _DAY = 60, 900, 86_400


def take_days(
    known: Known, readings: Iterable[Reading], stats: ReviewStats, book: Book, tz: ZoneInfo
) -> list[Finding]:
    """Take what an answer brought to the curve of a day; returns what became of days that are now whole."""
    findings: list[Finding] = []
    touched = False
    for reading in readings:
        kind = kind_of(reading.point)
        if reading.state is not State.PASSED or reading.value is None:
            continue
        if kind in CURVED:
            known.curves = known.curves or Curves()
            touched |= _curved(known.curves, kind, reading, tz)
        elif kind is Kind.FORWARD and known.curves is not None and reading.method in _FROM_MEMORY:
            local = _local(reading.at, tz)
            touched |= local % _DAY == 0
            known.curves.register(local, int(reading.value * SCALE))
    if touched and known.curves is not None:
        for curve in known.curves.ready(known.limits):
            findings += _judged(known, curve, stats, book, tz)
    return findings


def _curved(curves: Curves, kind: Kind, reading: Reading, tz: ZoneInfo) -> bool:
    """Whether a point of the curve was taken; a live power counts within a minute of its quarter."""
    local = _local(reading.at, tz)
    late = local % _QUARTER
    if reading.value is None or late >= (_MOMENT if reading.method is Method.LIVE else 1):
        return False
    units = int(reading.value * SCALE)
    if kind is Kind.INTERVAL:
        curves.interval(local - late, units)
    else:
        curves.power(local - late, units)
    return True


def _judged(known: Known, curve: Curve, stats: ReviewStats, book: Book, tz: ZoneInfo) -> list[Finding]:
    asset = known.meter.asset_no
    end = (curve.day + 1) * _DAY
    naive = datetime.fromtimestamp(end, ZoneInfo("UTC")).replace(tzinfo=None)
    at = naive.replace(tzinfo=tz)
    news: list[Finding | None] = []
    for rule in DAY_RULES:
        verdict = rule.judge(curve)
        if verdict is UNJUDGED:
            stats.unjudged_one(rule.id)
        elif isinstance(verdict, Hit):
            stats.hits[rule.id] += 1
            news.append(book.hit(rule, known.meter, rule.points[0], verdict, at))
        else:
            news.append(book.passed(rule.id, asset, rule.points[0], at))
    return [finding for finding in news if finding is not None]


def _local(at: datetime, tz: ZoneInfo) -> int:
    """Seconds since 1970 as the local clock counts them."""
    offset = at.astimezone(tz).utcoffset()
    return int(at.timestamp()) + (int(offset.total_seconds()) if offset is not None else 0)
