"""Frames as others have seen them, with what they say."""

import json
from pathlib import Path

from protocols.dlt645 import frame as dlt645
from protocols.gdw1376_2.frame import Frame, dt_of, encode

__all__ = ["CSG", "MAIN", "METER", "SEEN", "carried", "case", "down", "up"]


def _rows(name):
    path = Path(__file__).parents[1] / name / "vectors/frames.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


SEEN = _rows("gdw1376_2")
CSG = _rows("csg_local")
MAIN, METER = "000000000001", "645000000017"


def case(row):
    """A name for a parametrised test."""
    return f"{row['decoded'].get('note', '')[:40]} {row['hex'][:24]}"


def carried(control, data="00010000", address=METER, wakeup=0):
    """A DL/T 645 frame."""
    return dlt645.encode(dlt645.Frame(address, control, bytes.fromhex(data)[::-1]), wakeup)


def down(afn, fn, data=b"", node="", **more):
    """A request of ours."""
    source = MAIN if node else ""
    return encode(
        Frame(control=0x43, seq=7, source=source, destination=node, afn=afn, dt=dt_of(fn), data=data, **more)
    )


def up(afn, fn, data=b"", *, control=0x83, seq=7, node=""):
    """What a module sends."""
    return encode(
        Frame(
            control=control,
            seq=seq,
            info=bytes.fromhex("0000100000"),
            source=node,
            destination=MAIN if node else "",
            afn=afn,
            dt=dt_of(fn),
            data=data,
        )
    )
