"""`meterd decode` tells the protocols of a stream apart."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.explaining import READERS
from tests.protocols.dlt645.frames import VALID
from tests.protocols.gdw1376_1.frames import OURS
from tests.protocols.gdw1376_2.frames import CSG
from tests.protocols.gdw1376_2.frames import SEEN as CARRIER
from tests.protocols.iec102.frames import BAD, GOOD

METERS = [bytes.fromhex(row["hex"]) for row in VALID]
TERMINALS = [bytes.fromhex(row["hex"]) for row in OURS]
MODULES = [bytes.fromhex(row["hex"]) for row in CARRIER]
SOUTHERN = [bytes.fromhex(row["hex"]) for row in CSG]
ERTUS = [bytes.fromhex(row["hex"]) for row in GOOD]
BY_NAME = {"gdw1376.1": TERMINALS, "gdw1376.2": MODULES, "iec102": ERTUS, "csg-local": SOUTHERN}


def explained(stream, protocol="auto"):
    return READERS[protocol](stream)


def names(stream):
    objects, noise = explained(stream)
    return [(one["protocol"], one["ok"]) for one in objects], noise


@pytest.mark.parametrize("protocol", ["auto", "by name"])
@pytest.mark.parametrize(("name", "frames"), BY_NAME.items(), ids=BY_NAME.keys())
def test_every_frame_seen_is_of_its_protocol(name, frames, protocol):
    for raw in frames:
        (said,), noise = explained(raw, name if protocol == "by name" else "auto")
        assert (said["protocol"], said["ok"], noise) == (name, name != "csg-local", 0)
        assert bytes.fromhex(said["raw"]) == raw


@pytest.mark.parametrize("raw", [bytes.fromhex(row["hex"]) for row in BAD])
def test_an_ertu_s_wrong_checksum(raw):
    (said,), noise = explained(raw)
    assert (said["protocol"], said["ok"], said["error"]["kind"], noise) == ("iec102", False, "checksum", 0)


def test_frames_of_several_protocols_in_one_stream_stand_in_their_order():
    stream = b"\xfe\xfe" + METERS[0].lstrip(b"\xfe") + TERMINALS[9] + b"\x01" + MODULES[5] + SOUTHERN[0]
    assert names(stream) == (
        [("dlt645-1997", True), ("gdw1376.1", True), ("gdw1376.2", True), ("csg-local", False)],
        1,
    )


def test_an_ertu_s_line_is_taken_as_a_whole():
    assert names(b"".join(ERTUS)) == ([("iec102", True)] * len(ERTUS), 0)
    assert names(b"\xe5\x01") == ([], 2)
    assert names(b"\x01" + ERTUS[4]) == ([("iec102", True)], 1)


def test_what_a_frame_carries_is_not_a_frame_beside_it():
    for raw in (raw for raw in TERMINALS + MODULES if b"\x68" in raw[6:]):
        objects, _ = explained(raw)
        assert len(objects) == 1


def test_a_carrier_s_wrong_checksum_does_not_make_what_it_carries_right():
    broken = 0
    for raw in TERMINALS + MODULES:
        wrong = raw[:-2] + bytes((raw[-2] ^ 0x55,)) + raw[-1:]
        objects, _ = explained(wrong)
        assert [one["ok"] for one in objects] == [False]
        broken += objects[0]["error"] == {"kind": "checksum"}
    assert broken == len(TERMINALS) + len(MODULES)


def test_half_a_frame_before_a_whole_one():
    objects, _ = explained(TERMINALS[8][:30] + TERMINALS[0])
    assert [one["ok"] for one in objects][-1] is True
    assert explained(TERMINALS[0][:-3])[0][0]["error"] == {"kind": "length"}
    lying = b"\x68\xf2\x0f\xf2\x0f\x68" + TERMINALS[0][6:] + TERMINALS[3]
    assert [one["raw"] for one in explained(lying)[0] if one["ok"]] == [TERMINALS[3].hex().upper()]


@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.sampled_from(METERS + TERMINALS + MODULES + ERTUS + SOUTHERN), max_size=4).map(b"".join),
    ),
    st.data(),
)
def test_any_bytes_are_explained_or_counted(stream, data):
    if stream and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(stream) - 1))
        stream = stream[:at] + bytes((data.draw(st.integers(0, 255)),)) + stream[at + 1 :]
    for name in READERS:
        objects, noise = explained(stream, name)
        assert json.dumps(objects)
        told = sum(len(one["raw"]) // 2 for one in objects)
        wakes = stream.count(b"\xfe")
        assert len(stream) - wakes <= told + noise <= len(stream)


@given(st.sampled_from(TERMINALS), st.integers(0, 2000), st.integers(1, 255))
def test_a_corrupted_frame_of_a_terminal_is_not_one(raw, at, change):
    wrong = bytearray(raw)
    wrong[at % len(raw)] ^= change
    assert not any(one["ok"] and one["protocol"] == "gdw1376.1" for one in explained(bytes(wrong))[0])
