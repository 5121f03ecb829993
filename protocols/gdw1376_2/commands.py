"""Data units of the requests that a host puts to a module, as they stand behind DT."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["DENIALS", "PROTOCOLS", "Command", "add_nodes", "concurrent", "delete_nodes", "main_node", "page",
           "query", "read_node"]  # fmt: skip

PROTOCOLS = {"dlt645-1997": 1, "dlt645-2007": 2}
"""The protocol byte of what is carried, by our own protocol names."""


class DENIALS:
    """Reasons of 00 F2 that decide what to do next."""

    LENGTH, FORMAT, ABSENT, PRESENT = 2, 5, 7, 6
    INVALID, UNKNOWN, UNSUPPORTED, BUSY = 1, 4, 10, 9
    TOO_MANY, TOO_LONG, BEING_READ = 109, 110, 111


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A request: its function, its data, and the slave node it is for (12 digits), empty for the module itself."""

    afn: int
    fn: int
    data: bytes = b""
    node: str = ""


def query(afn: int, fn: int) -> Command:
    """A request without data."""
    return Command(afn=afn, fn=fn)


def page(fn: int, start: int, count: int) -> Command:
    """10H: `count` nodes from `start`."""
    return Command(afn=0x10, fn=fn, data=start.to_bytes(2, "little") + bytes((count,)))


def main_node(address: str) -> Command:
    """05H F1: the main node's address, 12 digits."""
    return Command(afn=0x05, fn=1, data=_wire(address))


def add_nodes(nodes: Sequence[tuple[str, int]]) -> Command:
    """11H F1: addresses, 12 digits, with the byte of their protocol."""
    rows = b"".join(_wire(address) + bytes((protocol,)) for address, protocol in nodes)
    return Command(afn=0x11, fn=1, data=bytes((len(nodes),)) + rows)


def delete_nodes(addresses: Sequence[str]) -> Command:
    """11H F2."""
    return Command(afn=0x11, fn=2, data=bytes((len(addresses),)) + b"".join(map(_wire, addresses)))


def read_node(address: str, protocol: int, frame: bytes, *, is_2009: bool = False) -> Command:
    """13H F1: carry a frame of at most 255 bytes to a node; 376.2-2009 knows no mark for delays."""
    head = bytes((protocol, 0)) if is_2009 else bytes((protocol, 0, 0))
    return Command(afn=0x13, fn=1, data=head + bytes((len(frame),)) + frame, node=address)


def concurrent(address: str, protocol: int, frames: bytes) -> Command:
    """F1H F1: carry frames to a node while others are asked too."""
    data = bytes((protocol, 0)) + len(frames).to_bytes(2, "little") + frames
    return Command(afn=0xF1, fn=1, data=data, node=address)


def _wire(address: str) -> bytes:
    return bytes.fromhex(address)[::-1]
