"""What one send does to a terminal and to what hangs behind it, for the send gate.

An allow-list: what is not on it is control, and what cannot be taken apart is unknown.
"""

from collections.abc import Callable

from protocols.dlt645.effect import classify as classify_dlt645
from protocols.errors import FrameError
from protocols.gdw1376_1.frame import Frame, decode
from protocols.gdw1376_1.units import SIZE, decode_unit
from protocols.session import Effect

__all__ = ["classify"]

_READING = frozenset({0x00, 0x02, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E})
_SET, _CONTROL, _FORWARD = 0x04, 0x05, 0x10
# Where to find the master station stays as it is: no switch opens F3, F1, F4, F5, F7 and F8 of AFN 04.
_WRITABLE = frozenset({9, 12, 14, 25, 26, 29, 33, 35, 36, 37, 38, 39, 65, 66, 67, 68})
_ARCHIVE = 10
_TIME_SET, _TIME_BYTES = 31, 6
_F10_ENTRY, _F10_HEAD = 27, 2
_FORWARD_FN, _FORWARD_HEAD = 1, 6
_SIXTEEN = 16


def classify(data: bytes) -> Effect:
    """The effect of exactly one frame towards a terminal."""
    try:
        frame = decode(data)
    except FrameError:
        return Effect.UNKNOWN
    if frame.up:
        return Effect.UNKNOWN
    if frame.afn in _READING:
        return Effect.READ
    one_by_one = {_SET: _set, _CONTROL: _control, _FORWARD: _forward}.get(frame.afn)
    return Effect.CONTROL if one_by_one is None else _single(frame, one_by_one)


def _single(frame: Frame, judge: Callable[[tuple[int, ...], int, bytes], Effect]) -> Effect:
    """Requests that change something carry one data unit: a second one could hide behind the first."""
    if frame.password is None or len(frame.body) < SIZE:
        return Effect.UNKNOWN
    try:
        pns, fns = decode_unit(frame.body[:SIZE])
    except ValueError:
        return Effect.UNKNOWN
    if len(fns) != 1:
        return Effect.CONTROL
    return judge(pns, fns[0], frame.body[SIZE:])


def _set(pns: tuple[int, ...], fn: int, rest: bytes) -> Effect:
    if fn == _ARCHIVE:
        count = int.from_bytes(rest[:_F10_HEAD], "little")
        whole = pns == (0,) and count > 0 and len(rest) == _F10_HEAD + count * _F10_ENTRY
        return Effect.ARCHIVE_WRITE if whole else Effect.UNKNOWN
    if fn in _WRITABLE and len(pns) == 1 and _alone(pns, fn, rest):
        return Effect.PARAMETERS
    return Effect.CONTROL


def _alone(pns: tuple[int, ...], fn: int, rest: bytes) -> bool:
    """Whether what follows is one parameter and no more, as far as its layout tells."""
    from protocols.gdw1376_1.body import decode_body
    from protocols.gdw1376_1.units import encode_unit

    body = decode_body(_SET, encode_unit(pns, (fn,)) + rest, up=False)
    return len(body.units) == 1 and not body.tail and not body.error


def _control(pns: tuple[int, ...], fn: int, rest: bytes) -> Effect:
    if fn == _TIME_SET and pns == (0,) and len(rest) == _TIME_BYTES:
        return Effect.TIME_SET
    return Effect.CONTROL


def _forward(pns: tuple[int, ...], fn: int, rest: bytes) -> Effect:
    """The carried frame's own effect; what is carried must be whole and nothing else."""
    if fn != _FORWARD_FN or pns != (0,):
        return Effect.CONTROL
    if len(rest) < _FORWARD_HEAD or len(rest) != _FORWARD_HEAD + int.from_bytes(rest[4:6], "little"):
        return Effect.UNKNOWN
    return classify_dlt645(rest[_FORWARD_HEAD:])
