"""Parameters of AFN 04 and 0A whose layouts a gateway writes itself: the meter archive (F10) above all."""

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.gdw1376_1.formats import digits
from protocols.gdw1376_1.layout import BadData

__all__ = ["ENTRY_BYTES", "MeterEntry", "decode_f10", "encode_f10", "request_f10"]

ENTRY_BYTES, _HEAD = 27, 2
_MOST = 2040


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterEntry:
    """One row of a terminal's meter archive (clause on F10).

    `serial` is the device number, `point` the measuring point (0 deletes), `baud` a code 0 to 7, `port` 1 to 31,
    `protocol` 1 DL/T 645-1997, 2 AC sampling, 30 DL/T 645-2007; addresses and password have 12 digits.
    """

    serial: int
    point: int
    baud: int = 0
    port: int = 31
    protocol: int = 30
    address: str
    password: str = "000000000000"  # noqa: S105 - none
    tariffs: int = 4
    integer_digits: int = 6
    decimals: int = 2
    collector: str = "000000000000"
    major: int = 0
    minor: int = 0

    def encode(self) -> bytes:
        """27 bytes; raises ValueError for a field that does not fit."""
        if not (0 <= self.port <= 31 and 0 <= self.baud <= 7 and 0 <= self.tariffs <= 48):
            raise ValueError(f"point {self.point}: port, baud or tariffs out of range")
        if not (4 <= self.integer_digits <= 7 and 1 <= self.decimals <= 4):
            raise ValueError(
                f"point {self.point}: {self.integer_digits}.{self.decimals} digits cannot be said"
            )
        places = (self.integer_digits - 4) << 2 | self.decimals - 1
        return b"".join(
            (
                self.serial.to_bytes(2, "little"),
                self.point.to_bytes(2, "little"),
                bytes((self.baud << 5 | self.port, self.protocol)),
                _twelve(self.address),
                _twelve(self.password),
                bytes((self.tariffs, places)),
                _twelve(self.collector),
                bytes((self.major << 4 | self.minor,)),
            )
        )


def _twelve(text: str) -> bytes:
    raw = bytes.fromhex(text)[::-1]
    if len(raw) != 6:
        raise ValueError(f"{text!r} is not 12 digits")
    return raw


def encode_f10(entries: Sequence[MeterEntry]) -> bytes:
    """The body of AFN 04 F10; raises ValueError."""
    return len(entries).to_bytes(_HEAD, "little") + b"".join(entry.encode() for entry in entries)


def request_f10(serials: Sequence[int]) -> bytes:
    """What follows the identifier of AFN 0A F10: which device numbers."""
    return len(serials).to_bytes(_HEAD, "little") + b"".join(
        number.to_bytes(2, "little") for number in serials
    )


def decode_f10(raw: bytes) -> list[MeterEntry]:
    """The entries of a body as AFN 04 and 0A have it; raises BadData for one that is cut short."""
    count = int.from_bytes(raw[:_HEAD], "little")
    if len(raw) < _HEAD + count * ENTRY_BYTES or count > _MOST:
        raise BadData(f"{count} entries announced in {len(raw)} bytes")
    return [_entry(raw[_HEAD + n * ENTRY_BYTES :][:ENTRY_BYTES]) for n in range(count)]


def _entry(raw: bytes) -> MeterEntry:
    return MeterEntry(
        serial=int.from_bytes(raw[:2], "little"),
        point=int.from_bytes(raw[2:4], "little"),
        baud=raw[4] >> 5,
        port=raw[4] & 0x1F,
        protocol=raw[5],
        address=_address(raw[6:12]),
        password=raw[17:11:-1].hex().upper(),
        tariffs=raw[18] & 0x3F,
        integer_digits=(raw[19] >> 2 & 3) + 4,
        decimals=(raw[19] & 3) + 1,
        collector=raw[25:19:-1].hex().upper(),
        major=raw[26] >> 4,
        minor=raw[26] & 0x0F,
    )


def _address(raw: bytes) -> str:
    """12 digits; what is no BCD is shown as it stands."""
    try:
        return digits(raw)
    except ValueError:
        return raw[::-1].hex().upper()
