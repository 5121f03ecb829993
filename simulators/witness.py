"""Remembers what simulated meters said of their energy registers, in words of its own.

It decodes nothing with the gateway's codec, so that a fault there cannot hide here: a value in the master
database that no meter ever said is an invention.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from simulators.dlt645_meter import Meter

__all__ = ["Witness", "registers"]

_QUANTITY_2007 = {0x01: "1-0:1.8.", 0x02: "1-0:2.8."}
_QUANTITY_1997 = {1: "1-0:1.8.", 2: "1-0:2.8."}


def _number(raw: bytes) -> Decimal:
    return Decimal(int(raw[::-1].hex())).scaleb(-2)


def _block(prefix: str, data: bytes) -> Iterator[tuple[str, Decimal]]:
    for tariff in range(len(data) // 4):
        raw = data[4 * tariff : 4 * tariff + 4]
        if raw.hex().isdecimal():
            yield f"{prefix}{tariff}", _number(raw)


def registers(standard: str, di: str, data: bytes) -> Iterator[tuple[str, Decimal]]:
    """Forward and reverse active registers among the data of one identifier: (OBIS code, kWh)."""
    number = bytes.fromhex(di)
    if standard == "1997":
        prefix = _QUANTITY_1997.get(number[1] >> 4)
        if number[0] & 0xF3 != 0x90 or prefix is None:
            return
        tariff = number[1] & 0xF
    elif number[0] == 0x06:
        yield from _records(number[1], data)
        return
    elif number[:2] == b"\x05\x06":
        prefix, tariff = _QUANTITY_2007.get(number[2]), 0xF
    else:
        prefix, tariff = _QUANTITY_2007.get(number[1]), number[2] & 0xF
        if number[0] != 0x00 or number[3] == 0xFF:
            return
    if prefix is not None:
        number_of = list(_block(prefix, data))
        yield from (
            number_of if tariff == 0xF else [(f"{prefix}{tariff}", value) for _, value in number_of[:1]]
        )


def _records(kind: int, data: bytes) -> Iterator[tuple[str, Decimal]]:
    while data and kind in (0, 4):
        record, data = data[: data[2] + 5], data[data[2] + 5 :]
        groups = 8 + (17 + 1 + 24 + 1 + 8 + 1 if kind == 0 else 3)
        yield "1-0:1.8.0", _number(record[groups : groups + 4])
        yield "1-0:2.8.0", _number(record[groups + 4 : groups + 8])


class Witness:
    """Pass it as `told`. `said` holds every value by asset number (A and the address) and OBIS code."""

    def __init__(self) -> None:
        self.said: defaultdict[tuple[str, str], set[Decimal]] = defaultdict(set)
        self.reads = 0

    def __call__(self, meter: Meter, di: str, at: datetime, data: bytes) -> None:
        """One answered read."""
        self.reads += 1
        for point, value in registers(meter.spec.standard, di, data):
            self.said[f"A{meter.address}", point].add(value)

    def knows(self, meter: str, point: str, value: Decimal) -> bool | None:
        """Whether the meter said so; None for points that are not watched."""
        if not point.startswith(("1-0:1.8.", "1-0:2.8.")):
            return None
        return value in self.said[meter, point]
