"""Load records (class 06): what a meter wrote down every quarter of an hour."""

from datetime import datetime, timedelta

from simulators.bcd import absent, bcd, concat, signed, stamp5
from simulators.electric import Electric
from simulators.load import SLOT, seconds

__all__ = ["RECORD_DEPTH", "LoadRecords"]

RECORD_DEPTH = timedelta(days=62)
_STEP = timedelta(seconds=SLOT)
_MOST = 8


class LoadRecords:
    """Records of one meter, at every quarter of an hour of the last 62 days."""

    def __init__(self, electric: Electric) -> None:
        self._electric = electric
        self._phases = range(1, 4)

    def read(self, di: bytes, count: int, since: datetime | None, now: datetime) -> bytes | None:
        """Up to 8 records: DI0 00 the earliest, 01 from `since`, 02 the latest; empty if there are none."""
        kind, which = di[1], di[3]
        if kind > 6 or di[2] != 0 or which > 2:
            return None
        latest = self._floor(now)
        earliest = latest - RECORD_DEPTH
        first = {0: earliest, 1: self._ceiling(since or now), 2: latest}[which]
        first = max(first, earliest)
        stamps = [first + _STEP * i for i in range(min(max(count, 1), _MOST))]
        return concat(self.record(kind, at) for at in stamps if at <= latest)

    @staticmethod
    def _floor(at: datetime) -> datetime:
        return at - timedelta(seconds=seconds(at) % SLOT, microseconds=at.microsecond)

    @classmethod
    def _ceiling(cls, at: datetime) -> datetime:
        floor = cls._floor(at)
        return floor if floor == at else floor + _STEP

    def record(self, kind: int, at: datetime) -> bytes:
        """One whole record: all six groups, or the one of class `kind`, the others empty."""
        groups = (self._one, self._two, self._three, self._four, self._five, self._six)
        parts = ((group(at) if kind in (0, i) else b"") + b"\xaa" for i, group in enumerate(groups, 1))
        inner = stamp5(at) + concat(parts)
        body = b"\xa0\xa0" + bytes((len(inner),)) + inner
        return body + bytes((sum(body) & 0xFF, 0xE5))

    def _missing(self, phase: int) -> bool:
        return phase > self._electric.spec.phases

    def _one(self, at: datetime) -> bytes:
        e = self._electric
        volts = (absent(2) if self._missing(p) else bcd(e.voltage(p, at), 2) for p in self._phases)
        amps = (absent(3) if self._missing(p) else signed(e.current(p, at), 3) for p in self._phases)
        return concat(volts) + concat(amps) + bcd(e.frequency(at), 2)

    def _two(self, at: datetime) -> bytes:
        e = self._electric
        sources = [(source, p) for source in (e.power, e.reactive) for p in range(4)]
        return concat(absent(3) if self._missing(p) else signed(source(p, at), 3) for source, p in sources)

    def _three(self, at: datetime) -> bytes:
        e = self._electric
        return concat(absent(2) if self._missing(p) else signed(e.factor(p, at), 2) for p in range(4))

    def _four(self, at: datetime) -> bytes:
        e = self._electric
        lays = ((1, bcd), (2, bcd), (3, signed), (4, signed))
        return concat(lay(e.register(q, 0, at), 4) for q, lay in lays)

    def _five(self, at: datetime) -> bytes:
        return concat(bcd(self._electric.register(q, 0, at), 4) for q in (5, 6, 7, 8))

    def _six(self, at: datetime) -> bytes:
        e = self._electric
        return signed(e.power(0, at), 3) + signed(e.reactive(0, at), 3)
