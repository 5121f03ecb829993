"""What one send does to the meters that take it, for the send gate."""

from protocols.dlt645.frame import BadFrame, Frame, Splitter
from protocols.session import Effect

__all__ = ["classify"]

# Function codes of requests that only read. 03H is re-reading in 1997 and security in 2007: not on this list.
_READING = frozenset({0x11, 0x12, 0x13, 0x01, 0x02})
_FROM_METER = 0x80
_SPECIAL = {0x08: Effect.TIME_SET, 0x16: Effect.FREEZE}


def classify(data: bytes) -> Effect:
    """What the frames in `data` do together; UNKNOWN for anything beside wake-up bytes and whole requests.

    Frames that change a meter in more than one way are CONTROL: the switch for one must not let the other pass.
    """
    splitter = Splitter()
    frames = splitter.feed(data) + splitter.flush()
    if not frames or splitter.noise:
        return Effect.UNKNOWN
    effects = {_effect(frame) for frame in frames}
    if Effect.UNKNOWN in effects:
        return Effect.UNKNOWN
    changing = effects - {Effect.READ}
    if len(changing) > 1:
        return Effect.CONTROL
    return changing.pop() if changing else Effect.READ


def _effect(frame: Frame | BadFrame) -> Effect:
    if isinstance(frame, BadFrame) or frame.control & _FROM_METER:
        return Effect.UNKNOWN
    if frame.control in _READING:
        return Effect.READ
    return _SPECIAL.get(frame.control, Effect.CONTROL)
