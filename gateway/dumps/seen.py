"""Which keys a file has shown already, in 16 bytes each: a hundred thousand rows must not cost memory."""

import hashlib
from array import array
from datetime import datetime
from decimal import Decimal

from protocols.reading import Origin

__all__ = ["Seen", "key_of", "number_of", "print_of"]

_MASK = (1 << 63) - 1
_FIRST = 1 << 12
_NONE = -1


def key_of(meter: str, point: str, at: datetime, origin: Origin) -> int:
    """A number for meter, point, instant and origin; two different keys share one in 2**63."""
    text = f"{meter}\x1f{point}\x1f{int(at.timestamp())}\x1f{origin}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) & _MASK


def print_of(value: Decimal) -> int:
    """A number for a value: equal for equal values, however they are written."""
    return hash(value) & _MASK


def number_of(name: str) -> int:
    """A number for a name, good within this process."""
    return hash(name) & _MASK


class Seen:
    """Keys with the print of their value: a hash table with open addresses in two arrays."""

    def __init__(self) -> None:
        self._size = 0
        self._keys = array("q", [_NONE]) * _FIRST
        self._prints = array("q", [0]) * _FIRST

    def __len__(self) -> int:
        return self._size

    def put(self, key: int, value: int) -> int | None:
        """Remember a key unless it is known: then its first value's print is returned."""
        if self._size * 3 >= len(self._keys) * 2:
            self._grow()
        place = self._place(key)
        if self._keys[place] == key:
            return self._prints[place]
        self._keys[place], self._prints[place] = key, value
        self._size += 1
        return None

    def _place(self, key: int) -> int:
        keys, mask = self._keys, len(self._keys) - 1
        place = key & mask
        while keys[place] != _NONE and keys[place] != key:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        keys, prints = self._keys, self._prints
        self._keys = array("q", [_NONE]) * (2 * len(keys))
        self._prints = array("q", [0]) * (2 * len(keys))
        for key, value in zip(keys, prints, strict=True):
            if key != _NONE:
                place = self._place(key)
                self._keys[place], self._prints[place] = key, value
