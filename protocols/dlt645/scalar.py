"""Single values of DL/T 645 to and from bytes: BCD numbers, times, texts, words.

A reader takes exactly the bytes of one field and gives `(value, error)`; both None where the meter says that
it has no value (all FF). A writer raises ValueError for what does not fit.
"""

import calendar
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from protocols.dlt645.layout import Field

__all__ = ["instant", "read", "write"]

Value = Decimal | str | None

# How the letters of a time are shown; the rest of a table row (NN) follows a slash, a weekday is left out.
_SHOWN = {
    "YYMMDDWWhhmmss": "20{YY}-{MM}-{DD}T{hh}:{mm}:{ss}",
    "YYMMDDhhmmss": "20{YY}-{MM}-{DD}T{hh}:{mm}:{ss}",
    "YYMMDDhhmm": "20{YY}-{MM}-{DD}T{hh}:{mm}",
    "YYMMDDWW": "20{YY}-{MM}-{DD}",
    "YYMMDDNN": "20{YY}-{MM}-{DD}/{NN}",
    "MMDDhhmm": "{MM}-{DD}T{hh}:{mm}",
    "MMDDNN": "{MM}-{DD}/{NN}",
    "hhmmss": "{hh}:{mm}:{ss}",
    "hhmmNN": "{hh}:{mm}/{NN}",
    "hhmm": "{hh}:{mm}",
    "DDhh": "{DD}T{hh}",
    "DD": "{DD}",
}
_RANGES = {
    "YY": (0, 99),
    "MM": (1, 12),
    "DD": (1, 31),
    "WW": (0, 7),
    "hh": (0, 24),
    "mm": (0, 59),
    "ss": (0, 59),
}
_CLOCK = ("YY", "MM", "DD", "WW", "hh", "mm", "ss")
_DIGITS = 16
_STAMPS = (5, 6)


def read(field: Field, data: bytes, *, signed: bool) -> tuple[Value, str | None]:
    """The value of a field's bytes; the error is "bcd" or "time"."""
    size = len(data)
    if data == b"\xff" * size and field.kind != "bin":
        return None, None
    if field.kind == "number":
        return _read_number(data[::-1].hex(), field.decimals, signed=signed)
    if field.kind == "time":
        return _read_time(data[::-1].hex(), field.letters)
    if field.kind == "bin":
        return "0x" + data[::-1].hex().upper(), None
    if field.kind == "ascii":
        return data[::-1].strip(b"\0 ").decode("ascii", "backslashreplace"), None
    digits = data[::-1].hex().upper()
    return (None, "bcd") if field.kind == "bcd" and not digits.isdecimal() else (digits, None)


def _read_number(digits: str, decimals: int, *, signed: bool) -> tuple[Value, str | None]:
    sign = ""
    if signed and digits[0] >= "8":
        # The sign is the highest bit of the magnitude's highest byte (A.1 to A.3).
        digits = f"{int(digits[0], _DIGITS) - 8}{digits[1:]}"
        sign = "-"
    if not digits.isdecimal():
        return None, "bcd"
    value = Decimal(f"{sign}{digits}E-{decimals}")
    return (value if value else value.copy_abs()), None


def _read_time(digits: str, letters: str) -> tuple[Value, str | None]:
    if not digits.isdecimal():
        return None, "bcd"
    parts = {letters[i : i + 2]: digits[i : i + 2] for i in range(0, len(letters), 2)}
    dated = "DD" in parts
    if dated and set(digits) in ({"0"}, {"9"}):
        return None, None
    if any(not _RANGES[k][0] <= int(v) <= _RANGES[k][1] for k, v in parts.items() if k in _RANGES):
        return None, "time"
    if "YY" in parts and not _is_day(parts):
        return None, "time"
    return _SHOWN[letters].format_map(parts), None


def _is_day(parts: Mapping[str, str]) -> bool:
    """Whether this day is in the calendar and its hour below 24, so that everybody can read it."""
    days = calendar.monthrange(2000 + int(parts["YY"]), int(parts["MM"]))[1]
    return int(parts["DD"]) <= days and parts.get("hh") != "24"


def instant(data: bytes) -> datetime | None:
    """The time of `mm hh DD MM YY` or `ss mm hh DD MM YY`; None for a filled or impossible one."""
    digits = data[::-1].hex()
    if len(data) not in _STAMPS or not digits.isdecimal():
        return None
    numbers = [int(digits[i : i + 2]) for i in range(0, len(digits), 2)]
    try:
        return datetime(2000 + numbers[0], *numbers[1:])  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


def write(field: Field, value: Value | int | datetime, *, signed: bool = False) -> bytes:
    """The bytes of a field: None is all FF, times are given as they are read or as datetime."""
    if value is None:
        return b"\xff" * field.size
    if field.kind == "number":
        return _write_number(
            Decimal(value) if not isinstance(value, datetime) else Decimal("NaN"), field, signed=signed
        )
    if field.kind == "time":
        return _write_time(value, field)
    text = str(value)
    if field.kind == "ascii":
        raw = text.encode("ascii").ljust(field.size, b"\0")
    elif field.kind == "bin":
        raw = int(text, 0).to_bytes(field.size, "big")
    else:
        raw = bytes.fromhex(text)
    if field.size and len(raw) != field.size:
        raise ValueError(f"{text!r} does not fit {field.size} bytes")
    return raw[::-1]


def _write_number(value: Decimal, field: Field, *, signed: bool) -> bytes:
    scaled = value.scaleb(field.decimals)
    whole = int(scaled) if scaled.is_finite() else -1
    limit = 10 ** (2 * field.size) * (8 if signed else 10) // 10
    if whole != scaled or (whole < 0 and not signed) or abs(whole) >= limit:
        raise ValueError(f"{value} does not fit {field}")
    raw = bytearray.fromhex(f"{abs(whole):0{2 * field.size}d}")
    if whole < 0:
        raw[0] |= 0x80
    return bytes(raw[::-1])


def _write_time(value: object, field: Field) -> bytes:
    letters = field.letters
    if isinstance(value, datetime):
        shown = dict(zip(_CLOCK, value.strftime("%y %m %d %w %H %M %S").split(), strict=True))
        parts = {name: f"{digits:0>2}" for name, digits in shown.items()}
    else:
        parts = _parts(str(value), letters)
    return bytes.fromhex("".join(parts[letters[i : i + 2]] for i in range(0, len(letters), 2)))[::-1]


def _parts(text: str, letters: str) -> dict[str, str]:
    """The digits of a time as it is shown; the weekday is worked out."""
    shown = _SHOWN[letters]
    digits = [c for c in text if c.isdigit()]
    names = [part[:2] for part in shown.split("{")[1:]]
    if shown.startswith("20"):
        digits = digits[2:]
    parts = {name: "".join(digits[2 * i : 2 * i + 2]) for i, name in enumerate(names)}
    if "WW" in letters:
        day = date(2000 + int(parts["YY"]), int(parts["MM"]), int(parts["DD"]))
        parts["WW"] = f"{day.isoweekday() % 7:02d}"
    return parts
