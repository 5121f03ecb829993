"""Encoders of frames that change a meter or a load; broadcast time and freeze are in `broadcast.py`.

Only `gateway/control`, simulators and tests may import this module; the send gate holds such frames back anyway.
Times are naive and meter-local; passwords are level (00 highest) and six digits; operators eight digits.
"""

from datetime import datetime

from protocols.dlt645.broadcast import EVERYBODY
from protocols.dlt645.frame import Frame

__all__ = [
    "change_baud", "change_password", "clear_demand", "clear_events", "clear_meter", "control",
    "multi_function_terminal", "set_time", "write", "write_address",
]  # fmt: skip

_BAUD_WORDS = {600: 0x02, 1200: 0x04, 2400: 0x08, 4800: 0x10, 9600: 0x20, 19200: 0x40}
_BY_STANDARD = {
    "2007": {"write": 0x14, "address": 0x15, "baud": 0x17, "password": 0x18, "demand": 0x19},
    "1997": {"write": 0x04, "address": 0x0A, "baud": 0x0C, "password": 0x0F, "demand": 0x10},
}
WILDCARD = "A" * 12


def _reversed(digits: str, size: int) -> bytes:
    raw = bytes.fromhex(digits)[::-1]
    if len(raw) != size:
        raise ValueError(f"{digits!r}: {2 * size} digits expected")
    return raw


def _authority(level: int, password: str, operator: str | None) -> bytes:
    who = b"" if operator is None else _reversed(operator, 4)
    return bytes((level,)) + _reversed(password, 3) + who


def write(
    standard: str,
    address: str,
    di: str,
    data: bytes,
    *,
    authority: tuple[int, str],
    operator: str = "00000000",
) -> Frame:
    """14H (1997: 04H, without operator): write data, given in wire order, under a level and password."""
    head = _reversed(di, len(di) // 2)
    who = _authority(*authority, operator if standard == "2007" else None)
    return Frame(address, _BY_STANDARD[standard]["write"], head + who + data)


def write_address(standard: str, new: str, *, to: str = WILDCARD) -> Frame:
    """15H (1997: 0AH): give a meter another address, point to point."""
    return Frame(to, _BY_STANDARD[standard]["address"], _reversed(new, 6))


def change_baud(standard: str, address: str, baud: int) -> Frame:
    """17H (1997: 0CH): another speed in bit/s, valid after the answer; ValueError for one without a word."""
    if baud not in _BAUD_WORDS:
        raise ValueError(f"{baud}: expected one of {', '.join(map(str, _BAUD_WORDS))}")
    return Frame(address, _BY_STANDARD[standard]["baud"], bytes((_BAUD_WORDS[baud],)))


def change_password(standard: str, address: str, old: tuple[int, str], new: tuple[int, str]) -> Frame:
    """18H (1997: 0FH): the password of level `new[0]`, under the authority of `old`."""
    head = _reversed(f"04000C{new[0] + 1:02X}", 4) if standard == "2007" else b""
    data = head + _authority(*old, None) + _authority(*new, None)
    return Frame(address, _BY_STANDARD[standard]["password"], data)


def clear_demand(
    standard: str, address: str, authority: tuple[int, str], operator: str = "00000000"
) -> Frame:
    """19H (1997: 10H): clear the maximum demands."""
    who = _authority(*authority, operator if standard == "2007" else None)
    return Frame(address, _BY_STANDARD[standard]["demand"], who)


def clear_meter(address: str, authority: tuple[int, str], operator: str = "00000000") -> Frame:
    """1AH: clear all registers (level 02)."""
    return Frame(address, 0x1A, _authority(*authority, operator))


def clear_events(
    address: str, authority: tuple[int, str], operator: str = "00000000", event: str = "FFFFFFFF"
) -> Frame:
    """1BH: clear all event records, or those of one identifier ending in FF (level 02)."""
    return Frame(address, 0x1B, _authority(*authority, operator) + _reversed(event, 4))


def control(
    address: str, authority: tuple[int, str], command: int, until: datetime, operator: str = "00000000"
) -> Frame:
    """1CH: trip (1AH), permit closing (1BH), close (1CH), alarm (2AH/2BH), keep supply (3AH/3BH), until a deadline."""
    deadline = bytes.fromhex(until.strftime("%S%M%H%d%m%y"))
    return Frame(address, 0x1C, _authority(*authority, operator) + bytes((command, 0)) + deadline)


def multi_function_terminal(address: str, output: int) -> Frame:
    """1DH: what the multi-function terminal puts out: 0 clock second, 1 demand period, 2 segment switch."""
    return Frame(address, 0x1D, bytes((output,)))


def set_time(local: datetime, address: str = EVERYBODY) -> Frame:
    """08H to one address; some meters take it, the standard only knows the broadcast."""
    return Frame(address, 0x08, bytes.fromhex(local.strftime("%S%M%H%d%m%y")))
