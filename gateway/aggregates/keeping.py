"""What of the sums outlives a restart, as blobs for the outbox: registers whole now and then, new ones in between."""

import json
import sys
import zlib
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.aggregates.boundaries import Boundaries
from gateway.aggregates.ledger import Ledger
from gateway.energy.period import Span

__all__ = [
    "NEWER",
    "SECOND",
    "STATE",
    "WHOLE",
    "State",
    "pack_registers",
    "pack_state",
    "unpack_registers",
    "unpack_state",
]

STATE, WHOLE, NEWER = "aggregate:state", "aggregate:registers", "aggregate:newer"
"""Keys of what was sent, of all registers, and of those that came since."""
SECOND = "aggregate:second"
"""Key of the days that the second review hit."""


_MAGIC = b"meterd registers 1 " + sys.byteorder.encode() + b"\n"
_LONGEST = 65_536


@dataclass(slots=True)
class State:
    """Up to where each span was summed, since when this gateway sums at all, and the versions that went out."""

    since: datetime | None = None
    closed: dict[Span, datetime] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)


def pack_state(state: State) -> bytes:
    """As a blob."""
    saved = {
        "v": 1,
        "since": state.since.isoformat() if state.since else None,
        "closed": {str(span): at.isoformat() for span, at in state.closed.items()},
        "sent": [[*key, *columns] for key, columns in state.ledger.rows()],
    }
    return zlib.compress(json.dumps(saved, separators=(",", ":")).encode(), 1)


def unpack_state(blob: bytes | None) -> State:
    """From a blob; an unknown version holds nothing."""
    state = State()
    saved: Mapping[str, object] = json.loads(zlib.decompress(blob)) if blob else {}
    if saved.get("v") != 1:
        return state
    return _filled(state, dict(saved))


def _filled(state: State, saved: dict[str, object]) -> State:
    since, closed, sent = saved["since"], saved["closed"], saved["sent"]
    assert isinstance(closed, dict) and isinstance(sent, list)  # noqa: S101, PT018 (what `pack_state` wrote)
    state.since = datetime.fromisoformat(str(since)) if since else None
    state.closed = {Span(span): datetime.fromisoformat(at) for span, at in closed.items()}
    for kind, node, side, span, starts, versions, digests in sent:
        for row in zip(starts, versions, digests, strict=True):
            state.ledger.put((kind, node, side, span), *row)
    return state


def pack_registers(boundaries: Boundaries, since: int = 0) -> bytes:
    """Registers from an instant on as a blob: of each track a line of JSON and its columns as they lie in memory."""
    packer = zlib.compressobj(1)
    parts = [packer.compress(_MAGIC)]
    for key, track in boundaries.tracks():
        part = track.since(since) if since else track
        if not part.at:
            continue
        flags = part.flags or {}
        head = [*key, len(part.at), part.units.typecode, part.base, list(flags), list(flags.values())]
        parts.append(packer.compress(json.dumps(head, separators=(",", ":")).encode() + b"\n"))
        parts += [packer.compress(column.tobytes()) for column in (part.at, part.units, part.marks)]
    return b"".join((*parts, packer.flush()))


def unpack_registers(blob: bytes | None, boundaries: Boundaries, wanted: frozenset[str]) -> None:
    """Take up the registers of a blob; what is there already is not doubled. Another machine's order holds nothing."""
    data = memoryview(zlib.decompress(blob)) if blob else memoryview(b"")
    if bytes(data[: len(_MAGIC)]) != _MAGIC:
        return
    place = len(_MAGIC)
    while place < len(data):
        end = bytes(data[place : place + _LONGEST]).index(b"\n") + place
        asset, point, count, code, base, stamps, flags = json.loads(bytes(data[place:end]))
        place = end + 1
        columns = []
        for kind in ("I", code, "B"):
            column = array(kind)
            size = count * column.itemsize
            column.frombytes(data[place : place + size])
            columns.append(column)
            place += size
        marked = dict(zip(stamps, flags, strict=True))
        for at, units, mark in zip(*columns, strict=True) if asset in wanted else ():
            boundaries.put((asset, point), (at, base + units, mark, marked.get(at, 0)))
