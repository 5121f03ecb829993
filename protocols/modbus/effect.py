"""What one send does to the equipment that takes it, for the send gate."""

from collections.abc import Callable

from protocols.errors import FrameError
from protocols.modbus.frame import Frame, decode_rtu, decode_tcp
from protocols.modbus.pdu import FUNCTIONS, LONGEST, READING
from protocols.session import Effect

__all__ = ["classify_rtu", "classify_tcp"]

_REQUEST_BODY = 4
_LAST_ADDRESS = 0xFFFF


def classify_rtu(data: bytes) -> Effect:
    """The effect of exactly one request on a serial line; unit 0 speaks to all, who must not answer."""
    return _classify(data, decode_rtu, first_unit=1)


def classify_tcp(data: bytes) -> Effect:
    """The effect of exactly one request on TCP, where unit 0 may be the device itself."""
    return _classify(data, decode_tcp, first_unit=0)


def _classify(data: bytes, decode: Callable[[bytes], Frame], first_unit: int) -> Effect:
    """Functions 1 to 4 read; every other function that there is may change something, the rest is unknown."""
    try:
        frame = decode(data)
    except FrameError:
        return Effect.UNKNOWN
    if frame.function not in READING:
        return Effect.CONTROL if frame.function in FUNCTIONS else Effect.UNKNOWN
    if len(frame.body) != _REQUEST_BODY or frame.unit < first_unit:
        return Effect.UNKNOWN
    start, count = int.from_bytes(frame.body[:2], "big"), int.from_bytes(frame.body[2:], "big")
    fits = 1 <= count <= LONGEST[frame.function] and start + count - 1 <= _LAST_ADDRESS
    return Effect.READ if fits else Effect.UNKNOWN
