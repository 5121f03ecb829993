"""The last accepted register of every point, in 32 bytes each, and how it is kept over a restart."""

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Base", "Cells", "Layout", "pack", "unpack"]

_WIDTH = 4


class Layout:
    """Which points a meter's cells hold, in order; meters that are read alike share one."""

    __slots__ = ("_wider", "index", "points")

    def __init__(self, points: tuple[str, ...] = ()) -> None:
        self.points = points
        self.index = {point: place * _WIDTH for place, point in enumerate(points)}
        self._wider: dict[str, Layout] = {}

    def plus(self, point: str) -> "Layout":
        """The layout with one more point at its end."""
        if (wider := self._wider.get(point)) is None:
            wider = self._wider[point] = Layout((*self.points, point))
        return wider


@dataclass(frozen=True, slots=True)
class Base:
    """An accepted register in units (0.0001), its instant, since when it stands, and the day's first value.

    `at` and `since` are seconds since 1970.
    """

    value: int
    at: int
    since: int
    day: int


class Cells:
    """The bases of one meter."""

    __slots__ = ("layout", "numbers")

    def __init__(self, layout: Layout, numbers: "array[int] | None" = None) -> None:
        self.layout = layout
        self.numbers = numbers if numbers is not None else array("q")

    def get(self, point: str) -> Base | None:
        """The base of a point, if it has one."""
        place = self.layout.index.get(point)
        return None if place is None else Base(*self.numbers[place : place + _WIDTH])

    def put(self, point: str, base: Base) -> None:
        """Set the base of a point."""
        place = self.layout.index.get(point)
        fresh = array("q", (base.value, base.at, base.since, base.day))
        if place is None:
            self.layout = self.layout.plus(point)
            self.numbers = self.numbers + fresh  # as long as it is: an array that grows keeps room to spare
        else:
            self.numbers[place : place + _WIDTH] = fresh


def pack(cells: Iterable[tuple[str, Cells]]) -> bytes:
    """Bases of one target's meters, by asset number, as a compact blob."""
    layouts: dict[tuple[str, ...], int] = {}
    packer = zlib.compressobj(1)
    parts = [packer.compress(b'{"v":1,"rows":[')]
    between = ""
    for asset, cell in cells:  # one by one: many thousand meters as one text would be many MiB
        row = [asset, layouts.setdefault(cell.layout.points, len(layouts)), cell.numbers.tolist()]
        parts.append(packer.compress((between + json.dumps(row, separators=(",", ":"))).encode()))
        between = ","
    parts.append(packer.compress(f'],"layouts":{json.dumps(list(layouts))}}}'.encode()))
    return b"".join((*parts, packer.flush()))


def unpack(blob: bytes, root: Layout) -> Iterator[tuple[str, Cells]]:
    """Meters and bases of a blob, with layouts shared below `root`; an unknown version holds nothing."""
    saved = json.loads(zlib.decompress(blob))
    if saved.get("v") != 1:
        return
    layouts = []
    for points in saved["layouts"]:
        layout = root
        for point in points:
            layout = layout.plus(point)
        layouts.append(layout)
    for asset, layout, numbers in saved["rows"]:
        yield asset, Cells(layouts[layout], array("q", numbers))
