"""Decoded items together with what was left over."""

from collections.abc import Iterable

from protocols.session import Item

__all__ = ["Items"]


class Items(list[Item]):
    """Items in the order of the data; `trailing` counts bytes after them that nobody asked for."""

    __slots__ = ("trailing",)

    def __init__(self, items: Iterable[Item] = (), trailing: int = 0) -> None:
        super().__init__(items)
        self.trailing = trailing
