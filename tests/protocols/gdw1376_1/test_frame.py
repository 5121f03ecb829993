"""The envelope of Q/GDW 1376.1: real frames, every corruption of them, and streams cut anywhere."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import FrameError
from protocols.gdw1376_1.frame import BadFrame, Frame, Splitter, Tp, by_layout, decode, encode, layout
from tests.protocols.gdw1376_1.frames import OURS, case

LOGIN = bytes.fromhex("683200320068C903440400000271000001008816")


@pytest.mark.parametrize("row", OURS, ids=case)
def test_real_frames_say_what_others_found_in_them(row):
    raw, known = bytes.fromhex(row["hex"]), row["decoded"]
    frame = decode(raw)
    assert frame == by_layout(raw)
    assert encode(frame) == raw
    assert frame.protocol_id == known["proto_id"]
    assert (int(frame.up), int(frame.prm), frame.function) == (known["dir"], known["prm"], known["fn"])
    assert frame.address == (known["a1"] + known["a2"]).upper()
    assert (frame.msa, int(frame.is_group)) == (known["msa"], known["group"])
    assert f"{frame.afn:02X}" == known["afn"]
    seq = known["seq"]
    assert (frame.fir, frame.fin, frame.con, frame.number) == (seq["fir"], seq["fin"], seq["con"], seq["seq"])
    assert (frame.tp is not None) == bool(seq["tpv"])
    assert frame.ec == (tuple(known["ec"]) if known.get("ec") else None)
    assert (frame.password or b"").hex().upper() == known.get("pw", "").upper()
    if tp := known.get("tp"):
        assert (frame.tp.pfc, frame.tp.delay) == (tp["pfc"], tp["delay_min"])


def test_the_address_stands_low_byte_first():
    frame = decode(LOGIN)
    assert (frame.address, frame.msa) == ("44030004", 0)
    assert encode(Frame(control=0x4B, address="44030004", msa=5, afn=0x0C, seq=0x61))[
        7:12
    ].hex() == "0344040 00a".replace(" ", "")


FRAMES = st.builds(
    Frame,
    control=st.integers(0, 255),
    address=st.integers(0, 0xFFFFFFFF).map("{:08X}".format),
    msa=st.integers(0, 127),
    is_group=st.booleans(),
    afn=st.sampled_from([0x00, 0x02, 0x04, 0x05, 0x0C, 0x0D, 0x0E, 0x10]),
    seq=st.integers(0, 127),
    body=st.binary(max_size=80),
    protocol_id=st.sampled_from([1, 2]),
)


@given(FRAMES, st.booleans())
def test_what_is_written_is_read(frame, tagged):
    aux = {}
    holds_a_unit = frame.afn != 2 or len(frame.body) >= 4  # a link frame does, before its counters
    if frame.up and frame.flag and holds_a_unit:
        aux["ec"] = (3, 250)
    if not frame.up and frame.afn in (4, 5, 0x10):
        aux["password"] = bytes(range(16))
    if tagged:
        aux["tp"] = Tp(7, b"\x01\x02\x03\x04", 5)
    wanted = Frame(**{name: getattr(frame, name) for name in frame.__slots__} | aux)
    found = decode(encode(wanted))
    assert found.body == wanted.body
    assert (found.ec, found.password, found.tp) == (wanted.ec, wanted.password, wanted.tp)
    assert found.seq & 0x7F == wanted.seq & 0x7F


@given(st.sampled_from(OURS), st.data())
def test_both_ways_of_reading_agree_on_every_corruption(row, data):
    raw = bytearray.fromhex(row["hex"])
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    raw = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    found = []
    for way in (decode, by_layout):
        try:
            found.append(way(raw))
        except FrameError:
            found.append(None)
    assert found[0] == found[1]
    assert layout() is layout()


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (LOGIN[:-1], "length"),
        (LOGIN[:-1] + b"\x17", "end"),
        (LOGIN[:-2] + b"\x00\x16", "checksum"),
        (b"\x68\x30\x00\x30\x00\x68" + LOGIN[6:], "header"),
        (b"\x68\x32\x00\x36\x00\x68" + LOGIN[6:], "header"),
        (b"", "header"),
    ],
)
def test_what_is_wrong_has_a_name(raw, kind):
    with pytest.raises(FrameError) as error:
        decode(raw)
    assert error.value.kind == kind


@pytest.mark.parametrize(
    ("given", "kind"),
    [({"address": "44"}, "header"), ({"address": "X" * 8}, "header"), ({"body": bytes(16_400)}, "length")],
)
def test_what_cannot_be_written(given, kind):
    with pytest.raises(FrameError) as error:
        encode(Frame(**{"control": 0x4B, "address": "44030004", "afn": 12, "seq": 0x61} | given))
    assert error.value.kind == kind


def test_frames_are_found_however_the_stream_is_cut():
    rng = random.Random(3)
    frames = [bytes.fromhex(row["hex"]) for row in OURS]
    noise = [rng.randbytes(rng.randrange(4)) for _ in frames]
    stream = b"".join(n + f for n, f in zip(noise, frames, strict=True))
    for _ in range(20):
        splitter, found, rest = Splitter(), [], stream
        while rest:
            size = rng.randrange(1, 60)
            found += splitter.feed(rest[:size])
            rest = rest[size:]
        found += splitter.flush()
        assert [encode(frame) for frame in found if isinstance(frame, Frame)] == frames
        assert splitter.noise == sum(map(len, noise))


def test_a_bad_frame_is_told_and_hides_no_good_one():
    bad = LOGIN[:-2] + b"\x00\x16"
    splitter = Splitter()
    found = splitter.feed(bad + LOGIN) + splitter.flush()
    assert [type(frame) for frame in found] == [BadFrame, Frame]
    assert found[0] == BadFrame("checksum", bad)
    assert splitter.checksum_errors == 1
    lying = b"\x68\xfa\x00\xfa\x00\x68" + LOGIN * 3
    splitter = Splitter()
    found = splitter.feed(lying) + splitter.flush()
    assert [type(frame) for frame in found] == [Frame] * 3
    assert splitter.noise == 6


def test_half_a_frame_waits_and_is_given_up():
    splitter = Splitter()
    assert splitter.feed(LOGIN[:12]) == []
    assert splitter.waiting
    assert splitter.flush() == []
    assert splitter.noise == 12
    splitter.feed(LOGIN[:12])
    splitter.clear()
    assert splitter.feed(LOGIN) == [decode(LOGIN)]
    assert splitter.noise == 12


def test_a_length_beyond_what_is_allowed_is_no_frame():
    splitter = Splitter(longest=64)
    splitter.feed(b"\x68\xff\xff\xff\xff\x68" + LOGIN)
    assert splitter.noise == 6


@given(st.binary(max_size=300))
def test_any_bytes_end_in_frames_or_noise(data):
    splitter = Splitter()
    found = splitter.feed(data) + splitter.flush()
    taken = sum(len(frame.raw if isinstance(frame, BadFrame) else encode(frame)) for frame in found)
    assert taken + splitter.noise == len(data)
