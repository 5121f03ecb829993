"""The wire layout of Q/GDW 1376.2 (clause 5), and finding frames in a stream.

`layout` is the readable specification. `decode` and `encode` do the same by hand, because they run for every frame;
a property test holds the two equal on every frame and every corruption.
"""

import functools
import struct
from dataclasses import dataclass
from typing import Any

from protocols.csg_local.frame import is_csg
from protocols.errors import FrameError
from protocols.stream import BadFrame, Search

__all__ = ["BadFrame", "Frame", "Splitter", "by_layout", "decode", "dt_of", "encode", "is_likely", "layout"]

START, END = 0x68, 0x16
LEAST, MOST = 15, 65_535
_HEAD, _TAIL, _INFO, _NODE, _DT = 4, 2, 6, 6, 2
_UP, _PRM, _MODE = 0x80, 0x40, 0x3F
_MODULE = 0x04
"""R byte 0: the frame concerns a slave node, so that addresses stand behind R."""
_BITS = 8
_NUMBERS = {1 << bit: bit + 1 for bit in range(_BITS)}
_AFNS = frozenset({0, 1, 2, 3, 4, 5, 6, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0xF0, 0xF1})
_MODES = frozenset({0, 1, 2, 3, 4, 7, 10, 20})


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame. Addresses are 12 digits as printed, empty where the frame has none.

    `info` are the first five bytes of R, `seq` is its last; `dt` are the two bytes that name the Fn.
    """

    control: int
    info: bytes = bytes(5)
    seq: int = 0
    source: str = ""
    relays: tuple[str, ...] = ()
    destination: str = ""
    afn: int
    dt: bytes
    data: bytes = b""

    @property
    def up(self) -> bool:
        """From the module."""
        return bool(self.control & _UP)

    @property
    def prm(self) -> bool:
        """Sent by the side that began the exchange."""
        return bool(self.control & _PRM)

    @property
    def mode(self) -> int:
        """The medium: 1 and 2 narrow-band, 3 HPLC, 4 dual mode, 10 radio, 20 Ethernet."""
        return self.control & _MODE

    @property
    def fn(self) -> int:
        """The Fn, 1 to 248; 0 where not exactly one is named."""
        bit = _NUMBERS.get(self.dt[0], 0)
        return self.dt[1] * _BITS + bit if bit else 0

    @property
    def phase(self) -> int:
        """What a module measured of a node: phase 1 to 3, 0 for unknown; meaningful upwards only."""
        return self.info[2] & 0x0F


def dt_of(fn: int) -> bytes:
    """DT1 and DT2 of an Fn; raises ValueError beyond 1 to 248."""
    if not 1 <= fn <= _BITS * 31:
        raise ValueError(f"F{fn}")
    return bytes((1 << (fn - 1) % _BITS, (fn - 1) // _BITS))


def encode(frame: Frame) -> bytes:
    """The frame on the wire; the address bit and the relay level in R follow from the addresses.

    Raises FrameError for an address not of 12 hex digits, for relays upwards, and for too much data.
    """
    first = frame.info[0]
    addresses = b""
    if frame.source or frame.destination:
        if frame.up and frame.relays:
            raise FrameError("header", "relays upwards")
        if not frame.up:
            first = first & 0x0F | len(frame.relays) << 4
        first |= _MODULE
        addresses = b"".join(map(_wire, (frame.source, *frame.relays, frame.destination)))
    else:
        first &= ~_MODULE
    inner = b"%c%c%b%c%b%c%b%b" % (
        frame.control, first & 0xFF, frame.info[1:], frame.seq, addresses, frame.afn, frame.dt, frame.data
    )  # fmt: skip
    size = len(inner) + _HEAD - 1 + _TAIL
    if size > MOST:
        raise FrameError("length", f"{size} bytes, {MOST} at most")
    return b"\x68%b%b%c\x16" % (size.to_bytes(2, "little"), inner, sum(inner) & 0xFF)


def _wire(address: str) -> bytes:
    try:
        raw = bytes.fromhex(address)[::-1]
    except ValueError as error:
        raise FrameError("header", f"address {address!r}") from error
    if len(raw) != _NODE:
        raise FrameError("header", f"address {address!r}")
    return raw


def decode(raw: bytes) -> Frame:
    """One whole frame; raises FrameError with kind header, length, end or checksum."""
    if len(raw) < LEAST or raw[0] != START:
        raise FrameError("header")
    if len(raw) != raw[1] | raw[2] << 8:
        raise FrameError("length", f"{len(raw)} bytes, {raw[1] | raw[2] << 8} announced")
    if raw[-1] != END:
        raise FrameError("end", f"{raw[-1]:02X}H")
    if sum(raw[3:-2]) & 0xFF != raw[-2]:
        raise FrameError("checksum", f"{raw[-2]:02X}H, computed {sum(raw[3:-2]) & 0xFF:02X}H")
    if is_csg(raw):
        raise FrameError("header", "a frame of Q/CSG 1209021")
    return _frame(raw[3], raw[4:9], raw[9], raw[10:-2])


def _frame(control: int, info: bytes, seq: int, rest: bytes) -> Frame:
    """The frame from its parts; `rest` begins where addresses may stand."""
    nodes: list[str] = []
    if info[0] & _MODULE:
        count = 2 if control & _UP else 2 + (info[0] >> 4)
        if len(rest) < count * _NODE + 1 + _DT:
            raise FrameError("header", "no room for the addresses")
        nodes = [rest[at : at + _NODE][::-1].hex().upper() for at in range(0, count * _NODE, _NODE)]
        rest = rest[count * _NODE :]
    return Frame(
        control=control,
        info=info,
        seq=seq,
        source=nodes[0] if nodes else "",
        relays=tuple(nodes[1:-1]),
        destination=nodes[-1] if nodes else "",
        afn=rest[0],
        dt=rest[1:3],
        data=rest[3:],
    )


@functools.cache
def layout() -> Any:
    """The wire layout; made at its first use, because the library takes 2 MiB that a gateway has for meters."""
    from construct import Byte, Bytes, Const, Int16ul, Struct, Terminated, this

    return Struct(
        Const(b"\x68"),
        "length" / Int16ul,
        "control" / Byte,
        "info" / Bytes(5),
        "seq" / Byte,
        "rest" / Bytes(this.length - 12),
        "checksum" / Byte,
        Const(b"\x16"),
        Terminated,
    ).compile()


def by_layout(raw: bytes) -> Frame:
    """The same as `decode`, read off `layout`; slower, for tests. Raises FrameError."""
    from construct import ConstructError

    try:
        parsed = layout().parse(raw)
    except (ConstructError, struct.error) as error:
        raise FrameError("header", str(error)) from error
    if parsed.length < LEAST or is_csg(raw):
        raise FrameError("header")
    if sum(raw[3:-2]) & 0xFF != parsed.checksum:
        raise FrameError("checksum")
    return _frame(parsed.control, parsed.info, parsed.seq, parsed.rest)


def is_likely(raw: bytes) -> bool:
    """Whether control field, AFN and DT are ones that this protocol has."""
    control, first = raw[3], raw[4]
    at = 10
    if first & _MODULE:
        at += 2 * _NODE if control & _UP else (2 + (first >> 4)) * _NODE
    return control & _MODE in _MODES and len(raw) > at + _DT and raw[at] in _AFNS and raw[at + 1] in _NUMBERS


class Splitter(Search[Frame]):
    """Finds frames in a stream; memory is bounded by `longest`, the most bytes of a frame.

    One 68H is a weak mark: a failed candidate is reported only if its head is one of this protocol.
    """

    def __init__(self, longest: int = MOST) -> None:
        super().__init__()
        self._longest = longest

    def _decode(self, raw: bytes) -> Frame:
        return decode(raw)

    def _candidate(self, *, final: bool) -> int | None:
        buffer = self._buffer
        have = len(buffer)
        if have < 3:
            return 0 if final else None
        size = buffer[1] | buffer[2] << 8
        if not LEAST <= size <= self._longest:
            return 0
        if have >= size:
            return size
        return have if final and have >= LEAST else 0 if final else None

    def _is_told(self, kind: str, raw: bytes) -> bool:
        whole = kind == "checksum" and raw[-1] == END
        return kind != "header" and (whole or is_likely(raw)) and not is_csg(raw, exact=False)
