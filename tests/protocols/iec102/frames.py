"""Frames as others have seen them, with what they say."""

import json
from pathlib import Path

__all__ = ["BAD", "GOOD", "SEEN", "case"]

SEEN = [
    json.loads(line)
    for line in (Path(__file__).parent / "vectors/frames.jsonl").read_text(encoding="utf-8").splitlines()
]
GOOD = [row for row in SEEN if row["checksum_ok"] is not False]
BAD = [row for row in SEEN if row["checksum_ok"] is False]


def case(row):
    """A name for a parametrised test."""
    return f"{row['decoded']['note'][:40]} {row['hex'][:24]}"
