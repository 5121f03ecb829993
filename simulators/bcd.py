"""Numbers and times as a DL/T 645 meter lays them out: BCD, low byte first."""

from collections.abc import Iterable
from datetime import datetime

__all__ = ["absent", "bcd", "clock7", "concat", "date4", "md4", "signed", "stamp5", "stamp6", "text", "time3"]


def bcd(value: int, length: int) -> bytes:
    """A number of 0 .. 100**length - 1; a larger one wraps, as a register does."""
    return bytes.fromhex(f"{value % 100**length:0{2 * length}d}")[::-1]


def signed(value: int, length: int) -> bytes:
    """Sign and magnitude: the top bit of the last byte says minus, which leaves 7 for the first digit."""
    raw = bytearray(bcd(min(abs(value), 80 * 100 ** (length - 1) - 1), length))
    if value < 0:
        raw[-1] |= 0x80
    return bytes(raw)


def absent(length: int) -> bytes:
    """What a meter sends where it has no value."""
    return b"\xff" * length


def concat(parts: Iterable[bytes]) -> bytes:
    """All parts, one after the other."""
    return b"".join(parts)


def _pairs(*numbers: int) -> bytes:
    return bytes(n // 10 << 4 | n % 10 for n in numbers)


def stamp5(at: datetime) -> bytes:
    """YYMMDDhhmm, minute first on the wire."""
    return _pairs(at.minute, at.hour, at.day, at.month, at.year % 100)


def stamp6(at: datetime) -> bytes:
    """YYMMDDhhmmss, second first on the wire."""
    return _pairs(at.second) + stamp5(at)


def md4(at: datetime) -> bytes:
    """MMDDhhmm, minute first on the wire."""
    return _pairs(at.minute, at.hour, at.day, at.month)


def date4(at: datetime) -> bytes:
    """YYMMDDWW with 0 for Sunday, the weekday first on the wire."""
    return _pairs(at.isoweekday() % 7, at.day, at.month, at.year % 100)


def time3(at: datetime) -> bytes:
    """hhmmss, second first on the wire."""
    return _pairs(at.second, at.minute, at.hour)


def clock7(at: datetime) -> bytes:
    """YYMMDDWWhhmmss, second first on the wire."""
    return time3(at) + date4(at)


def text(value: str, length: int) -> bytes:
    """ASCII, last character first, zero bytes where it is shorter."""
    return value.encode("ascii")[:length].ljust(length, b"\0")[::-1]
