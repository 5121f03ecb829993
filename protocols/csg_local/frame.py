"""The envelope of Q/CSG 1209021 between a terminal and its local module, to tell it from Q/GDW 1376.2.

Both have 68H, a total length, a control field, the sum and 16H. Here behind the control field (and two addresses,
where its D5 says so) stand AFN, a sequence number and a data identifier of four bytes, low byte first.
"""

from dataclasses import dataclass

from protocols.errors import FrameError
from protocols.stream import BadFrame, Search

__all__ = ["BadFrame", "Frame", "Splitter", "decode", "is_csg"]

END = 0x16
LEAST, MOST = 12, 2_048
_UP, _PRM, _ADDRESSED = 0x80, 0x40, 0x20
# What modules of the state grid write where this protocol keeps bits in reserve: 8 was seen there, and none.
_RESERVED, _RESERVES = 0x1F, frozenset({0, 8})
_HEAD, _ADDRESSES, _NODE, _UNIT = 4, 12, 6, 6
# The highest byte of an identifier: between terminal and module, and of collectors.
_FAMILIES = frozenset({0xE8, 0xEA})
_CLASSES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame; `identifier` is the data identifier as 8 hex digits, `raw` all its bytes."""

    control: int
    source: str
    destination: str
    afn: int
    seq: int
    identifier: str
    data: bytes
    raw: bytes

    @property
    def up(self) -> bool:
        """From the module."""
        return bool(self.control & _UP)


def is_csg(raw: bytes, *, exact: bool = True) -> bool:
    """Whether a frame's head is this protocol's; with `exact` its identifier must not be of value 0 either.

    The identifier names the AFN once more, which no information field of Q/GDW 1376.2 does by more than chance.
    """
    if len(raw) < LEAST or raw[3] & _RESERVED not in _RESERVES:
        return False
    at = _HEAD + (_ADDRESSES if raw[3] & _ADDRESSED else 0)
    if len(raw) < at + _UNIT + 2:
        return False
    afn, low, again, kind, family = raw[at], raw[at + 2], raw[at + 3], raw[at + 4], raw[at + 5]
    return family in _FAMILIES and kind < _CLASSES and again == afn and (low != 0 or not exact)


def decode(raw: bytes) -> Frame:
    """One whole frame; raises FrameError with kind header, length, end or checksum."""
    if raw[:1] != b"\x68" or not is_csg(raw):
        raise FrameError("header")
    if len(raw) != raw[1] | raw[2] << 8:
        raise FrameError("length", f"{len(raw)} bytes, {raw[1] | raw[2] << 8} announced")
    if raw[-1] != END:
        raise FrameError("end", f"{raw[-1]:02X}H")
    if sum(raw[3:-2]) & 0xFF != raw[-2]:
        raise FrameError("checksum", f"{raw[-2]:02X}H, computed {sum(raw[3:-2]) & 0xFF:02X}H")
    nodes = ["", ""]
    at = _HEAD
    if raw[3] & _ADDRESSED:
        nodes = [raw[p : p + _NODE][::-1].hex().upper() for p in (_HEAD, _HEAD + _NODE)]
        at += _ADDRESSES
    return Frame(
        control=raw[3],
        source=nodes[0],
        destination=nodes[1],
        afn=raw[at],
        seq=raw[at + 1],
        identifier=raw[at + 2 : at + 6][::-1].hex().upper(),
        data=raw[at + 6 : -2],
        raw=raw,
    )


class Splitter(Search[Frame]):
    """Finds frames in a stream."""

    def _decode(self, raw: bytes) -> Frame:
        return decode(raw)

    def _candidate(self, *, final: bool) -> int | None:
        buffer = self._buffer
        if len(buffer) < 3:
            return 0 if final else None
        size = buffer[1] | buffer[2] << 8
        if not LEAST <= size <= MOST:
            return 0
        if len(buffer) >= size:
            return size
        return 0 if final else None

    def _is_told(self, kind: str, raw: bytes) -> bool:
        return kind == "checksum"
