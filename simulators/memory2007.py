"""What a DL/T 645-2007 meter answers to each identifier."""

from collections.abc import Callable
from datetime import datetime, timedelta

from simulators.bcd import absent, bcd, clock7, concat, date4, signed, stamp5, stamp6, text, time3
from simulators.electric import Defect, Electric, Spec
from simulators.events import Past
from simulators.load import EPOCH
from simulators.record import LoadRecords

__all__ = ["DAILY_DEPTH", "HOURLY_DEPTH", "TARIFFS", "Memory2007", "settlement"]

TARIFFS = 4
DAILY_DEPTH = 62
HOURLY_DEPTH = 254
_FF = 0xFF
_SPOILT = (b"\x00\x01\x00\x00", b"\x00\x01\xff\x00")

_Reader = Callable[[bytes, datetime], bytes | None]


def settlement(k: int, now: datetime) -> datetime:
    """When the k-th last settlement was: the first of a month, 00:00."""
    month = now.year * 12 + now.month - k
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.replace(year=month // 12, month=month % 12 + 1, day=1)


def _period(at: datetime, *, running: bool) -> tuple[datetime, datetime]:
    """The month that `at` lies in so far, or the one that ended there."""
    return settlement(1, at if running else at - timedelta(seconds=1)), at


class Memory2007:
    """Reads identifiers (four bytes, DI3 first) as of a naive local time; None: no such data here."""

    def __init__(self, spec: Spec, electric: Electric) -> None:
        self._spec = spec
        self._electric = electric
        self._records = LoadRecords(electric)
        self._outages = Past(spec.seed, spec.address, "outage", 17, 90)
        self._covers = Past(spec.seed, spec.address, "cover", 211, 10)
        self._clears = Past(spec.seed, spec.address, "clear", 97, 1)
        self._classes: dict[int, _Reader] = {
            0x00: self._energy,
            0x01: self._demand,
            0x02: self._variable,
            0x03: self._event,
            0x04: self._parameter,
            0x05: self._freeze,
        }

    def read(self, di: bytes, now: datetime) -> bytes | None:
        """The data of one identifier after the DI itself."""
        if _FF in di[1:] and not self._spec.blocks:
            return None
        reader = self._classes.get(di[0])
        data = reader(di, now) if reader else None
        if data and self._spec.defect is Defect.NOT_BCD and di in _SPOILT:
            return b"\x0e" + data[1:]
        return data

    def records(self, di: bytes, count: int, since: datetime | None, now: datetime) -> bytes | None:
        """Load records (class 06); empty bytes when none matches."""
        return self._records.read(di, count, since, now) if self._spec.load_record else None

    # -- class 00 and 01 -------------------------------------------------------------------------------------

    def _instants(self, ending: int, now: datetime) -> list[datetime] | None:
        if ending == _FF:
            return [now, *(settlement(k, now) for k in range(1, 13))]
        if ending > 12:
            return None
        return [settlement(ending, now) if ending else now]

    def _tariffs(self, tariff: int) -> list[int] | None:
        if tariff == _FF:
            return list(range(TARIFFS + 1))
        return [tariff] if tariff <= TARIFFS else None

    def _cells(self, di: bytes, now: datetime) -> list[tuple[int, datetime]] | None:
        tariffs, instants = self._tariffs(di[2]), self._instants(di[3], now)
        if di[1] > 0x0A or not tariffs or not instants or (len(tariffs) > 1 and len(instants) > 1):
            return None
        return [(tariff, at) for at in instants for tariff in tariffs]

    def _energy(self, di: bytes, now: datetime) -> bytes | None:
        cells = self._cells(di, now)
        if cells is None:
            return None
        lay = signed if di[1] in (0x00, 0x03, 0x04) else bcd
        return concat(lay(self._electric.register(di[1], tariff, at), 4) for tariff, at in cells)

    def _demand(self, di: bytes, now: datetime) -> bytes | None:
        cells = self._cells(di, now)
        if cells is None or not 0x01 <= di[1] <= 0x08:
            return None
        periods = [(tariff, _period(at, running=at is now)) for tariff, at in cells]
        return concat(self._demand_cell(di[1], tariff, period) for tariff, period in periods)

    def _demand_cell(self, quantity: int, tariff: int, period: tuple[datetime, datetime]) -> bytes:
        value, when = self._electric.demand(quantity, *period)
        if tariff > 1 or when is None:
            return bytes(8)
        return bcd(value, 3) + stamp5(when)

    # -- class 02 --------------------------------------------------------------------------------------------

    def _variable(self, di: bytes, now: datetime) -> bytes | None:
        if di[1] == 0x80 and di[2] == 0:
            return self._single(di[3], now)
        if di[3] != 0:
            return None
        first = 0 if di[1] in (0x03, 0x04, 0x05, 0x06) else 1
        if di[2] == _FF:
            cells = [self._phase(di[1], phase, now) for phase in range(first, 4)]
            return concat(c for c in cells if c is not None) if None not in cells else None
        return self._phase(di[1], di[2], now) if first <= di[2] <= 3 else None

    def _phase(self, quantity: int, phase: int, now: datetime) -> bytes | None:
        e = self._electric
        sources: dict[int, tuple[Callable[[int, datetime], int], Callable[[int, int], bytes], int]] = {
            0x01: (e.voltage, bcd, 2),
            0x02: (e.current, signed, 3),
            0x03: (e.power, signed, 3),
            0x04: (e.reactive, signed, 3),
            0x05: (e.apparent, signed, 3),
            0x06: (e.factor, signed, 2),
            0x07: (lambda _phase, _now: 177, bcd, 2),
        }
        if quantity not in sources:
            return None
        source, lay, length = sources[quantity]
        if phase > self._spec.phases:
            return absent(length)
        return lay(source(phase, now), length)

    def _single(self, ending: int, now: datetime) -> bytes | None:
        e = self._electric
        singles: dict[int, Callable[[], bytes]] = {
            0x01: lambda: signed(3, 3),
            0x02: lambda: bcd(e.frequency(now), 2),
            0x03: lambda: signed(e.power(0, now), 3),
            0x04: lambda: signed(e.power(0, now), 3),
            0x05: lambda: signed(e.reactive(0, now), 3),
            0x06: lambda: signed(e.apparent(0, now), 3),
            0x07: lambda: signed(e.temperature(now), 2),
            0x08: lambda: bcd(365, 2),
            0x09: lambda: bcd(598, 2),
            0x0A: lambda: bcd(129, 4),
        }
        return singles[ending]() if ending in singles else None

    # -- class 03 --------------------------------------------------------------------------------------------

    def _event(self, di: bytes, now: datetime) -> bytes | None:
        kind, k = di[1:3], di[3]
        pasts = {b"\x11\x00": self._outages, b"\x30\x0d": self._covers, b"\x30\x02": self._clears}
        if kind in pasts:
            past = pasts[kind]
            return bcd(past.count(now), 3) if k == 0 else self._event_record(kind, past, k, now)
        if kind == b"\x30\x05":
            return bcd(1, 3) if k == 0 else self._segments() if k == 1 else None
        if di[1] in (0x01, 0x02, 0x03, 0x04, 0x0B) and di[2] == 0 and k == 0:
            return bytes(18)
        return None

    def _event_record(self, kind: bytes, past: Past, k: int, now: datetime) -> bytes | None:
        lengths = {b"\x11\x00": 12, b"\x30\x0d": 60, b"\x30\x02": 202}
        if not 1 <= k <= 10:
            return None
        happened = past.last(k, now)
        if happened is None:
            return bytes(lengths[kind])
        began, ended = happened.began, happened.ended
        if kind == b"\x11\x00":
            return stamp6(began) + stamp6(ended)
        if kind == b"\x30\x0d":
            around = [self._electric.register(q, 0, at) for at in (began, ended) for q in (1, 2, 5, 6, 7, 8)]
            return stamp6(began) + stamp6(ended) + concat(bcd(value, 4) for value in around)
        before = self._demand_cell(0x01, 0, _period(began, running=True))
        return stamp6(began) + b"\x00\x00\x00\x01" + before + bytes(23 * 8)

    def _segments(self) -> bytes:
        """The last programming of the day tables: 682 bytes, so it takes a chain of follow-up frames."""
        rows = [(0, 4), (7, 3), (8, 2), (11, 3), (16, 2), (19, 1), (21, 2), (22, 3), (23, 4)]
        table = concat(bytes((number, 0, *bcd(hour, 1))) for hour, number in rows)
        table += bytes((4, 0, 0x23)) * (14 - len(rows))
        return stamp6(EPOCH) + b"\0\0\0\x01" + table * 16

    # -- class 04 --------------------------------------------------------------------------------------------

    def _parameter(self, di: bytes, now: datetime) -> bytes | None:
        if di[:3] == b"\x04\x00\x05":
            return bytes(14) if di[3] == _FF else bytes(2) if 1 <= di[3] <= 7 else None
        number = bytes.fromhex(self._spec.address)[::-1]
        fixed: dict[bytes, bytes] = {
            b"\x00\x01\x01": date4(now),
            b"\x00\x01\x02": time3(now),
            b"\x00\x01\x0c": clock7(now),
            b"\x00\x01\x03": bcd(15, 1),
            b"\x00\x01\x04": bcd(15, 1),
            b"\x00\x02\x04": bcd(TARIFFS, 1),
            b"\x00\x04\x01": number,
            b"\x00\x04\x02": number,
            b"\x00\x04\x03": text(f"SIM{self._spec.address}", 32),
            b"\x00\x04\x04": text("220.0V", 6),
            b"\x00\x04\x05": text("5.00A", 6),
            b"\x00\x04\x06": text("60.0A", 6),
            b"\x00\x04\x07": text("1.0", 4),
            b"\x00\x04\x09": bcd(1200, 3),
            b"\x00\x04\x0a": bcd(1200, 3),
            b"\x00\x04\x0b": text("DDZY-SIM", 10),
            b"\x00\x04\x0c": text("2020-01-06", 10),
            b"\x00\x04\x0d": text("DL/T645-2007", 16),
            b"\x00\x09\x01": b"\x3f",
            b"\x00\x09\x06": b"\xff",
            b"\x00\x0b\x01": b"\x00\x01",
            b"\x00\x0b\x02": b"\x99\x99",
            b"\x00\x0b\x03": b"\x99\x99",
        }
        return fixed.get(di[1:])

    # -- class 05 --------------------------------------------------------------------------------------------

    def _freeze(self, di: bytes, now: datetime) -> bytes | None:
        family, what, k = di[1], di[2], di[3]
        if family == 0x06:
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            at = midnight - timedelta(days=k - 1)
            return self._frozen(what, at) if self._spec.daily_freeze and 1 <= k <= DAILY_DEPTH else None
        if family == 0x04 and what in (0x00, 0x01, 0x02, _FF) and 1 <= k <= HOURLY_DEPTH:
            at = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=k - 1)
            forward, reverse = (bcd(self._electric.register(q, 0, at), 4) for q in (1, 2))
            return {0x00: stamp5(at), 0x01: forward, 0x02: reverse, _FF: stamp5(at) + forward + reverse}[what]
        return None

    def _frozen(self, what: int, at: datetime) -> bytes | None:
        if what == _FF:
            parts = [self._frozen(item, at) for item in (*range(0x0B), 0x10)]
            return concat(part for part in parts if part is not None)
        if what == 0x00:
            return stamp5(at)
        if 0x01 <= what <= 0x08:
            lay = signed if what in (0x03, 0x04) else bcd
            return concat(lay(self._electric.register(what, t, at), 4) for t in range(TARIFFS + 1))
        if what in (0x09, 0x0A):
            return concat(
                self._demand_cell(what - 8, t, _period(at, running=True)) for t in range(TARIFFS + 1)
            )
        if what == 0x10:
            cells = [self._phase(q, p, at) for q in (0x03, 0x04) for p in range(4)]
            return concat(cell for cell in cells if cell is not None)
        return None
