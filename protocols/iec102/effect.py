"""What one send does to the ERTU that takes it, for the send gate.

The gate does not know a site's widths: a frame is looked at with each that there is, and what any of them makes a
change is one.
"""

from protocols.errors import FrameError
from protocols.iec102 import asdu as app
from protocols.iec102.body import size_of
from protocols.iec102.dialect import Dialect
from protocols.iec102.frame import Frame, decode
from protocols.iec102.types import TypeDown, down
from protocols.session import Effect

__all__ = ["classify"]

_RESET, _SEND = 0, 3
# Reset of the link alone, its status, class 1 and class 2 data.
_ASKING = frozenset({_RESET, 9, 10, 11})
_WIDTHS = ((2, 2), (2, 1), (1, 2), (1, 1))
_SET_TIME, _SYNCHRONISE = 128, 48
# Request, activation, deactivation of a question.
_CAUSES = frozenset({5, 6, 8})


def classify(data: bytes) -> Effect:
    """The effect of exactly one frame to an ERTU; UNKNOWN for anything else."""
    effects = {_effect(data, *widths) for widths in _WIDTHS} - {Effect.UNKNOWN}
    if not effects:
        return Effect.UNKNOWN
    return effects.pop() if len(effects) == 1 else Effect.CONTROL


def _effect(data: bytes, address_bytes: int, station_bytes: int) -> Effect:
    try:
        frame = decode(data, address_bytes)
        if not frame.prm or frame.control & 0x80:
            return Effect.UNKNOWN
        if frame.asdu is None:
            return Effect.READ if frame.function in _ASKING else Effect.UNKNOWN
        return _of_asdu(frame, Dialect(address_bytes=address_bytes, station_bytes=station_bytes))
    except FrameError:
        return Effect.UNKNOWN


def _of_asdu(frame: Frame, dialect: Dialect) -> Effect:
    asdu = app.decode(frame.asdu or b"", dialect)
    kind = down().get(asdu.type)
    plain = asdu.count == 1 and not (asdu.sequence or asdu.test or asdu.negative)
    if frame.function != _SEND or kind is None or not plain:
        return Effect.UNKNOWN
    if asdu.type == _SET_TIME:
        fits = asdu.cause == _SYNCHRONISE and len(asdu.body) == size_of(kind.body, 1)
        return Effect.TIME_SET if fits else Effect.UNKNOWN
    return Effect.READ if asdu.cause in _CAUSES and _fits(kind, asdu) else Effect.UNKNOWN


def _fits(kind: TypeDown, asdu: app.Asdu) -> bool:
    """Whether the body has exactly what its question names, with object addresses of one or two bytes."""
    return len(asdu.body) in {size_of(kind.body, 1), size_of(kind.body, 2)}
