"""What is missing: slots without a value, asked for again oldest first until they are too old.

The outbox keeps the ledger itself: a mark per meter and slot, in the transaction of the values it speaks of.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.schedule import Grid, next_attempt

__all__ = ["BACKFILLED", "LATE", "OK", "PARTIAL", "PRESENT", "SETTLED", "Gap", "Gaps"]

OK = "ok"
PARTIAL = "partial"
BACKFILLED = "backfilled"
LATE = "late"
"""Never asked: the next slot came first."""
PRESENT = frozenset({OK, PARTIAL, BACKFILLED})
"""Outcomes that count as present."""
SETTLED = PRESENT | {"refused", "unknown_point", "gate"}
"""Outcomes that asking again cannot better."""

_HELD = 256


@dataclass(slots=True)
class _Hole:
    """Meters missing in one slot as bits, and when they are asked for again."""

    bits: int
    due: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """One slot and the assets missing in it."""

    slot: datetime
    meters: tuple[str, ...]


class Gaps:
    """The missing slots of one task at one target.

    At most `held` slots are in memory, the oldest ones; `beyond` is the oldest that was left in the ledger.
    """

    def __init__(self, grid: Grid, meters: Sequence[str], days: int, held: int = _HELD) -> None:
        self._grid = grid
        self._meters = tuple(meters)
        self._place = {asset: place for place, asset in enumerate(meters)}
        self._span = timedelta(days=days)
        self._held = held
        self._holes: dict[datetime, _Hole] = {}
        self.beyond: datetime | None = None
        self.expired = 0

    def __len__(self) -> int:
        """Missing values (meter and slot) held in memory."""
        return sum(hole.bits.bit_count() for hole in self._holes.values())

    @property
    def oldest(self) -> datetime | None:
        """The oldest missing slot."""
        return min(self._holes, default=None)

    def horizon(self, now: datetime) -> datetime:
        """The instant before which nothing is asked for again."""
        return now - self._span

    def add(self, slot: datetime, meters: Iterable[str], now: datetime) -> None:
        """These meters have no value in this slot."""
        bits = 0
        for asset in meters:
            bits |= self._bit(asset)
        if not bits or slot < self.horizon(now):
            return
        if self.beyond is not None and slot >= self.beyond:
            return
        hole = self._holes.get(slot)
        due = next_attempt(slot, now, calendar=self._grid.calendar)
        self._holes[slot] = _Hole(bits | (hole.bits if hole else 0), due)
        if len(self._holes) > self._held:
            self.beyond = max(self._holes)
            del self._holes[self.beyond]

    def refill(
        self, since: datetime, until: datetime, marks: Mapping[datetime, Mapping[str, str]], now: datetime
    ) -> None:
        """Take from the ledger every slot later than `since` and up to `until` with somebody missing.

        What lay in the ledger before may be asked for at once.
        """
        for slot in self._grid.between(since, until):
            known = marks.get(slot, {})
            absent = [asset for asset in self._meters if known.get(asset) not in SETTLED]
            if absent:
                self.add(slot, absent, now)
                if (hole := self._holes.get(slot)) is not None:
                    hole.due = now

    def wants_refill(self) -> bool:
        """Whether the ledger holds more than memory does and memory has room for half of it."""
        return self.beyond is not None and len(self._holes) < self._held // 2

    def take(self, now: datetime) -> Gap | None:
        """The oldest slot whose turn it is; it is set aside until its next round."""
        self._expire(now)
        for slot in sorted(self._holes):
            hole = self._holes[slot]
            if hole.due <= now:
                hole.due = next_attempt(slot, now, calendar=self._grid.calendar)
                return Gap(
                    slot, tuple(asset for asset, place in self._place.items() if hole.bits >> place & 1)
                )
        return None

    def put_back(self, slot: datetime, due: datetime) -> None:
        """This slot could not be asked for now: its turn comes again at `due`."""
        if (hole := self._holes.get(slot)) is not None:
            hole.due = due

    def settled(self, slot: datetime, meter: str) -> None:
        """This meter's value has come, or never will."""
        if (hole := self._holes.get(slot)) is not None:
            hole.bits &= ~self._bit(meter)
            if not hole.bits:
                del self._holes[slot]

    def missing(self, slot: datetime) -> int:
        """How many meters are missing in a slot held in memory."""
        hole = self._holes.get(slot)
        return hole.bits.bit_count() if hole else 0

    def _bit(self, asset: str) -> int:
        place = self._place.get(asset)
        return 0 if place is None else 1 << place

    def _expire(self, now: datetime) -> None:
        horizon = self.horizon(now)
        for slot in [slot for slot in self._holes if slot < horizon]:
            self.expired += self._holes.pop(slot).bits.bit_count()
