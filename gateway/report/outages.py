"""The outages of a period one by one: who told them, how long they were, how many customers each counts for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gateway.energy.outages import Spell
from gateway.energy.period import Period
from gateway.report.places import Network, Place, Wanted
from gateway.report.table import Column

__all__ = ["OUTAGES", "OutageRow", "outage_rows"]

_HOUR = 3_600
_PLACES = Decimal("0.0001")

_Key = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageRow:
    """One outage as `object` told it, a meter or what reads meters; `ended` None: nobody told, nothing was read since.

    `told_by` is `customer`, `total meter`, `terminal`, or empty where the archive knows nothing of the object; `hours`
    are those within the period, `customers` those whom it counts for.
    """

    object: str
    told_by: str
    transformer: str
    line: str
    began: datetime
    ended: datetime | None
    hours: Decimal
    customers: int


OUTAGES = (
    Column("object", "told by", "上报者"),
    Column("told_by", "kind", "类别", words={"customer": "用户", "total meter": "总表", "terminal": "终端"}),
    Column("transformer", "transformer", "台区"),
    Column("line", "line", "线路", spare=2),
    Column("began", "began", "停电时刻"),
    Column("ended", "ended", "恢复时刻"),
    Column("hours", "hours", "小时", places=2),
    Column("customers", "customers", "影响用户数"),
)


def outage_rows(
    network: Network,
    targets: Mapping[_Key, Sequence[str]],
    told: Mapping[_Key, Sequence[Spell]],
    period: Period,
    wanted: Wanted,
) -> list[OutageRow]:
    """A row for each spell, by when it began; of what was asked for only what is of it or behind it."""
    behind = network.behind()
    nodes = {meter: node for node, meters in network.totals.items() for meter in meters}
    rows: list[OutageRow] = []
    for key, those in told.items():
        name = key[1]
        place = network.places.get(name, Place())
        if name in nodes:
            kind, customers = "total meter", len(behind.get(nodes[name], ()))
        elif name in network.customers:
            kind, customers = "customer", 1
        else:
            customers = len(targets.get(key, ()))
            kind = "terminal" if customers else ""
        if customers or wanted.takes(name, place):
            rows += [
                OutageRow(
                    object=name,
                    told_by=kind,
                    transformer=place.transformer,
                    line=place.line,
                    began=one.began.astimezone(period.start.tzinfo),
                    ended=None if one.ended is None else one.ended.astimezone(period.start.tzinfo),
                    hours=_hours(one, period),
                    customers=customers,
                )
                for one in those
            ]
    return sorted(rows, key=lambda row: (row.began, row.object))


def _hours(one: Spell, period: Period) -> Decimal:
    inside = min(one.ended or period.end, period.end) - max(one.began, period.start)
    return (Decimal(round(inside.total_seconds())) / _HOUR).quantize(_PLACES)
