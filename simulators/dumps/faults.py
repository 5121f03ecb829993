"""What goes wrong with dumps: by people and readers in the values, by cables and disks in the bytes."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from simulators.dumps.values import Value

__all__ = ["FILE_FAULTS", "VALUE_FAULTS", "spoil", "spoiled"]

_EVERY = 30


def _duplicate(v: Value) -> Iterator[Value]:
    yield v
    yield v


def _conflict(v: Value) -> Iterator[Value]:
    yield v
    yield replace(v, this=v.this and v.this + 1)


def _lower(v: Value) -> Iterator[Value]:
    yield replace(v, this=max(Decimal(0), v.last - Decimal("1.01")))


def _transposed(v: Value) -> Iterator[Value]:
    yield replace(v, last=Decimal("1530.30"), this=Decimal("1503.30"))


def _future(v: Value) -> Iterator[Value]:
    yield replace(v, at=v.at + timedelta(days=3_650))


def _far(v: Value) -> Iterator[Value]:
    yield replace(v, lon=v.lon + 1)


def _multiplier(v: Value) -> Iterator[Value]:
    yield replace(v, multiplier=v.multiplier + 1)


def _unknown(v: Value) -> Iterator[Value]:
    yield replace(v, asset=f"9{v.asset[1:]}")


VALUE_FAULTS: dict[str, Callable[[Value], Iterator[Value]]] = {
    "duplicate": _duplicate,
    "conflict": _conflict,
    "lower": _lower,
    "transposed": _transposed,
    "future": _future,
    "far": _far,
    "multiplier": _multiplier,
    "unknown": _unknown,
}
"""Faults of one value; every thirtieth has it."""


def spoiled(values: Iterable[Value], fault: str) -> Iterator[Value]:
    """The values, every thirtieth of those that were read with the fault."""
    wrong = VALUE_FAULTS.get(fault)
    for place, v in enumerate(values):
        if wrong is not None and place % _EVERY == _EVERY // 2 and v.this is not None:
            yield from wrong(v)
        else:
            yield v


def _truncated(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(len(raw) // 2, len(raw) - 20)]


def _flipped(raw: bytes, rng: random.Random) -> bytes:
    spoilt = bytearray(raw)
    spoilt[rng.randrange(len(raw) // 2, len(raw) - 10)] ^= 1 << rng.randrange(7)
    return bytes(spoilt)


def _padded(raw: bytes, _rng: random.Random) -> bytes:
    return raw + b"\x1a" * (-len(raw) % 1024)


def _lost_rows(raw: bytes, rng: random.Random) -> bytes:
    lines = raw.split(b"\n")
    del lines[rng.randrange(2, len(lines) - 2)]
    return b"\n".join(lines)


def _doctype(raw: bytes, _rng: random.Random) -> bytes:
    bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return raw.replace(b"?>", b"?>" + bomb, 1)


def _noise(raw: bytes, rng: random.Random) -> bytes:
    place = raw.index(b"\n", len(raw) // 2) + 1
    return raw[:place] + bytes(rng.randrange(128, 256) for _ in range(30)) + b"\xff\n" + raw[place:]


FILE_FAULTS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "truncated": _truncated,
    "flipped": _flipped,
    "padded": _padded,
    "lost-row": _lost_rows,
    "doctype": _doctype,
    "noise": _noise,
}
"""Faults of a whole file; `padded` is what XMODEM does, and harmless."""


def spoil(path: Path, fault: str, seed: int = 0) -> None:
    """Do to a file what the fault does; nothing for a fault of values."""
    wrong = FILE_FAULTS.get(fault)
    if wrong is not None:
        path.write_bytes(wrong(path.read_bytes(), random.Random(seed)))
