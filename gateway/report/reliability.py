"""Reliability of supply (供电可靠率) by transformer and line, and of town and country as a whole."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from config.quality import Quality
from gateway.energy.outages import Spell, together
from gateway.energy.period import Period
from gateway.energy.reliability import RURAL, URBAN, Outage, Reliability, reliability_of
from gateway.report.places import Network
from gateway.report.rows import NODE_KINDS
from gateway.report.table import Column

__all__ = ["RELIABILITY", "ReliabilityRow", "customer_outages", "reliability"]

_PROMISED = {"urban": URBAN, "rural": RURAL}
_ALL = "all"
_HOURS = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityRow:
    """Customers of a transformer, a line, or of town or country (`all`); rates are shares.

    Where nobody was heard of, nothing is judged: there `rate` and `reached` are None.
    """

    kind: str
    code: str
    area: str
    customers: int
    heard: int
    """Of them those of whom there is a reading or an outage in the period."""
    affected: int
    outage_hours: Decimal
    rate: Decimal | None
    standard: Decimal
    reached: bool | None


RELIABILITY = (
    Column("kind", "of", "对象", words={_ALL: "全部", **NODE_KINDS}),
    Column("code", "code", "编号"),
    Column("area", "area", "城乡", words={"urban": "城市", "rural": "农村"}),
    Column("customers", "customers", "用户数"),
    Column("heard", "heard of", "有数据用户数"),
    Column("affected", "affected", "停电用户数"),
    Column("outage_hours", "customer outage hours", "停电时户数", places=2),
    Column("rate", "reliability", "供电可靠率", percent=True, places=4),
    Column("standard", "promised", "承诺值", percent=True, spare=1),
    Column("reached", "reached", "达标"),
)


def customer_outages(
    network: Network,
    targets: Mapping[tuple[int, str], Sequence[str]],
    told: Mapping[tuple[int, str], Sequence[Spell]],
    period: Period,
) -> Iterator[Outage]:
    """Outages of customers: their own, those of what reads them, and those of the total meters of their area.

    `targets` are the customers behind each target by gateway and name. An area with several total meters is out
    while all of them are.
    """
    by_meter: dict[str, list[Spell]] = defaultdict(list)
    for (_, meter), those in told.items():
        by_meter[meter] += those
    for meter in network.customers.keys() & by_meter.keys():
        yield from _of(meter, by_meter[meter])
    for key in targets.keys() & told.keys():
        for meter in targets[key]:
            yield from _of(meter, told[key])
    behind = network.behind() if network.totals else {}
    for node, totals in network.totals.items():
        out = together([by_meter.get(meter, ()) for meter in totals], period.end)
        for meter in behind.get(node, ()) if out else ():
            yield from _of(meter, out)


def _of(customer: str, those: Iterable[Spell]) -> Iterator[Outage]:
    for one in those:
        yield Outage(customer, one.began, one.ended)


def reliability(
    network: Network,
    outages: Iterable[Outage],
    period: Period,
    quality: Quality,
    heard: Collection[str],
) -> list[ReliabilityRow]:
    """A row for town and country, then for each line and transformer with customers.

    `heard` are customers of whom there is a reading: where nobody could have told, nothing is judged.
    """
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for meter, place in network.customers.items():
        area = quality.area(place.transformer, place.line)
        groups[_ALL, "", area].append(meter)
        if place.line:
            groups["line", place.line, quality.area("", place.line)].append(meter)
        if place.transformer:
            groups["transformer", place.transformer, area].append(meter)
    own: dict[str, list[Outage]] = defaultdict(list)
    for one in outages:
        own[one.customer].append(one)
    told = own.keys() | set(heard)
    return [
        _row(key, reliability_of(len(meters), _those(meters, own), period), sum(m in told for m in meters))
        for key, meters in sorted(groups.items())
    ]


def _those(meters: Iterable[str], own: Mapping[str, list[Outage]]) -> Iterator[Outage]:
    for meter in meters:
        yield from own.get(meter, ())


def _row(key: tuple[str, str, str], found: Reliability | None, heard: int) -> ReliabilityRow:
    if found is None:
        raise ValueError("a group without customers")
    kind, code, area = key
    standard = _PROMISED[area]
    return ReliabilityRow(
        kind=kind,
        code=code,
        area=area,
        customers=found.customers,
        heard=heard,
        affected=found.affected,
        outage_hours=found.outage_hours.quantize(_HOURS),
        rate=found.rate if heard else None,
        standard=standard,
        reached=found.reaches(standard) if heard else None,
    )
