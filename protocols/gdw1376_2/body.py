"""Data units to named values; of the layouts that editions gave one function, the one that fits a frame's length."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from protocols.gdw1376_2.catalogue import lookup
from protocols.gdw1376_2.layout import Misfit

__all__ = ["Body", "decode_body", "fitting"]

_FRAME_BEGINS = (0x68, 0xFE)


@dataclass(frozen=True, slots=True)
class Body:
    """A decoded data unit: `data` by name, the carried `frame` where its layout has one.

    `layout` counts from the newest edition, `tail` are bytes behind the fields, `error` says why nothing was decoded.
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    frame: bytes | None = None
    layout: int = 0
    tail: bytes = b""
    error: str = ""


def decode_body(afn: int, fn: int, data: bytes, *, up: bool) -> Body:
    """The data unit of a frame; never raises. Bytes that no layout describes stand in `tail`."""
    fits = fitting(afn, fn, data, up=up)
    if fits:
        # Two layouts can have one length: what is carried begins as a frame does.
        return next((body for body in fits if body.frame and body.frame[0] in _FRAME_BEGINS), fits[0])
    entry = lookup(afn, fn)
    if entry is None:
        return Body(tail=data, error="unknown function")
    for number, layout in enumerate(entry.up if up else entry.down):
        try:
            found, read = layout.read(data)
        except Misfit:
            continue
        return Body(found, read.frame, number, data[read.at :])
    return Body(tail=data, error="length" if data else "")


def fitting(afn: int, fn: int, data: bytes, *, up: bool) -> list[Body]:
    """Every reading of the bytes in which a layout describes all of them."""
    entry = lookup(afn, fn)
    bodies: list[Body] = []
    for number, layout in enumerate((entry.up if up else entry.down) if entry else ()):
        try:
            found, read = layout.read(data)
        except Misfit:
            continue
        if not read.left:
            bodies.append(Body(found, read.frame, number))
    return bodies
