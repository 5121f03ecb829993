"""The times of IEC 60870-5-102: Ta, five bytes to the minute, and Tb, seven bytes to the millisecond (7.2.7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["TA_BYTES", "TB_BYTES", "Stamp", "decode_ta", "decode_tb", "encode_ta", "encode_tb"]

TA_BYTES, TB_BYTES = 5, 7
_CENTURY = 2000
_INVALID, _TARIFF, _SUMMER = 0x80, 0x40, 0x80
_MIDNIGHT = 24


@dataclass(frozen=True, slots=True)
class Stamp:
    """A naive local time; `at` is None where the bytes are no time. `tariff` is TIS, `weekday` 1 to 7, 0 unused."""

    at: datetime | None
    invalid: bool = False
    tariff: bool = False
    summer: bool = False
    weekday: int = 0


def decode_ta(raw: bytes) -> Stamp:
    """Minute, hour, day, month, year."""
    return _decode(raw, 0, 0)


def decode_tb(raw: bytes) -> Stamp:
    """Millisecond and second in two bytes, then as Ta."""
    fine = int.from_bytes(raw[:2], "little")
    return _decode(raw[2:], fine >> 10, fine & 0x3FF)


def _decode(raw: bytes, second: int, millisecond: int) -> Stamp:
    minute, hour, day, month, year = raw
    try:
        # 24:00 of a day is 0:00 of the next; some equipment stamps its midnight values so.
        late = hour & 0x1F == _MIDNIGHT and not minute & 0x3F
        at = datetime(  # noqa: DTZ001 - equipment knows local time only
            _CENTURY + (year & 0x7F),
            month & 0x0F,
            day & 0x1F,
            0 if late else hour & 0x1F,
            minute & 0x3F,
            second,
            millisecond * 1000,
        ) + timedelta(days=late)
    except (ValueError, OverflowError):
        at = None
    return Stamp(at, bool(minute & _INVALID), bool(minute & _TARIFF), bool(hour & _SUMMER), day >> 5)


def encode_ta(at: datetime) -> bytes:
    """Ta of a naive local time, without weekday, as most masters send it; raises ValueError before 2000."""
    if not _CENTURY <= at.year < _CENTURY + 0x80:
        raise ValueError(f"{at:%Y}: the year is not 2000 to 2127")
    return bytes((at.minute, at.hour, at.day, at.month, at.year - _CENTURY))


def encode_tb(at: datetime) -> bytes:
    """Tb of a naive local time; raises ValueError before 2000."""
    return (at.second << 10 | at.microsecond // 1000).to_bytes(2, "little") + encode_ta(at)
