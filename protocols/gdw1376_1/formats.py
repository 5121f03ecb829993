"""Data formats A.1 to A.27 of Q/GDW 1376.1, appendix A: packed BCD, lowest digits first.

A value whose bytes are all EEH, EFH or FFH is none; that is looked at before any digit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

__all__ = ["FORMATS", "Format", "NotBcd", "absent", "bcd", "digits", "unsigned"]

_FILL = frozenset(b"\xee\xef\xff")
_SIGN = 0x80
_CENTURY = 2000


class NotBcd(ValueError):
    """Digits that are none."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its bytes, whether it is a time, and how a value is read; `read` raises NotBcd."""

    name: str
    size: int
    read: Callable[[bytes], Decimal | str]
    is_time: bool = False


def absent(raw: bytes) -> bool:
    """Whether these bytes say that there is no value."""
    return bool(raw) and set(raw) <= _FILL


def digits(raw: bytes) -> str:
    """Two digits a byte, the last byte first; raises NotBcd."""
    text = raw[::-1].hex()
    if not text.isdecimal():
        raise NotBcd(f"{raw.hex().upper()} is not BCD")
    return text


def bcd(value: int, size: int) -> bytes:
    """A number as packed BCD; raises ValueError for one that does not fit."""
    if not 0 <= value < 100**size:
        raise ValueError(f"{value} does not fit {size} bytes")
    return bytes.fromhex(f"{value:0{2 * size}d}")[::-1]


def unsigned(places: int) -> Callable[[bytes], Decimal]:
    """A reader of plain digits with so many behind the point."""

    def read(raw: bytes) -> Decimal:
        return Decimal(int(digits(raw))).scaleb(-places)

    return read


def _signed(places: int) -> Callable[[bytes], Decimal]:
    """The highest bit says minus."""

    def read(raw: bytes) -> Decimal:
        size = Decimal(int(digits(raw[:-1] + bytes((raw[-1] & ~_SIGN,))))).scaleb(-places)
        return -size if raw[-1] & _SIGN and size else size

    return read


def _a2(raw: bytes) -> Decimal:
    """Three digits and a power of ten: G 0 is 10000, G 7 is 0.001."""
    power, minus = raw[1] >> 5, raw[1] & 0x10
    value = Decimal(int(digits(bytes((raw[0], raw[1] & 0x0F))))).scaleb(4 - power)
    value = value + 0 if value else Decimal(0)
    return Decimal(f"{-value:f}") if minus and value else Decimal(f"{value:f}")


def _a3(raw: bytes) -> Decimal:
    """Seven digits; D6 tells thousands of the unit (MWh in place of kWh)."""
    value = Decimal(int(digits(raw[:3] + bytes((raw[3] & 0x0F,)))))
    value *= 1000 if raw[3] & 0x40 else 1
    return -value if raw[3] & 0x10 and value else value


def _a4(raw: bytes) -> Decimal:
    value = Decimal(int(digits(bytes((raw[0] & 0x7F,)))))
    return -value if raw[0] & _SIGN and value else value


def _text(raw: bytes) -> str:
    return digits(raw)


def _time(pattern: str) -> Callable[[bytes], str]:
    """Bytes in the order of `pattern`, of s m h D M Y w (weekday and month); as ISO 8601, as far as it goes."""

    def read(raw: bytes) -> str:
        part: dict[str, int] = {}
        for letter, byte in zip(pattern, raw, strict=True):
            low = byte & 0x1F if letter == "w" else byte
            part["M" if letter == "w" else letter] = int(digits(bytes((low,))))
        return _iso(part)

    return read


def _iso(part: Mapping[str, int]) -> str:
    """Raises NotBcd for what is no time."""
    try:
        shown = datetime(  # noqa: DTZ001 - terminals know local time only
            _CENTURY + part.get("Y", 0), part.get("M", 1), part.get("D", 1),
            part.get("h", 0), part.get("m", 0), part.get("s", 0),
        )  # fmt: skip
    except ValueError as error:
        raise NotBcd(str(error)) from error
    day = "".join(
        text
        for letter, text in (("Y", f"{shown:%Y-}"), ("M", f"{shown:%m-}"), ("D", f"{shown:%d}"))
        if letter in part
    ).rstrip("-")
    clock = ":".join(
        text
        for letter, text in (("h", f"{shown:%H}"), ("m", f"{shown:%M}"), ("s", f"{shown:%S}"))
        if letter in part
    )
    return f"{day}T{clock}" if day and clock else day or clock


def _formats() -> dict[str, Format]:
    numbers: list[tuple[str, int, Callable[[bytes], Decimal | str]]] = [
        ("A2", 2, _a2),
        ("A3", 4, _a3),
        ("A4", 1, _a4),
        ("A5", 2, _signed(1)),
        ("A6", 2, _signed(2)),
        ("A7", 2, unsigned(1)),
        ("A8", 2, unsigned(0)),
        ("A9", 3, _signed(4)),
        ("A10", 3, unsigned(0)),
        ("A11", 4, unsigned(2)),
        ("A12", 6, _text),
        ("A13", 4, unsigned(4)),
        ("A14", 5, unsigned(4)),
        ("A22", 1, unsigned(1)),
        ("A23", 3, unsigned(4)),
        ("A25", 3, _signed(3)),
        ("A26", 2, unsigned(3)),
        ("A27", 4, unsigned(0)),
    ]
    times = {
        "A1": "smhDwY",
        "A15": "mhDMY",
        "A16": "smhD",
        "A17": "mhDM",
        "A18": "mhD",
        "A19": "mh",
        "A20": "DMY",
        "A21": "MY",
        "A24": "hD",
    }
    found = {name: Format(name, size, read) for name, size, read in numbers}
    found.update(
        {name: Format(name, len(order), _time(order), is_time=True) for name, order in times.items()}
    )
    for size in range(1, 9):
        found[f"B{size}"] = Format(f"B{size}", size, lambda raw: Decimal(int.from_bytes(raw, "little")))
    return found


FORMATS: Mapping[str, Format] = _formats()
"""Formats by name; B1 to B8 are binary numbers, lowest byte first."""
