"""Frames that other programs' comments, logs and tests show, beside the vectors, and what each of them says.

Their meaning was worked out by hand from the bytes, and agrees with what the author wrote where there is a word of it.
Some are embedded in frames of a concentrator or a carrier module, some are cut, some have a wrong checksum.
"""

import json
from pathlib import Path

import pytest

from protocols.dlt645.explain import explain
from protocols.dlt645.frame import BadFrame, Splitter, encode

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "vectors/seen.jsonl").read_text("utf-8").splitlines()
]


def told(frame):
    """What an explained frame says, in the form of a row."""
    raw = frame.raw if isinstance(frame, BadFrame) else encode(frame)
    found = explain(frame, raw)
    if not found["ok"]:
        return {"ok": False, "kind": found["error"]["kind"], "raw": found["raw"]}
    said = {"address": found["address"], "control": found["control"]}
    if "di" in found["data"]:
        said["di"] = found["data"]["di"]
    values = [point["value"] for point in found["points"]]
    if found["direction"] == "up" and values:
        said["values"] = values
    if found["error"]:
        said["bits"] = found["error"]["bits"]
    return said | {"data": found["data"]}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["hex"][:40])
def test_it_says_what_it_was_meant_to(row):
    splitter = Splitter()
    frames = splitter.feed(bytes.fromhex(row["hex"])) + splitter.flush()
    found = [told(frame) for frame in frames]
    for one, expected in zip(found, row["frames"], strict=True):
        wanted = expected.get("data", {})
        data = one.pop("data", {})
        for name in ("time", "deadline"):
            if name in data:
                data[name] = "".join(data[name].values())
        assert {name: data.get(name) for name in wanted} == wanted
        assert one == {name: value for name, value in expected.items() if name != "data"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["hex"][:40])
def test_every_byte_is_a_frames_or_a_wake_up_or_counted_as_noise(row):
    stream = bytes.fromhex(row["hex"])
    splitter = Splitter()
    frames = splitter.feed(stream) + splitter.flush()
    at, left = 0, 0
    for frame in frames:
        raw = frame.raw if isinstance(frame, BadFrame) else encode(frame)
        begin = stream.index(raw, at)
        left += len(stream[at:begin].rstrip(b"\xfe"))
        at = begin + len(raw)
    assert splitter.noise == left + len(stream[at:])
