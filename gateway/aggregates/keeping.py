"""What of the sums outlives a restart, as blobs for the outbox: all registers shard by shard, new ones each time."""

import json
import sys
import zlib
from array import array
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from gateway.aggregates.boundaries import Boundaries
from gateway.aggregates.ledger import Ledger
from gateway.aggregates.track import Track
from gateway.energy.period import Span

__all__ = [
    "SECOND", "SHARDS", "STATE", "State", "newer_key", "pack_newer", "pack_shard", "pack_state", "shard_key",
    "shard_of", "unpack_newer", "unpack_shard", "unpack_state",
]  # fmt: skip

STATE = "aggregate:state"
"""Key of what was sent."""
SHARDS = 16
"""All registers are kept in so many pieces, one at a time; what came since in as many, each time."""
SECOND = "aggregate:second"
"""Key of the days that the second review hit."""


_MAGIC = b"meterd sums 1 " + sys.byteorder.encode() + b"\n"


def shard_key(shard: int) -> str:
    """Key of a shard of the registers."""
    return f"aggregate:registers:{shard}"


def newer_key(shard: int) -> str:
    """Key of a shard's registers that came since it was kept."""
    return f"aggregate:newer:{shard}"


@dataclass(slots=True)
class State:
    """Up to where each span was summed, since when this gateway sums at all, and the versions that went out.

    `kept` says when each shard of the registers was kept, in seconds since 1970.
    """

    since: datetime | None = None
    closed: dict[Span, datetime] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    kept: list[int] = field(default_factory=lambda: [0] * SHARDS)


def pack_state(state: State) -> bytes:
    """As a blob: a line of JSON, then the columns of the versions as they lie in memory."""
    sent = [(key, column) for key, column in state.ledger.columns()]
    head = {
        "since": state.since.isoformat() if state.since else None,
        "closed": {str(span): at.isoformat() for span, at in state.closed.items()},
        "kept": state.kept,
        "sent": [[*key, len(column[0])] for key, column in sent],
    }
    parts = [_MAGIC, json.dumps(head, separators=(",", ":")).encode(), b"\n"]
    return zlib.compress(b"".join((*parts, *(part.tobytes() for _, column in sent for part in column))), 1)


def unpack_state(blob: bytes | None) -> State:
    """From a blob; what another version or another machine wrote holds nothing."""
    state = State()
    data = zlib.decompress(blob) if blob else b""
    if not data.startswith(_MAGIC):
        return state
    end = data.index(b"\n", len(_MAGIC))
    head = json.loads(data[len(_MAGIC) : end])
    state.since = datetime.fromisoformat(head["since"]) if head["since"] else None
    state.closed = {Span(span): datetime.fromisoformat(at) for span, at in head["closed"].items()}
    state.kept = head["kept"]
    place = end + 1
    for kind, node, side, span, count in head["sent"]:
        columns = []
        for code in ("I", "H", "I"):
            columns.append(array(code, data[place : place + count * array(code).itemsize]))
            place += count * array(code).itemsize
        for row in zip(*columns, strict=True):
            state.ledger.put((kind, node, side, span), *row)
    return state


def shard_of(asset: str) -> int:
    """In which of the shards a meter's registers are kept."""
    return zlib.crc32(asset.encode()) % SHARDS


def pack_shard(boundaries: Boundaries, shard: int) -> bytes:
    """All registers of some of the meters, those that are packed as they are."""
    parts = [_MAGIC]
    for key, track in boundaries.tracks(lambda asset: shard_of(asset) == shard):
        parts += _written(key, track)
    return b"".join(parts)


def pack_newer(boundaries: Boundaries, shard: int, since: int) -> bytes:
    """Registers of a shard's meters from an instant on."""
    packer = zlib.compressobj(1)
    parts = [packer.compress(_MAGIC)]
    for key, track in boundaries.tracks(lambda asset: shard_of(asset) == shard):
        part = track.since(since)
        if part.at:
            parts += map(packer.compress, _written(key, part))
    return b"".join((*parts, packer.flush()))


def unpack_shard(blob: bytes | None, boundaries: Boundaries, wanted: AbstractSet[str]) -> None:
    """Take up the registers of a shard; what is there already is not doubled."""
    for key, track in _read(blob or b""):
        if key[0] in wanted:
            boundaries.adopt(key, track)


def unpack_newer(blob: bytes | None, boundaries: Boundaries, wanted: AbstractSet[str]) -> None:
    """Take up registers that came since."""
    unpack_shard(zlib.decompress(blob) if blob else None, boundaries, wanted)


def _written(key: tuple[str, str], track: Track) -> list[bytes]:
    flags = track.flags or {}
    code = track.units.typecode
    head = [
        *key, len(track.at), code, track.base, len(track.cold), track.cold_until, list(flags), list(flags.values()),
    ]  # fmt: skip
    columns = (column.tobytes() for column in (track.at, track.units, track.marks))
    return [json.dumps(head, separators=(",", ":")).encode(), b"\n", *columns, track.cold]


def _read(data: bytes) -> Iterator[tuple[tuple[str, str], Track]]:
    if not data.startswith(_MAGIC):
        return
    place = len(_MAGIC)
    while place < len(data):
        end = data.index(b"\n", place)
        asset, point, count, code, base, cold, until, stamps, flags = json.loads(data[place:end])
        place = end + 1
        track = Track()
        columns = []
        for kind in ("I", code, "B"):
            size = count * array(kind).itemsize
            columns.append(array(kind, data[place : place + size]))
            place += size
        track.at, track.units, track.marks = columns
        track.base, track.cold, track.cold_until = base, data[place : place + cold], until
        track.flags = dict(zip(stamps, flags, strict=True)) or None
        place += cold
        yield (asset, point), track
