"""PostgreSQL's binary forms: arrays as parameters, rows as COPY takes them. Instants are microseconds since 1970."""

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Self

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

__all__ = ["Instants", "Integers", "packed", "packed_energy", "register"]

_CHUNK = 1_000
_SINCE_2000 = 946_684_800_000_000
_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL = b"\xff\xff"
# Every cell with its length before it.
_FULL = struct.Struct(">hiqiqiiiiiiihih")
_NONE = struct.Struct(">hiqiiiiiiiihih")
_START = struct.Struct(">hiq")
_LONG = struct.Struct(">iq")
_NULL = struct.pack(">i", -1)
_ENERGY = struct.Struct(">iiiiiiihih")


class Instants(bytes):
    """A timestamptz[] as it travels."""

    @classmethod
    def of(cls, values: Sequence[int]) -> Self:
        """Of instants."""
        return cls(_array(1184, "q", [at - _SINCE_2000 for at in values]))


class Integers(bytes):
    """An integer[] as it travels."""

    @classmethod
    def of(cls, values: Sequence[int]) -> Self:
        """Of numbers."""
        return cls(_array(23, "i", values))


class _AsItIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return bytes(obj)


class _InstantsDumper(_AsItIs):
    oid = 1185


class _IntegersDumper(_AsItIs):
    oid = 1007


def register(connection: psycopg.Connection[Any]) -> None:
    """Let a connection take arrays of this module as parameters."""
    connection.adapters.register_dumper(Instants, _InstantsDumper)
    connection.adapters.register_dumper(Integers, _IntegersDumper)


def _array(element: int, code: str, values: Sequence[int]) -> bytes:
    size = struct.calcsize(">" + code)
    cells = [cell for value in values for cell in (size, value)]
    return struct.pack(f">5i{('i' + code) * len(values)}", 1, 0, element, len(values), 1, *cells)


def packed(rows: Sequence[tuple[Any, ...]]) -> Iterator[bytes]:
    """Readings as binary COPY takes them, in pieces: the server works on one while the next is made."""
    full, none = _FULL.pack, _NONE.pack
    yield _HEAD
    for first in range(0, len(rows), _CHUNK):
        yield b"".join(
            [
                none(7, 8, at - _SINCE_2000, -1, 4, meter, 4, quality, 4, lag, 2, point, 2, variant)
                if value is None
                else full(
                    7, 8, at - _SINCE_2000, 8, value, 4, meter, 4, quality, 4, lag, 2, point, 2, variant
                )
                for at, value, meter, quality, lag, point, variant in rows[first : first + _CHUNK]
            ]
        )
    yield _TAIL


def packed_energy(rows: Sequence[tuple[Any, ...]]) -> Iterator[bytes]:
    """Rows of `energy_row` as binary COPY takes them; energy and registers may be None."""
    yield _HEAD
    for first in range(0, len(rows), _CHUNK):
        yield b"".join(
            [
                b"".join(
                    (
                        _START.pack(9, 8, start - _SINCE_2000),
                        *(_NULL if cell is None else _LONG.pack(8, cell) for cell in cells[:3]),
                        _ENERGY.pack(4, cells[3], 4, cells[4], 4, cells[5], 2, cells[6], 2, cells[7]),
                    )
                )
                for start, *cells in rows[first : first + _CHUNK]
            ]
        )
    yield _TAIL
