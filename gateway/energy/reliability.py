"""Reliability of supply from outages: 1 - customer outage hours / (customers x hours)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from gateway.energy.period import Period

__all__ = ["RURAL", "URBAN", "Outage", "Reliability", "reliability_of"]

URBAN, RURAL = Decimal("0.9989"), Decimal("0.99")
"""What a utility promises: 99.89 % in towns, 99 % in the country."""

_PLACES = Decimal("0.000001")
_ZERO = timedelta()


@dataclass(frozen=True, slots=True)
class Outage:
    """A customer without supply from `began` up to `ended`, both aware; None: still out."""

    customer: str
    began: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reliability:
    """Hours that customers were without supply in a period, among so many customers of it."""

    customers: int
    outage_hours: Decimal
    affected: int
    rate: Decimal

    def reaches(self, standard: Decimal) -> bool:
        """Whether it is at least the promised one."""
        return self.rate >= standard


def reliability_of(customers: int, outages: Iterable[Outage], period: Period) -> Reliability | None:
    """Reliability of a period; outages that overlap count once for a customer. None without customers."""
    if customers <= 0:
        return None
    by_customer: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for one in outages:
        began, ended = max(one.began, period.start), min(one.ended or period.end, period.end)
        if began < ended:
            by_customer[one.customer].append((began, ended))
    out = sum(map(_length, by_customer.values()), _ZERO)
    hours = Decimal(out // timedelta(milliseconds=1)) / 3_600_000
    rate = 1 - hours / (customers * Decimal(period.hours))
    return Reliability(customers, hours, len(by_customer), rate.quantize(_PLACES))


def _length(times: list[tuple[datetime, datetime]]) -> timedelta:
    whole, upto = _ZERO, None
    for began, ended in sorted(times):
        first = began if upto is None else max(began, upto)
        if ended > first:
            whole += ended - first
            upto = ended
    return whole
