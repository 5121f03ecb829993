"""Values into registers: the way back from `protocols.modbus.value`, written apart from it."""

import struct
from decimal import ROUND_HALF_EVEN, Decimal

from protocols.modbus.registers import Register

__all__ = ["largest", "raw_of", "words_of"]

_BITS = {"u16": 16, "s16": 16, "u32": 32, "s32": 32, "u48": 48, "u64": 64, "s64": 64}
_BCD = {"bcd16": 4, "bcd32": 8, "bcd64": 16}
_BYTE = 8
_FLOATS = {"float32": ">f", "float64": ">d"}


def largest(kind: str) -> int | None:
    """The largest whole number that a kind of register can hold; None for a float."""
    if kind in _BITS:
        return int((1 << (_BITS[kind] - (kind[0] == "s"))) - 1)
    if kind in _BCD:
        return int(10 ** _BCD[kind] - 1)
    return None if kind in _FLOATS else 127


def raw_of(register: Register, value: Decimal, factor: Decimal) -> Decimal:
    """The number that stands in a register for a value; `factor` is what the other registers say of it."""
    raw = value / (register.scale * factor) - register.add
    return raw if register.kind in _FLOATS else raw.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)


def words_of(register: Register, raw: Decimal | str | None, held: int = 0) -> list[int]:
    """The registers that show this number or text, None for "no value"; `held` is what else is in the register."""
    if isinstance(raw, str):
        data = raw.encode("utf-8").ljust(2 * register.words, b"\x00")[: 2 * register.words]
    else:
        data = _bytes(register, raw, held)
    words = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
    if register.order[0] in "BD":
        words = [word >> _BYTE | (word & 0xFF) << _BYTE for word in words]
    return words[::-1] if register.order[0] in "CD" else words


def _bytes(register: Register, raw: Decimal | None, held: int) -> bytes:
    kind, size = register.kind, 2 * register.words
    if kind in _FLOATS:
        return struct.pack(_FLOATS[kind], float("nan") if raw is None else float(raw))
    if raw is None:
        return min(register.none, default=0).to_bytes(size, "big")
    if kind in _BCD:
        return bytes.fromhex(str(int(raw)).rjust(2 * size, "0"))
    if kind in _BITS or kind == "bit":
        return (int(raw) % (1 << _BYTE * size)).to_bytes(size, "big")
    return _part(kind, int(raw), held).to_bytes(size, "big")


def _part(kind: str, raw: int, held: int) -> int:
    """A register of which only a byte or a bit belongs to this value."""
    if kind.startswith("sign"):
        bit = 1 << int(kind.removeprefix("sign"))
        return held & ~bit | (bit if raw < 0 else 0)
    if kind.endswith("high8"):
        return held & 0x00FF | (raw & 0xFF) << _BYTE
    return held & 0xFF00 | raw & 0xFF
