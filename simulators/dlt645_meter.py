"""A simulated DL/T 645 meter: what it answers to each request frame.

It can be read and its clock can be set by broadcast; whatever else would change it is counted and refused.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

from protocols.dlt645.frame import Frame
from simulators.electric import Electric, Spec
from simulators.memory1997 import Memory1997
from simulators.memory2007 import Memory2007

__all__ = ["EVERYBODY", "Meter"]

EVERYBODY = "999999999999"
_NO_DATA = 0x02
_NOT_ALLOWED = 0x04
_PART = 192
_FIVE_MINUTES = timedelta(minutes=5)

Told = Callable[["Meter", str, datetime, bytes], None]


class Meter:
    """One meter on a line.

    `told` is called with (meter, identifier, its own naive time, data) for each answered read, so that a test
    can hold every value in the master database against what the meter said. `seen` counts control codes.
    """

    def __init__(self, spec: Spec, told: Told | None = None) -> None:
        self.spec = spec
        self.address = spec.address
        self.dead = spec.dead
        self.electric = Electric(spec)
        self.seen: Counter[int] = Counter()
        self.refused = 0
        self._told = told
        self._ahead = timedelta(seconds=spec.drift_seconds)
        self._last_set: date | None = None
        self._rest: tuple[bytes, bytes, int] | None = None
        self._memory2007 = Memory2007(spec, self.electric)
        self._memory1997 = Memory1997(spec, self.electric)

    def clock(self, true: datetime) -> datetime:
        """What the meter's clock shows at a true naive local time."""
        return true + self._ahead

    def hears(self, address: str) -> bool:
        """Whether a request to `address` means this meter: its own, all A, or A before its last digits."""
        if "A" not in address:
            return address == self.address
        digits = address.lstrip("A")
        return digits.isdigit() and self.address.endswith(digits) if digits else True

    def answer(self, request: Frame, true: datetime) -> Frame | None:
        """The reply to one request at a true naive local time, or None for silence."""
        if self.dead or request.control & 0x80:
            return None
        if request.address == EVERYBODY:
            self.seen[request.control] += 1
            self._broadcast(request, true)
            return None
        if not self.hears(request.address):
            return None
        self.seen[request.control] += 1
        reply = self._reply(request, true)
        if reply is None:
            return None
        control, data = reply
        return Frame(self.address, control, data)

    def _reply(self, request: Frame, true: datetime) -> tuple[int, bytes] | None:
        handlers: dict[int, Callable[[Frame, datetime], tuple[int, bytes] | None]]
        if self.spec.standard == "2007":
            handlers = {0x11: self._read2007, 0x12: self._follow2007, 0x13: self._address}
            changing = range(0x14, 0x1D)
        else:
            handlers = {0x01: self._read1997, 0x02: self._follow1997, 0x03: self._read1997}
            changing = range(0x04, 0x11)
        if request.control in handlers:
            return handlers[request.control](request, true)
        if request.control in changing:
            self.refused += 1
            return (request.control | 0xC0, bytes((_NOT_ALLOWED,))) if "A" not in request.address else None
        return None

    # -- clock -----------------------------------------------------------------------------------------------

    def _broadcast(self, request: Frame, true: datetime) -> None:
        if request.control == 0x08 and len(request.data) == 6:
            self._set_clock(request.data, true)
        elif request.control not in (0x01, 0x11):
            self.refused += 1

    def _set_clock(self, data: bytes, true: datetime) -> None:
        try:
            second, minute, hour, day, month, year = (int(f"{byte:02x}") for byte in data)
            wanted = datetime(2000 + year, month, day, hour, minute, second)  # noqa: DTZ001 - meters keep local time
        except ValueError:
            return
        own = self.clock(true)
        if abs(wanted - own) <= _FIVE_MINUTES and self._last_set != own.date():
            self._last_set = own.date()
            self._ahead = wanted - true

    # -- 2007 ------------------------------------------------------------------------------------------------

    def _address(self, request: Frame, true: datetime) -> tuple[int, bytes] | None:
        if request.data or request.address.strip("A"):
            return None
        return 0x93, bytes.fromhex(self.address)[::-1]

    def _read2007(self, request: Frame, true: datetime) -> tuple[int, bytes]:
        wire, extra = request.data[:4], request.data[4:]
        if len(wire) < 4 or len(extra) not in (0, 1, 6):
            return 0xD1, b"\x01"
        di, own = wire[::-1], self.clock(true)
        data = self._records(di, extra, own) if di[0] == 0x06 else self._memory2007.read(di, own)
        if data is None:
            return 0xD1, bytes((_NO_DATA,))
        if self._told:
            self._told(self, di.hex().upper(), own, data)
        return self._first_part(0x91, wire, data)

    def _records(self, di: bytes, extra: bytes, own: datetime) -> bytes | None:
        count, since = extra[0] if extra else 1, None
        if len(extra) == 6:
            try:
                minute, hour, day, month, year = (int(f"{byte:02x}") for byte in extra[1:])
                since = datetime(2000 + year, month, day, hour, minute)  # noqa: DTZ001 - meters keep local time
            except ValueError:
                return None
        return self._memory2007.records(di, count, since, own)

    def _first_part(self, control: int, wire: bytes, data: bytes) -> tuple[int, bytes]:
        if len(data) <= 200 - len(wire):
            self._rest = None
            return control, wire + data
        self._rest = (wire, data[_PART:], 1)
        return control | 0x20, wire + data[:_PART]

    def _follow2007(self, request: Frame, true: datetime) -> tuple[int, bytes]:
        if self._rest is None or len(request.data) != 5:
            return 0xD2, bytes((_NO_DATA,))
        wire, rest, number = self._rest
        if request.data != wire + bytes((number,)):
            return 0xD2, bytes((_NO_DATA,))
        more = len(rest) > _PART
        self._rest = (wire, rest[_PART:], number + 1) if more else None
        return (0xB2 if more else 0x92), wire + rest[:_PART] + bytes((number,))

    # -- 1997 ------------------------------------------------------------------------------------------------

    def _read1997(self, request: Frame, true: datetime) -> tuple[int, bytes]:
        if len(request.data) != 2:
            return 0xC1, bytes((_NO_DATA,))
        own = self.clock(true)
        di = request.data[::-1]
        data = self._memory1997.read(di, own)
        if data is None:
            return 0xC1, bytes((_NO_DATA,))
        if self._told:
            self._told(self, di.hex().upper(), own, data)
        return self._first_part(0x81, request.data, data)

    def _follow1997(self, request: Frame, true: datetime) -> tuple[int, bytes]:
        if self._rest is None or request.data != self._rest[0]:
            return 0xC2, bytes((_NO_DATA,))
        wire, rest, number = self._rest
        more = len(rest) > _PART
        self._rest = (wire, rest[_PART:], number + 1) if more else None
        return (0xA2 if more else 0x82), wire + rest[:_PART]
