"""Values in registers: how words become an exact number or a text."""

import math
import struct
from collections.abc import Sequence
from decimal import Context, Decimal

__all__ = ["EXACT", "KINDS", "ORDERS", "BadValue", "number", "ordered", "words_of"]

# Registers that each kind takes; a text takes as many as its model says.
KINDS = {
    "bit": 1,
    "high8": 1,
    "low8": 1,
    "s_high8": 1,
    "s_low8": 1,
    "u16": 1,
    "s16": 1,
    "u32": 2,
    "s32": 2,
    "u48": 3,
    "u64": 4,
    "s64": 4,
    "float32": 2,
    "float64": 4,
    "bcd16": 1,
    "bcd32": 2,
    "bcd64": 4,
    "text": 0,
    # Minus one where this bit of a register is set, else one.
    **{f"sign{bit}": 1 for bit in range(16)},
}
# How the bytes ABCD of a number come: CDAB has its lowest word first, BADC the bytes of each word swapped.
ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
_PACKED = {words: struct.Struct(f">{words}H") for words in (1, 2, 3, 4)}
# Wide enough for the largest 64-bit value times any ratio.
EXACT = Context(prec=80)
# Six digits are always kept by a float, nine always tell it from every other; below the smallest normal one
# fewer are kept.
_SHORTEST, _LONGEST = 6, 9
_SMALLEST = 2.0**-126


class BadValue(ValueError):
    """Words that are no value of their kind; `kind` is bcd, float or text."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def words_of(kind: str, length: int = 0) -> int:
    """Registers that a value takes; raises KeyError for an unknown kind."""
    return KINDS[kind] or length


def ordered(words: Sequence[int], order: str) -> bytes:
    """The bytes of a value, highest first."""
    if order in ("CDAB", "DCBA"):
        words = words[::-1]
    data = (_PACKED.get(len(words)) or struct.Struct(f">{len(words)}H")).pack(*words)
    if order in ("BADC", "DCBA"):
        swapped = bytearray(data)
        swapped[::2], swapped[1::2] = data[1::2], data[::2]
        return bytes(swapped)
    return data


def number(kind: str, data: bytes) -> Decimal | str | None:
    """The value of these bytes, unscaled; None for a float that is none. Raises BadValue."""
    if kind[0] == "u" or kind == "bit":
        return Decimal(int.from_bytes(data, "big"))
    if kind == "text":
        return _text(data)
    if kind.startswith("sign"):
        return Decimal(-1 if int.from_bytes(data, "big") >> int(kind[4:]) & 1 else 1)
    return _READERS[kind](data)


def _signed(data: bytes) -> Decimal:
    return Decimal(int.from_bytes(data, "big", signed=True))


def _bcd(data: bytes) -> Decimal:
    digits = data.hex()
    if not digits.isdecimal():
        raise BadValue("bcd")
    return Decimal(int(digits))


def _float32(data: bytes) -> Decimal | None:
    """The shortest decimal that is this float: what the meter shows, not what its binary form amounts to."""
    value = struct.unpack(">f", data)[0]
    if math.isnan(value):
        return None
    if math.isinf(value):
        raise BadValue("float")
    text = ""
    for digits in range(1 if abs(value) < _SMALLEST else _SHORTEST, _LONGEST + 1):
        text = f"{value:.{digits}g}"
        if struct.unpack(">f", struct.pack(">f", float(text)))[0] == value:
            break
    return _plain(text)


def _float64(data: bytes) -> Decimal | None:
    value = struct.unpack(">d", data)[0]
    if math.isnan(value):
        return None
    if math.isinf(value):
        raise BadValue("float")
    return _plain(repr(value))


def _plain(text: str) -> Decimal:
    """Without an exponent that would show, without a minus before nothing, without zeros after the point."""
    value = Decimal(text)
    if not value:
        return Decimal(0)
    value = value.normalize(EXACT)
    return value.quantize(Decimal(1), context=Context(prec=400)) if value.as_tuple().exponent > 0 else value  # type: ignore[operator]


def _text(data: bytes) -> str | None:
    """A text ends at its first zero byte; blanks around it are filling."""
    if set(data) <= {0xFF}:
        return None
    text = data.partition(b"\x00")[0]
    try:
        return text.decode("utf-8").strip() or None
    except UnicodeDecodeError:
        raise BadValue("text") from None


_READERS = {
    "high8": lambda data: Decimal(data[0]),
    "low8": lambda data: Decimal(data[1]),
    "s_high8": lambda data: _signed(data[:1]),
    "s_low8": lambda data: _signed(data[1:]),
    "s16": _signed,
    "s32": _signed,
    "s64": _signed,
    "bcd16": _bcd,
    "bcd32": _bcd,
    "bcd64": _bcd,
    "float32": _float32,
    "float64": _float64,
}
