"""Frames as others have seen them, with what they say; and others put together by hand from the tables."""

import json
from pathlib import Path

from protocols.explaining import READERS
from simulators.gdw_wire import pack, unit

__all__ = ["OURS", "SEEN", "answer", "asked", "case", "explained", "unit"]

SEEN = [
    json.loads(line)
    for line in (Path(__file__).parent / "vectors/frames.jsonl").read_text(encoding="utf-8").splitlines()
]
OURS = [row for row in SEEN if "CSG" not in row["standard"]]
_ADDRESS = bytes.fromhex("0133650002")


def case(row):
    """A name for a parametrised test."""
    return f"{row['decoded'].get('note', '')[:40]} {row['hex'][:24]}"


def answer(afn, body, *, control=0x88, seq=0x60):
    """What terminal 33010065 says; `body` in hex, spaces allowed, or bytes."""
    return pack(control, _ADDRESS, afn, seq, body if isinstance(body, bytes) else bytes.fromhex(body))


def asked(afn, body, *, control=0x4B, seq=0x60, password=False):
    """What a master station asks of it."""
    rest = (body if isinstance(body, bytes) else bytes.fromhex(body)) + bytes(16 if password else 0)
    return pack(control, _ADDRESS, afn, seq, rest)


def explained(raw):
    """The one object that `meterd decode --json` prints of a frame."""
    (found,), noise = READERS["auto"](raw)
    assert noise == 0
    return found
