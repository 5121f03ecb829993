"""Frames as others have seen them, with what they say."""

import json
from pathlib import Path

__all__ = ["OURS", "SEEN", "case"]

SEEN = [
    json.loads(line)
    for line in (Path(__file__).parent / "vectors/frames.jsonl").read_text(encoding="utf-8").splitlines()
]
OURS = [row for row in SEEN if "CSG" not in row["standard"]]


def case(row):
    """A name for a parametrised test."""
    return f"{row['decoded'].get('note', '')[:40]} {row['hex'][:24]}"
