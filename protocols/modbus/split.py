"""Frames in a stream as somebody recorded it: requests and replies of both directions, and what is neither.

A serial stream says nowhere where a frame begins: every place is tried, and the CRC decides. On TCP the header
tells how long each is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from protocols.errors import FrameError
from protocols.modbus.frame import (
    RTU_OVERHEAD,
    TCP_HEADER,
    BadFrame,
    Frame,
    decode_rtu,
    decode_tcp,
)
from protocols.modbus.pdu import NO_SHAPE, reply_size, request_size

__all__ = ["Found", "split_rtu", "split_tcp"]

_LAST_UNIT = 247
_LEAST_SUSPECT = 4
_LONGEST = 512
"""Longer than any frame of a known shape: so much of a stream is looked at from each place, however long it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """A frame with its bytes; `direction` is down for a request, up for a reply."""

    frame: Frame | BadFrame
    raw: bytes
    direction: str


def split_rtu(stream: bytes) -> tuple[list[Found], int]:
    """The frames of a serial stream in order, and how many bytes belong to none."""
    return _split(stream, _rtu_at, _rtu_suspect)


def split_tcp(stream: bytes) -> tuple[list[Found], int]:
    """The frames of a TCP stream in order, and how many bytes belong to none."""
    return _split(stream, _tcp_at, _tcp_suspect)


def _split(
    stream: bytes,
    at: Callable[[bytes], tuple[Frame, int] | None],
    suspect: Callable[[bytes], tuple[BadFrame, str] | None],
) -> tuple[list[Found], int]:
    found: list[Found] = []
    noise = begin = place = 0

    def leave(end: int) -> int:
        """What lies between two frames: a frame that is broken, or noise."""
        run = stream[begin:end]
        broken = suspect(run) if run else None
        if broken is None:
            return len(run)
        found.append(Found(broken[0], broken[0].raw, broken[1]))
        return len(run) - len(broken[0].raw)

    while place < len(stream):
        if (hit := at(stream[place : place + _LONGEST])) is None:
            place += 1
            continue
        noise += leave(place)
        frame, size = hit
        raw = stream[place : place + size]
        found.append(Found(frame, raw, _direction(frame, found)))
        place = begin = place + size
    return found, noise + leave(len(stream))


def _shapes(function: int, body: bytes) -> Iterator[tuple[str, int]]:
    """The directions in which this may be a frame, each with the size of its body; None sizes are left out."""
    for direction, size in (("down", request_size(function, body)), ("up", reply_size(function, body))):
        if size is not None and size != NO_SHAPE:
            yield direction, size


def _direction(frame: Frame, before: list[Found]) -> str:
    """Down or up; where the bytes could be either, a reply if the frame before asked for it."""
    fitting = [name for name, size in _shapes(frame.function, frame.body) if size == len(frame.body)]
    if len(fitting) == 1:
        return fitting[0]
    last = before[-1] if before else None
    asked = (
        last is not None
        and isinstance(last.frame, Frame)
        and last.direction == "down"
        and (last.frame.unit, last.frame.function, last.frame.transaction)
        == (frame.unit, frame.function, frame.transaction)
    )
    return "up" if asked else "down"


def _rtu_at(data: bytes) -> tuple[Frame, int] | None:
    if len(data) < RTU_OVERHEAD or data[0] > _LAST_UNIT:
        return None
    for _, size in _shapes(data[1], data[2:]):
        whole = size + RTU_OVERHEAD
        if whole <= len(data):
            try:
                return decode_rtu(data[:whole]), whole
            except FrameError:
                continue
    return None


def _rtu_suspect(run: bytes) -> tuple[BadFrame, str] | None:
    """A run without any good frame that begins like one: whole with a wrong CRC, or cut short."""
    if len(run) < _LEAST_SUSPECT or run[0] > _LAST_UNIT:
        return None
    shapes = [(name, size + RTU_OVERHEAD) for name, size in _shapes(run[1], run[2:])]
    whole = [(name, size) for name, size in shapes if size <= len(run)]
    if whole:
        name, size = next((shape for shape in whole if shape[1] == len(run)), whole[-1])
        return BadFrame("checksum", run[:size]), name
    return (BadFrame("length", run), shapes[0][0]) if shapes else None


def _tcp_at(data: bytes) -> tuple[Frame, int] | None:
    if len(data) <= TCP_HEADER:
        return None
    whole = int.from_bytes(data[4:6], "big") + 6
    try:
        frame = decode_tcp(data[:whole])
    except FrameError:
        return None
    fits = any(size == len(frame.body) for _, size in _shapes(frame.function, frame.body))
    return (frame, whole) if fits else None


def _tcp_suspect(run: bytes) -> tuple[BadFrame, str] | None:
    """A run that begins with a header that is wrong or announces another length."""
    if len(run) <= TCP_HEADER:
        return None
    shapes = list(_shapes(run[7], run[8:]))
    if not shapes:
        return None
    name, size = next((shape for shape in shapes if shape[1] + 8 <= len(run)), shapes[0])
    kind = "header" if run[2:4] != b"\x00\x00" else "length"
    return BadFrame(kind, run[: size + 8]), name
