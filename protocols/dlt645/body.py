"""What the data of a frame says, for every control code: identifier, values, and the rest by name.

`describe` never fails: what it cannot understand stays as hex under `payload_hex` or `extra_hex`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from protocols.dlt645 import errors, value
from protocols.dlt645.catalogue import Entry, lookup
from protocols.dlt645.frame import Frame
from protocols.dlt645.function import ABNORMAL, CODE, FOLLOW, REPLY, SECURITY
from protocols.dlt645.record import TERMINATORS
from protocols.session import Item

__all__ = ["Body", "describe"]

_BAUDS = {0x02: 600, 0x04: 1200, 0x08: 2400, 0x10: 4800, 0x20: 9600, 0x40: 19200}
_TERMINALS = {0: "clock second pulse", 1: "demand period", 2: "segment switch"}
_COMMANDS = {
    0x1A: "trip",
    0x1B: "close permitted",
    0x1C: "close directly",
    0x2A: "alarm",
    0x2B: "alarm off",
    0x3A: "supply-keep",
    0x3B: "supply-keep off",
}
_WIDTH = {"1997": 2, "2007": 4}
_CURVE_STAMP = 5


@dataclass(slots=True)
class Body:
    """`di` is the identifier a frame names, `items` its values (None: a request that asks for it)."""

    di: str | None = None
    items: list[Item] | None = None
    data: dict[str, Any] = field(default_factory=dict)
    error: tuple[str, ...] | None = None


def describe(standard: str, frame: Frame) -> Body:
    """Everything the data of a frame says in a generation."""
    body = Body()
    if frame.control & ABNORMAL:
        _abnormal(standard, frame, body)
        return body
    is_reply = bool(frame.control & REPLY)
    reader = _READERS[standard].get((frame.control & CODE, is_reply))
    if reader is None:
        if frame.data:
            body.data["payload_hex"] = _hex(frame.data)
    else:
        reader(standard, frame, body)
    return body


def _hex(data: bytes) -> str:
    return data.hex().upper()


def _backwards(data: bytes) -> str:
    return data[::-1].hex().upper()


def _letters(data: bytes, order: str) -> dict[str, str]:
    return {order[2 * i : 2 * i + 2]: f"{byte:02X}" for i, byte in enumerate(data)}


def _abnormal(standard: str, frame: Frame, body: Body) -> None:
    is_security = (standard, frame.control & CODE) == ("2007", SECURITY)
    body.error = errors.security_bits(frame.data) if is_security else errors.bits(standard, frame.data)
    if len(frame.data) == 1:
        body.data["error_byte"] = _hex(frame.data)
    else:
        body.data["error_raw"] = _hex(bytes((byte + 0x33) & 0xFF for byte in frame.data))


def _identifier(standard: str, data: bytes, body: Body) -> tuple[Entry | None, bytes]:
    width = _WIDTH[standard]
    if len(data) < width:
        if data:
            body.data["payload_hex"] = _hex(data)
        return None, b""
    body.di = _backwards(data[:width])
    return lookup(standard, body.di), data[width:]


def _read_request(standard: str, frame: Frame, body: Body) -> None:
    entry, rest = _identifier(standard, frame.data, body)
    if standard == "2007" and entry is not None and entry.id.startswith("06") and len(rest) in (1, 6):
        body.data["blocks"] = rest[0]
        if len(rest) == 6:
            body.data["time"] = _letters(rest[1:], "mmhhDDMMYY")
    elif rest:
        body.data["extra_hex"] = _hex(rest)


def _read_reply(standard: str, frame: Frame, body: Body) -> None:
    entry, rest = _identifier(standard, frame.data, body)
    if frame.control & FOLLOW:
        body.data["payload_hex"] = _hex(rest)
    _values(standard, entry, rest, body)


def _values(standard: str, entry: Entry | None, rest: bytes, body: Body) -> None:
    if body.di is None:
        return
    if entry is None:
        body.items = []
        if rest:
            body.data["payload_hex"] = _hex(rest)
        return
    items = value.decode(entry, rest)
    body.items = list(items)
    if items.trailing:
        body.data["trailing_hex"] = _hex(rest[-items.trailing :])
        if isinstance(entry.length, int):
            body.data["length_mismatch"] = f"table {entry.length}, frame {len(rest)}"
    if entry.origin.startswith("CSG") and len(rest) > _CURVE_STAMP:
        body.data["time"] = _letters(rest[:_CURVE_STAMP], "mmhhDDMMYY")


def _follow_request(standard: str, frame: Frame, body: Body) -> None:
    if standard == "2007" and len(frame.data) != 5:
        body.data["payload_hex"] = _hex(frame.data)
        return
    _, rest = _identifier(standard, frame.data, body)
    if len(rest) == 1:
        body.data["seq"] = rest[0]
    elif rest:
        body.data["extra_hex"] = _hex(rest)


def _follow_reply(standard: str, frame: Frame, body: Body) -> None:
    """A part of a longer answer; it shows values only if it holds whole ones, without their position."""
    entry, rest = _identifier(standard, frame.data, body)
    if standard == "2007" and rest:
        body.data["seq"], rest = rest[-1], rest[:-1]
    body.data["payload_hex"] = _hex(rest)
    body.items = []
    if entry is not None and entry.members:
        first = lookup(standard, entry.members[0])
        size = first.length if first is not None and isinstance(first.length, int) else 0
        if size and standard == "1997" and len(rest) % size == 1 and rest[-1] in TERMINATORS:
            rest = rest[:-1]
        if size and first is not None and len(rest) % size == 0:
            for at in range(0, len(rest), size):
                body.items += [
                    item._replace(id=entry.id, point=None)
                    for item in value.decode(first, rest[at : at + size])
                ]


def _address_reply(_standard: str, frame: Frame, body: Body) -> None:
    body.data["meter_address"] = _backwards(frame.data)


def _write_address(_standard: str, frame: Frame, body: Body) -> None:
    body.data["new_address"] = _backwards(frame.data)


def _write(standard: str, frame: Frame, body: Body) -> None:
    entry, rest = _identifier(standard, frame.data, body)
    rest = _authority(rest, body, operator=standard == "2007")
    if entry is None:
        body.items = []
        if rest:
            body.data["payload_hex"] = _hex(rest)
    else:
        _values(standard, entry, rest, body)


def _authority(data: bytes, body: Body, *, operator: bool) -> bytes:
    """Password level, password and, in 2007, the operator code; what is left."""
    need = 8 if operator else 4
    if len(data) < need:
        if data:
            body.data["payload_hex"] = _hex(data)
        return b""
    body.data["password_level"] = _hex(data[:1])
    body.data["password"] = _backwards(data[1:4])
    if operator:
        body.data["operator"] = _backwards(data[4:8])
    return data[need:]


def _time(_standard: str, frame: Frame, body: Body) -> None:
    data = frame.data
    body.data["time"] = _letters(data[:6], "ssmmhhDDMMYY")
    if len(data) > 6:
        body.data["extra_hex"] = _hex(data[6:])


def _freeze(_standard: str, frame: Frame, body: Body) -> None:
    body.data["time"] = _letters(frame.data[:4], "mmhhDDMM")


def _baud(_standard: str, frame: Frame, body: Body) -> None:
    body.data["baud_word"] = _hex(frame.data)
    body.data["baud"] = _BAUDS.get(frame.data[0]) if len(frame.data) == 1 else None


def _password(standard: str, frame: Frame, body: Body) -> None:
    if standard == "2007" and len(frame.data) == 12:
        _, rest = _identifier(standard, frame.data, body)
        body.data["old"], body.data["new"] = _hex(rest[:4]), _hex(rest[4:])
        return
    body.data["payload_hex"] = _hex(frame.data)
    if len(frame.data) == 4:
        body.data["new"] = _hex(frame.data)


def _clear(standard: str, frame: Frame, body: Body) -> None:
    rest = _authority(frame.data, body, operator=standard == "2007")
    if rest:
        body.data["payload_hex"] = _hex(rest)


def _clear_events(_standard: str, frame: Frame, body: Body) -> None:
    rest = _authority(frame.data, body, operator=True)
    if len(rest) == 4:
        body.data["event_di"] = _backwards(rest)
    elif rest:
        body.data["payload_hex"] = _hex(rest)


def _control(_standard: str, frame: Frame, body: Body) -> None:
    rest = _authority(frame.data, body, operator=True)
    if len(rest) < 8:
        if rest:
            body.data["payload_hex"] = _hex(rest)
        return
    body.data["command"] = f"{rest[0]:02X} {_COMMANDS.get(rest[0], 'unknown')}"
    body.data["deadline"] = _letters(rest[2:8], "ssmmhhDDMMYY")


def _terminal(_standard: str, frame: Frame, body: Body) -> None:
    code = frame.data[0] if len(frame.data) == 1 else -1
    body.data["terminal_output"] = _TERMINALS.get(code, _hex(frame.data))


def _security(standard: str, frame: Frame, body: Body) -> None:
    _, rest = _identifier(standard, frame.data, body)
    body.data["payload_hex"] = _hex(rest)


_Reader = Callable[[str, Frame, Body], None]
_READERS: dict[str, dict[tuple[int, bool], _Reader]] = {
    "2007": {
        (0x03, False): _security,
        (0x03, True): _security,
        (0x08, False): _time,
        (0x11, False): _read_request,
        (0x11, True): _read_reply,
        (0x12, False): _follow_request,
        (0x12, True): _follow_reply,
        (0x13, True): _address_reply,
        (0x14, False): _write,
        (0x15, False): _write_address,
        (0x16, False): _freeze,
        (0x17, False): _baud,
        (0x17, True): _baud,
        (0x18, False): _password,
        (0x18, True): _password,
        (0x19, False): _clear,
        (0x1A, False): _clear,
        (0x1B, False): _clear_events,
        (0x1C, False): _control,
        (0x1D, False): _terminal,
        (0x1D, True): _terminal,
    },
    "1997": {
        (0x01, False): _read_request,
        (0x01, True): _read_reply,
        (0x02, False): _follow_request,
        (0x02, True): _follow_reply,
        (0x03, False): _read_request,
        (0x03, True): _read_reply,
        (0x04, False): _write,
        (0x08, False): _time,
        (0x0A, False): _write_address,
        (0x0C, False): _baud,
        (0x0C, True): _baud,
        (0x0F, False): _password,
        (0x0F, True): _password,
        (0x10, False): _clear,
    },
}
