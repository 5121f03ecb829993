"""What one send does to the meters that take it, for the send gate."""

from protocols.dlt645.frame import BadFrame, Frame, Splitter
from protocols.session import Effect

__all__ = ["classify"]

# Function codes of requests that only read. 03H is re-reading in 1997 and security in 2007: not on this list.
_READING = frozenset({0x11, 0x12, 0x13, 0x01, 0x02})
_FROM_METER = 0x80
_SPECIAL = {0x08: Effect.TIME_SET, 0x16: Effect.FREEZE}
_WORST = (Effect.READ, Effect.FREEZE, Effect.TIME_SET, Effect.CONTROL, Effect.UNKNOWN)


def classify(data: bytes) -> Effect:
    """The worst effect of the frames in `data`; UNKNOWN for anything beside wake-up bytes and whole requests."""
    splitter = Splitter()
    frames = splitter.feed(data) + splitter.flush()
    if not frames or splitter.noise:
        return Effect.UNKNOWN
    return max((_effect(frame) for frame in frames), key=_WORST.index)


def _effect(frame: Frame | BadFrame) -> Effect:
    if isinstance(frame, BadFrame) or frame.control & _FROM_METER:
        return Effect.UNKNOWN
    if frame.control in _READING:
        return Effect.READ
    return _SPECIAL.get(frame.control, Effect.CONTROL)
