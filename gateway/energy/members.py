"""Which meters count for a side of a line or a transformer in a period, from the archive's relations."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from config.archive import Meter, Relation
from gateway.energy.exchanged import Exchanged
from gateway.energy.period import Period

__all__ = ["SALE", "SUPPLY", "Member", "Side", "members", "two_way"]

SUPPLY = "supply"
SALE = "sale"

Side = tuple[str, str, str]
"""Kind of the node (`line` or `transformer`), its code, `supply` or `sale`."""


@dataclass(frozen=True, slots=True)
class Member:
    """A meter that counts for a side with a sign, from `begin` up to `end`: the part of the period that it is there.

    `two_way`: energy flows both ways here, so that the reverse register is due as well.
    """

    meter: str
    sign: int
    begin: datetime
    end: datetime
    two_way: bool = False


def two_way(meters: Iterable[Meter]) -> frozenset[str]:
    """Asset numbers of the meters whose class says that energy flows both ways."""
    return frozenset(
        one.asset_no
        for one in meters
        if "generation" in one.customer_class or "gateway" in one.customer_class
    )


def members(
    relations: Iterable[Relation],
    period: Period,
    *,
    both: Collection[str] = (),
    swaps: Exchanged | None = None,
    out: Collection[str] = (),
) -> dict[Side, list[Member]]:
    """Members of every side in a period, sorted by meter.

    `valid_from` and `valid_to` of a relation are its first and last day, in the zone of the period. `both` are
    meters whose reverse register is due, `out` assets that are not in service and so not due. `swaps` say which asset
    took the place of which: a relation goes on with the meter that took the place of its own after the day it began,
    and an energy is named after the last one.
    """
    zone = period.start.tzinfo
    found: dict[Side, dict[tuple[str, int], list[Member]]] = {}
    for one in relations:
        begin = max(_midnight(one.valid_from, zone) or period.start, period.start)
        end = min(_midnight(one.valid_to, zone, 1) or period.end, period.end)
        meter = one.meter
        if swaps is not None:
            meter = swaps.ahead(meter, _midnight(one.valid_from, zone, 1), period.end)
        if begin >= end or meter in out:
            continue
        member = Member(meter, one.sign, begin, end, meter in both)
        side = found.setdefault((one.node_kind, one.node, one.side), {})
        side.setdefault((meter, one.sign), []).append(member)
    return {side: [m for key in sorted(held) for m in _union(held[key])] for side, held in found.items()}


def _midnight(day: date | None, zone: tzinfo | None, plus: int = 0) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=plus), time(), zone)


def _union(found: list[Member]) -> list[Member]:
    """Times that touch or overlap are one: two rows of a relation never count a meter twice."""
    joined: list[Member] = []
    for one in sorted(found, key=lambda member: member.begin):
        if joined and one.begin <= joined[-1].end:
            joined[-1] = replace(joined[-1], end=max(joined[-1].end, one.end))
        else:
            joined.append(one)
    return joined
