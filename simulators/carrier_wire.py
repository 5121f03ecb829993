"""Frames of Q/GDW 1376.2 as a carrier module makes and reads them, in words of its own.

It shares nothing with the gateway's codec, so that a fault there cannot hide here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Heard", "address", "heard", "pack", "printed"]

_SHORTEST = 15
_SLAVE = 0x04


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame from the host. `node` is the address it is for, empty for the module itself."""

    control: int
    number: int
    node: str
    afn: int
    fn: int
    data: bytes

    @property
    def is_request(self) -> bool:
        """Whether the host began this exchange."""
        return bool(self.control & 0x40)


def address(text: str) -> bytes:
    """Twelve digits as they stand on the wire: the last two first."""
    return bytes(int(text[at : at + 2], 16) for at in range(10, -1, -2))


def printed(raw: bytes) -> str:
    """The twelve digits."""
    return "".join(f"{byte:02x}" for byte in reversed(raw))


def pack(
    head: tuple[int, int, int], what: tuple[int, int], data: bytes, ends: tuple[str, str] | None = None
) -> bytes:
    """A frame upwards: (control field, number, phase), (AFN, Fn), its data; `ends` are meter and main node."""
    control, number, phase = head
    afn, fn = what
    block = bytearray((control, _SLAVE if ends else 0, 0, 0x10 | phase, 0, 0, number))
    for end in ends or ():
        block += address(end)
    block += bytes((afn, 1 << (fn + 7) % 8, (fn - 1) // 8)) + data
    total = len(block) + 5
    return bytes((0x68, total & 0xFF, total >> 8)) + bytes(block) + bytes((sum(block) % 256, 0x16))


def heard(buffer: bytearray) -> Iterator[Heard]:
    """Takes whole frames off the front of `buffer`; what is none is dropped byte by byte."""
    while len(buffer) >= 3:
        total = buffer[1] + 256 * buffer[2]
        if buffer[0] != 0x68 or not _SHORTEST <= total <= 4096:
            del buffer[0]
            continue
        if len(buffer) < total:
            return
        block = bytes(buffer[3 : total - 2])
        if buffer[total - 1] != 0x16 or buffer[total - 2] != sum(block) % 256:
            del buffer[0]
            continue
        del buffer[:total]
        if (found := _taken(block)) is not None:
            yield found


def _taken(block: bytes) -> Heard | None:
    """A frame towards the module, None for one that is not."""
    at, node = 7, ""
    if block[0] & 0x80:
        return None
    if block[1] & _SLAVE:
        relays = block[1] >> 4
        at += 12 + 6 * relays
        node = printed(block[at - 6 : at])
    if len(block) < at + 3:
        return None
    mask = block[at + 1]
    if mask not in (1, 2, 4, 8, 16, 32, 64, 128):
        return None
    fn = block[at + 2] * 8 + mask.bit_length()
    return Heard(block[0], block[6], node, block[at], fn, block[at + 3 :])
