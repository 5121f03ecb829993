"""Month partitions of PostgreSQL's big tables, made when the first row of a month comes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from gateway.master.rows import shift

__all__ = ["Months", "Partitioned"]

_FIRST_MONTH, _LAST_MONTH = (2010, 1), (2079, 12)
_DAY = 86_400_000_000


class Partitioned(Protocol):
    """A database whose big tables are divided by month."""

    def partitions(self, table: str) -> set[str]:
        """Names of a table's month partitions."""
        ...

    def partition(self, table: str, name: str, first: datetime, after: datetime) -> None:
        """Make one of `table` for instants from `first` up to `after`."""
        ...


class Months:
    """Makes partitions `<table>_<year>_<month>`, on the UTC month; not `used` where an extension divides tables."""

    def __init__(self, store: Partitioned) -> None:
        self._store = store
        self._known: set[str] = set()
        self.used = True

    def forget(self) -> None:
        """Partitions of a transaction that came to nothing are not there."""
        self._known.clear()

    def make(self, table: str, instants: Sequence[int]) -> None:
        """See that there is a place for rows of these instants (microseconds since 1970)."""
        if not self.used:
            return
        first, last = min(instants) // _DAY, max(instants) // _DAY
        # Seldom more than two months; only then every row is looked at.
        days = {first, last} if last - first < 28 else {at // _DAY for at in instants}
        wanted = {(at.year, at.month) for at in (shift(day * _DAY) for day in days)}
        base = table.removesuffix("_row")
        names = {f"{base}_{y:04}_{m:02}": (y, m) for y, m in wanted if _FIRST_MONTH <= (y, m) <= _LAST_MONTH}
        if names.keys() <= self._known:
            return
        self._known |= self._store.partitions(table)
        for name in sorted(names.keys() - self._known):
            year, month = names[name]
            first_day = datetime(year, month, 1, tzinfo=UTC)
            after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
            self._store.partition(table, name, first_day, after)
            self._known.add(name)
