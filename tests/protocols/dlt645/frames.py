"""The real frames, and what a test needs of them."""

import json
from pathlib import Path

ALL = [
    json.loads(line)
    for line in (Path(__file__).parent / "vectors/dlt645.jsonl").read_text("utf-8").splitlines()
]
STREAMS = [row for row in ALL if row.get("kind") == "stream"]
FRAMES = [row for row in ALL if row.get("kind") != "stream"]
VALID = [row for row in FRAMES if row["valid"]]
INVALID = [row for row in FRAMES if not row["valid"]]


def by_id(row: dict) -> str:
    """Name of a row in pytest's list."""
    return row["id"]


def raw(row: dict) -> bytes:
    """The bytes as they were seen."""
    return bytes.fromhex(row["hex"])


def bare(row: dict) -> bytes:
    """The frame without wake-up bytes."""
    return raw(row).lstrip(b"\xfe")
