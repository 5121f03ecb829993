"""The meters that review knows; of very many, those of which it only has bases are held packed.

A gateway has thousands of meters, and a dump may bring a register of each of a hundred thousand. To unpack one and to
pack it again takes ten to twenty microseconds.
"""

from array import array
from collections.abc import Callable, Iterator
from itertools import islice

from gateway.review.base import Cells, Layout
from gateway.review.known import Known

__all__ = ["HOT", "Roster"]

HOT = 2_048
"""So many meters are held unpacked."""
_HEAD = 4

Revive = Callable[[str, Cells], Known]
"""The meter of an asset number with its bases."""


class Roster:
    """Meters by asset number; `revive` makes one of its bases again."""

    def __init__(self, revive: Revive, hot: int = HOT) -> None:
        self._revive = revive
        self._hot: dict[str, Known] = {}
        self._cold: dict[str, bytes] = {}
        self._least = self._most = hot
        self._layouts: list[Layout] = []
        self._places: dict[Layout, int] = {}

    def __iter__(self) -> Iterator[str]:
        yield from self._hot
        yield from self._cold

    def get(self, asset: str) -> Known | None:
        """A meter, to be worked with."""
        known = self._hot.get(asset)
        if known is not None or not self._cold:
            return known
        packed = self._cold.pop(asset, None)
        return None if packed is None else self.put(asset, self._revive(asset, self._unpacked(packed)))

    def cells(self, asset: str) -> Cells | None:
        """A meter's bases, to be looked at only."""
        known = self._hot.get(asset)
        if known is not None:
            return known.cells
        packed = self._cold.get(asset)
        return None if packed is None else self._unpacked(packed)

    def put(self, asset: str, known: Known) -> Known:
        """Take a meter up."""
        if len(self._hot) >= self._most:
            self._cool()
        self._cold.pop(asset, None)
        self._hot[asset] = known
        return known

    def drop(self, asset: str) -> None:
        """Forget a meter."""
        self._hot.pop(asset, None)
        self._cold.pop(asset, None)

    def at_work(self) -> Iterator[Known]:
        """Meters that are not packed."""
        return iter(self._hot.values())

    def _cool(self) -> None:
        """Pack the half that came first, but for meters of which more is known than bases."""
        for asset in list(islice(self._hot, len(self._hot) // 2)):
            known = self._hot[asset]
            if known.is_plain:
                self._cold[asset] = self._packed(known.cells)
                del self._hot[asset]
        self._most = max(self._least, 2 * len(self._hot))

    def _packed(self, cells: Cells) -> bytes:
        place = self._places.get(cells.layout)
        if place is None:
            place = self._places[cells.layout] = len(self._layouts)
            self._layouts.append(cells.layout)
        return place.to_bytes(_HEAD, "big") + cells.numbers.tobytes()

    def _unpacked(self, packed: bytes) -> Cells:
        numbers = array("q")
        numbers.frombytes(packed[_HEAD:])
        return Cells(self._layouts[int.from_bytes(packed[:_HEAD], "big")], numbers)
