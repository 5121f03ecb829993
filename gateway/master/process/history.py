"""Daily energies of meters on the days before a period."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from gateway.energy.period import Period, Span
from gateway.energy.record import FORWARD, Computed
from gateway.master.process.codes import decimal_of, micros
from gateway.master.stores.base import Store

__all__ = ["History"]

_DAYS = 28
_STEP = Decimal("0.0001")

Daily = dict[int, dict[int, tuple[Decimal | None, str]]]
"""Energy and how it stands by the day's start (microseconds), by meter."""


class History:
    """Looks back from a period."""

    def __init__(self, store: Store, period: Period) -> None:
        self._store, self._period = store, period

    def days(self, first: date, after: date) -> list[int]:
        """Starts of the days from `first` up to `after`."""
        zone = self._period.start.tzinfo
        count = (after - first).days
        return [micros(datetime.combine(first + timedelta(days=n), time(), zone)) for n in range(count)]

    def before(self, count: int = _DAYS) -> list[int]:
        """Starts of so many days before the period."""
        first = self._period.start.date()
        return self.days(first - timedelta(days=count), first)

    def usual(self, meters: Collection[int]) -> dict[int, Decimal]:
        """Mean energy of such a period over the 28 days before it, from what was read; only where something was."""
        point = self._store.known("points", [FORWARD])[FORWARD]
        found: dict[int, Decimal] = {}
        length = Decimal(1) if self._period.span is Span.DAY else Decimal(self._period.hours) / 24
        for meter, days in daily(self._store, self.before(), sorted(meters), point).items():
            read = [energy for energy, how in days.values() if energy is not None and how == Computed.READ]
            if read:
                found[meter] = (sum(read, Decimal(0)) / len(read) * length).quantize(_STEP)
        return found

    @staticmethod
    def sums(store: Store, days: Sequence[int], meters: Iterable[int], point: int) -> dict[int, Decimal]:
        """Sum over these days, for meters of which every day has an energy."""
        found: dict[int, Decimal] = {}
        for meter, known in daily(store, days, sorted(meters), point).items():
            parts = [energy for energy, _ in known.values() if energy is not None]
            if len(parts) == len(days):
                found[meter] = sum(parts, Decimal(0))
        return found


def daily(store: Store, days: Sequence[int], meters: Sequence[int], point: int) -> Daily:
    """Latest daily energies of these meters."""
    text = "[" + ",".join(map(str, days)) + "]"
    found: Daily = {}
    for meter, start, energy, scale, how in store.ask("energy_daily_of", meters, days=text, point=point):
        value = None if energy is None else decimal_of(energy, scale)
        found.setdefault(meter, {})[start] = (value, how)
    return found
