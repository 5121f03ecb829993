"""FT1.2: real frames, every corruption of them, and streams cut anywhere."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import FrameError
from protocols.iec102.frame import BadFrame, Frame, Splitter, by_layout, decode, encode, layout
from tests.protocols.iec102.frames import BAD, GOOD, SEEN, case

POLL = bytes.fromhex("107B01007C16")
TOTALS = bytes.fromhex(next(row["hex"] for row in SEEN if row["decoded"].get("TYP") == 2))
E5 = b"\xe5"


@pytest.mark.parametrize("row", GOOD, ids=case)
def test_real_frames_say_what_others_found_in_them(row):
    raw, known = bytes.fromhex(row["hex"]), row["decoded"]
    frame = decode(raw)
    assert frame == by_layout(raw)
    assert encode(frame) == raw
    if known.get("single"):
        assert frame.single
        return
    assert f"{frame.control:02X}" == known["C"]
    assert (frame.function, frame.address) == (known["fn"], known["addr"])
    if "prm" in known:
        assert (int(frame.prm), int(frame.fcb), int(frame.fcv)) == (
            known["prm"],
            known["bit5"],
            known["bit4"],
        )
        assert (frame.acd, frame.dfc) == (frame.fcb, frame.fcv)


@pytest.mark.parametrize("row", BAD, ids=case)
def test_a_wrong_checksum_is_refused_unless_told_otherwise(row):
    raw = bytes.fromhex(row["hex"])
    with pytest.raises(FrameError) as error:
        decode(raw)
    assert error.value.kind == "checksum"
    assert decode(raw, lenient=True).function == row["decoded"]["fn"]
    strict, lenient = Splitter(), Splitter(lenient=True)
    assert strict.feed(raw) == [BadFrame("checksum", raw)]
    assert strict.checksum_errors == 1
    assert lenient.feed(raw) == [decode(raw, lenient=True)]
    assert (lenient.forgiven, lenient.checksum_errors) == (1, 0)


def test_leniency_is_for_data_alone():
    raw = bytes.fromhex("107B01007D16")
    with pytest.raises(FrameError):
        decode(raw, lenient=True)
    assert Splitter(lenient=True).feed(raw) == [BadFrame("checksum", raw)]


FRAMES = st.one_of(
    st.just(Frame(single=True)),
    st.builds(Frame, st.integers(0, 255), st.integers(0, 0xFFFF)),
    st.builds(Frame, st.integers(0, 255), st.integers(0, 0xFFFF), st.binary(max_size=252)),
)


@given(FRAMES)
def test_what_is_written_is_read(frame):
    raw = encode(frame)
    assert decode(raw) == frame == by_layout(raw)
    assert Splitter().feed(raw) == [frame]


@given(st.builds(Frame, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=60)))
def test_an_address_of_one_byte(frame):
    assert decode(encode(frame, 1), 1) == frame
    assert Splitter(1).feed(encode(frame, 1)) == [frame]


@given(st.sampled_from(SEEN), st.data())
def test_both_ways_of_reading_agree_on_every_corruption(row, data):
    raw = bytearray.fromhex(row["hex"])
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(0, 255))
    raw = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    found = []
    for way in (decode, by_layout):
        try:
            found.append(way(raw))
        except FrameError:
            found.append(None)
    assert found[0] == found[1]
    assert layout() is layout()


@pytest.mark.parametrize("row", [row for row in GOOD if len(row["hex"]) > 2], ids=case)
def test_no_damaged_byte_goes_unnoticed(row):
    raw = bytes.fromhex(row["hex"])
    for at in range(len(raw)):
        for bit in range(8):
            damaged = raw[:at] + bytes((raw[at] ^ 1 << bit,)) + raw[at + 1 :]
            with pytest.raises(FrameError):
                decode(damaged)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", "header"),
        (b"\x68\x15\x14\x68" + bytes(20), "header"),
        (b"\x68\x02\x02\x68\x40\x01\x41\x16", "header"),
        (POLL[:-1], "length"),
        (TOTALS[:-1], "length"),
        (TOTALS + b"\x16", "length"),
        (POLL[:-1] + b"\x17", "end"),
        (POLL[:-2] + b"\x00\x16", "checksum"),
    ],
)
def test_what_is_wrong_has_a_name(raw, kind):
    with pytest.raises(FrameError) as error:
        decode(raw)
    assert error.value.kind == kind


@pytest.mark.parametrize(
    ("frame", "width", "kind"),
    [
        (Frame(0x40, 0x10000), 2, "header"),
        (Frame(0x40, 256), 1, "header"),
        (Frame(0x53, 1, bytes(253)), 2, "length"),
    ],
)
def test_what_cannot_be_written(frame, width, kind):
    with pytest.raises(FrameError) as error:
        encode(frame, width)
    assert error.value.kind == kind


def test_frames_are_found_however_the_stream_is_cut():
    rng = random.Random(5)
    frames = [bytes.fromhex(row["hex"]) for row in GOOD]
    # Neither the beginnings of frames nor E5, which is one.
    quiet = bytes(byte for byte in range(256) if byte not in (0x10, 0x68, 0xE5))
    noise = [bytes(rng.choices(quiet, k=rng.randrange(4))) for _ in frames]
    stream = b"".join(n + f for n, f in zip(noise, frames, strict=True))
    for _ in range(20):
        splitter, found, rest = Splitter(), [], stream
        while rest:
            size = rng.randrange(1, 60)
            found += splitter.feed(rest[:size])
            rest = rest[size:]
        found += splitter.flush()
        assert [encode(frame) for frame in found] == frames
        assert splitter.noise == sum(map(len, noise))


def test_a_bad_frame_is_told_and_hides_no_good_one():
    bad = TOTALS[:-2] + b"\x00\x16"
    splitter = Splitter()
    assert splitter.feed(bad + POLL + E5) == [BadFrame("checksum", bad), decode(POLL), Frame(single=True)]
    lying = b"\x68\xf0\xf0\x68" + POLL * 3
    splitter = Splitter()
    found = splitter.feed(lying) + splitter.flush()
    assert found == [decode(POLL)] * 3
    assert splitter.noise == 4


def test_an_acknowledgement_within_a_broken_frame_is_none():
    broken = b"\x68\x06\x06\x68\x28\x01\x00\xe5\xe5\xe5\x00\x16"
    assert Splitter().feed(broken) == [BadFrame("checksum", broken)]


def test_half_a_frame_waits_and_is_given_up():
    splitter = Splitter()
    assert splitter.feed(TOTALS[:40]) == []
    assert splitter.waiting
    assert splitter.flush() == [BadFrame("length", TOTALS[:40])]
    splitter.feed(TOTALS[:12])
    splitter.clear()
    assert splitter.feed(TOTALS) == [decode(TOTALS)]
    assert splitter.noise == 0


@given(st.binary(max_size=300))
def test_any_bytes_end_in_frames_or_noise(data):
    splitter = Splitter()
    found = splitter.feed(data) + splitter.flush()
    taken = sum(len(frame.raw if isinstance(frame, BadFrame) else encode(frame)) for frame in found)
    assert taken + splitter.noise == len(data)
