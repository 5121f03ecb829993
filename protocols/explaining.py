"""The frames of a stream explained, whichever protocol they are of: what `meterd decode` chooses from.

`READERS` is the one line to add for another protocol.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from protocols.csg_local import explain as csg_explain
from protocols.csg_local import frame as csg
from protocols.dlt645 import explain as dlt645_explain
from protocols.dlt645 import frame as dlt645
from protocols.gdw1376_1 import explain as gdw1_explain
from protocols.gdw1376_1 import frame as gdw1
from protocols.gdw1376_2 import explain as gdw2_explain
from protocols.gdw1376_2 import frame as gdw2
from protocols.iec102 import explain as iec_explain
from protocols.iec102 import frame as iec
from protocols.modbus import explain as modbus
from protocols.modbus.split import split_rtu, split_tcp

__all__ = ["READERS", "Explained"]

Explained = tuple[list[dict[str, Any]], int]
"""An object for each frame, and how many bytes belong to none."""

_WAKE_UP = b"\xfe"
_END = 0x16


class _Piece(NamedTuple):
    """A frame, or a failed candidate that `is_bad`, and where it stands in the stream.

    `encloses` tells of a failed candidate that its shape leaves no doubt: what it seems to carry is not looked at.
    """

    start: int
    end: int
    is_bad: bool
    encloses: bool
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one protocol finds its frames and explains them; `encloses` as in `_Piece`, of a wrong checksum."""

    splitter: Callable[[], Any]
    encode: Callable[[Any], bytes]
    explain: Callable[[Any, bytes], dict[str, Any]]
    encloses: Callable[[bytes], bool] = lambda raw: False

    def pieces(self, stream: bytes) -> list[_Piece]:
        """What this protocol finds in a stream, in order."""
        splitter = self.splitter()
        found: list[_Piece] = []
        place = 0
        for frame in splitter.feed(stream) + splitter.flush():
            is_bad = hasattr(frame, "kind")
            raw = frame.raw if is_bad else self.encode(frame)
            start = stream.index(raw, place)
            place = start + len(raw)
            encloses = is_bad and frame.kind == "checksum" and raw[-1] == _END and self.encloses(raw)
            found.append(_Piece(start, place, is_bad, encloses, self.explain(frame, raw)))
        return found


def _dlt645(standard: str | None) -> _Kind:
    return _Kind(dlt645.Splitter, dlt645.encode, partial(dlt645_explain.explain, standard=standard))


_GDW1 = _Kind(gdw1.Splitter, gdw1.encode, gdw1_explain.explain, lambda raw: True)
_GDW2 = _Kind(gdw2.Splitter, gdw2.encode, gdw2_explain.explain, gdw2.is_likely)
_CSG = _Kind(csg.Splitter, lambda frame: bytes(frame.raw), csg_explain.explain, lambda raw: True)
_IEC = _Kind(iec.Splitter, iec.encode, iec_explain.explain)
_BY_68H = (_GDW1, _dlt645(None), _CSG, _GDW2)
"""Protocols whose frames may stand in one stream; two in one place are told apart in this order."""


def _alone(kind: _Kind, stream: bytes) -> Explained:
    return _result(stream, kind.pieces(stream))


def _result(stream: bytes, pieces: Sequence[_Piece]) -> Explained:
    """The objects, and the bytes between them without wake-up bytes directly before one."""
    noise = place = 0
    for piece in pieces:
        noise += len(stream[place : piece.start].rstrip(_WAKE_UP))
        place = piece.end
    return [piece.said for piece in pieces], noise + len(stream) - place


# -- what a stream is of ---------------------------------------------------------------------------------------------


def _any(stream: bytes) -> Explained:
    """Frames that begin with 68H; an ERTU's where these explain more; Modbus RTU where nothing else fits."""
    pieces = _together(stream)
    others = _IEC.pieces(stream)
    if _is_ertu(stream, others, pieces):
        return _result(stream, others)
    if not pieces:
        words, rest = _modbus_rtu(stream)
        if words and not rest and all(one["ok"] for one in words):
            return words, 0
    return _result(stream, pieces)


def _together(stream: bytes) -> list[_Piece]:
    """The outermost frames, and failed candidates where there is none."""
    found = [piece for kind in _BY_68H for piece in kind.pieces(stream)]
    sure = [piece for piece in found if piece.encloses or not piece.is_bad]
    taken: list[_Piece] = []
    for piece in sorted(sure, key=lambda piece: (piece.start, piece.is_bad, -piece.end)):
        if not taken or piece.start >= taken[-1].end:
            taken.append(piece)
    for piece in sorted((piece for piece in found if piece not in sure), key=lambda piece: piece.start):
        at = bisect_right(taken, piece.start, key=lambda one: one.start)
        is_free = at == 0 or taken[at - 1].end <= piece.start
        if is_free and (at == len(taken) or piece.end <= taken[at].start):
            taken.insert(at, piece)
    return taken


def _is_ertu(stream: bytes, others: Sequence[_Piece], pieces: Sequence[_Piece]) -> bool:
    """Fixed frames and E5H are small enough to be anything's bytes: alone they count only if all of a stream is such.

    A variable frame has a shape of its own.
    """
    good = [piece for piece in others if not piece.is_bad]
    if any(not piece.is_bad for piece in pieces):
        return _covered(good) > _covered(pieces)
    is_shaped = any(stream[piece.start] == iec.VARIABLE for piece in others)
    return _covered(good) == len(stream) or (is_shaped and _covered(others) > _covered(pieces))


def _covered(pieces: Sequence[_Piece]) -> int:
    return sum(piece.end - piece.start for piece in pieces)


def _modbus_rtu(stream: bytes) -> Explained:
    found, noise = split_rtu(stream)
    return [modbus.explain("modbus-rtu", one) for one in found], noise


def _modbus_tcp(stream: bytes) -> Explained:
    found, noise = split_tcp(stream)
    return [modbus.explain("modbus-tcp", one) for one in found], noise


READERS: Mapping[str, Callable[[bytes], Explained]] = {
    "auto": _any,
    "dlt645-1997": partial(_alone, _dlt645("1997")),
    "dlt645-2007": partial(_alone, _dlt645("2007")),
    "gdw1376.1": partial(_alone, _GDW1),
    "gdw1376.2": partial(_alone, _GDW2),
    "csg-local": partial(_alone, _CSG),
    "iec102": partial(_alone, _IEC),
    "modbus-rtu": _modbus_rtu,
    "modbus-tcp": _modbus_tcp,
}
