"""What one send does to a carrier module and to the meters on its network, for the send gate.

An allow-list: what is not on it is control, and what cannot be taken apart is unknown.
"""

from protocols.dlt645.effect import classify as classify_dlt645
from protocols.errors import FrameError
from protocols.gdw1376_2.body import fitting
from protocols.gdw1376_2.frame import Frame, decode
from protocols.session import Effect

__all__ = ["classify"]

# Reading, and what makes a module read. Not here: its line speed, band, radio and encryption (05 F5, F10, F16 to F18,
# F100), its firmware (15), what vendors have for themselves (F0).
_OWN = {
    0x00: frozenset({1, 2}),
    0x03: frozenset({*range(1, 9), 10, 11, 12, 16, 17, 18, 100}),
    0x04: frozenset({1, 2}),
    0x05: frozenset({2}),
    0x10: frozenset({*range(1, 8), 9, 20, 21, 31, 40, 100, 101, 111, 112}),
    0x11: frozenset({6}),
    0x12: frozenset({1, 2, 3}),
    0xF1: frozenset({2}),
}
# Its list of nodes and whose they are: clear, main node, add, delete, path, search. Then what else it keeps: its reset
# (the network forms anew), what it learned of the network, time limits, area recognition, mode of its route.
_SWITCHED = {
    **dict.fromkeys(((0x01, 2), (0x05, 1), (0x11, 1), (0x11, 2), (0x11, 3), (0x11, 5)), Effect.ARCHIVE_WRITE),
    **dict.fromkeys(((0x01, 1), (0x01, 3), (0x05, 4), (0x05, 6), (0x11, 4)), Effect.PARAMETERS),
}
_CARRYING = frozenset({(0x02, 1), (0x03, 9), (0x04, 3), (0x05, 3), (0x05, 20), (0x13, 1), (0x13, 2),
                       (0x14, 1), (0x14, 3), (0xF1, 1)})  # fmt: skip
_ASKED, _TELL_TIME = (0x14, 1), (0x14, 2)
_TIME_BYTES = 6
_TO_ONE = frozenset({0x02, 0x13, 0xF1})
_EVERYBODY = "9" * 12
_IDENTIFIERS = frozenset({2, 4})
_GIVEN = 2


def classify(data: bytes) -> Effect:
    """The effect of exactly one frame towards a module."""
    try:
        frame = decode(data)
    except FrameError:
        return Effect.UNKNOWN
    if frame.up or not frame.fn:
        return Effect.UNKNOWN
    if frame.fn in _OWN.get(frame.afn, ()):
        return Effect.READ
    what = (frame.afn, frame.fn)
    if what in _CARRYING:
        return _carried(frame)
    if what in _SWITCHED and not frame.destination:
        return _SWITCHED[what]
    if what == _TELL_TIME:
        return Effect.TIME_SET if len(frame.data) == _TIME_BYTES else Effect.UNKNOWN
    return Effect.CONTROL


def _carried(frame: Frame) -> Effect:
    """The carried frame's own effect, if every edition's reading of the bytes has the same."""
    if frame.afn in _TO_ONE and _EVERYBODY in (frame.destination, *frame.relays):
        return Effect.CONTROL
    effects = {
        _inner(frame, body.data.get("give"), body.frame or b"")
        for body in fitting(frame.afn, frame.fn, frame.data, up=False)
    }
    return effects.pop() if len(effects) == 1 else Effect.UNKNOWN


def _inner(frame: Frame, give: int | None, carried: bytes) -> Effect:
    if (frame.afn, frame.fn) == _ASKED:
        if not carried:
            return Effect.UNKNOWN if give == _GIVEN else Effect.READ
        if give == _GIVEN and len(carried) in _IDENTIFIERS:
            return Effect.READ  # an identifier alone: the module makes a reading frame of it
    if (frame.afn, frame.fn) == (0x14, 3) and not carried:
        return Effect.READ  # nothing is sent
    return classify_dlt645(carried)
