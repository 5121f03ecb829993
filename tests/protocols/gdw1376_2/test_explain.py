"""What `meterd decode --json` prints of frames between host and module."""

import json

import pytest

from protocols.csg_local import frame as csg
from protocols.csg_local.explain import explain as explain_csg
from protocols.gdw1376_2 import commands
from protocols.gdw1376_2.explain import explain
from protocols.gdw1376_2.frame import BadFrame, Splitter, decode
from tests.protocols.gdw1376_2.frames import CSG, MAIN, METER, SEEN, carried, case, down, up


def shown(raw):
    return explain(decode(raw), raw)


@pytest.mark.parametrize("row", SEEN, ids=case)
def test_every_frame_seen(row):
    raw, known = bytes.fromhex(row["hex"]), row["decoded"]
    said = shown(raw)
    assert (said["protocol"], said["ok"], said["direction"]) == ("gdw1376.2", True, row["direction"])
    assert (said["afn"], [said["fn"]], said["mode"]) == (known["afn"], known["Fn"], known["mode"])
    assert said["seq"] == known["R"]["seq"]
    assert (said["source"], said["destination"]) == (known.get("src", ""), known.get("dst", ""))
    assert said["raw"] == row["hex"].upper()
    assert json.dumps(said)


def test_a_carried_frame_is_explained_too():
    asked = commands.read_node(METER, 2, carried(0x11))
    said = shown(down(asked.afn, asked.fn, asked.data, asked.node))
    assert (said["source"], said["destination"], said["address"]) == (MAIN, METER, METER)
    assert said["inner"]["protocol"] == "dlt645-2007"
    assert [point["obis"] for point in said["inner"]["points"]] == ["1-0:1.8.0"]
    two = commands.concurrent(METER, 2, carried(0x11) + carried(0x11, "00020000"))
    inner = shown(down(two.afn, two.fn, two.data, two.node))["inner"]
    assert [one["points"][0]["id"] for one in inner] == ["00010000", "00020000"]
    assert shown(up(0x13, 1, b"\x00\x00\x02\x00", node=METER))["inner"] is None


def test_a_denial_is_a_good_frame_that_says_no():
    said = shown(up(0x00, 2, b"\x0b"))
    assert said["ok"]
    assert said["error"] == {"kind": "meter", "bits": ["no answer of the slave node"]}
    assert shown(up(0x00, 2, b"\xc8"))["error"]["bits"] == ["code 200"]


def test_what_could_not_be_decoded_stands_in_the_tail():
    assert shown(up(0xF0, 62, b"\x01\x02"))["raw_tail"] == "0102"
    assert "raw_tail" not in shown(up(0x03, 7, b"\x5a"))


def test_a_bad_frame():
    raw = bytearray(up(0x03, 7, b"\x5a"))
    raw[-2] ^= 1
    splitter = Splitter()
    (bad,) = splitter.feed(bytes(raw)) + splitter.flush()
    assert isinstance(bad, BadFrame)
    said = explain(bad, bad.raw)
    assert (said["ok"], said["error"], said["direction"]) == (False, {"kind": "checksum"}, "up")
    assert said.keys() <= shown(up(0x03, 7, b"\x5a")).keys() | {"raw_tail"}


@pytest.mark.parametrize("row", CSG, ids=case)
def test_the_southern_grid_is_recognised_and_not_supported(row):
    raw, known = bytes.fromhex(row["hex"]), row["decoded"]
    splitter = csg.Splitter()
    (frame,) = splitter.feed(raw) + splitter.flush()
    said = explain_csg(frame, raw)
    assert (said["protocol"], said["ok"], said["error"]) == ("csg-local", False, {"kind": "unsupported"})
    assert (said["direction"], said["afn"], said["seq"]) == (row["direction"], known["afn"], known["seq"])
    assert said["data"] == {"identifier": known["DI"], "body": known["body"].upper()}
    assert bool(said["source"]) == known["address_field"]
    assert said["raw"] == row["hex"].upper()
