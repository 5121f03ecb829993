"""Frames of the southern grid are found, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.csg_local.explain import explain
from protocols.csg_local.frame import BadFrame, Frame, Splitter, decode
from protocols.errors import FrameError
from tests.protocols.gdw1376_2.frames import CSG, SEEN, case

ONE = bytes.fromhex(CSG[0]["hex"])


@pytest.mark.parametrize("row", CSG, ids=case)
def test_every_frame_seen(row):
    raw, known = bytes.fromhex(row["hex"]), row["decoded"]
    frame = decode(raw)
    assert (f"{frame.afn:02X}", frame.seq, frame.identifier) == (known["afn"], known["seq"], known["DI"])
    assert frame.data.hex() == known["body"]
    assert f"{frame.control:02X}" == known["C"]


@pytest.mark.parametrize("row", SEEN, ids=case)
def test_nothing_of_the_state_grid_is_taken_for_one(row):
    splitter = Splitter()
    raw = bytes.fromhex(row["hex"])
    assert [type(one) for one in splitter.feed(raw) + splitter.flush()] in ([],)
    assert splitter.noise == len(raw)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (ONE + b"\x00", "length"),
        (ONE[:-1] + b"\x17", "end"),
        (ONE[:-2] + b"\x00\x16", "checksum"),
        (ONE[:9], "header"),
        (b"", "header"),
    ],
)
def test_what_is_wrong_has_a_name(raw, kind):
    with pytest.raises(FrameError) as error:
        decode(raw)
    assert error.value.kind == kind


def test_frames_in_a_stream():
    splitter = Splitter()
    stream = b"\x01" + ONE + b"\x68\x02" + ONE[:-2] + b"\x00\x16" + ONE
    found = [one for at in range(len(stream)) for one in splitter.feed(stream[at : at + 1])]
    found += splitter.flush()
    assert [type(one) for one in found] == [Frame, BadFrame, Frame]
    assert splitter.noise == 3
    assert explain(found[1])["error"] == {"kind": "checksum"}


@given(st.binary(max_size=200))
def test_any_bytes_end_in_frames_or_noise(data):
    splitter = Splitter()
    found = splitter.feed(data) + splitter.flush()
    assert sum(len(one.raw) for one in found) + splitter.noise == len(data)
